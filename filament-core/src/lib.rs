#![doc = include_str!("../README.md")]

mod access;
mod actor;
mod address;
mod announce;
mod attachment;
mod audience;
mod audit;
mod blob;
pub mod decide;
mod decision;
mod denial;
mod engine;
mod entry;
mod facts;
mod friend;
pub mod limits;
mod mutation;
pub mod permission;
mod port;
pub mod presence;
mod profile;
mod query;
pub mod read;
mod revision;
pub mod session;
mod stamp;
#[cfg(feature = "testing")]
pub mod testing;
mod undo;
pub mod voice;

pub use access::{AccessChange, MemberLoss};
pub use actor::{Actor, Anonymous};
pub use address::{Address, AddressBan};
pub use announce::{Announced, Announcement, announce};
pub use attachment::StoredAttachment;
pub use audience::Audience;
pub use audit::{AuditAction, AuditDecision, AuditRecord, Surface};
pub use blob::{BlobName, NotABlobName};
pub use decide::{Command, Limits};
pub use decision::{Decision, Sealed, SealedParts, seal};
pub use denial::Denial;
pub use engine::Engine;
pub use entry::{ChannelOrder, Entry, OwnRemoval, Peers, Place, Position, SealedBody, SealedEvent, Seq};
pub use facts::{
    Fact, FactPlan, Facts, LiveSessions, Need, ReactionState, Remembered, Rotation, SessionState, StoredMessage, User,
};
pub use friend::{PendingFriendRequest, StoredFriendRequest};
pub use mutation::{
    AddressSighting, AssignmentCause, AttachmentRemoval, FriendshipEnd, IdempotencyRecord, ImageChange, MemberVia,
    Mutation, NewAddressBans, NewMember, NewSession, NewUser, OverrideChange, OverrideWord, OwnershipTransfer,
    ProfileChange, ReactionChange, RoleAssignment, RoleOrder, RoleUpdate, RotatedSession,
};
pub use port::{AccessSource, Committed, Journal, SearchIndex, Store, TransactError, UserAccess};
pub use profile::{ImageKind, ImageType, StoredImage, StoredProfile};
pub use query::{AuditRow, BannedUser, Credentials, ListedAddressBan, Page, Query};
pub use revision::{AccessBefore, AccessShift, AccessState};
pub use stamp::{Stamp, StampSource};
pub use undo::AccessUndo;
