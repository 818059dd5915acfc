//! What the server says: the event table, and one file of payloads per family.
//!
//! The table below is the catalogue of §4. The enum, the decoder and every property of a kind derive from it, so an
//! event that is not in the table does not exist.

mod catalogue;
mod channel;
mod connection;
mod encode;
mod friend;
mod member;
mod message;
mod planned;
mod presence;
mod profile;
mod role;
mod stream;
mod voice;
mod workspace;

pub use catalogue::{ActorPolicy, Class, Lifecycle, Scope};
pub use channel::{ChannelCreate, ChannelDelete, ChannelReorder, ChannelUpdate, ChannelUpdatedFields};
pub use connection::{
    Closing, Error, HeartbeatAck, PresenceSync, Ready, ResumeState, Subscribed, Unsubscribed, UnsubscribedReason,
    VoiceParticipantSync,
};
pub use encode::EncodeError;
pub use friend::{FriendRemove, FriendRequestCreate, FriendRequestDelete, FriendRequestState, FriendRequestUpdate};
pub use member::{
    IpBanAction, IpBanSummary, RemoveReason, WorkspaceIpBanSync, WorkspaceMemberAdd, WorkspaceMemberBan,
    WorkspaceMemberRemove, WorkspaceMemberUnban, WorkspaceMemberUpdate, WorkspaceMemberUpdatedFields,
};
pub use message::{
    MessageCreate, MessageDelete, MessageReaction, MessageUpdate, MessageUpdatedFields, ReactionOperation,
};
pub use planned::{PLANNED, PlannedEvent, ReadStateUpdate, TypingStart};
pub use presence::{PresenceStatus, PresenceUpdate};
pub use profile::{ProfileAvatarUpdate, ProfileBannerUpdate, ProfileUpdate, ProfileUpdatedFields};
pub use role::{
    OverrideUpdatedFields, RolePosition, WorkspaceChannelOverrideUpdate, WorkspaceChannelRoleOverrideUpdate,
    WorkspaceRoleAssignmentAdd, WorkspaceRoleAssignmentRemove, WorkspaceRoleCreate, WorkspaceRoleDelete,
    WorkspaceRoleReorder, WorkspaceRoleUpdate, WorkspaceRoleUpdatedFields,
};
pub use stream::{Batch, CaughtUp, Reset, ResetReason};
pub use voice::{
    VoiceParticipantJoin, VoiceParticipantLeave, VoiceParticipantUpdate, VoiceParticipantUpdatedFields,
    VoiceStreamPublish, VoiceStreamUnpublish,
};
pub use workspace::{
    AvailableReason, UnavailableReason, WorkspaceAccessUpdate, WorkspaceAvailable, WorkspaceDefaultRoleUpdate,
    WorkspaceDelete, WorkspaceOwnerUpdate, WorkspaceUnavailable, WorkspaceUpdate, WorkspaceUpdatedFields,
};

use serde::Deserializer;
use serde::ser::SerializeStruct;

use crate::limits::{EVENT_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::shape::{Described, Shape};

/// Derives kinds, payloads and decoder from the one table.
macro_rules! events {
    ( $( $(#[$meta:meta])* $variant:ident = $name:literal, $scope:ident, $class:ident, $actor:ident, $lifecycle:ident $(($migration:literal))?, $since:literal, $audience:literal $(, coalesced by $($key:ident)+)?; )+ ) => {
        /// The name of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $( $(#[$meta])* #[doc = concat!("Wire name `", $name, "`.")] $variant, )+
        }

        impl EventKind {
            /// Every kind, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }

            /// Finds the kind of a wire name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $( $name => Some(Self::$variant), )+ _ => None }
            }

            /// Returns whom it concerns.
            #[must_use]
            pub const fn scope(self) -> Scope {
                match self { $( Self::$variant => Scope::$scope, )+ }
            }

            /// Returns how it is delivered.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $( Self::$variant => Class::$class, )+ }
            }

            /// Returns whether it names the actor. `Audit` of `workspace_member_remove` means `Never` for the reason `leave`.
            #[must_use]
            pub const fn actor_policy(self) -> ActorPolicy {
                match self { $( Self::$variant => ActorPolicy::$actor, )+ }
            }

            /// Returns whether new clients should read it.
            #[must_use]
            pub const fn lifecycle(self) -> Lifecycle {
                match self { $( Self::$variant => Lifecycle::$lifecycle, )+ }
            }

            /// Returns what to read instead of a deprecated event.
            #[must_use]
            pub const fn migration(self) -> Option<&'static str> {
                match self { $( Self::$variant => { const NOTE: &[&str] = &[$($migration)?]; NOTE.first().copied() } )+ }
            }

            /// Returns the members that tell which newer event of this kind replaces an older one; empty if none does.
            #[must_use]
            pub const fn coalescing_key(self) -> &'static [&'static str] {
                match self { $( Self::$variant => &[$($(stringify!($key)),+)?], )+ }
            }

            /// Returns the contract version that introduced it.
            #[must_use]
            pub const fn since(self) -> &'static str {
                match self { $( Self::$variant => $since, )+ }
            }

            /// Returns the audience in the notation of §2.1, for documents.
            #[must_use]
            pub const fn audience(self) -> &'static str {
                match self { $( Self::$variant => $audience, )+ }
            }

            /// Returns what its payload looks like.
            #[must_use]
            pub const fn shape(self) -> Shape {
                match self { $( Self::$variant => <$variant as Described>::SHAPE, )+ }
            }

            /// Decodes the payload of this kind.
            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(self, payload: D) -> Result<Event, D::Error> {
                match self {
                    $( Self::$variant => <$variant as ::serde::Deserialize>::deserialize(payload).map(Event::$variant), )+
                }
            }
        }

        /// An event with its payload.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $( $(#[$meta])* #[doc = concat!("Wire name `", $name, "`.")] $variant($variant), )+
        }

        impl Event {
            /// Returns which event it is.
            #[must_use]
            pub const fn kind(&self) -> EventKind {
                match self { $( Self::$variant(_) => EventKind::$variant, )+ }
            }

            /// Writes the whole envelope.
            fn serialize_members<S: SerializeStruct>(&self, envelope: &mut S) -> Result<(), S::Error> {
                match self { $( Self::$variant(payload) => envelope.serialize_field("d", payload), )+ }
            }

            /// Appends the payload, without envelope.
            fn write_payload(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
                match self { $( Self::$variant(payload) => serde_json::to_writer(out, payload), )+ }
            }
        }

        $(
            impl From<$variant> for Event {
                fn from(payload: $variant) -> Self {
                    Self::$variant(payload)
                }
            }
        )+
    };
}

events! {
    /// First frame of a connection.
    Ready = "ready", Connection, Live, Never, Active, "1.0", "CONN";
    /// A subscription began or was repeated.
    Subscribed = "subscribed", Connection, Live, Never, Active, "1.0", "CONN";
    /// A subscription ended.
    Unsubscribed = "unsubscribed", Connection, Live, Never, Active, "1.0", "CONN";
    /// A command was refused; the connection stays open.
    Error = "error", Connection, Live, Never, Active, "1.0", "CONN";
    /// Who is online, complete.
    PresenceSync = "presence_sync", Connection, Live, Never, Active, "1.0", "CONN";
    /// Who is in a voice channel, complete.
    VoiceParticipantSync = "voice_participant_sync", Connection, Live, Never, Active, "1.0", "CONN";
    /// Several events in one frame.
    Batch = "batch", Connection, Live, Never, Active, "1.0", "CONN";
    /// Something missed could not be replayed.
    Reset = "reset", Connection, Live, Never, Active, "1.0", "CONN";
    /// Everything missed has been told.
    CaughtUp = "caught_up", Connection, Live, Never, Active, "1.0", "CONN";
    /// Answer to a heartbeat.
    HeartbeatAck = "heartbeat_ack", Connection, Live, Never, Active, "1.0", "CONN";
    /// Last event of a stream the server ends.
    Closing = "closing", Connection, Live, Never, Active, "1.0", "CONN";
    /// A message was stored.
    MessageCreate = "message_create", Channel, Durable, Never, Active, "1.0", "SUB(c)";
    /// A message was changed.
    MessageUpdate = "message_update", Channel, Durable, Never, Active, "1.0", "SUB(c)";
    /// A message was removed.
    MessageDelete = "message_delete", Channel, Durable, Never, Active, "1.0", "SUB(c)";
    /// A reaction was added or removed.
    MessageReaction = "message_reaction", Channel, Durable, Required, Active, "1.0", "SUB(c)";
    /// A channel was created or became visible.
    ChannelCreate = "channel_create", Guild, Durable, Never, Active, "1.0", "MANAGE(c); as visibility notice USER(u), live";
    /// A channel was renamed.
    ChannelUpdate = "channel_update", Guild, Durable, Never, Active, "1.0", "MANAGE(c)";
    /// A channel was removed.
    ChannelDelete = "channel_delete", Guild, Durable, Never, Active, "1.0", "members who saw c before ∪ PERM(g,manage_channel_overrides)";
    /// The order of channels changed.
    ChannelReorder = "channel_reorder", Guild, Durable, Never, Active, "1.0", "GUILD(g), rendered per receiver";
    /// A member came online or went offline.
    PresenceUpdate = "presence_update", Guild, Ephemeral, Never, Active, "1.0", "PRES(g)", coalesced by guild_id user_id;
    /// Somebody joined a voice channel.
    VoiceParticipantJoin = "voice_participant_join", Channel, Live, Never, Active, "1.0", "SUB(c)";
    /// Somebody left a voice channel.
    VoiceParticipantLeave = "voice_participant_leave", Channel, Live, Never, Active, "1.0", "SUB(c)";
    /// Flags of a voice participant changed. Ephemeral if only `is_speaking` did, see [`Event::class`].
    VoiceParticipantUpdate = "voice_participant_update", Channel, Live, Never, Active, "1.0", "SUB(c)";
    /// A voice participant sends a stream.
    VoiceStreamPublish = "voice_stream_publish", Channel, Live, Never, Active, "1.0", "SUB(c)";
    /// A voice participant sends a stream no longer.
    VoiceStreamUnpublish = "voice_stream_unpublish", Channel, Live, Never, Active, "1.0", "SUB(c)";
    /// Name or visibility of a guild changed.
    WorkspaceUpdate = "workspace_update", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// A guild was deleted.
    WorkspaceDelete = "workspace_delete", Guild, Durable, Always, Active, "1.0", "GUILD(g) as of before";
    /// Ownership was transferred.
    WorkspaceOwnerUpdate = "workspace_owner_update", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// New members get another role.
    WorkspaceDefaultRoleUpdate = "workspace_default_role_update", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// Somebody became a member.
    WorkspaceMemberAdd = "workspace_member_add", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// The derived legacy role of a member changed.
    WorkspaceMemberUpdate = "workspace_member_update", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// Somebody stopped being a member.
    WorkspaceMemberRemove = "workspace_member_remove", Guild, Durable, Audit, Active, "1.0", "GUILD(g) ∪ USER(user_id)";
    /// Somebody was banned.
    WorkspaceMemberBan = "workspace_member_ban", Guild, Durable, Audit, Active, "1.0", "GUILD(g) ∪ USER(user_id)";
    /// A ban was lifted.
    WorkspaceMemberUnban = "workspace_member_unban", Guild, Durable, Audit, Active, "1.0", "PERM(g,ban_member)";
    /// Bans by address were added or removed.
    WorkspaceIpBanSync = "workspace_ip_ban_sync", Guild, Durable, Audit, Active, "1.0", "PERM(g,manage_ip_bans)";
    /// A role was created.
    WorkspaceRoleCreate = "workspace_role_create", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// A role was changed.
    WorkspaceRoleUpdate = "workspace_role_update", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// A role was deleted.
    WorkspaceRoleDelete = "workspace_role_delete", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// The roles have a new order.
    WorkspaceRoleReorder = "workspace_role_reorder", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// A role was assigned.
    WorkspaceRoleAssignmentAdd = "workspace_role_assignment_add", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// A role was taken from a member.
    WorkspaceRoleAssignmentRemove = "workspace_role_assignment_remove", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// The lists of an override changed.
    WorkspaceChannelOverrideUpdate = "workspace_channel_override_update", Guild, Durable, Always, Active, "1.0", "EDGE(c)";
    /// The lists of a seeded role in a channel, restated for existing clients.
    WorkspaceChannelRoleOverrideUpdate = "workspace_channel_role_override_update", Guild, Live, Always, Deprecated("Read `workspace_channel_override_update` and its optional `role`."), "1.0", "§4.11, plain connections only";
    /// The receiver became a member.
    WorkspaceAvailable = "workspace_available", User, Durable, Never, Active, "1.0", "USER(u)";
    /// The receiver stopped being a member.
    WorkspaceUnavailable = "workspace_unavailable", User, Durable, Never, Active, "1.0", "USER(u)";
    /// The receiver's access in a guild changed.
    WorkspaceAccessUpdate = "workspace_access_update", User, Live, Never, Active, "1.0", "USER(u), connected", coalesced by guild_id;
    /// Name or about text of a user changed.
    ProfileUpdate = "profile_update", User, Durable, Never, Active, "1.0", "PEERS(u)";
    /// A user has a new avatar.
    ProfileAvatarUpdate = "profile_avatar_update", User, Durable, Never, Active, "1.0", "PEERS(u)";
    /// A user has a new banner.
    ProfileBannerUpdate = "profile_banner_update", User, Durable, Never, Active, "1.0", "PEERS(u)";
    /// Somebody asks to become friends.
    FriendRequestCreate = "friend_request_create", User, Durable, Never, Active, "1.0", "USER(sender), USER(recipient)";
    /// A friend request was accepted.
    FriendRequestUpdate = "friend_request_update", User, Durable, Required, Active, "1.0", "USER(sender), USER(recipient), each its own";
    /// A friend request was declined or cancelled.
    FriendRequestDelete = "friend_request_delete", User, Durable, Required, Active, "1.0", "USER(sender), USER(recipient)";
    /// A friendship ended.
    FriendRemove = "friend_remove", User, Durable, Required, Active, "1.0", "USER of both sides, each its own";
}

impl EventKind {
    /// Returns the most bytes of its whole text: a `batch` may fill a message, everything else fits one (ENV-12, RES-2).
    #[must_use]
    pub const fn bytes_max(self) -> usize {
        if matches!(self, Self::Batch) { MESSAGE_BYTES_MAX } else { EVENT_BYTES_MAX }
    }
}

impl std::fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.name())
    }
}

impl Event {
    /// Returns how it is delivered: as its kind is, unless it only tells who is speaking (§4.5).
    #[must_use]
    pub const fn class(&self) -> Class {
        if let Self::VoiceParticipantUpdate(update) = self {
            update.updated_fields.class()
        } else {
            self.kind().class()
        }
    }
}
