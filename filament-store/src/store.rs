//! The store as others see it: core's ports over the writer and the readers.

mod ports;

use std::{
    fs::File,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::Ordering,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use filament_core::{BlobName, TransactError};
use filament_protocol::{SessionId, Timestamp};
use tokio::sync::{oneshot, watch};

use crate::{
    attachments,
    checkpoint::Checkpoints,
    config::StoreConfig,
    connect,
    error::{OpenError, StoreError},
    integrity,
    limits::{
        ENDED_SESSIONS_READ_MAX, INBOX_COMMANDS_MAX, JOURNAL_READS_QUEUED_MAX, JOURNAL_RETENTION_SECS, READERS_MAX,
        READS_QUEUED_MAX, SEARCHES_QUEUED_MAX, UPKEEP_QUEUED_MAX,
    },
    lineage, migrate, people,
    reader::{self, Lane},
    row::{id, secs},
    search,
    shared::Shared,
    sql,
    stats::StoreStats,
    writer::{Item, Writer},
};

/// A store in one SQLite file. Clones share it; when the last one goes, queued commands are finished, which blocks for as long.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    inbox: SyncSender<Item>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// How the writer ended; nothing while it runs.
    ended: watch::Receiver<Option<Result<(), StoreError>>>,
    /// Taken when the store is dropped.
    lanes: Option<Lanes>,
    search_time_max: Duration,
    _lock: File,
}

#[derive(Debug)]
pub(crate) struct Lanes {
    pages: Lane,
    /// For the relay and for replays, who must not wait behind pages of history.
    journal: Lane,
    /// For searches, which may take long and must not hold up pages.
    search: Lane,
    /// For whole walks over the search index.
    pub(crate) upkeep: Lane,
}

impl SqliteStore {
    /// Opens a database, creates it if there is none, and starts its threads. Blocks: small databases are read whole to find damage.
    ///
    /// # Errors
    /// [`OpenError`]; its text says what to do.
    pub fn open(config: StoreConfig) -> Result<Self, OpenError> {
        let lock = connect::lock(&config.path)?;
        let mut connection = connect::writer(&config)?;
        migrate::migrate(&mut connection, &config)?;
        let lineage = lineage::begin(&mut connection, &config)?;
        connect::sync_folder(&config.path)?;
        let readers = config.readers.get().min(READERS_MAX);
        let lanes = Lanes {
            pages: Lane::start(&config.path, "reader", readers, READS_QUEUED_MAX)?,
            journal: Lane::start(&config.path, "journal", 1, JOURNAL_READS_QUEUED_MAX)?,
            search: Lane::start(&config.path, "search", 1, SEARCHES_QUEUED_MAX)?,
            upkeep: Lane::start(&config.path, "upkeep", 1, UPKEEP_QUEUED_MAX)?,
        };
        let index = search::Pending::load(&connection).map_err(|error| connect::refused(&config.path, error))?;
        let (inbox, items) = sync_channel(INBOX_COMMANDS_MAX);
        let (end, ended) = watch::channel(None);
        let shared = Arc::new(Shared::new(lineage, config.wall_clock));
        let retention =
            config.journal_retention_secs.clamp(*JOURNAL_RETENTION_SECS.start(), *JOURNAL_RETENTION_SECS.end());
        let checkpoints = Checkpoints::start(&config.path)?;
        let writer =
            Writer::new(connection, index, Arc::clone(&shared), lineage, retention).with_checkpoints(checkpoints);
        let work = move || drop(end.send(Some(writer.run(&items))));
        let thread =
            reader::spawn("filament-writer".into(), work).map_err(|source| connect::io_error(&config.path, source))?;
        let writer = Mutex::new(Some(thread));
        Ok(Self {
            inner: Arc::new(Inner {
                shared,
                inbox,
                writer,
                ended,
                lanes: Some(lanes),
                search_time_max: config.search_time_max,
                _lock: lock,
            }),
        })
    }

    /// Numbers about the store.
    #[must_use]
    pub fn stats(&self) -> &StoreStats {
        &self.inner.shared.stats
    }

    /// Sessions that ended at `since` or later, newest first, at most a million: what must be refused although its access token is still
    /// good (AUT-12).
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn recently_ended_sessions(&self, since: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        let read = move |connection: &rusqlite::Connection| {
            let mut statement = connection.prepare_cached(sql::SESSIONS_ENDED)?;
            let rows = statement.query_map((secs(since), ENDED_SESSIONS_READ_MAX), |row| id(row, 0))?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        };
        self.lanes()?.pages.read(read).await
    }

    /// Those of some files that are the image of a user: the others are nobody's.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn named_images(&self, names: Vec<BlobName>) -> Result<Vec<BlobName>, StoreError> {
        let read = move |connection: &rusqlite::Connection| Ok(people::named_images(connection, names)?);
        self.lanes()?.pages.read(read).await
    }

    /// Files whose rows are gone, some at a time: to be removed, and then told to [`SqliteStore::forget_attachments`].
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn purged_attachments(&self) -> Result<Vec<BlobName>, StoreError> {
        self.lanes()?.pages.read(|connection| Ok(attachments::purged(connection)?)).await
    }

    /// Those of the names, at most [`BLOBS_PER_STEP_MAX`](crate::limits::BLOBS_PER_STEP_MAX), that belong to rows, as of all commits answered
    /// before the call.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn named_attachments(&self, blobs: Vec<BlobName>) -> Result<Vec<BlobName>, StoreError> {
        self.lanes()?.pages.read(move |connection| Ok(attachments::named(connection, &blobs)?)).await
    }

    /// Forgets files that are gone from the folder too; a repeat is harmless.
    ///
    /// # Errors
    /// When it cannot be written, or the writer has no room for it: then they are handed out once more.
    pub async fn forget_attachments(&self, blobs: Vec<BlobName>) -> Result<(), TransactError<StoreError>> {
        let (caller, reply) = oneshot::channel();
        self.send(Item::Forget(blobs, caller))?;
        reply.await.unwrap_or(Err(StoreError::Closed)).map_err(TransactError::Failed)
    }

    /// Reads the whole database and compares what must agree, caches included. Findings as text for people; none means whole.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        let mut findings = self.lanes()?.pages.read(integrity::findings).await?;
        let (caller, reply) = oneshot::channel();
        if self.inner.inbox.try_send(Item::Compare(caller)).is_ok() {
            findings.extend(reply.await.map_err(|_| StoreError::Closed)??);
        }
        Ok(findings)
    }

    /// Refuses further commands, finishes those accepted, and leaves one tidy file. Reads go on. Repeating it is harmless.
    ///
    /// # Errors
    /// When the end could not be written; every answered command is on disk all the same.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.inner.refuse_commands();
        let mut ended = self.inner.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(result) => result.clone().unwrap_or(Ok(())),
            Err(_) => Err(StoreError::Panicked),
        }
    }

    pub(crate) fn lanes(&self) -> Result<&Lanes, StoreError> {
        self.inner.lanes.as_ref().ok_or(StoreError::Closed)
    }

    pub(crate) fn send(&self, item: Item) -> Result<(), TransactError<StoreError>> {
        let shared = &self.inner.shared;
        if shared.is_closing() {
            return Err(TransactError::Failed(StoreError::Closed));
        }
        // Counted before it is sent, or the writer might take it off before it was counted.
        shared.stats.inbox_depth.fetch_add(1, Ordering::Relaxed);
        self.inner.inbox.try_send(item).map_err(|refused| {
            shared.stats.inbox_depth.fetch_sub(1, Ordering::Relaxed);
            match refused {
                TrySendError::Full(_) => TransactError::Busy,
                TrySendError::Disconnected(_) => TransactError::Failed(StoreError::Closed),
            }
        })
    }
}

impl Inner {
    fn refuse_commands(&self) {
        self.shared.closing.store(true, Ordering::Release);
        // A full inbox wakes the writer as well.
        drop(self.inbox.try_send(Item::Wake));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.refuse_commands();
        if let Some(Lanes { pages, journal, search, upkeep }) = self.lanes.take() {
            [pages, journal, search, upkeep].into_iter().for_each(Lane::stop);
        }
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        writer.into_iter().for_each(reader::join);
    }
}
