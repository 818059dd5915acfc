//! Connections: the lock on the database, the first look at it, and the settings every connection gets.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use crate::{
    config::StoreConfig,
    error::{OpenError, is_corruption},
    limits::{
        CHECKPOINT_CACHE_KIB, LOCK_WAIT, QUICK_CHECK_BYTES_MAX, READER_CACHE_KIB, STATEMENTS_CACHED_MAX,
        WAL_BYTES_KEPT, WAL_PAGES, WRITER_CACHE_KIB,
    },
    sql,
};

/// Marks a database as ours: "FILA".
const APPLICATION_ID: i64 = 0x4649_4C41;

/// Takes the lock that keeps other processes out. It ends with the file handle, so also with a killed process.
pub(crate) fn lock(database: &Path) -> Result<File, OpenError> {
    let path = beside(database, ".lock");
    let file = private().open(&path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::AlreadyInUse { path: database.to_owned() }),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

/// Opens the writing connection of a database that is locked, and looks whether it is one of ours and whole.
pub(crate) fn writer(config: &StoreConfig) -> Result<Connection, OpenError> {
    let path = &config.path;
    // SQLite would create it readable to all; its companions get the same mode as the file itself.
    private().open(path).map_err(|source| OpenError::Io { path: path.clone(), source })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| refused(path, error))?;
    inspect(&connection, path)?;
    set_up_writer(&connection, config).map_err(|error| refused(path, error))?;
    Ok(connection)
}

/// Opens a connection that cannot write.
pub(crate) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = visitor(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a connection that cannot write to the database itself, but may copy it.
pub(crate) fn visitor(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection, READER_CACHE_KIB)?;
    Ok(connection)
}

/// Opens a connection that moves the write-ahead log into the database, and never does that by itself.
pub(crate) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    set_up(&connection, CHECKPOINT_CACHE_KIB)?;
    Ok(connection)
}

/// What opening makes of an error of SQLite.
pub(crate) fn refused(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    if is_corruption(&error) {
        OpenError::Corrupt { path, finding: error.to_string() }
    } else {
        OpenError::Sqlite { path, source: error.into() }
    }
}

/// Makes the names of new files durable: what is in them is of no use after a power loss if the folder does not list them.
pub(crate) fn sync_folder(database: &Path) -> Result<(), OpenError> {
    #[cfg(unix)]
    {
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| io_error(folder, source))?;
    }
    Ok(())
}

/// How files are opened that are the owner's alone.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Refuses what is not ours or damaged. A page that cannot be read must be found now, not when somebody scrolls up to it.
fn inspect(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))
        .map_err(|error| refused(path, error))?;
    if tables == 0 {
        return Ok(());
    }
    recognise(connection, path)?;
    let bytes = std::fs::metadata(path).map(|file| file.len()).map_err(|source| io_error(path, source))?;
    if bytes > QUICK_CHECK_BYTES_MAX {
        tracing::info!(bytes, "database too large to be checked at every start");
        return Ok(());
    }
    let finding: String =
        connection.query_row(sql::CHECK_QUICK, (), |row| row.get(0)).map_err(|error| refused(path, error))?;
    if finding == "ok" { Ok(()) } else { Err(OpenError::Corrupt { path: path.to_owned(), finding }) }
}

/// Refuses what this program did not make.
pub(crate) fn recognise(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let id: i64 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|error| refused(path, error))?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    Err(OpenError::Corrupt { path: path.to_owned(), finding: "it was not made by this program".into() })
}

pub(crate) fn io_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}

fn set_up_writer(connection: &Connection, config: &StoreConfig) -> rusqlite::Result<()> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(
            mode,
            "the file system does not allow a write-ahead log: readers and the writer will wait for each other"
        );
    }
    connection.pragma_update(None, "synchronous", config.synchronous.word())?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    set_up(connection, WRITER_CACHE_KIB)?;
    limit_size(connection, config.size_bytes_max)
}

/// Bounds the size of the file; SQLite never goes below what it already has.
pub(crate) fn limit_size(connection: &Connection, bytes_max: Option<u64>) -> rusqlite::Result<()> {
    let Some(bytes_max) = bytes_max else { return Ok(()) };
    let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = crate::row::signed(bytes_max) / page_bytes.max(1);
    connection.pragma_update_and_check(None, "max_page_count", pages.clamp(1, i64::from(u32::MAX - 1)), |_| Ok(()))
}

fn set_up(connection: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
    Ok(())
}
