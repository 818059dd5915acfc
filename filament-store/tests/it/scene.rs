//! A store in a folder of its own, a clock that can be moved, and commands in a line.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use filament_core::{Actor, Anonymous, Command, Committed, Engine, Limits, TransactError, testing::Cast};
use filament_store::{SqliteStore, StoreConfig, StoreError, WallClock};
use tempfile::TempDir;

/// 2024-01-01, in unix milliseconds.
pub(crate) const START_MS: u64 = 1_704_067_200_000;

/// How long an observation is waited for before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Scene {
    pub(crate) store: SqliteStore,
    pub(crate) clock: Arc<AtomicU64>,
    folder: TempDir,
}

pub(crate) type Outcome<R> = Result<Committed<R>, TransactError<StoreError>>;

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Arc::new(AtomicU64::new(START_MS));
        let store = SqliteStore::open(config(&folder, &clock)).expect("opens");
        Self { store, clock, folder }
    }

    pub(crate) fn config(&self) -> StoreConfig {
        config(&self.folder, &self.clock)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.config().path
    }

    pub(crate) fn engine(&self) -> Engine<SqliteStore> {
        Engine::new(self.store.clone(), Limits::default())
    }

    pub(crate) async fn cast(&self) -> Cast {
        Cast::in_store(&self.engine(), "x").await
    }

    pub(crate) fn advance_secs(&self, secs: u64) {
        self.clock.fetch_add(secs * 1_000, Ordering::Relaxed);
    }

    /// Closes the store and hands over folder and clock, for opening it again.
    pub(crate) async fn closed(self) -> Shut {
        self.store.close().await.expect("closes");
        Shut { folder: self.folder, clock: self.clock }
    }

    /// Drops this scene's store without closing it; the folder stays.
    pub(crate) fn abandoned(self) -> TempDir {
        self.folder
    }

    /// A connection beside the store's own, to look at rows.
    pub(crate) fn look(&self) -> rusqlite::Connection {
        rusqlite::Connection::open_with_flags(self.path(), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).expect("opens")
    }

    pub(crate) async fn done<C: Command<Caller = Actor>>(&self, actor: Actor, command: C) -> Committed<C::Reply> {
        self.engine().execute(actor, command).await.unwrap_or_else(|error| panic!("refused: {error}"))
    }

    pub(crate) async fn done_anonymously<C: Command<Caller = Anonymous>>(&self, command: C) -> Committed<C::Reply> {
        self.engine().execute(Anonymous, command).await.unwrap_or_else(|error| panic!("refused: {error}"))
    }

    pub(crate) async fn is_whole(&self) {
        assert_eq!(self.store.integrity_check().await.expect("readable"), [""; 0]);
    }
}

/// A scene whose store is closed.
pub(crate) struct Shut {
    folder: TempDir,
    clock: Arc<AtomicU64>,
}

impl Shut {
    pub(crate) fn config(&self) -> StoreConfig {
        config(&self.folder, &self.clock)
    }

    pub(crate) fn opened(self) -> Scene {
        let store = SqliteStore::open(self.config()).expect("opens");
        Scene { store, clock: self.clock, folder: self.folder }
    }
}

fn config(folder: &TempDir, clock: &Arc<AtomicU64>) -> StoreConfig {
    let clock = Arc::clone(clock);
    let mut config = StoreConfig::new(folder.path().join("filament.db"));
    config.wall_clock = WallClock::new(move || clock.load(Ordering::Relaxed));
    config
}

/// Looks again and again until it holds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for a future, not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("in time")
}
