//! Entries of messages that go away with their channel.

use filament_protocol::{ChannelId, Id};
use rusqlite::{Connection, Result};

use super::entries::Changes;
use crate::{row::Key, sql};

/// Removes the oldest messages of a deleted channel with their entries, at most so many, and says how many there were.
pub(crate) fn purge(connection: &Connection, channel: Key, rows_max: u32) -> Result<usize> {
    let channel_id: ChannelId = Id::from_u128(u128::from_be_bytes(channel));
    let mut changes = Changes::default();
    let mut last: Option<Key> = None;
    let mut count = 0;
    {
        let mut statement = connection.prepare_cached(sql::TEXTS_AFTER)?;
        let mut rows = statement.query((channel, [0; 16], rows_max))?;
        while let Some(row) = rows.next()? {
            last = Some(row.get(0)?);
            changes.removed(row.get(1)?, channel_id, row.get(2)?);
            count += 1;
        }
    }
    let Some(last) = last else { return Ok(0) };
    changes.write(connection)?;
    connection.prepare_cached(sql::CHANNEL_PURGE_MESSAGES)?.execute([channel, last])?;
    Ok(count)
}
