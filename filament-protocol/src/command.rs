//! What a client says over the gateway (§5): four commands, each an envelope.

use serde::{Deserialize, Deserializer, Serialize};

use crate::envelope;
use crate::field::{list, present, remove_duplicates};
use crate::id::{AttachmentId, ChannelId, GuildId};
use crate::limits::ATTACHMENTS_PER_MESSAGE_MAX;
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

/// Begins a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Echoed in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub r#ref: Option<Ref>,
}

/// Ends a subscription; answered also when there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Echoed in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub r#ref: Option<Ref>,
}

/// Writes a message. Has no answer of its own: the event reaches the sender if subscribed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "CreateMessageMembers")]
pub struct CreateMessage {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Content; empty only with at least one attachment.
    pub content: MessageContent,
    /// Attachments to bind, unique, in order; at most 5 before duplicates were removed (CMD-2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachment_ids: Vec<AttachmentId>,
    /// Echoed in an `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<Ref>,
}

/// The members of [`CreateMessage`] before the rule about empty content.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateMessageMembers {
    guild_id: GuildId,
    channel_id: ChannelId,
    content: MessageContent,
    #[serde(default, deserialize_with = "attachment_ids")]
    attachment_ids: Vec<AttachmentId>,
    #[serde(default, deserialize_with = "present")]
    r#ref: Option<Ref>,
}

impl TryFrom<CreateMessageMembers> for CreateMessage {
    type Error = EmptyMessage;

    fn try_from(members: CreateMessageMembers) -> Result<Self, EmptyMessage> {
        let CreateMessageMembers { guild_id, channel_id, content, attachment_ids, r#ref } = members;
        check_not_empty(&content, &attachment_ids)?;
        Ok(Self { guild_id, channel_id, content, attachment_ids, r#ref })
    }
}

/// A message without content and without attachments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message needs content or an attachment")]
pub struct EmptyMessage;

/// Refuses a message that has nothing in it (CMD-2).
pub(crate) fn check_not_empty(content: &MessageContent, attachment_ids: &[AttachmentId]) -> Result<(), EmptyMessage> {
    if content.is_empty() && attachment_ids.is_empty() { Err(EmptyMessage) } else { Ok(()) }
}

/// Reads attachment ids: at most 5 as written, then without duplicates, order kept (CMD-2).
pub(crate) fn attachment_ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AttachmentId>, D::Error> {
    let mut ids = list::<D, AttachmentId, ATTACHMENTS_PER_MESSAGE_MAX>(deserializer)?;
    remove_duplicates(&mut ids);
    Ok(ids)
}

/// Asks for a `heartbeat_ack`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Number of the last frame the client has applied (GW-46).
    pub s: u64,
    /// Allowed, not echoed by the answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub r#ref: Option<Ref>,
}

impl CommandKind {
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
