//! Channels, their order and their overrides.

use filament_core::permission::{ChannelNode, Override};
use filament_protocol::{ChannelId, GuildId};
use rusqlite::{Connection, Result};

use crate::{
    graph_rows::target_columns,
    row::{key, secs},
    sql::{self, one_row},
};

pub(super) fn create_channel(connection: &Connection, guild_id: GuildId, channel: &ChannelNode) -> Result<()> {
    let columns = (key(channel.channel_id), key(guild_id), channel.name.as_str(), channel.kind.name());
    one_row(connection, sql::CHANNEL_ADD, columns)?;
    channel.overrides.iter().try_for_each(|value| set_override(connection, channel.channel_id, value))
}

/// Lists that are both empty are no override.
pub(super) fn set_override(connection: &Connection, channel_id: ChannelId, value: &Override) -> Result<()> {
    let (target_kind, target_id) = target_columns(value.target);
    if value.allow.is_empty() && value.deny.is_empty() {
        return one_row(connection, sql::OVERRIDE_REMOVE, (key(channel_id), target_kind, target_id));
    }
    let bits = (value.allow.bits(), value.deny.bits());
    let columns = (key(channel_id), target_kind, target_id, bits.0, bits.1, secs(value.updated_at));
    one_row(connection, sql::OVERRIDE_PUT, columns)
}

pub(super) fn place_channels(connection: &Connection, channel_ids: &[ChannelId]) -> Result<()> {
    for (position, channel_id) in (0_i64..).zip(channel_ids) {
        one_row(connection, sql::CHANNEL_PLACE, (key(*channel_id), position))?;
    }
    Ok(())
}
