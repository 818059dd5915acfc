//! What can go wrong, by fault: opening a database, and using one.

use std::{io, path::PathBuf, sync::Arc};

use filament_core::{Seq, TransactError};
use rusqlite::ErrorCode;
use thiserror::Error;

/// Why a database was not opened. The texts say what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process holds the lock.
    #[error("another process uses the database {}; stop it first", path.display())]
    AlreadyInUse {
        /// The database.
        path: PathBuf,
    },
    /// The schema is newer than this build.
    #[error(
        "the database {} was written by a newer version (schema {found}, this build knows {supported}); run that version, or restore the \
         backup taken before the upgrade",
        path.display()
    )]
    NewerDatabase {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: usize,
        /// The newest this build knows.
        supported: usize,
    },
    /// It is no database, not one of ours, or damaged.
    #[error("the database {} is damaged: {finding}; keep its folder as it is, put the last backup in its place and start again", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// The check that failed.
        finding: String,
    },
    /// A file cannot be read or written.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite refuses for another reason.
    #[error("cannot open the database {}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// Why.
        source: SqliteFault,
    },
}

/// A fault of the store while it runs. Never the caller's; opaque on the wire.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite failed.
    #[error("the database failed")]
    Sqlite(#[source] SqliteFault),
    /// A decision or a gate panicked: a defect. Nothing of its command was written.
    #[error("a decision panicked")]
    Panicked,
    /// The store is closed or closing.
    #[error("the store is closed")]
    Closed,
    /// The entry asked for is older than what the journal still holds.
    #[error("the journal holds entries from {oldest} on, entry {wanted} is gone")]
    Trimmed {
        /// The entry asked for.
        wanted: Seq,
        /// The oldest there is.
        oldest: Seq,
    },
    /// A row breaks a rule that no row may break.
    #[error("inconsistent row: {0}")]
    Inconsistent(&'static str),
}

/// What SQLite reported. Its text is for the log.
#[derive(Clone, Debug, Error)]
#[error("{0}")]
pub struct SqliteFault(#[source] Arc<rusqlite::Error>);

impl From<rusqlite::Error> for SqliteFault {
    fn from(error: rusqlite::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error.into())
    }
}

impl StoreError {
    /// What a command's caller is told. If the disk, not the command, is why nothing was written, reads go on and later writes may
    /// succeed; if another program holds the database, a repeat will do.
    pub(crate) fn into_write_error(self) -> TransactError<Self> {
        match self.sqlite_code() {
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                TransactError::ReadOnly(self)
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => TransactError::Busy,
            _ => TransactError::Failed(self),
        }
    }

    /// Whether it was stopped because its time was over.
    pub(crate) fn is_interruption(&self) -> bool {
        self.sqlite_code() == Some(ErrorCode::OperationInterrupted)
    }

    fn sqlite_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(SqliteFault(error)) => error.sqlite_error_code(),
            Self::Panicked | Self::Closed | Self::Trimmed { .. } | Self::Inconsistent(_) => None,
        }
    }
}

/// Whether the file, not the statement, is wrong.
pub(crate) fn is_corruption(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
