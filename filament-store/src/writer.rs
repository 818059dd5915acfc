//! The writer: one thread, one writing connection, one transaction for a group of commands.
//!
//! A group is what had gathered in the inbox while the disk was busy with the group before. Each of its commands is decided on facts of
//! the open transaction, so it sees those before it; each that writes does so in a savepoint, so that an error undoes it alone. Then one
//! `COMMIT` puts all of them on disk, and only then anybody is told: first the callers, then who waits for the journal.

mod clearing;
mod entropy;
mod transaction;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::Instant,
};

use filament_core::{AccessBefore, AccessChange, BlobName, Entry, SealedParts, Seq, Stamp, StampSource};
use filament_protocol::Timestamp;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{
    apply, attachments,
    checkpoint::Checkpoints,
    error::StoreError,
    failpoint,
    graph_cache::WriterCache,
    job::{Job, Verdict},
    journal,
    limits::{CHORE_BUSY_PAUSE, CHORE_ENTRIES, CHORE_IDLE_PAUSE, GROUP_COMMANDS_MAX},
    lineage,
    lineage::Lineage,
    load,
    revisions::{self, Tables},
    search,
    shared::Shared,
    sql,
};

use clearing::Chores;
use entropy::Entropy;

/// What the inbox holds.
pub(crate) enum Item {
    /// A command.
    Job(Box<dyn Job>),
    /// Compare the cache with the tables; differences as text.
    Compare(oneshot::Sender<Result<Vec<String>, StoreError>>),
    /// Forget these files, which are gone.
    Forget(Vec<BlobName>, oneshot::Sender<Result<(), StoreError>>),
    /// A short transaction of its own, which tells its caller itself.
    Upkeep(Box<dyn FnOnce(&mut Connection) + Send>),
    /// Look whether the store is closing.
    Wake,
}

/// The writer's state. Everything that follows the open transaction is put back when the transaction is.
pub(crate) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    stamps: StampSource,
    /// The highest id that the last journal entry carries.
    kept_stamp: u128,
    entropy: Entropy,
    cache: WriterCache,
    /// What the open transaction changes in the search index.
    index: search::Pending,
    /// The last entry, those of the open transaction included.
    head: Seq,
    /// Entries of the open transaction.
    entries: Vec<Arc<Entry>>,
    /// Whether the open transaction has written.
    dirty: bool,
    in_savepoint: bool,
    scratch: Vec<u8>,
    chores: Chores,
    /// Without them SQLite moves the log itself, inside of commits.
    checkpoints: Option<Checkpoints>,
}

impl Writer {
    pub(crate) fn new(
        connection: Connection,
        index: search::Pending,
        shared: Arc<Shared>,
        lineage: Lineage,
        journal_retention_secs: u64,
    ) -> Self {
        Self {
            connection,
            shared,
            stamps: StampSource::after(lineage.stamp),
            kept_stamp: lineage.stamp,
            entropy: Entropy::default(),
            cache: WriterCache::new(),
            index,
            head: lineage.head,
            entries: Vec::new(),
            dirty: false,
            in_savepoint: false,
            scratch: Vec::new(),
            chores: Chores { journal_retention_secs, oldest: lineage.oldest, done_at: lineage.head, unfinished: true },
            checkpoints: None,
        }
    }

    /// Has the log moved beside the commits.
    pub(crate) fn with_checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Works until the store closes and the inbox is empty, or nobody can send any more.
    pub(crate) fn run(mut self, inbox: &Receiver<Item>) -> Result<(), StoreError> {
        let mut group: Vec<Box<dyn Job>> = Vec::with_capacity(GROUP_COMMANDS_MAX);
        let mut last_group = 0;
        if self.checkpoints.is_some() {
            Checkpoints::take_over(&self.connection);
        }
        loop {
            // Looked at before the inbox is emptied: what was accepted before the store began to close is then found in it.
            let closing = self.shared.is_closing();
            if !closing {
                let pause = if self.chores.unfinished { CHORE_BUSY_PAUSE } else { CHORE_IDLE_PAUSE };
                match inbox.recv_timeout(pause) {
                    Ok(item) => {
                        // Where cores are short, those who wait for one have commands for this group; where not, this takes no time.
                        // A caller alone would only wait.
                        if last_group > 1 {
                            thread::yield_now();
                        }
                        self.take(item, &mut group);
                    }
                    Err(RecvTimeoutError::Timeout) => self.do_chores(),
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            let mut emptied = false;
            while group.len() < GROUP_COMMANDS_MAX && !emptied {
                match inbox.try_recv() {
                    Ok(item) => self.take(item, &mut group),
                    Err(_) => emptied = true,
                }
            }
            last_group = group.len();
            self.commit_all(&mut group);
            if self.head - self.chores.done_at >= CHORE_ENTRIES {
                self.do_chores();
            }
            if let Some(checkpoints) = &mut self.checkpoints {
                checkpoints.look_after(&self.connection);
            }
            if closing && emptied {
                break;
            }
        }
        self.finish()
    }

    fn take(&mut self, item: Item, group: &mut Vec<Box<dyn Job>>) {
        match item {
            Item::Job(job) => {
                self.shared.stats.inbox_depth.fetch_sub(1, Ordering::Relaxed);
                group.push(job);
            }
            Item::Compare(caller) => {
                self.commit_all(group);
                drop(caller.send(self.cache.differences(&self.connection, true).map_err(StoreError::from)));
            }
            Item::Forget(blobs, caller) => {
                self.shared.stats.inbox_depth.fetch_sub(1, Ordering::Relaxed);
                self.commit_all(group);
                drop(caller.send(attachments::forget(&mut self.connection, &blobs).map_err(StoreError::from)));
            }
            Item::Upkeep(run) => {
                self.shared.stats.inbox_depth.fetch_sub(1, Ordering::Relaxed);
                self.commit_all(group);
                if catch_unwind(AssertUnwindSafe(|| run(&mut self.connection))).is_err() {
                    tracing::error!("a step of upkeep panicked");
                }
            }
            Item::Wake => {}
        }
    }

    /// Commits a group, in as many transactions as SQLite undoing one on its own makes necessary; nearly always one.
    fn commit_all(&mut self, group: &mut Vec<Box<dyn Job>>) {
        while !group.is_empty() {
            self.commit_group(group);
        }
    }

    fn commit_group(&mut self, group: &mut Vec<Box<dyn Job>>) {
        let started = Instant::now();
        let outset = self.mark();
        let mut answers: Vec<(Box<dyn Job>, Verdict)> = Vec::with_capacity(group.len());
        let result = self.begin().and_then(|()| {
            let mut waiting = std::mem::take(group).into_iter();
            for mut job in waiting.by_ref() {
                let verdict = self.carry_out(&mut *job);
                let lost = self.connection.is_autocommit();
                let fault = if let Verdict::Fault(error) = &verdict { Some(error.clone()) } else { None };
                answers.push((job, verdict));
                if lost {
                    group.extend(waiting);
                    return Err(fault.unwrap_or(StoreError::Inconsistent("the transaction ended by itself")));
                }
            }
            failpoint::reached("store.before_commit");
            self.commit()
        });
        match result {
            Ok(()) => {
                failpoint::reached("store.after_commit");
                self.announce(answers, started);
            }
            Err(error) => {
                tracing::error!(%error, commands = answers.len(), "a group of commands was not committed");
                self.roll_back(outset);
                // Without a transaction none of the group was looked at.
                let untouched = if answers.is_empty() { std::mem::take(group) } else { Vec::new() };
                let all = answers.into_iter().map(|(job, _)| job).chain(untouched);
                all.for_each(|job| job.answer(Verdict::Fault(error.clone())));
            }
        }
    }

    /// The group is on disk: tells everybody, callers first.
    fn announce(&mut self, answers: Vec<(Box<dyn Job>, Verdict)>, started: Instant) {
        let shared = Arc::clone(&self.shared);
        let stats = &shared.stats;
        stats.committed(answers.len(), started.elapsed());
        stats.journal_entries.store((self.head + 1).saturating_sub(self.chores.oldest), Ordering::Relaxed);
        shared.stamped(self.stamps.last());
        self.cache.committed(&shared.graphs);
        let heard = !self.entries.is_empty();
        shared.tail.append(self.entries.drain(..));
        for (job, verdict) in answers {
            job.answer(verdict);
        }
        failpoint::reached("store.after_answers");
        if heard {
            shared.tail.wake();
        }
        failpoint::reached("store.after_wake");
    }

    /// Decides one command and writes what it decides; undoes it if that fails.
    fn carry_out(&mut self, job: &mut dyn Job) -> Verdict {
        let mark = self.mark();
        let error = match catch_unwind(AssertUnwindSafe(|| self.decide_and_write(job))) {
            Ok(Ok(verdict)) => return verdict,
            Ok(Err(error)) => error,
            Err(_) => StoreError::Panicked,
        };
        tracing::error!(%error, "a command failed");
        self.undo(mark);
        Verdict::Fault(error)
    }

    fn decide_and_write(&mut self, job: &mut dyn Job) -> Result<Verdict, StoreError> {
        let stamp = self.next_stamp();
        let facts = load::facts(&self.connection, &mut self.cache, job.take_plan(), stamp)?;
        let parts = match job.decide(&facts) {
            Ok(parts) => parts,
            Err(denial) => return Ok(Verdict::Refused(denial)),
        };
        if parts.is_empty() {
            return Ok(Verdict::Committed { seq: None, narrows: false });
        }
        self.execute(sql::SAVEPOINT)?;
        self.in_savepoint = true;
        self.dirty = true;
        let verdict = self.write(parts, stamp.now())?;
        self.execute(sql::SAVEPOINT_RELEASE)?;
        self.in_savepoint = false;
        Ok(verdict)
    }

    /// State, audit and journal, in this order; then the cache follows.
    fn write(&mut self, parts: SealedParts, at: Timestamp) -> Result<Verdict, StoreError> {
        let has_entry = parts.has_entry();
        let before = AccessBefore::of(&parts.access, &mut self.tables())?;
        let undo = before.undo(&parts.access);
        for mutation in &parts.mutations {
            apply::mutation(&self.connection, &mut self.index, mutation)?;
        }
        failpoint::reached("store.after_apply");
        for record in &parts.audit {
            apply::audit(&self.connection, record)?;
        }
        failpoint::reached("store.after_audit");
        if !has_entry {
            return Ok(Verdict::Committed { seq: None, narrows: false });
        }
        let seq = self.head + 1;
        for change in &parts.access {
            apply::version(&self.connection, change, seq)?;
        }
        let entry = Entry { seq, at, access: parts.access, undo, events: parts.events };
        self.kept_stamp = self.stamps.last();
        journal::append(&self.connection, &entry, self.kept_stamp, &mut self.scratch)?;
        failpoint::reached("store.after_append");
        for change in &entry.access {
            self.cache.follow(change, seq);
        }
        let revised = before.changed(&mut self.tables())?;
        revisions::raise(&self.connection, &revised)?;
        let narrows = entry.access.iter().any(AccessChange::narrows);
        self.head = seq;
        self.entries.push(Arc::new(entry));
        Ok(Verdict::Committed { seq: Some(seq), narrows })
    }

    const fn tables(&mut self) -> Tables<'_> {
        Tables { connection: &self.connection, cache: &mut self.cache }
    }

    fn next_stamp(&mut self) -> Stamp {
        self.stamps.next(self.shared.wall_clock.unix_ms(), self.entropy.next())
    }

    /// Leaves a database in one file, without anything to recover.
    fn finish(mut self) -> Result<(), StoreError> {
        if let Some(checkpoints) = self.checkpoints.take() {
            checkpoints.stop();
        }
        lineage::end(&self.connection)?;
        self.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)")?;
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

#[cfg(test)]
mod tests;
