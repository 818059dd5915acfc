//! Guild graphs and memberships as the tables hold them.

use std::sync::Arc;

use filament_core::{
    AddressBan, Seq,
    permission::{ChannelNode, GuildGraph, Membership, Override, OverrideTarget, RoleNode},
};
use filament_protocol::{ChannelId, ChannelKind, GuildId, Id, SystemKey, UserId, Visibility};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::{
    row::{
        address, id, key, optional_id, optional_text, optional_time, optional_word, permissions, small, text, time,
        unsigned, word,
    },
    sql,
};

/// A graph and the journal entry that last changed it: two graphs of one guild and one seq are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Versioned {
    pub(crate) seq: Seq,
    pub(crate) graph: Arc<GuildGraph>,
}

/// The version of a guild's graph, `None` if there is no such guild.
pub(crate) fn version(connection: &Connection, guild_id: GuildId) -> Result<Option<Seq>> {
    connection.prepare_cached(sql::GUILD_VERSION)?.query_row([key(guild_id)], |row| unsigned(row, 0)).optional()
}

/// Builds a graph from the tables.
pub(crate) fn graph(connection: &Connection, guild_id: GuildId) -> Result<Option<Versioned>> {
    let described = connection.prepare_cached(sql::GUILD)?.query_row([key(guild_id)], |row| {
        let graph = GuildGraph {
            guild_id,
            name: text(row, 1)?,
            visibility: word(row, 2, Visibility::from_name)?,
            owner_id: id(row, 3)?,
            default_role_id: optional_id(row, 4)?,
            created_at: time(row, 5)?,
            roles: Vec::new(),
            channels: Vec::new(),
            address_bans: Vec::new(),
        };
        Ok((unsigned(row, 0)?, graph))
    });
    let Some((seq, mut graph)) = described.optional()? else {
        return Ok(None);
    };
    graph.roles = rows(connection, sql::GUILD_ROLES, guild_id, role)?;
    graph.channels = rows(connection, sql::GUILD_CHANNELS, guild_id, channel)?;
    graph.address_bans = rows(connection, sql::GUILD_ADDRESS_BANS, guild_id, address_ban)?;
    place_overrides(&mut graph.channels, rows(connection, sql::GUILD_OVERRIDES, guild_id, channel_override)?);
    Ok(Some(Versioned { seq, graph: Arc::new(graph) }))
}

/// One membership.
pub(crate) fn membership(connection: &Connection, guild_id: GuildId, user_id: UserId) -> Result<Option<Membership>> {
    let joined = connection
        .prepare_cached(sql::MEMBERSHIP)?
        .query_row([key(guild_id), key(user_id)], |row| time(row, 0))
        .optional()?;
    let Some(joined_at) = joined else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(sql::MEMBERSHIP_ROLES)?;
    let role_ids = statement.query_map([key(guild_id), key(user_id)], |row| id(row, 0))?.collect::<Result<_>>()?;
    Ok(Some(Membership { user_id, role_ids, joined_at }))
}

/// Every membership of a user, by guild.
pub(crate) fn memberships_of(connection: &Connection, user_id: UserId) -> Result<Vec<(GuildId, Membership)>> {
    let mut statement = connection.prepare_cached(sql::MEMBERSHIPS_OF)?;
    let mut guild_ids: Vec<GuildId> = statement.query_map([key(user_id)], |row| id(row, 0))?.collect::<Result<_>>()?;
    guild_ids.sort_unstable();
    let mut memberships = Vec::with_capacity(guild_ids.len());
    for guild_id in guild_ids {
        memberships.extend(membership(connection, guild_id, user_id)?.map(|membership| (guild_id, membership)));
    }
    Ok(memberships)
}

/// Shows every member of a guild, ascending.
pub(crate) fn visit_members(
    connection: &Connection,
    guild_id: GuildId,
    visit: &mut dyn FnMut(&Membership),
) -> Result<()> {
    let mut statement = connection.prepare_cached(sql::GUILD_MEMBERS)?;
    let mut rows = statement.query([key(guild_id)])?;
    let mut member: Option<Membership> = None;
    while let Some(row) = rows.next()? {
        let user_id = id(row, 0)?;
        if member.as_ref().is_none_or(|member| member.user_id != user_id) {
            let next = Membership { user_id, role_ids: Vec::new(), joined_at: time(row, 1)? };
            if let Some(complete) = member.replace(next) {
                visit(&complete);
            }
        }
        if let (Some(member), Some(role_id)) = (&mut member, optional_id(row, 2)?) {
            member.role_ids.push(role_id);
        }
    }
    if let Some(complete) = member {
        visit(&complete);
    }
    Ok(())
}

/// How an override's target is stored.
pub(crate) const fn target_columns(target: OverrideTarget) -> (i64, [u8; 16]) {
    match target {
        OverrideTarget::Role(role_id) => (0, key(role_id)),
        OverrideTarget::Member(user_id) => (1, key(user_id)),
    }
}

fn rows<T>(connection: &Connection, sql: &str, guild_id: GuildId, read: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map([key(guild_id)], read)?.collect()
}

fn role(row: &Row<'_>) -> Result<RoleNode> {
    Ok(RoleNode {
        role_id: id(row, 0)?,
        name: text(row, 1)?,
        position: small(row, 2)?,
        is_system: row.get(3)?,
        permissions: permissions(row, 4)?,
        color_hex: optional_text(row, 5)?,
        system_key: optional_word(row, 6, SystemKey::from_name)?,
    })
}

fn address_ban(row: &Row<'_>) -> Result<AddressBan> {
    Ok(AddressBan { ban_id: id(row, 0)?, address: address(row, 1)?, expires_at: optional_time(row, 2)? })
}

fn channel(row: &Row<'_>) -> Result<ChannelNode> {
    Ok(ChannelNode {
        channel_id: id(row, 0)?,
        name: text(row, 1)?,
        kind: word(row, 2, ChannelKind::from_name)?,
        overrides: Vec::new(),
    })
}

fn channel_override(row: &Row<'_>) -> Result<(ChannelId, Override)> {
    let target: Id<()> = id(row, 2)?;
    let target = match row.get(1)? {
        0_i64 => OverrideTarget::Role(Id::from_u128(target.as_u128())),
        1 => OverrideTarget::Member(Id::from_u128(target.as_u128())),
        other => return Err(rusqlite::Error::IntegralValueOutOfRange(1, other)),
    };
    let value = Override { target, allow: permissions(row, 3)?, deny: permissions(row, 4)?, updated_at: time(row, 5)? };
    Ok((id(row, 0)?, value))
}

/// Both lists are in channel order, so one walk places all. Graphs hold overrides by target.
fn place_overrides(channels: &mut [ChannelNode], overrides: Vec<(ChannelId, Override)>) {
    let mut overrides = overrides.into_iter().peekable();
    for channel in channels {
        while let Some((_, value)) = overrides.next_if(|(channel_id, _)| *channel_id == channel.channel_id) {
            channel.overrides.push(value);
        }
        channel.overrides.sort_unstable_by_key(|value| value.target);
    }
}
