//! Moving the write-ahead log into the database, beside the writer and not inside of a commit: on a busy disk it takes as long as hundreds
//! of commits.
//!
//! ```text
//! the log grows to WAL_PAGES ──► a thread moves all of it; commits go on behind
//!                                    │ what came meanwhile is short; else once more
//!                                    ▼
//!                         the writer moves the rest between two groups, and the next commit begins the log anew
//! ```
//!
//! A log begins anew only when all of it is moved and nobody reads in it. Under load the thread alone would never get there; the writer alone
//! would hold everybody up. Should the disk not keep up with either, the log reaches [`WAL_PAGES_MAX`] and the writer waits after all.

use std::{
    cell::Cell,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use rusqlite::Connection;

use crate::{
    connect,
    error::OpenError,
    failpoint,
    limits::{WAL_PAGES, WAL_PAGES_MAX, WAL_REST_PAGES},
    reader, sql,
};

thread_local! {
    /// Pages in the log after the last commit of this thread.
    static LOGGED: Cell<u32> = const { Cell::new(0) };
}

/// What thread and writer share.
#[derive(Debug, Default)]
struct Progress {
    /// Whether the thread has something to do.
    is_moving: AtomicBool,
    /// Up to which page of the log everything was moved.
    moved_to: AtomicU32,
}

/// What the writer holds of it.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    progress: Arc<Progress>,
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
    /// Whether the thread has moved something that the writer has not looked at.
    is_underway: bool,
    /// The length of the log at which to begin: further on than usual while somebody reads in it.
    begin_at: u32,
    logged: u32,
}

impl Checkpoints {
    /// Starts the thread.
    pub(crate) fn start(database: &Path) -> Result<Self, OpenError> {
        let connection = connect::checkpointer(database).map_err(|error| connect::refused(database, error))?;
        let progress = Arc::new(Progress::default());
        let (wake, woken) = sync_channel::<()>(1);
        let shared = Arc::clone(&progress);
        let work = move || {
            while woken.recv().is_ok() {
                shared.moved_to.store(move_pages(&connection), Ordering::Relaxed);
                shared.is_moving.store(false, Ordering::Release);
            }
        };
        let thread =
            reader::spawn("filament-checkpoint".into(), work).map_err(|source| connect::io_error(database, source))?;
        Ok(Self { progress, wake, thread, is_underway: false, begin_at: WAL_PAGES, logged: 0 })
    }

    /// Takes SQLite's own checkpoints, which happen inside of a commit, from a connection that commits on this thread.
    pub(crate) fn take_over(connection: &Connection) {
        connection.wal_hook(Some(|_, pages| {
            LOGGED.set(u32::try_from(pages).unwrap_or(0));
            Ok(())
        }));
    }

    /// Looks, between two groups of this thread, whether there is something to do.
    pub(crate) fn look_after(&mut self, connection: &Connection) {
        let logged = LOGGED.get();
        if logged < self.logged {
            self.begin_at = WAL_PAGES; // it began anew
        }
        self.logged = logged;
        let is_moving = self.progress.is_moving.load(Ordering::Acquire);
        if is_moving && logged >= self.begin_at.saturating_add(WAL_PAGES_MAX) {
            move_pages(connection); // waits for the thread, whose lock it needs, and for the disk
        } else if !is_moving && self.is_underway {
            failpoint::reached("store.before_log_restart");
            let rest = logged.saturating_sub(self.progress.moved_to.load(Ordering::Relaxed));
            if rest > WAL_REST_PAGES {
                return self.begin();
            }
            move_pages(connection);
            self.is_underway = false;
            self.begin_at = logged.saturating_add(WAL_PAGES);
        } else if !is_moving && logged >= self.begin_at {
            self.begin();
        }
    }

    fn begin(&mut self) {
        self.is_underway = true;
        self.progress.is_moving.store(true, Ordering::Release);
        // It waits for this: the one place of the channel is free.
        if self.wake.try_send(()).is_err() {
            self.progress.is_moving.store(false, Ordering::Release);
        }
    }

    /// Ends the thread, when it has done what it is doing.
    pub(crate) fn stop(self) {
        drop(self.wake);
        reader::join(self.thread);
    }
}

/// Moves what nobody keeps from being moved. Returns how much of the log has been moved by now; 0 if that failed.
fn move_pages(connection: &Connection) -> u32 {
    let moved =
        connection.prepare_cached(sql::CHECKPOINT).and_then(|mut statement| statement.query_row((), |row| row.get(2)));
    moved.map(|moved: i64| u32::try_from(moved).unwrap_or(0)).unwrap_or_else(|error| {
        tracing::warn!(%error, "the write-ahead log could not be moved into the database; it is tried again");
        0
    })
}
