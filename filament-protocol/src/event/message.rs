//! Events of messages (§4.3), for the subscribers of the channel.

use crate::id::{ChannelId, GuildId, MessageId, UserId};
use crate::limits::{ATTACHMENTS_PER_MESSAGE_MAX, MARKDOWN_TOKENS_MAX, REACTION_COUNT_MAX};
use crate::markdown::Token;
use crate::object::record;
use crate::record::{Attachment, Message};
use crate::text::{Emoji, MessageContent};
use crate::timestamp::Timestamp;
use crate::word::words;

/// `message_create`: a message was stored. The payload is the record itself, with no reactions yet.
pub type MessageCreate = Message;

record! {
    /// `message_update`: the content was edited, or an attachment was deleted.
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
}

record! {
    /// What a `MessageUpdate` says. The two text fields are always there, changed or not: existing clients need both.
    pub struct MessageUpdatedFields {
        /// The content.
        pub content: MessageContent,
        /// The content as markdown tokens.
        pub markdown_tokens: Vec<Token> [0..=MARKDOWN_TOKENS_MAX],
        /// The complete list, if it changed.
        pub attachments: Option<Vec<Attachment>> [0..=ATTACHMENTS_PER_MESSAGE_MAX],
    }
}

record! {
    /// `message_delete`: a message was removed.
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
}

record! {
    /// `message_reaction`: one user's reaction was added or removed.
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
        pub count: u32 [0..=REACTION_COUNT_MAX],
        /// Added or removed.
        pub operation: ReactionOperation,
        /// Whose reaction it is.
        pub actor_user_id: UserId,
    }
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
