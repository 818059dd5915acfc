//! What the writer clears away: old journal entries, dead sessions, spent idempotency keys, uploads that no message
//! carries, messages and attachments of deleted channels, bans and
//! audit logs of deleted guilds. In steps of a
//! few milliseconds, each a transaction of its own, so that no command waits long and none fails because of it.

use filament_core::{
    Seq,
    limits::{IDEMPOTENCY_SECS, UNBOUND_ATTACHMENT_SECS},
};
use rusqlite::{Connection, OptionalExtension, Result, TransactionBehavior};

use crate::{
    failpoint,
    limits::{CHORE_JOURNAL_ROWS_MAX, CHORE_ROWS_MAX, ENDED_SESSION_SECS, JOURNAL_ENTRIES_MAX},
    row::{Key, signed},
    search, sql,
};

/// When and up to where to clear away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now_secs: u64,
    pub(crate) head: Seq,
    pub(crate) journal_retention_secs: u64,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// The last journal entry removed, if one was.
    pub(crate) trimmed_to: Option<Seq>,
    /// Whether the step reached a bound: there may be more to do.
    pub(crate) unfinished: bool,
}

/// Does one step of every chore.
pub(crate) fn step(connection: &mut Connection, moment: Moment) -> Result<Step> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let trimmed_to = trim_journal(&transaction, moment)?;
    let before = |secs: u64| signed(moment.now_secs.saturating_sub(secs));
    let mut unfinished = trimmed_to.is_some();
    for (sql, oldest) in [
        (sql::SESSIONS_PURGE_EXPIRED, before(0)),
        (sql::SESSIONS_PURGE_ENDED, before(ENDED_SESSION_SECS)),
        (sql::FORGET, before(IDEMPOTENCY_SECS)),
        (sql::ATTACHMENTS_PURGE_UNBOUND, before(UNBOUND_ATTACHMENT_SECS)),
    ] {
        let removed = transaction.prepare_cached(sql)?.execute((oldest, CHORE_ROWS_MAX))?;
        unfinished |= removed >= CHORE_ROWS_MAX as usize;
    }
    unfinished |= purge_channel(&transaction)?;
    unfinished |= purge_guild(&transaction)?;
    failpoint::reached("store.before_chores_commit");
    transaction.commit()?;
    Ok(Step { trimmed_to, unfinished })
}

fn trim_journal(connection: &Connection, moment: Moment) -> Result<Option<Seq>> {
    let too_old = signed(moment.now_secs.saturating_sub(moment.journal_retention_secs));
    let too_many = signed(moment.head.saturating_sub(JOURNAL_ENTRIES_MAX));
    let bounds = (signed(moment.head), CHORE_JOURNAL_ROWS_MAX, too_old, too_many);
    let last: Option<i64> = connection.prepare_cached(sql::JOURNAL_TRIM_TO)?.query_row(bounds, |row| row.get(0))?;
    let Some(last) = last else { return Ok(None) };
    connection.prepare_cached(sql::JOURNAL_TRIM)?.execute([last])?;
    Ok(Seq::try_from(last).ok())
}

/// Removes some messages of one deleted channel, with what they carry, then uploads that none carries; true while a channel is left.
fn purge_channel(connection: &Connection) -> Result<bool> {
    let channel: Option<Key> =
        connection.prepare_cached(sql::CHANNEL_TO_PURGE)?.query_row((), |row| row.get(0)).optional()?;
    let Some(channel) = channel else { return Ok(false) };
    let is_full = |removed: usize| removed >= CHORE_ROWS_MAX as usize;
    if is_full(search::purge(connection, channel, CHORE_ROWS_MAX)?)
        || is_full(connection.prepare_cached(sql::CHANNEL_PURGE_UNBOUND)?.execute((channel, CHORE_ROWS_MAX))?)
    {
        return Ok(true);
    }
    connection.prepare_cached(sql::CHANNEL_PURGE_DONE)?.execute([channel])?;
    Ok(true)
}

/// Removes some bans and audit rows of one deleted guild; true while a guild is left.
fn purge_guild(connection: &Connection) -> Result<bool> {
    let guild: Option<Key> =
        connection.prepare_cached(sql::GUILD_TO_PURGE)?.query_row((), |row| row.get(0)).optional()?;
    let Some(guild) = guild else { return Ok(false) };
    let mut is_done = true;
    for sql in [sql::GUILD_PURGE_AUDIT, sql::GUILD_PURGE_BANS] {
        is_done &= connection.prepare_cached(sql)?.execute((guild, CHORE_ROWS_MAX))? < CHORE_ROWS_MAX as usize;
    }
    if is_done {
        connection.prepare_cached(sql::GUILD_PURGE_DONE)?.execute([guild])?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;
    const DAY: u64 = 86_400;

    fn journal(entries: impl IntoIterator<Item = (u64, u64)>) -> Connection {
        let mut connection = Connection::open_in_memory().expect("opens");
        crate::migrate::migrate(&mut connection, &crate::StoreConfig::new("unused")).expect("migrates");
        for (seq, at) in entries {
            let row = (signed(seq), signed(at), [0_u8; 16], "{}", [0_u8; 0]);
            connection.execute(sql::JOURNAL_APPEND, row).expect("writable");
        }
        connection
    }

    /// Steps until nothing is left to trim; the last entry removed.
    fn trimmed(connection: &mut Connection, head: Seq) -> Option<Seq> {
        let moment = Moment { now_secs: NOW, head, journal_retention_secs: DAY };
        let mut last = None;
        loop {
            let step = step(connection, moment).expect("writable");
            last = step.trimmed_to.or(last);
            if !step.unfinished {
                return last;
            }
        }
    }

    fn seqs(connection: &Connection) -> Vec<u64> {
        let mut statement = connection.prepare("SELECT seq FROM journal ORDER BY seq").expect("prepared");
        let rows = statement.query_map((), |row| row.get::<_, i64>(0)).expect("readable");
        rows.map(|seq| u64::try_from(seq.expect("readable")).expect("positive")).collect()
    }

    /// Proves RES-19's age: entries older than the retention go, one of exactly that age stays.
    #[test]
    fn entries_go_by_age() {
        let mut connection = journal([(1, NOW - DAY - 1), (2, NOW - DAY - 1), (3, NOW - DAY), (4, NOW)]);
        assert_eq!(trimmed(&mut connection, 4), Some(2));
        assert_eq!(seqs(&connection), [3, 4]);
        assert_eq!(trimmed(&mut connection, 4), None);
    }

    /// Proves RES-19's count: the newest 2,000,000 stay, however young the others are.
    #[test]
    fn entries_go_by_count_however_young() {
        let head = JOURNAL_ENTRIES_MAX + 3;
        let mut connection = journal([(1, NOW), (2, NOW), (3, NOW), (4, NOW), (head, NOW)]);
        assert_eq!(trimmed(&mut connection, head), Some(3));
        assert_eq!(seqs(&connection), [4, head]);
    }

    #[test]
    fn newest_entry_stays_however_old() {
        let mut connection = journal([(7, 0), (8, 0)]);
        assert_eq!(trimmed(&mut connection, 8), Some(7));
        assert_eq!(seqs(&connection), [8]);
    }

    #[test]
    fn a_step_is_bounded_and_says_that_there_is_more() {
        let entries = u64::from(CHORE_JOURNAL_ROWS_MAX) + 10;
        let mut connection = journal((1..=entries).map(|seq| (seq, 0)));
        let moment = Moment { now_secs: NOW, head: entries, journal_retention_secs: DAY };
        let first = step(&mut connection, moment).expect("writable");
        assert_eq!(first, Step { trimmed_to: Some(CHORE_JOURNAL_ROWS_MAX.into()), unfinished: true });
        assert_eq!(step(&mut connection, moment).expect("writable").trimmed_to, Some(entries - 1));
    }
}
