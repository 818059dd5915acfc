//! Guilds, who owns them, and their members.

use filament_core::{NewMember, OwnershipTransfer, permission::GuildGraph};
use filament_protocol::RoleId;
use rusqlite::{Connection, Result};

use super::role::{add_role, give_roles, take_roles};
use crate::{
    row::{key, optional_key, secs},
    sql::{self, one_row},
};

pub(super) fn create_guild(connection: &Connection, graph: &GuildGraph, owner_role_ids: &[RoleId]) -> Result<()> {
    let columns = (
        key(graph.guild_id),
        graph.name.as_str(),
        graph.visibility.name(),
        key(graph.owner_id),
        optional_key(graph.default_role_id),
        secs(graph.created_at),
    );
    one_row(connection, sql::GUILD_ADD, columns)?;
    for role in &graph.roles {
        add_role(connection, graph.guild_id, role)?;
    }
    one_row(connection, sql::MEMBER_ADD, (key(graph.guild_id), key(graph.owner_id), secs(graph.created_at)))?;
    give_roles(connection, graph.guild_id, graph.owner_id, owner_role_ids.iter().copied())
}

pub(super) fn transfer_ownership(connection: &Connection, transfer: &OwnershipTransfer) -> Result<()> {
    let OwnershipTransfer { guild_id, owner_role_id, previous, moderator_role_id, next, .. } = transfer;
    take_roles(connection, *guild_id, previous.user_id, &[*owner_role_id])?;
    give_roles(connection, *guild_id, previous.user_id, *moderator_role_id)?;
    give_roles(connection, *guild_id, next.user_id, [*owner_role_id])?;
    one_row(connection, sql::GUILD_OWNER_PUT, [key(*guild_id), key(next.user_id)])
}

pub(super) fn add_member(connection: &Connection, member: &NewMember) -> Result<()> {
    one_row(connection, sql::MEMBER_ADD, (key(member.guild_id), key(member.user_id), secs(member.joined_at)))?;
    give_roles(connection, member.guild_id, member.user_id, member.default_role_id)
}
