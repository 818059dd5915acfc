//! A changed override.

use filament_protocol::{ChannelId, GuildId, LegacyRole, Permissions, UserId};

use crate::permission::Override;

/// An override with other lists; both empty removes it. Its `updated_at` is when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideChange {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The override as it is now.
    pub value: Override,
    /// Whom it concerns, in the words existing clients know.
    pub word: OverrideWord,
    /// Who.
    pub actor_user_id: UserId,
}

/// How an override's target is told to existing clients (CMP-1 to CMP-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideWord {
    /// A seeded role with a word of its own (CMP-1).
    Seeded(LegacyRole),
    /// `everyone`, a custom role or a member: the seeded member role's lists in that channel are restated (CMP-2, CMP-3).
    Other {
        /// What that role is allowed there.
        allow: Permissions,
        /// What it is denied there.
        deny: Permissions,
        /// Whether the target is `everyone`, which is a seeded role without a word.
        is_everyone: bool,
    },
}
