//! Messages with their attachments and reactions.

use serde::{Deserialize, Serialize};

use crate::field::{list, present};
use crate::id::{AttachmentId, ChannelId, GuildId, MessageId, UserId};
use crate::limits::{
    ATTACHMENTS_PER_MESSAGE_MAX, MARKDOWN_TOKENS_MAX, REACTIONS_PER_MESSAGE_MAX, REACTORS_PER_REACTION_MAX,
};
use crate::markdown::Token;
use crate::text::{Emoji, Filename, MessageContent, MimeType, Sha256Hex};
use crate::timestamp::Timestamp;

/// A message: at most 59,392 bytes of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id; ascends in commit order within the channel.
    pub message_id: MessageId,
    /// The guild of its channel.
    pub guild_id: GuildId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// Who wrote it.
    pub author_id: UserId,
    /// What was written, as written.
    pub content: MessageContent,
    /// The content as markdown tokens; empty if it has none or breaks a limit of MD-1.
    #[serde(deserialize_with = "list::<_, _, MARKDOWN_TOKENS_MAX>")]
    pub markdown_tokens: Vec<Token>,
    /// Its attachments, at most 5, by upload time, then id.
    #[serde(deserialize_with = "list::<_, _, ATTACHMENTS_PER_MESSAGE_MAX>")]
    pub attachments: Vec<Attachment>,
    /// Its reactions, at most 64, bytewise by emoji.
    #[serde(deserialize_with = "list::<_, _, REACTIONS_PER_MESSAGE_MAX>")]
    pub reactions: Vec<Reaction>,
    /// When it was stored.
    pub created_at_unix: Timestamp,
    /// When its content was last changed, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub edited_at_unix: Option<Timestamp>,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id.
    pub attachment_id: AttachmentId,
    /// The guild it was uploaded to.
    pub guild_id: GuildId,
    /// The channel it was uploaded to.
    pub channel_id: ChannelId,
    /// Who uploaded it.
    pub owner_id: UserId,
    /// Its name.
    pub filename: Filename,
    /// Its media type, as sniffed.
    pub mime_type: MimeType,
    /// Its size in bytes, 1..=26,214,400.
    pub size_bytes: u64,
    /// Digest of its bytes.
    pub sha256_hex: Sha256Hex,
}

/// One emoji on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// How many users reacted with it, 0..=1,000,000.
    pub count: u32,
    /// Whether the receiver is one of them.
    pub reacted_by_me: bool,
    /// Some of them: ascending, unique, at most 32. Absent when empty.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "list::<_, _, REACTORS_PER_REACTION_MAX>"
    )]
    pub reactor_user_ids: Vec<UserId>,
}
