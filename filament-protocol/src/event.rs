//! What the server says: the event table, and one file of payloads per family.
//!
//! The table below is the catalogue of §4. The enum, the decoder and every property of a kind derive from it, so an
//! event that is not in the table does not exist.

mod channel;
mod connection;
mod message;
mod presence;
mod workspace;

pub use channel::{ChannelCreate, ChannelDelete, ChannelReorder, ChannelUpdate, ChannelUpdatedFields};
pub use connection::{
    Closing, Error, HeartbeatAck, PresenceSync, Ready, ResumeState, Subscribed, Unsubscribed, UnsubscribedReason,
    VoiceParticipantSync,
};
pub use message::{
    MessageCreate, MessageDelete, MessageReaction, MessageUpdate, MessageUpdatedFields, ReactionOperation,
};
pub use presence::{PresenceStatus, PresenceUpdate};
pub use workspace::{
    AvailableReason, RemoveReason, RoleOverrideUpdatedFields, UnavailableReason, WorkspaceAccessUpdate,
    WorkspaceAvailable, WorkspaceChannelRoleOverrideUpdate, WorkspaceMemberAdd, WorkspaceMemberRemove,
    WorkspaceRoleAssignmentAdd, WorkspaceUnavailable, WorkspaceUpdate, WorkspaceUpdatedFields,
};

use serde::Deserializer;
use thiserror::Error as ThisError;

use crate::envelope;
use crate::limits::EVENT_BYTES_MAX;

/// Whom an event concerns; a label of metrics and of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One connection.
    Connection,
    /// The subscribers of a channel.
    Channel,
    /// The members of a guild.
    Guild,
    /// The connections of a user.
    User,
}

impl Scope {
    /// Returns the label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Channel => "channel",
            Self::Guild => "guild",
            Self::User => "user",
        }
    }
}

/// How an event is delivered (§2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Journalled, never dropped, in commit order.
    Durable,
    /// Not journalled, never dropped, in queue order.
    Live,
    /// May be replaced by a newer value or dropped; every drop is counted.
    Ephemeral,
}

impl Class {
    /// Returns the label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Live => "live",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// Whether an event names who caused it (§3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorPolicy {
    /// `actor_user_id` is present for every receiver.
    Always,
    /// `actor_user_id` is present only for receivers who may read the audit log.
    Audit,
    /// `actor_user_id` is part of the payload.
    Required,
    /// There is no `actor_user_id`.
    Never,
}

impl ActorPolicy {
    /// Returns the word of the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Audit => "audit",
            Self::Required => "required",
            Self::Never => "never",
        }
    }
}

/// Whether new clients should still read an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lifecycle {
    /// In use.
    Active,
    /// Sent for existing clients; a replacement exists.
    Deprecated,
}

/// Derives kinds, payloads and decoder from the one table.
macro_rules! events {
    ( $( $(#[$meta:meta])* $variant:ident = $name:literal, $scope:ident, $class:ident, $actor:ident, $lifecycle:ident, $since:literal, $audience:literal; )+ ) => {
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
    PresenceUpdate = "presence_update", Guild, Ephemeral, Never, Active, "1.0", "PRES(g)";
    /// Name or visibility of a guild changed.
    WorkspaceUpdate = "workspace_update", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// Somebody became a member.
    WorkspaceMemberAdd = "workspace_member_add", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// Somebody stopped being a member.
    WorkspaceMemberRemove = "workspace_member_remove", Guild, Durable, Audit, Active, "1.0", "GUILD(g) ∪ USER(user_id)";
    /// A role was assigned.
    WorkspaceRoleAssignmentAdd = "workspace_role_assignment_add", Guild, Durable, Always, Active, "1.0", "GUILD(g)";
    /// The lists of a seeded role in a channel, restated for existing clients.
    WorkspaceChannelRoleOverrideUpdate = "workspace_channel_role_override_update", Guild, Live, Always, Deprecated, "1.0", "§4.11, plain connections only";
    /// The receiver became a member.
    WorkspaceAvailable = "workspace_available", User, Durable, Never, Active, "1.0", "USER(u)";
    /// The receiver stopped being a member.
    WorkspaceUnavailable = "workspace_unavailable", User, Durable, Never, Active, "1.0", "USER(u)";
    /// The receiver's access in a guild changed.
    WorkspaceAccessUpdate = "workspace_access_update", User, Live, Never, Active, "1.0", "USER(u), connected";
}

/// Why an event could not be sealed.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum EncodeError {
    /// The whole text would be over [`EVENT_BYTES_MAX`] bytes (ENV-12).
    #[error("the event would take {bytes} bytes, over {EVENT_BYTES_MAX}")]
    TooLarge {
        /// Bytes it would take.
        bytes: usize,
    },
    /// A payload has no JSON form. No payload of this crate is like that.
    #[error("the payload has no JSON form")]
    Payload(#[source] serde_json::Error),
}

impl std::fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.name())
    }
}

impl Event {
    /// Encodes the whole event, `{"v":1,"t":…,"d":…}`.
    ///
    /// # Errors
    /// As [`encode_into`](Self::encode_into).
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        /// Holds most events without growing.
        const CAPACITY: usize = 512;
        let mut text = Vec::with_capacity(CAPACITY);
        self.encode_into(&mut text)?;
        Ok(text)
    }

    /// Appends the whole event to `out`, which keeps its length on an error.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] over [`EVENT_BYTES_MAX`] bytes.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        envelope::write_head(out, self.kind().name());
        if let Err(error) = self.write_payload(out) {
            out.truncate(start);
            return Err(EncodeError::Payload(error));
        }
        envelope::write_tail(out);
        let bytes = out.len() - start;
        if bytes > EVENT_BYTES_MAX {
            out.truncate(start);
            return Err(EncodeError::TooLarge { bytes });
        }
        Ok(())
    }
}
