//! Facts of messages: their text, attachments and reactions, and what idempotency keys remember.

use filament_protocol::{
    AttachmentId, ChannelId, Emoji, GuildId, IdempotencyKey, MessageContent, MessageId, Timestamp, UserId,
    markdown::tokenize,
    record::{Attachment, Message, Reaction},
};

use super::{Fact, Facts, Need};
use crate::{attachment::StoredAttachment, denial::Denial};

/// A message as stored: everything but what depends on the viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// The message.
    pub message_id: MessageId,
    /// Its guild.
    pub guild_id: GuildId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// Who wrote it.
    pub author_id: UserId,
    /// The raw text.
    pub content: MessageContent,
    /// Bound attachments, by upload time.
    pub attachments: Vec<Attachment>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its text last changed.
    pub edited_at: Option<Timestamp>,
}

impl StoredMessage {
    /// The wire record, with the reactions of one viewer.
    #[must_use]
    pub fn record(&self, reactions: Vec<Reaction>) -> Message {
        Message {
            message_id: self.message_id,
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            author_id: self.author_id,
            markdown_tokens: tokenize(self.content.as_str()),
            content: self.content.clone(),
            attachments: self.attachments.clone(),
            reactions,
            created_at_unix: self.created_at,
            edited_at_unix: self.edited_at,
        }
    }
}

/// One emoji on one message.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReactionState {
    /// Whether the asking user reacted with it.
    pub held: bool,
    /// Users who reacted with it.
    pub count: u32,
    /// Distinct emoji on the message, this one included if `count > 0`.
    pub distinct_emoji: u32,
    /// The lowest user ids among the reactors, ascending, at most `REACTORS_SHOWN_MAX + 1`.
    pub lowest_reactors: Vec<UserId>,
}

/// What was stored under an idempotency key (HTTP-16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The request as it was, compared whole.
    pub body: String,
    /// The message it made, with the reactions the asking user sees; `None` if the message is gone.
    pub message: Option<(StoredMessage, Vec<Reaction>)>,
}

impl Facts {
    /// A message.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn message(&self, channel_id: ChannelId, message_id: MessageId) -> Result<Option<&StoredMessage>, Denial> {
        match self.find(&Need::Message(channel_id, message_id))? {
            Fact::Message(message) => Ok(message.as_ref()),
            _ => Err(Denial::Unplanned("message")),
        }
    }

    /// An attachment.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn attachment(
        &self,
        channel_id: ChannelId,
        attachment_id: AttachmentId,
    ) -> Result<Option<&StoredAttachment>, Denial> {
        match self.find(&Need::Attachment(channel_id, attachment_id))? {
            Fact::Attachment(attachment) => Ok(attachment.as_deref()),
            _ => Err(Denial::Unplanned("attachment")),
        }
    }

    /// The message that carries an attachment.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn attachment_message(
        &self,
        channel_id: ChannelId,
        attachment_id: AttachmentId,
    ) -> Result<Option<&StoredMessage>, Denial> {
        match self.find(&Need::AttachmentMessage(channel_id, attachment_id))? {
            Fact::Message(message) => Ok(message.as_ref()),
            _ => Err(Denial::Unplanned("message of an attachment")),
        }
    }

    /// The reactions of a message as a user sees them.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn reactions(&self, message_id: MessageId, viewer: UserId) -> Result<&[Reaction], Denial> {
        match self.find(&Need::Reactions(message_id, viewer))? {
            Fact::Reactions(reactions) => Ok(reactions),
            _ => Err(Denial::Unplanned("reactions")),
        }
    }

    /// One emoji on one message.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn reaction(&self, message_id: MessageId, emoji: &Emoji, user_id: UserId) -> Result<&ReactionState, Denial> {
        match self.find(&Need::Reaction(message_id, emoji.clone(), user_id))? {
            Fact::Reaction(state) => Ok(state),
            _ => Err(Denial::Unplanned("reaction")),
        }
    }

    /// What an idempotency key remembers.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn remembered(
        &self,
        user_id: UserId,
        channel_id: ChannelId,
        key: &IdempotencyKey,
    ) -> Result<Option<&Remembered>, Denial> {
        match self.find(&Need::Idempotency(user_id, channel_id, key.clone()))? {
            Fact::Idempotency(remembered) => Ok(remembered.as_ref()),
            _ => Err(Denial::Unplanned("idempotency key")),
        }
    }
}
