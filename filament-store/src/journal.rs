//! The committed past: its rows, and the newest part of it in memory.

mod codec;
mod tail;

pub(crate) use codec::append;
pub(crate) use tail::{Found, Tail};

use std::sync::Arc;

use filament_core::{Entry, Seq};
use rusqlite::Connection;

use crate::{error::StoreError, limits::JOURNAL_READ_BYTES_MAX, row::signed, row::unsigned, sql};

/// Reads at most `entries_max` entries after `seq` and about [`JOURNAL_READ_BYTES_MAX`] bytes, at least one entry if there is one.
pub(crate) fn read_after(connection: &Connection, seq: Seq, entries_max: u16) -> Result<Vec<Arc<Entry>>, StoreError> {
    let mut statement = connection.prepare_cached(sql::JOURNAL_AFTER)?;
    let mut rows = statement.query((signed(seq), entries_max))?;
    let mut entries = Vec::new();
    let (mut wanted, mut bytes) = (seq + 1, 0);
    while let Some(row) = rows.next()? {
        let found = unsigned(row, 0)?;
        if found != wanted {
            return Err(if entries.is_empty() {
                StoreError::Trimmed { wanted, oldest: found }
            } else {
                StoreError::Inconsistent("the journal has a gap")
            });
        }
        let entry = codec::entry(row)?;
        bytes += tail::weight(&entry);
        entries.push(Arc::new(entry));
        wanted += 1;
        if bytes >= JOURNAL_READ_BYTES_MAX {
            break;
        }
    }
    Ok(entries)
}

/// The last entry of a snapshot; 0 if there is none.
pub(crate) fn head(connection: &Connection) -> Result<Seq, StoreError> {
    let head: Option<i64> = connection.prepare_cached(sql::JOURNAL_HEAD)?.query_row((), |row| row.get(0))?;
    Ok(head.and_then(|seq| Seq::try_from(seq).ok()).unwrap_or(0))
}
