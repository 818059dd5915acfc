//! The index of a database that has messages and no index yet: built whole before the store opens.
//!
//! In one go, not in the background: a search must not silently miss what is not indexed yet, and old messages need places below those of
//! new ones. It happens once, takes some 25 seconds per million messages, and nobody is answered meanwhile.

use filament_protocol::{ChannelId, Id};
use rusqlite::{Connection, Result};

use super::entries::{Changes, Place};
use crate::{limits::FILL_ROWS_MAX, row::Key};

const IN_TIME: &str = "CREATE INDEX messages_in_time ON messages (message_id)";
const NEXT: &str = "SELECT channel_id, message_id, content FROM messages INDEXED BY messages_in_time
    WHERE message_id > ?1 ORDER BY message_id LIMIT ?2";
const PLACE: &str = "UPDATE messages SET place = ?3 WHERE channel_id = ?1 AND message_id = ?2";
const DONE: &str = "DROP INDEX messages_in_time; CREATE UNIQUE INDEX messages_by_place ON messages (place);";

/// Gives every message its place, in the order of ids, and its entry.
pub(crate) fn fill(connection: &Connection) -> Result<()> {
    connection.execute_batch(IN_TIME)?;
    let mut last: Key = [0; 16];
    let mut place: Place = 0;
    loop {
        let messages = connection
            .prepare_cached(NEXT)?
            .query_map((last, FILL_ROWS_MAX), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<Vec<(Key, Key, String)>>>()?;
        let Some((_, newest, _)) = messages.last() else { break };
        last = *newest;
        let mut changes = Changes::default();
        for (channel, message, text) in &messages {
            place += 1;
            connection.prepare_cached(PLACE)?.execute((channel, message, place))?;
            let channel_id: ChannelId = Id::from_u128(u128::from_be_bytes(*channel));
            changes.added(place, channel_id, text);
        }
        changes.write(connection)?;
        tracing::info!(messages = place, "indexing messages for search");
    }
    connection.flush_prepared_statement_cache();
    connection.execute_batch(DONE)
}
