//! What a client says over the gateway (§5): four commands, each an envelope.

use serde::{Deserialize, Deserializer};

use crate::envelope;
use crate::id::{AttachmentId, ChannelId, GuildId};
use crate::limits::{ATTACHMENTS_PER_MESSAGE_MAX, INTEGER_MAX};
use crate::object::body;
use crate::shape::{Described, Shape};
use crate::text::{MessageContent, Ref};
use crate::word::words;

words! {
    /// The name of a command.
    pub enum CommandKind {
        /// Begin to receive the events of a channel.
        Subscribe = "subscribe",
        /// Stop receiving them.
        Unsubscribe = "unsubscribe",
        /// Write a message.
        MessageCreate = "message_create",
        /// Prove that both directions are alive.
        Heartbeat = "heartbeat",
    }
}

/// A command with its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `subscribe`.
    Subscribe(Subscribe),
    /// `unsubscribe`.
    Unsubscribe(Unsubscribe),
    /// `message_create`.
    MessageCreate(CreateMessage),
    /// `heartbeat`.
    Heartbeat(Heartbeat),
}

body! {
    /// Begins a subscription.
    pub struct Subscribe {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Echoed in the answer.
        pub r#ref: Option<Ref>,
    }
}

body! {
    /// Ends a subscription; answered also when there was none.
    pub struct Unsubscribe {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Echoed in the answer.
        pub r#ref: Option<Ref>,
    }
}

body! {
    /// Writes a message. Has no answer of its own: the event reaches the sender if subscribed.
    pub struct CreateMessage {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Content; empty only with at least one attachment.
        pub content: MessageContent,
        /// Attachments to bind, unique, in order; at most 5 before duplicates were removed (CMD-2).
        pub attachment_ids: Vec<AttachmentId> [0..=ATTACHMENTS_PER_MESSAGE_MAX, distinct, absent],
        /// Echoed in an `error`.
        pub r#ref: Option<Ref>,
    }
    rules { not_both_empty(content, attachment_ids) }
}

body! {
    /// Asks for a `heartbeat_ack`.
    pub struct Heartbeat {
        /// Number of the last frame the client has applied (GW-46).
        pub s: u64 [0..=INTEGER_MAX],
        /// Allowed, not echoed by the answer.
        pub r#ref: Option<Ref>,
    }
}

impl CommandKind {
    /// Returns what its payload looks like.
    #[must_use]
    pub const fn shape(self) -> Shape {
        match self {
            Self::Subscribe => Subscribe::SHAPE,
            Self::Unsubscribe => Unsubscribe::SHAPE,
            Self::MessageCreate => CreateMessage::SHAPE,
            Self::Heartbeat => Heartbeat::SHAPE,
        }
    }

    /// Decodes the payload of this kind.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(self, payload: D) -> Result<Command, D::Error> {
        match self {
            Self::Subscribe => Deserialize::deserialize(payload).map(Command::Subscribe),
            Self::Unsubscribe => Deserialize::deserialize(payload).map(Command::Unsubscribe),
            Self::MessageCreate => Deserialize::deserialize(payload).map(Command::MessageCreate),
            Self::Heartbeat => Deserialize::deserialize(payload).map(Command::Heartbeat),
        }
    }
}

impl Command {
    /// Returns which command it is.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Subscribe(_) => CommandKind::Subscribe,
            Self::Unsubscribe(_) => CommandKind::Unsubscribe,
            Self::MessageCreate(_) => CommandKind::MessageCreate,
            Self::Heartbeat(_) => CommandKind::Heartbeat,
        }
    }

    /// Returns the echo token.
    #[must_use]
    pub const fn echo(&self) -> Option<&Ref> {
        match self {
            Self::Subscribe(command) => command.r#ref.as_ref(),
            Self::Unsubscribe(command) => command.r#ref.as_ref(),
            Self::MessageCreate(command) => command.r#ref.as_ref(),
            Self::Heartbeat(command) => command.r#ref.as_ref(),
        }
    }

    /// Encodes the whole command, `{"v":1,"t":…,"d":…}`: what a client sends.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(256);
        envelope::write_head(&mut text, self.kind().name());
        let written = match self {
            Self::Subscribe(payload) => serde_json::to_writer(&mut text, payload),
            Self::Unsubscribe(payload) => serde_json::to_writer(&mut text, payload),
            Self::MessageCreate(payload) => serde_json::to_writer(&mut text, payload),
            Self::Heartbeat(payload) => serde_json::to_writer(&mut text, payload),
        };
        debug_assert!(written.is_ok(), "a struct of strings, lists and integers always has a JSON form");
        envelope::write_tail(&mut text);
        text
    }
}
