//! A guild that changes hands.

use filament_protocol::{GuildId, RoleId, Timestamp, UserId};

use crate::permission::Membership;

/// `workspace_owner` moves from one member to another (HIE-10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnershipTransfer {
    /// The guild.
    pub guild_id: GuildId,
    /// The seeded owner role.
    pub owner_role_id: RoleId,
    /// The old owner as a member now.
    pub previous: Membership,
    /// The seeded moderator role, if the old owner was given it.
    pub moderator_role_id: Option<RoleId>,
    /// The new owner as a member now.
    pub next: Membership,
    /// Who transferred: the old owner or the server owner.
    pub actor_user_id: UserId,
    /// When.
    pub transferred_at: Timestamp,
}
