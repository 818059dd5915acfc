//! Events of roles, assignments and channel overrides (§4.7, §4.11).

use crate::field::{Distinct, all_differ};
use crate::id::{ChannelId, GuildId, OverrideTargetId, RoleId, UserId};
use crate::limits::{ROLE_POSITION_MAX, ROLES_ORDERED_MAX};
use crate::object::record;
use crate::patch::Patch;
use crate::permission::Permissions;
use crate::record::{LegacyRole, NewRole, TargetKind};
use crate::text::{ColorHex, RoleName};
use crate::timestamp::Timestamp;

record! {
    /// `workspace_role_create`: a role was created.
    pub struct WorkspaceRoleCreate {
        /// The guild.
        pub guild_id: GuildId,
        /// The role.
        pub role: NewRole,
        /// When.
        pub created_at_unix: Timestamp,
        /// Who created it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `workspace_role_update`: a role was changed.
    pub struct WorkspaceRoleUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The role.
        pub role_id: RoleId,
        /// What changed; never empty.
        pub updated_fields: WorkspaceRoleUpdatedFields,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who changed it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// What a `workspace_role_update` says: the changed fields only, as stored.
    pub struct WorkspaceRoleUpdatedFields: Default {
        /// The new name.
        pub name: Option<RoleName>,
        /// What it grants now.
        pub permissions: Option<Permissions>,
        /// The new colour; null if it has none any more.
        pub color_hex: Patch<ColorHex>,
    }
    rules { any_of(name, permissions, color_hex) }
}

record! {
    /// `workspace_role_delete`: a role was deleted, and with it its assignments and overrides.
    pub struct WorkspaceRoleDelete {
        /// The guild.
        pub guild_id: GuildId,
        /// The role.
        pub role_id: RoleId,
        /// When.
        pub deleted_at_unix: Timestamp,
        /// Who deleted it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `workspace_role_reorder`: the roles have a new order.
    pub struct WorkspaceRoleReorder {
        /// The guild.
        pub guild_id: GuildId,
        /// Every role but `everyone` and `workspace_owner`, highest first; at most 62.
        pub role_ids: Vec<RoleId> [0..=ROLES_ORDERED_MAX, unique],
        /// The same roles with their new positions.
        pub roles: Vec<RolePosition> [0..=ROLES_ORDERED_MAX, unique by],
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who changed it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// The position of one role.
    pub struct RolePosition: Copy {
        /// The role.
        pub role_id: RoleId,
        /// Its rank, 0..=10,000; higher outranks lower.
        pub position: u16 [0..=ROLE_POSITION_MAX],
    }
}

impl Distinct for RolePosition {
    const KEYS: &'static [&'static [&'static str]] = &[&["role_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.role_id))
    }
}

record! {
    /// `workspace_role_assignment_add`: a role was assigned.
    pub struct WorkspaceRoleAssignmentAdd {
        /// The guild.
        pub guild_id: GuildId,
        /// The member.
        pub user_id: UserId,
        /// The role.
        pub role_id: RoleId,
        /// When.
        pub assigned_at_unix: Timestamp,
        /// Who assigned it; for the default role, who joined or who added them.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `workspace_role_assignment_remove`: a role was taken from a member; both stay.
    pub struct WorkspaceRoleAssignmentRemove {
        /// The guild.
        pub guild_id: GuildId,
        /// The member.
        pub user_id: UserId,
        /// The role.
        pub role_id: RoleId,
        /// When.
        pub removed_at_unix: Timestamp,
        /// Who took it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `workspace_channel_override_update`: the lists of an override in a channel changed.
    pub struct WorkspaceChannelOverrideUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel.
        pub channel_id: ChannelId,
        /// Role or member.
        pub target_kind: TargetKind,
        /// Which one.
        pub target_id: OverrideTargetId,
        /// The word of the seeded role `workspace_owner`, `moderator` or `member`; absent for every other target.
        pub role: Option<LegacyRole>,
        /// Its lists.
        pub updated_fields: OverrideUpdatedFields,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who changed it.
        pub actor_user_id: UserId,
    }
    rules { absent_if(role, target_kind = "member") }
}

record! {
    /// `workspace_channel_role_override_update`: deprecated notice for plain connections (§4.11), which restates the
    /// stored lists of a seeded role in a channel.
    pub struct WorkspaceChannelRoleOverrideUpdate {
        /// The guild.
        pub guild_id: GuildId,
        /// The channel; after its deletion, the deleted one (CMP-4).
        pub channel_id: ChannelId,
        /// The seeded role.
        pub role: LegacyRole,
        /// Its lists.
        pub updated_fields: OverrideUpdatedFields,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who caused it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// The complete, disjoint lists of an override; both empty means there is none.
    pub struct OverrideUpdatedFields: Default {
        /// What it allows.
        pub allow: Permissions,
        /// What it denies.
        pub deny: Permissions,
    }
    rules { disjoint(allow, deny) }
}
