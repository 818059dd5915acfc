//! Events whose names are reserved (§19): described, but neither written nor read by this version.

use super::{ActorPolicy, Class, Lifecycle, Scope};
use crate::id::{ChannelId, GuildId, MessageId, UserId};
use crate::object::record;
use crate::shape::{Described, Shape};
use crate::timestamp::Timestamp;

/// An event that a later version may emit. [`decode_event`](crate::decode_event) takes it for an unknown one.
#[derive(Clone, Copy, Debug)]
pub struct PlannedEvent {
    /// Name on the wire.
    pub name: &'static str,
    /// Whom it concerns.
    pub scope: Scope,
    /// How it will be delivered.
    pub class: Class,
    /// Whether it will name the actor.
    pub actor_policy: ActorPolicy,
    /// Always [`Lifecycle::Planned`].
    pub lifecycle: Lifecycle,
    /// The audience in the notation of §2.1.
    pub audience: &'static str,
    /// The members that tell which newer event replaces an older one; empty if none does.
    pub coalescing_key: &'static [&'static str],
    /// The gateway feature that will have to be negotiated.
    pub feature: &'static str,
    /// What it is, in one sentence.
    pub doc: &'static str,
    /// What its payload will look like.
    pub shape: Shape,
}

/// Every planned event, in the order of the contract.
pub const PLANNED: &[PlannedEvent] = &[
    PlannedEvent {
        name: "typing_start",
        scope: Scope::Channel,
        class: Class::Ephemeral,
        actor_policy: ActorPolicy::Never,
        lifecycle: Lifecycle::Planned,
        audience: "SUB(c) minus the typist",
        coalescing_key: &["channel_id", "user_id"],
        feature: "typing",
        doc: "Somebody is writing a message.",
        shape: TypingStart::SHAPE,
    },
    PlannedEvent {
        name: "read_state_update",
        scope: Scope::User,
        class: Class::Durable,
        actor_policy: ActorPolicy::Never,
        lifecycle: Lifecycle::Planned,
        audience: "USER(u)",
        coalescing_key: &[],
        feature: "read_state",
        doc: "The user has read further, on any device.",
        shape: ReadStateUpdate::SHAPE,
    },
];

record! {
    /// `typing_start`, planned: somebody is writing a message. Holds for 10 s.
    pub struct TypingStart: Copy {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Who.
        pub user_id: UserId,
        /// Since when.
        pub started_at_unix: Timestamp,
    }
}

record! {
    /// `read_state_update`, planned: the user has read further. Only ever moves forward.
    pub struct ReadStateUpdate: Copy {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// The newest message read.
        pub last_read_message_id: MessageId,
        /// When.
        pub updated_at_unix: Timestamp,
    }
}
