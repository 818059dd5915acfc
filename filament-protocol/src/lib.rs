#![doc = include_str!("../README.md")]

pub mod close;
pub mod command;
pub mod decode;
pub mod endpoint;
pub mod envelope;
pub mod error;
pub mod event;
mod field;
pub mod id;
pub mod limits;
pub mod markdown;
mod object;
pub mod patch;
pub mod permission;
pub mod record;
pub mod rest;
#[cfg(feature = "schema")]
pub mod schema;
pub mod search;
pub mod shape;
mod size;
mod strict;
pub mod text;
pub mod timestamp;
mod tree;
mod word;

pub use close::{ClientAction, CloseCode, CloseReason};
pub use command::{Command, CommandKind, CreateMessage, Heartbeat, Subscribe, Unsubscribe};
pub use decode::{
    CommandError, DecodeError, DecodeErrorKind, Received, decode_answer, decode_answer_strict, decode_body,
    decode_command, decode_event, decode_event_strict,
};
pub use error::ErrorCode;
pub use event::{ActorPolicy, Class, EncodeError, Event, EventKind, Lifecycle, Scope};
pub use id::{
    AttachmentId, AuditId, ChannelId, ConnectionId, FriendRequestId, GuildId, Id, InvalidId, IpBanId, MessageId,
    OverrideTargetId, PermissionSourceId, RoleId, SessionId, UserId, kind,
};
pub use markdown::Token;
pub use patch::Patch;
pub use permission::{Permission, PermissionBits, Permissions};
pub use record::{
    Access, AccessChannel, Attachment, Channel, ChannelKind, Guild, LegacyRole, ListedChannel, Message, NewRole,
    Profile, Reaction, Role, StreamKind, SystemKey, TargetKind, UserSummary, Visibility, VoiceParticipant,
};
pub use search::{SearchError, SearchTerm, SearchTerms};
pub use text::{
    About, BearerToken, ChannelName, CloseName, ColorHex, DirectoryQuery, Emoji, ErrorMessage, FeatureName, Filename,
    GuildName, IdempotencyKey, Identity, MessageContent, MimeType, PageCursor, Password, Ref, ResumeCursor, RoleName,
    Secret, Sha256Hex, TextError, Username,
};
pub use timestamp::Timestamp;
