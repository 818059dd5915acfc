//! Bodies of REST requests and answers (§9), one file per resource.
//!
//! Request bodies are read by [`decode_body`] and refuse every unknown member. Answers carry no
//! such rule: clients ignore members they do not know.

mod answer;
mod audit;
mod auth;
mod bans;
mod channels;
mod explain;
mod friends;
mod guilds;
mod members;
mod messages;
mod overrides;
mod query;
mod roles;
mod search;
mod users;
mod voice;

pub use answer::{Accepted, ErrorBody, Health, HealthStatus};
pub use audit::{AuditEvent, AuditPage};
pub use auth::{ChangePassword, Login, Logout, Refresh, Register, Session, SessionList, SessionTokens};
pub use bans::{Ban, BanPage, CreateIpBans, IpBan, IpBanPage, IpBansCreated};
pub use channels::{ChannelList, ChannelOverride, CreateChannel, ReorderChannels, SelfPermissions, UpdateChannel};
pub use explain::{ExplanationStep, PermissionEffect, PermissionExplanation, PermissionRule, PermissionSourceKind};
pub use friends::{CreateFriendRequest, Friend, FriendList, FriendRequest, FriendRequestCreated, FriendRequestList};
pub use guilds::{CreateGuild, GuildDetails, GuildList, JoinAnswer, JoinOutcome, UpdateGuild};
pub use members::{GuildOwner, Member, MemberPage, TransferGuild, UpdateMember};
pub use messages::{EditMessage, MessagePage, PostMessage};
pub use overrides::{Override, OverrideList, SetOverride};
pub use query::{
    AuditQuery, BansQuery, ChannelsQuery, ExplainQuery, Include, IpBansQuery, MembersQuery, MessagesQuery,
    PublicGuildsQuery, Query, QueryError, SearchQuery, UploadQuery, read_query,
};
pub use roles::{CreateRole, ReorderRoles, RoleList, SetDefaultRole, UpdateRole};
pub use search::{SearchPage, SearchReconciled};
pub use users::{Lookup, UpdateProfile, UserList};
pub use voice::{IssueVoiceToken, UpdateVoiceState, VoiceToken};

use serde::de::DeserializeOwned;

use crate::decode::{DecodeError, decode_answer_strict, decode_body};
use crate::record::{Access, Attachment, Channel, Guild, Message, Profile, Reaction, Role};
use crate::shape::{Described, Shape};

/// The JSON body of a request: a type that [`decode_body`] reads. Cannot be implemented elsewhere.
pub trait Body: DeserializeOwned + Described {}

/// The JSON answer of a route: a type that [`decode_answer`](crate::decode_answer) reads. Cannot be implemented
/// elsewhere.
pub trait Answer: DeserializeOwned + Described {}

/// What a type of [`TYPES`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The body of a request.
    Body,
    /// The body of an answer.
    Answer,
}

/// One body or answer, by name.
#[derive(Clone, Copy, Debug)]
pub struct RestType {
    /// Name of the type: `CreateGuild`.
    pub name: &'static str,
    /// What it is for.
    pub purpose: Purpose,
    /// What it looks like.
    pub shape: Shape,
    check: fn(&[u8]) -> Result<(), DecodeError>,
}

impl RestType {
    /// Finds a body or an answer by its name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.name == name)
    }

    /// Tells whether a document is one of these: a body as the server reads it, an answer as its author does, without
    /// unknown members.
    ///
    /// # Errors
    /// As [`decode_body`] and [`decode_answer_strict`].
    pub fn check(&self, document: &[u8]) -> Result<(), DecodeError> {
        (self.check)(document)
    }
}

/// Lists every body and every answer.
macro_rules! rest_types {
    (bodies: $($body:ident),+; answers: $($answer:ident),+;) => {
        $(impl Body for $body {})+
        $(impl Answer for $answer {})+

        /// Every JSON body and every JSON answer of §9, each by the name the table of endpoints calls it.
        pub const TYPES: &[RestType] = &[
            $(RestType {
                name: stringify!($body),
                purpose: Purpose::Body,
                shape: <$body as Described>::SHAPE,
                check: |document| decode_body::<$body>(document).map(drop),
            },)+
            $(RestType {
                name: stringify!($answer),
                purpose: Purpose::Answer,
                shape: <$answer as Described>::SHAPE,
                check: |document| decode_answer_strict::<$answer>(document).map(drop),
            },)+
        ];
    };
}

rest_types! {
    bodies:
        ChangePassword, CreateChannel, CreateFriendRequest, CreateGuild, CreateIpBans, CreateRole, EditMessage,
        IssueVoiceToken, Login, Logout, Lookup, PostMessage, Refresh, Register, ReorderChannels, ReorderRoles,
        SetDefaultRole, SetOverride, TransferGuild, UpdateChannel, UpdateGuild, UpdateMember, UpdateProfile,
        UpdateRole, UpdateVoiceState;
    answers:
        Accepted, Access, Attachment, AuditPage, BanPage, Channel, ChannelList, ErrorBody, FriendList,
        FriendRequestCreated, FriendRequestList, Guild, GuildDetails, GuildList, GuildOwner, Health, IpBanPage,
        IpBansCreated, JoinAnswer, MemberPage, Message, MessagePage, OverrideList, PermissionExplanation, Profile,
        Reaction, Role, RoleList, SearchPage, SearchReconciled, SelfPermissions, SessionList, SessionTokens,
        UserList, VoiceToken;
}
