//! Which history this database is: its epoch, and when a new one must begin.
//!
//! A journal position names an epoch and a number. A number means the same entry for ever only as long as the history that follows it is
//! the only one. Three things break that, and each starts a new epoch: a fresh database, a copy put in the place of the original (a
//! restored backup), and a power loss under [`Synchronous::Normal`], where entries that were delivered may be missing.

use std::{path::Path, time::UNIX_EPOCH};

use filament_core::Seq;
use rusqlite::{
    Connection, OptionalExtension,
    types::{FromSql, Value},
};

use crate::{
    config::{StoreConfig, Synchronous},
    connect::{io_error, refused},
    error::OpenError,
    sql,
};

const EPOCH: &str = "epoch";
const STAMP: &str = "stamp";
const FILE: &str = "file";
/// There while a process uses the database: how it writes and which start of the machine it runs under.
const RUNNING: &str = "running";

/// What a database says about itself at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lineage {
    pub(crate) epoch: u128,
    /// The highest id ever handed out (ORD-7).
    pub(crate) stamp: u128,
    /// The last journal entry.
    pub(crate) head: Seq,
    /// The oldest journal entry; above `head` if there is none.
    pub(crate) oldest: Seq,
}

/// Reads the lineage, begins a new epoch if history may have forked, and marks the database as running.
pub(crate) fn begin(connection: &mut Connection, config: &StoreConfig) -> Result<Lineage, OpenError> {
    let path = &config.path;
    let file = file_identity(path)?;
    let machine = machine_start();
    begin_as(connection, config.synchronous, &file, &machine).map_err(|error| refused(path, error))
}

fn begin_as(
    connection: &mut Connection,
    synchronous: Synchronous,
    file: &str,
    machine: &str,
) -> rusqlite::Result<Lineage> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let known: Option<u128> = read::<[u8; 16]>(&transaction, EPOCH)?.map(u128::from_be_bytes);
    let moved = read::<Value>(&transaction, FILE)?.is_some_and(|before| before != Value::Text(file.to_owned()));
    let running = read::<String>(&transaction, RUNNING)?;
    let torn = running.is_some_and(|running| lost_power(&running, machine));
    let epoch = match known {
        Some(epoch) if !moved && !torn => epoch,
        _ => fresh_epoch(),
    };
    if known.is_some_and(|known| known != epoch) {
        tracing::warn!(moved, torn, "the journal starts a new epoch: clients fetch their state again");
    }
    write(&transaction, EPOCH, epoch.to_be_bytes())?;
    write(&transaction, FILE, file)?;
    write(&transaction, RUNNING, format!("{} {machine}", synchronous.word()))?;
    let stamp = stored_stamp(&transaction)?;
    let last = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?));
    let last = transaction.query_row(sql::JOURNAL_LAST, (), last).optional()?;
    let stamp = last.map_or(stamp, |(_, with_last)| stamp.max(u128::from_be_bytes(with_last)));
    let head = last.and_then(|(seq, _)| Seq::try_from(seq).ok()).unwrap_or(0);
    let oldest: Option<i64> = transaction.query_row(sql::JOURNAL_OLDEST, (), |row| row.get(0))?;
    let oldest = oldest.and_then(|seq| Seq::try_from(seq).ok()).unwrap_or(head + 1);
    transaction.commit()?;
    Ok(Lineage { epoch, stamp, head, oldest })
}

/// Writes the highest id handed out, in the transaction that uses it: needed where no journal entry of that transaction does.
pub(crate) fn keep_stamp(connection: &Connection, stamp: u128) -> rusqlite::Result<()> {
    connection.prepare_cached(sql::META_PUT)?.execute((STAMP, stamp.to_be_bytes())).map(drop)
}

/// Makes a copy of a database a history of its own: whoever opens it begins an epoch. Ids and times go on after the highest one
/// it knows, and after `stamp`.
pub(crate) fn part(connection: &Connection, stamp: u128) -> rusqlite::Result<()> {
    for key in [EPOCH, FILE, RUNNING] {
        connection.execute(sql::META_REMOVE, [key])?;
    }
    keep_stamp(connection, stamp.max(highest_stamp(connection)?))
}

/// The highest id a database says it handed out.
pub(crate) fn highest_stamp(connection: &Connection) -> rusqlite::Result<u128> {
    let last = connection.query_row(sql::JOURNAL_LAST, (), |row| row.get::<_, [u8; 16]>(1)).optional()?;
    Ok(stored_stamp(connection)?.max(last.map_or(0, u128::from_be_bytes)))
}

fn stored_stamp(connection: &Connection) -> rusqlite::Result<u128> {
    Ok(read::<[u8; 16]>(connection, STAMP)?.map_or(0, u128::from_be_bytes))
}

/// Unmarks the database: everything is on disk.
pub(crate) fn end(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(sql::META_REMOVE, [RUNNING]).map(drop)
}

/// Whether a run that was not ended may have lost commits: it did not wait for the disk, and the machine was started since.
fn lost_power(running: &str, machine: &str) -> bool {
    let (synchronous, then) = running.split_once(' ').unwrap_or((running, ""));
    synchronous != Synchronous::Full.word() && (then.is_empty() || then != machine)
}

fn read<T: FromSql>(connection: &Connection, key: &str) -> rusqlite::Result<Option<T>> {
    connection.query_row(sql::META, [key], |row| row.get(0)).optional()
}

fn write(connection: &Connection, key: &str, value: impl rusqlite::ToSql) -> rusqlite::Result<()> {
    connection.execute(sql::META_PUT, (key, value)).map(drop)
}

fn fresh_epoch() -> u128 {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    u128::from_be_bytes(bytes)
}

/// What tells a file from its copy: its number, and when it was made, because numbers of removed files come again. The same for all
/// where the system has neither.
fn file_identity(path: &Path) -> Result<String, OpenError> {
    let file = std::fs::metadata(path).map_err(|source| io_error(path, source))?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&file);
    #[cfg(not(unix))]
    let number = 0;
    let made = file.created().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Ok(format!("{number} {}", made.as_nanos()))
}

/// Names this start of the machine; empty where that cannot be known.
fn machine_start() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().expect("opens");
        crate::migrate::migrate(&mut connection, &StoreConfig::new("unused")).expect("migrates");
        connection
    }

    fn begun(connection: &mut Connection, synchronous: Synchronous, file: &str, machine: &str) -> u128 {
        begin_as(connection, synchronous, file, machine).expect("readable").epoch
    }

    #[test]
    fn epoch_stays_through_a_crash_of_the_process() {
        let mut connection = database();
        for synchronous in [Synchronous::Full, Synchronous::Normal] {
            let first = begun(&mut connection, synchronous, "1", "boot-1");
            assert_eq!(begun(&mut connection, synchronous, "1", "boot-1"), first, "{synchronous:?}");
        }
    }

    #[test]
    fn power_loss_starts_an_epoch_only_if_commits_did_not_wait_for_the_disk() {
        let mut connection = database();
        let first = begun(&mut connection, Synchronous::Full, "1", "boot-1");
        assert_eq!(
            begun(&mut connection, Synchronous::Normal, "1", "boot-2"),
            first,
            "the run before waited for the disk"
        );
        let torn = begun(&mut connection, Synchronous::Full, "1", "boot-3");
        assert_ne!(torn, first, "the run before did not");
        end(&connection).expect("writable");
        begun(&mut connection, Synchronous::Normal, "1", "boot-3");
        end(&connection).expect("writable");
        assert_eq!(begun(&mut connection, Synchronous::Normal, "1", "boot-4"), torn, "an ended run lost nothing");
    }

    #[test]
    fn a_copy_is_another_history() {
        let mut connection = database();
        let first = begun(&mut connection, Synchronous::Full, "1", "boot-1");
        let copied = begun(&mut connection, Synchronous::Full, "2", "boot-1");
        assert_ne!(copied, first);
        assert_eq!(begun(&mut connection, Synchronous::Full, "2", "boot-1"), copied);
    }

    /// A database written when a file was known by its number alone.
    #[test]
    fn a_file_known_by_less_is_another_history_once() {
        let mut connection = database();
        let first = begun(&mut connection, Synchronous::Full, "1", "boot-1");
        write(&connection, FILE, 1_i64).expect("writable");
        let second = begun(&mut connection, Synchronous::Full, "1", "boot-1");
        assert_ne!(second, first);
        assert_eq!(begun(&mut connection, Synchronous::Full, "1", "boot-1"), second);
    }

    #[test]
    fn a_parted_copy_begins_an_epoch_and_keeps_the_higher_stamp() {
        let mut connection = database();
        let first = begun(&mut connection, Synchronous::Full, "1", "boot-1");
        keep_stamp(&connection, 500).expect("writable");
        part(&connection, 7).expect("writable");
        assert_eq!(highest_stamp(&connection).expect("readable"), 500);
        part(&connection, 900).expect("writable");
        assert_eq!(highest_stamp(&connection).expect("readable"), 900);
        let lineage = begin_as(&mut connection, Synchronous::Full, "1", "boot-1").expect("readable");
        assert!(lineage.epoch != first && lineage.stamp == 900, "{lineage:?}");
    }
}
