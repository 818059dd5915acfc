//! Access revisions: how often each user's effective access has changed (contract §7.4), kept in the transaction of the change.

use std::sync::Arc;

use filament_core::{
    AccessState,
    permission::{GuildGraph, Membership},
};
use filament_protocol::{GuildId, UserId};
use rusqlite::{Connection, Error, OptionalExtension, Result};

use crate::{
    graph_cache::{GraphSource, WriterCache},
    graph_rows,
    row::{key, unsigned},
    sql,
};

/// A user's revision, 0 before the first change.
pub(crate) fn of(connection: &Connection, user_id: UserId) -> Result<u64> {
    let found = connection.prepare_cached(sql::ACCESS_REVISION)?.query_row([key(user_id)], |row| unsigned(row, 0));
    Ok(found.optional()?.unwrap_or(0))
}

/// Counts one entry for these users.
pub(crate) fn raise(connection: &Connection, user_ids: &[UserId]) -> Result<()> {
    if user_ids.is_empty() {
        return Ok(()); // as for every message
    }
    let mut statement = connection.prepare_cached(sql::ACCESS_REVISION_RAISE)?;
    for user_id in user_ids {
        statement.execute([key(*user_id)])?;
    }
    Ok(())
}

/// The open transaction, cache before tables.
pub(crate) struct Tables<'w> {
    pub(crate) connection: &'w Connection,
    pub(crate) cache: &'w mut WriterCache,
}

impl AccessState for Tables<'_> {
    type Error = Error;

    fn graph(&mut self, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>> {
        self.cache.graph(self.connection, guild_id)
    }

    fn membership(&mut self, guild_id: GuildId, user_id: UserId) -> Result<Option<Arc<Membership>>> {
        self.cache.membership(self.connection, guild_id, user_id)
    }

    fn visit_members(&mut self, guild_id: GuildId, visit: &mut dyn FnMut(&Membership)) -> Result<()> {
        graph_rows::visit_members(self.connection, guild_id, visit)
    }
}
