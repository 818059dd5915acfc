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
    limits::{CHORE_JOURNAL_ROWS_MAX, CHORE_ROWS_MAX, ENDED_SESSION_SECS, JOURNAL_ENTRIES_MAX},
    row::{Key, signed},
    sql,
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
    for sql in [sql::CHANNEL_PURGE_MESSAGES, sql::CHANNEL_PURGE_UNBOUND] {
        if connection.prepare_cached(sql)?.execute((channel, CHORE_ROWS_MAX))? >= CHORE_ROWS_MAX as usize {
            return Ok(true);
        }
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
