//! What changes with a message: the key it is remembered under, and its reactions.

use filament_protocol::{ChannelId, Emoji, GuildId, IdempotencyKey, MessageId, Timestamp, UserId};

/// What is kept for a repeated request (HTTP-16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The key.
    pub key: IdempotencyKey,
    /// The request, compared whole on a repeat.
    pub body: String,
}

/// One reaction set or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionChange {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
    /// The emoji.
    pub emoji: Emoji,
    /// Who.
    pub user_id: UserId,
    /// Reactors of that emoji after the change (MSG-1).
    pub count: u32,
    /// When.
    pub changed_at: Timestamp,
}
