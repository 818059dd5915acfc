//! Events of messages (§4.3), for the subscribers of the channel.

use serde::{Deserialize, Serialize};

use crate::field::{list, present};
use crate::id::{ChannelId, GuildId, MessageId, UserId};
use crate::limits::MARKDOWN_TOKENS_MAX;
use crate::markdown::Token;
use crate::record::{Attachment, Message};
use crate::text::{Emoji, MessageContent};
use crate::timestamp::Timestamp;
use crate::word::words;

/// `message_create`: a message was stored. The payload is the record itself, with no reactions yet.
pub type MessageCreate = Message;

/// `message_update`: the content was edited, or an attachment was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdate {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
    /// Its new state.
    pub updated_fields: MessageUpdatedFields,
    /// When.
    pub updated_at_unix: Timestamp,
}

/// What a [`MessageUpdate`] says. The two text fields are always there, changed or not: existing clients need both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdatedFields {
    /// The content.
    pub content: MessageContent,
    /// The content as markdown tokens.
    #[serde(deserialize_with = "list::<_, _, MARKDOWN_TOKENS_MAX>")]
    pub markdown_tokens: Vec<Token>,
    /// The complete list, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub attachments: Option<Vec<Attachment>>,
}

/// `message_delete`: a message was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDelete {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
    /// When.
    pub deleted_at_unix: Timestamp,
}

/// `message_reaction`: one user's reaction was added or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReaction {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
    /// The emoji.
    pub emoji: Emoji,
    /// How many users react with it after this.
    pub count: u32,
    /// Added or removed.
    pub operation: ReactionOperation,
    /// Whose reaction it is.
    pub actor_user_id: UserId,
}

words! {
    /// What happened to a reaction.
    pub enum ReactionOperation {
        /// It was added.
        Add = "add",
        /// It was removed.
        Remove = "remove",
    }
}
