//! How a store is opened.

use std::{
    fmt,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::limits::SEARCH_TIME_MAX;

/// What [`SqliteStore::open`](crate::SqliteStore::open) needs to know. Made by [`StoreConfig::new`]; fields may then be changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The database file; created if it does not exist. A lock file stands beside it.
    pub path: PathBuf,
    /// When a commit counts as done. Default [`Synchronous::Full`].
    pub synchronous: Synchronous,
    /// For how many seconds journal entries are kept, 60..=604800. Default 86400 (RES-19).
    pub journal_retention_secs: u64,
    /// Threads that read pages, 1..=16. Default 2. One more reads the journal.
    pub readers: NonZeroUsize,
    /// Size the database file may grow to; at the bound writes are refused as on a full disk. Default: no bound but the disk.
    pub size_bytes_max: Option<u64>,
    /// How long one search may run before it is stopped and answered `Busy`. Default 200 ms (SEA-5).
    pub search_time_max: Duration,
    /// Where the time comes from. Default: the system's clock.
    pub wall_clock: WallClock,
}

impl StoreConfig {
    /// The defaults, for a database at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: Synchronous::default(),
            journal_retention_secs: 86_400,
            readers: NonZeroUsize::MIN.saturating_add(1),
            size_bytes_max: None,
            search_time_max: SEARCH_TIME_MAX,
            wall_clock: WallClock::default(),
        }
    }
}

/// When a commit counts as done (`FILAMENT_SYNCHRONOUS`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Once it is on disk: what was acknowledged survives a power loss.
    #[default]
    Full,
    /// Once the operating system has it: survives a crash of the process, not of the machine. After such a crash the journal starts a
    /// new epoch, because positions may have been handed out that no longer exist.
    Normal,
}

impl Synchronous {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
        }
    }
}

/// A source of unix milliseconds. It may run backwards; stamps made from it do not (ORD-7).
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl WallClock {
    /// A clock of one's own, for tests and simulations.
    #[must_use]
    pub fn new(unix_ms: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(unix_ms))
    }

    pub(crate) fn unix_ms(&self) -> u64 {
        (self.0)()
    }
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WallClock")
    }
}
