//! A database beside the store: copied while it is in use, checked, and made the start of another history.
//!
//! None of this needs the lock of the database: every look at it is one snapshot, in which the writer is not held up. What a long look
//! costs is the write-ahead log, which grows as long as it lasts.

use std::{fs::File, path::Path};

use filament_core::BlobName;
use rusqlite::{Connection, OpenFlags};

use crate::{
    connect::{self, io_error, refused},
    error::{OpenError, StoreError},
    integrity, lineage, migrate,
    row::Key,
    sql,
};

/// Keeps other processes from opening a database, until it is dropped.
#[derive(Debug)]
pub struct DatabaseLock(#[expect(dead_code, reason = "held")] File);

impl DatabaseLock {
    /// Takes the lock of a database, which need not exist yet; its folder must.
    ///
    /// # Errors
    /// [`OpenError::AlreadyInUse`], [`OpenError::Io`].
    pub fn take(database: &Path) -> Result<Self, OpenError> {
        connect::lock(database).map(Self)
    }
}

/// Copies a database, in use or not, into a new file: one moment of it, on disk when this returns, looked through, and marked so that
/// whoever opens the copy begins a new epoch.
///
/// # Errors
/// [`OpenError::Corrupt`] if the copy is not sound, [`OpenError::NewerDatabase`], and what SQLite and the system refuse. A file that was
/// begun stays.
pub fn back_up(database: &Path, copy: &Path) -> Result<(), OpenError> {
    let source = look(database)?;
    // SQLite takes an empty file for a new one, and would create it readable to all.
    connect::private().create_new(true).open(copy).map_err(|source| io_error(copy, source))?;
    let name = copy.to_str().ok_or_else(|| io_error(copy, std::io::ErrorKind::InvalidFilename.into()))?;
    source.execute(sql::COPY, [name]).map_err(|error| refused(database, error))?;
    drop(source);
    begin_history(copy, 0)?;
    let findings = check(copy)?;
    match findings.into_iter().next() {
        Some(finding) => Err(OpenError::Corrupt { path: database.to_owned(), finding }),
        None => Ok(()),
    }
}

/// Makes a copy of a database a history of its own: whoever opens it begins a new epoch. Ids and times go on after the highest the copy
/// knows, and after `stamp`, which is the highest of another database or 0. On disk when this returns.
///
/// # Errors
/// [`OpenError`], if it is no database of ours or cannot be written.
pub fn begin_history(copy: &Path, stamp: u128) -> Result<(), OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags).map_err(|error| refused(copy, error))?;
    connect::recognise(&connection, copy)?;
    lineage::part(&connection, stamp).map_err(|error| refused(copy, error))?;
    connection.close().map_err(|(_, error)| refused(copy, error))?;
    File::open(copy).and_then(|file| file.sync_all()).map_err(|source| io_error(copy, source))?;
    connect::sync_folder(copy)
}

/// The highest id a database handed out.
///
/// # Errors
/// [`OpenError`], if it cannot be read.
pub fn highest_stamp(database: &Path) -> Result<u128, OpenError> {
    lineage::highest_stamp(&look(database)?).map_err(|error| refused(database, error))
}

/// Reads a whole database, in use or not, and compares what must agree: pages, indexes and references; counts kept beside rows; that the
/// journal has no gap and ascends; that every guild and every entry can be read; that guilds are what the journal tells of them.
/// Findings as text for people; none means sound.
///
/// # Errors
/// [`OpenError`], if it cannot be read, is none of ours or of a newer version.
pub fn check(database: &Path) -> Result<Vec<String>, OpenError> {
    let connection = look(database)?;
    connection.execute_batch(sql::BEGIN_READ).map_err(|error| refused(database, error))?;
    integrity::findings(&connection).map_err(|error| match error {
        StoreError::Sqlite(source) => OpenError::Sqlite { path: database.to_owned(), source },
        other => OpenError::Corrupt { path: database.to_owned(), finding: other.to_string() },
    })
}

/// What a file belongs to that a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// An avatar or a banner.
    Image,
    /// An attachment.
    Attachment,
}

/// Shows every file that a row of the database names, in no order; none of a database of an earlier version.
///
/// # Errors
/// [`OpenError`], if it cannot be read, is none of ours or of a newer version.
pub fn visit_files(database: &Path, visit: &mut dyn FnMut(FileKind, BlobName)) -> Result<(), OpenError> {
    let connection = look(database)?;
    let mut read = |connection: &Connection| -> rusqlite::Result<()> {
        if !migrate::is_current(connection)? {
            return Ok(());
        }
        let mut statement = connection.prepare(sql::CHECK_FILES)?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let kind = if row.get::<_, i64>(0)? == 0 { FileKind::Image } else { FileKind::Attachment };
            visit(kind, BlobName::from_bits(u128::from_be_bytes(row.get::<_, Key>(1)?)));
        }
        Ok(())
    };
    read(&connection).map_err(|error| refused(database, error))
}

/// A connection that only reads, on a database of ours.
fn look(database: &Path) -> Result<Connection, OpenError> {
    std::fs::metadata(database).map_err(|source| io_error(database, source))?;
    let connection = connect::visitor(database).map_err(|error| refused(database, error))?;
    connect::recognise(&connection, database)?;
    migrate::refuse_newer(&connection, database)?;
    Ok(connection)
}
