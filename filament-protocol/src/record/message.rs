//! Messages with their attachments and reactions.

use crate::id::{AttachmentId, ChannelId, GuildId, MessageId, UserId};
use crate::limits::{
    ATTACHMENT_BYTES_MAX, ATTACHMENTS_PER_MESSAGE_MAX, MARKDOWN_TOKENS_MAX, REACTION_COUNT_MAX,
    REACTIONS_PER_MESSAGE_MAX, REACTORS_PER_REACTION_MAX,
};
use crate::markdown::Token;
use crate::object::record;
use crate::text::{Emoji, Filename, MessageContent, MimeType, Sha256Hex};
use crate::timestamp::Timestamp;

record! {
    /// A message: at most 59,392 bytes of JSON.
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
        pub markdown_tokens: Vec<Token> [0..=MARKDOWN_TOKENS_MAX],
        /// Its attachments, at most 5, by upload time, then id.
        pub attachments: Vec<Attachment> [0..=ATTACHMENTS_PER_MESSAGE_MAX],
        /// Its reactions, at most 64, bytewise by emoji.
        pub reactions: Vec<Reaction> [0..=REACTIONS_PER_MESSAGE_MAX],
        /// When it was stored.
        pub created_at_unix: Timestamp,
        /// When its content was last changed, if ever.
        pub edited_at_unix: Option<Timestamp>,
    }
}

record! {
    /// A file of a message.
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
        pub size_bytes: u64 [1..=ATTACHMENT_BYTES_MAX],
        /// Digest of its bytes.
        pub sha256_hex: Sha256Hex,
    }
}

record! {
    /// One emoji on a message.
    pub struct Reaction {
        /// The emoji.
        pub emoji: Emoji,
        /// How many users reacted with it, 0..=1,000,000.
        pub count: u32 [0..=REACTION_COUNT_MAX],
        /// Whether the receiver is one of them.
        pub reacted_by_me: bool,
        /// Some of them: ascending, unique, at most 32. Absent when empty.
        pub reactor_user_ids: Vec<UserId> [0..=REACTORS_PER_REACTION_MAX, unique, absent],
    }
}
