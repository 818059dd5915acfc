//! The store as others see it: core's ports over the writer and the readers.

use std::{
    fs::File,
    num::NonZeroU16,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::Ordering,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use filament_core::{
    AccessSource, BlobName, Committed, Denial, Entry, FactPlan, Facts, Journal, Page, Position, Query, Sealed, Seq,
    Store, TransactError, UserAccess,
    permission::{Granted, GuildGraph},
    read::MessageSearch,
};
use filament_protocol::{GuildId, SessionId, Timestamp, UserId};
use tokio::sync::{oneshot, watch};

use crate::{
    attachments,
    checkpoint::Checkpoints,
    config::StoreConfig,
    connect,
    error::{OpenError, StoreError},
    graph_cache::GraphSource,
    graph_rows, integrity, job,
    journal::{self, Found},
    limits::{
        ENDED_SESSIONS_READ_MAX, INBOX_COMMANDS_MAX, JOURNAL_READS_QUEUED_MAX, JOURNAL_RETENTION_SECS, READERS_MAX,
        READS_QUEUED_MAX, SEARCHES_QUEUED_MAX, UPKEEP_QUEUED_MAX,
    },
    lineage, load, migrate, page, people,
    reader::{self, Lane},
    revisions,
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

impl SqliteStore {
    /// A search has a reader of its own and a bounded time.
    async fn search(
        &self,
        plan: FactPlan,
        wanted: MessageSearch,
        gate: impl Fn(&Facts) -> Result<Granted, Denial> + Send + 'static,
    ) -> Result<(Facts, Page), TransactError<StoreError>> {
        let shared = Arc::clone(&self.inner.shared);
        let time_max = self.inner.search_time_max;
        let read = move |connection: &rusqlite::Connection| {
            let facts = load::facts(connection, &mut &shared.graphs, plan, shared.read_stamp())?;
            let channels = match gate(&facts).and_then(|_granted| wanted.channels(&facts)) {
                Ok(channels) => channels,
                Err(denial) => return Ok(Err(denial)),
            };
            let cap = search::TimeCap::start(connection, time_max)?;
            let page = search::find(connection, &wanted, &channels);
            drop(cap);
            Ok(Ok((facts, page?)))
        };
        match self.lanes().map_err(TransactError::Failed)?.search.try_read(read).await {
            Ok(read) => Ok(read?),
            Err(TransactError::Failed(error)) if error.is_interruption() => Err(TransactError::Busy),
            Err(error) => Err(error),
        }
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

impl Store for SqliteStore {
    type Error = StoreError;

    async fn transact<R, F>(&self, plan: FactPlan, decide: F) -> Result<Committed<R>, TransactError<StoreError>>
    where
        R: Send + 'static,
        F: Fn(&Facts) -> Result<Sealed<R>, Denial> + Send + 'static,
    {
        let (job, reply) = job::job(plan, decide);
        self.send(Item::Job(job))?;
        reply.await.unwrap_or(Err(TransactError::Failed(StoreError::Closed)))
    }

    async fn query<F>(&self, plan: FactPlan, query: Query, gate: F) -> Result<(Facts, Page), TransactError<StoreError>>
    where
        F: Fn(&Facts) -> Result<Granted, Denial> + Send + 'static,
    {
        let query = match query {
            Query::Search(search) => return self.search(plan, *search, gate).await,
            other => other,
        };
        let shared = Arc::clone(&self.inner.shared);
        let read = move |connection: &rusqlite::Connection| {
            let facts = load::facts(connection, &mut &shared.graphs, plan, shared.read_stamp())?;
            if let Err(denial) = gate(&facts) {
                return Ok(Err(denial));
            }
            let page = page::page(connection, query, facts.stamp().now())?;
            Ok(Ok((facts, page)))
        };
        let read = self.lanes().map_err(TransactError::Failed)?.pages.try_read(read).await?;
        Ok(read?)
    }
}

impl Journal for SqliteStore {
    type Error = StoreError;

    fn head(&self) -> Position {
        self.inner.shared.tail.head()
    }

    fn oldest(&self) -> Seq {
        self.inner.shared.tail.oldest()
    }

    async fn wait_past(&self, seq: Seq) -> Seq {
        self.inner.shared.tail.wait_past(seq).await
    }

    async fn read_after(&self, seq: Seq, entries_max: NonZeroU16) -> Result<Vec<Arc<Entry>>, StoreError> {
        match self.inner.shared.tail.after(seq, entries_max) {
            Found::Entries(entries) => Ok(entries),
            Found::Older => {
                let read =
                    move |connection: &rusqlite::Connection| journal::read_after(connection, seq, entries_max.get());
                self.lanes()?.journal.read(read).await
            }
        }
    }

    fn age(&self, seq: Seq) -> Option<Duration> {
        self.inner.shared.tail.age(seq)
    }
}

impl AccessSource for SqliteStore {
    type Error = StoreError;

    async fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> Result<UserAccess, StoreError> {
        let shared = Arc::clone(&self.inner.shared);
        let read = move |connection: &rusqlite::Connection| {
            let memberships = graph_rows::memberships_of(connection, user_id)?;
            let mut graphs = Vec::new();
            for (guild_id, _) in memberships.iter().filter(|(guild_id, _)| !known.contains(guild_id)) {
                graphs.extend((&shared.graphs).graph(connection, *guild_id)?);
            }
            let session =
                load::session(connection, session_id)?.filter(|session| session.user_id == user_id && !session.ended);
            let token_expires_at = session.map(|session| session.token_expires_at);
            let access_rev = revisions::of(connection, user_id)?;
            Ok(UserAccess { seq: journal::head(connection)?, token_expires_at, access_rev, memberships, graphs })
        };
        self.lanes()?.pages.read(read).await
    }

    async fn load_guild(&self, guild_id: GuildId) -> Result<(Seq, Option<Arc<GuildGraph>>), StoreError> {
        let shared = Arc::clone(&self.inner.shared);
        let read = move |connection: &rusqlite::Connection| {
            Ok((journal::head(connection)?, (&shared.graphs).graph(connection, guild_id)?))
        };
        self.lanes()?.journal.read(read).await
    }
}
