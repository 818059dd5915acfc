//! Changes of roles, and of who holds them.

use filament_protocol::{ColorHex, GuildId, LegacyRole, Patch, Permissions, RoleId, RoleName, Timestamp, UserId};

use crate::permission::{Membership, RoleNode};

/// A role with other properties; a member is set exactly if it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleUpdate {
    /// The guild.
    pub guild_id: GuildId,
    /// The role as it is now.
    pub role: RoleNode,
    /// The new name.
    pub name: Option<RoleName>,
    /// The new permissions.
    pub permissions: Option<Permissions>,
    /// The new colour.
    pub color_hex: Patch<ColorHex>,
    /// Who.
    pub actor_user_id: UserId,
    /// When.
    pub updated_at: Timestamp,
}

/// The roles of a guild at other positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOrder {
    /// The guild.
    pub guild_id: GuildId,
    /// All roles but `everyone` and `workspace_owner`, highest first, with the positions they have now.
    pub places: Vec<(RoleId, u16)>,
    /// Who.
    pub actor_user_id: UserId,
    /// When.
    pub updated_at: Timestamp,
}

/// A member that holds other roles; at least one was taken or given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAssignment {
    /// The guild.
    pub guild_id: GuildId,
    /// The member as it is now.
    pub membership: Membership,
    /// Roles taken.
    pub removed: Vec<RoleId>,
    /// Roles given.
    pub added: Vec<RoleId>,
    /// The derived legacy role, if it changed.
    pub role: Option<LegacyRole>,
    /// What was asked for.
    pub cause: AssignmentCause,
    /// Who.
    pub actor_user_id: UserId,
    /// When.
    pub changed_at: Timestamp,
}

/// What made somebody's roles change; the audit log tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentCause {
    /// One role was assigned.
    Assign,
    /// One role was unassigned.
    Unassign,
    /// The legacy role was changed.
    LegacyRole,
}
