//! Attachments that come and go. Binding is part of the message that binds them.

use filament_protocol::{AttachmentId, ChannelId, GuildId, Timestamp, UserId};

use crate::facts::StoredMessage;

/// An attachment that is gone. Its bytes follow soon after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRemoval {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The attachment.
    pub attachment_id: AttachmentId,
    /// Who uploaded it.
    pub owner_id: UserId,
    /// The message that carried it, as it is without it; `None` if none did.
    pub message: Option<StoredMessage>,
    /// Who.
    pub actor_user_id: UserId,
    /// When.
    pub deleted_at: Timestamp,
}
