//! Roles, and who holds them.

use filament_core::{RoleAssignment, permission::RoleNode};
use filament_protocol::{GuildId, RoleId, UserId};
use rusqlite::{Connection, Result};

use crate::{
    row::{key, optional_key},
    sql::{self, one_row},
};

pub(super) fn add_role(connection: &Connection, guild_id: GuildId, role: &RoleNode) -> Result<()> {
    let columns = (
        key(guild_id),
        key(role.role_id),
        role.name.as_str(),
        role.position,
        role.is_system,
        role.permissions.bits(),
        role.color_hex.as_ref().map(|color| color.as_str()),
        role.system_key.map(|system_key| system_key.name()),
    );
    one_row(connection, sql::ROLE_ADD, columns)
}

pub(super) fn change_role(connection: &Connection, guild_id: GuildId, role: &RoleNode) -> Result<()> {
    let color_hex = role.color_hex.as_ref().map(|color| color.as_str());
    let columns = (key(guild_id), key(role.role_id), role.name.as_str(), role.permissions.bits(), color_hex);
    one_row(connection, sql::ROLE_CHANGE, columns)
}

/// Its assignments go with the row; its overrides have no reference to it, because a member's have none to the member.
pub(super) fn delete_role(
    connection: &Connection,
    guild_id: GuildId,
    role_id: RoleId,
    was_default: bool,
) -> Result<()> {
    connection.prepare_cached(sql::ROLE_REMOVE_OVERRIDES)?.execute([key(guild_id), key(role_id)])?;
    if was_default {
        set_default_role(connection, guild_id, None)?;
    }
    one_row(connection, sql::ROLE_REMOVE, [key(guild_id), key(role_id)])
}

pub(super) fn set_default_role(connection: &Connection, guild_id: GuildId, role_id: Option<RoleId>) -> Result<()> {
    one_row(connection, sql::GUILD_DEFAULT_ROLE_PUT, (key(guild_id), optional_key(role_id)))
}

pub(super) fn place_roles(connection: &Connection, guild_id: GuildId, places: &[(RoleId, u16)]) -> Result<()> {
    for (role_id, position) in places {
        one_row(connection, sql::ROLE_PLACE, (key(guild_id), key(*role_id), position))?;
    }
    Ok(())
}

pub(super) fn assign_roles(connection: &Connection, assignment: &RoleAssignment) -> Result<()> {
    let RoleAssignment { guild_id, membership, removed, added, .. } = assignment;
    take_roles(connection, *guild_id, membership.user_id, removed)?;
    give_roles(connection, *guild_id, membership.user_id, added.iter().copied())
}

pub(super) fn take_roles(
    connection: &Connection,
    guild_id: GuildId,
    user_id: UserId,
    role_ids: &[RoleId],
) -> Result<()> {
    for role_id in role_ids {
        one_row(connection, sql::MEMBER_ROLE_REMOVE, [key(guild_id), key(user_id), key(*role_id)])?;
    }
    Ok(())
}

pub(super) fn give_roles(
    connection: &Connection,
    guild_id: GuildId,
    user_id: UserId,
    role_ids: impl IntoIterator<Item = RoleId>,
) -> Result<()> {
    for role_id in role_ids {
        one_row(connection, sql::MEMBER_ROLE_ADD, [key(guild_id), key(user_id), key(role_id)])?;
    }
    Ok(())
}
