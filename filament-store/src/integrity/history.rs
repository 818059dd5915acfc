//! The journal and the tables tell the same: every entry and every guild can be read, and a guild whose whole history the journal
//! still holds is what that history makes of it.

use std::{collections::HashMap, sync::Arc};

use filament_core::{AccessChange, Entry, Seq, permission::GuildGraph};
use filament_protocol::GuildId;
use rusqlite::Connection;

use crate::{
    error::StoreError,
    graph_rows::{self, Versioned},
    journal,
    limits::{FINDINGS_MAX, GRAPHS_CACHED_MAX, JOURNAL_CHECK_ENTRIES},
    row::{id, unsigned},
    sql,
};

/// Reads everything; where journal and tables differ, as text for people.
pub(super) fn differences(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let followed = followed(connection)?;
    let mut findings = Vec::new();
    let mut statement = connection.prepare(sql::CHECK_GUILD_IDS)?;
    let guild_ids = statement.query_map((), |row| id(row, 0))?;
    for guild_id in guild_ids {
        let guild_id: GuildId = guild_id?;
        match stored(connection, guild_id) {
            Ok(stored) => {
                if let Some(told) = followed.get(&guild_id)
                    && stored.as_ref() != Some(told)
                {
                    findings.push(format!("guild {guild_id} is not what the journal tells of it"));
                }
            }
            // Not SQLite's fault: a value that no version of this program writes.
            Err(error) if error.sqlite_error_code().is_none() => {
                findings.push(format!("guild {guild_id} cannot be read: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
        if findings.len() >= FINDINGS_MAX as usize {
            break;
        }
    }
    for guild_id in followed.keys() {
        if graph_rows::version(connection, *guild_id)?.is_none() {
            findings.push(format!("guild {guild_id} is gone, and the journal does not tell of its end"));
        }
    }
    findings.sort_unstable();
    Ok(findings)
}

/// A guild by its tables, every membership looked at.
fn stored(connection: &Connection, guild_id: GuildId) -> rusqlite::Result<Option<Versioned>> {
    graph_rows::visit_members(connection, guild_id, &mut |_| {})?;
    graph_rows::graph(connection, guild_id)
}

/// Guilds that were created within the journal, as it tells of them; at most [`GRAPHS_CACHED_MAX`] at a time.
fn followed(connection: &Connection) -> Result<HashMap<GuildId, Versioned>, StoreError> {
    let mut graphs = HashMap::new();
    let oldest: Option<Seq> = connection.query_row(sql::JOURNAL_OLDEST, (), |row| {
        row.get::<_, Option<i64>>(0)?.map(|_| unsigned(row, 0)).transpose()
    })?;
    let mut seq = oldest.map_or(0, |oldest| oldest.saturating_sub(1));
    loop {
        let entries = journal::read_after(connection, seq, JOURNAL_CHECK_ENTRIES)?;
        let Some(last) = entries.last() else { return Ok(graphs) };
        seq = last.seq;
        entries.iter().for_each(|entry| follow(&mut graphs, entry));
    }
}

fn follow(graphs: &mut HashMap<GuildId, Versioned>, entry: &Entry) {
    for change in &entry.access {
        match change {
            AccessChange::GuildCreated(graph) if graphs.len() < GRAPHS_CACHED_MAX => {
                graphs.insert(graph.guild_id, Versioned { seq: entry.seq, graph: Arc::clone(graph) });
            }
            AccessChange::Guild(guild_id, change) => {
                if let Some(Versioned { seq, graph }) = graphs.get_mut(guild_id) {
                    GuildGraph::apply(Arc::make_mut(graph), change);
                    *seq = entry.seq;
                }
            }
            AccessChange::GuildDeleted { guild_id, .. } => drop(graphs.remove(guild_id)),
            AccessChange::GuildCreated(_)
            | AccessChange::MemberJoined { .. }
            | AccessChange::MemberRoles { .. }
            | AccessChange::MemberLeft { .. }
            | AccessChange::SessionRenewed { .. }
            | AccessChange::SessionEnded { .. } => {}
        }
    }
}
