//! The open transaction: how it begins and ends, and the way back to a place in it.

use filament_core::Seq;

use super::Writer;
use crate::{error::StoreError, lineage, search, sql};

/// A place in the open transaction.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    head: Seq,
    kept_stamp: u128,
    entries: usize,
    cache: usize,
    index: search::Mark,
}

impl Writer {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            head: self.head,
            kept_stamp: self.kept_stamp,
            entries: self.entries.len(),
            cache: self.cache.mark(),
            index: self.index.mark(),
        }
    }

    /// Puts everything back that follows the transaction.
    pub(super) fn return_to(&mut self, mark: Mark) {
        self.head = mark.head;
        self.kept_stamp = mark.kept_stamp;
        self.entries.truncate(mark.entries);
        self.cache.undo(mark.cache);
        self.index.return_to(mark.index);
    }

    /// Undoes one command. Should even that fail, the transaction goes, and with it the group.
    pub(super) fn undo(&mut self, mark: Mark) {
        if std::mem::take(&mut self.in_savepoint) && !self.connection.is_autocommit() {
            let undone = self.execute(sql::SAVEPOINT_UNDO).and_then(|()| self.execute(sql::SAVEPOINT_RELEASE));
            if let Err(error) = undone {
                tracing::error!(%error, "a savepoint could not be undone");
                drop(self.execute(sql::ROLLBACK));
            }
        }
        self.return_to(mark);
    }

    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        if !self.connection.is_autocommit() {
            self.execute(sql::ROLLBACK)?; // a rollback that failed earlier
        }
        self.dirty = false;
        self.execute(sql::BEGIN_WRITE)
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.index.changes().write(&self.connection)?;
        if self.dirty && self.kept_stamp != self.stamps.last() {
            lineage::keep_stamp(&self.connection, self.stamps.last())?;
        }
        if cfg!(debug_assertions) {
            let differences = self.cache.differences(&self.connection, false)?;
            assert!(differences.is_empty(), "the cache departs from the tables: {differences:#?}");
        }
        self.execute(sql::COMMIT)
    }

    pub(super) fn roll_back(&mut self, outset: Mark) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute(sql::ROLLBACK)
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        self.in_savepoint = false;
        self.return_to(outset);
    }

    pub(super) fn execute(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.connection.prepare_cached(sql)?.execute(()).map(drop)?)
    }
}
