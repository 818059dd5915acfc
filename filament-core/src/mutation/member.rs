//! Members to be added.

use filament_protocol::{GuildId, GuildName, LegacyRole, RoleId, Timestamp, UserId, Visibility};

/// A member to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// The guild.
    pub guild_id: GuildId,
    /// Its name, visibility and owner, told to the new member.
    pub guild: (GuildName, Visibility, UserId),
    /// The new member.
    pub user_id: UserId,
    /// The default join role, if the guild has one.
    pub default_role_id: Option<RoleId>,
    /// The legacy word that role makes (PRM-5).
    pub role: LegacyRole,
    /// How.
    pub via: MemberVia,
    /// Who added; the member itself when joining (ACT-1).
    pub actor_user_id: UserId,
    /// When.
    pub joined_at: Timestamp,
}

/// How a user became a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberVia {
    /// Through the public directory.
    Directory,
    /// By another member.
    Added,
}
