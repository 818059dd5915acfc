//! Every bound of this crate, each with its reason and what happens when it is reached.

use std::time::Duration;

/// Commands waiting for the writer, contract §16.2: about a tenth of a second of work. One more is answered `Busy` at once.
pub const INBOX_COMMANDS_MAX: usize = 1_024;

/// Commands in one transaction: by then the flush of the disk is shared widely enough, and nobody waits for a longer group.
pub const GROUP_COMMANDS_MAX: usize = 256;

/// Reader threads that may be configured; SQLite allows more, a chat server needs two.
pub const READERS_MAX: usize = 16;

/// Pages waiting for a reader: some tens of milliseconds of work. One more is answered `Busy` at once.
pub const READS_QUEUED_MAX: usize = 1_024;

/// Journal reads waiting for their own reader. Callers are few (relay, replays) and wait for a place.
pub const JOURNAL_READS_QUEUED_MAX: usize = 64;

/// Newest journal entries kept in memory: a relay that lags by more reads from the database.
pub const TAIL_ENTRIES_MAX: usize = 4_096;

/// Bytes of those entries: the other end of the same bound, for long messages.
pub const TAIL_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// What an entry in memory is counted as beyond its bodies.
pub const TAIL_ENTRY_BYTES: usize = 256;

/// Bytes of bodies one read of older entries returns, at least one entry: a caller simply asks again.
pub const JOURNAL_READ_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Journal entries kept, RES-19; older ones go whatever their age.
pub const JOURNAL_ENTRIES_MAX: u64 = 2_000_000;

/// Retention of journal entries in seconds, contract §16.1; a value outside is moved to the nearer end.
pub const JOURNAL_RETENTION_SECS: std::ops::RangeInclusive<u64> = 60..=604_800;

/// Under load, chores run once per so many new journal entries.
pub const CHORE_ENTRIES: u64 = 1_024;

/// Journal entries one chore removes: twice what came in since the last one, so that trimming keeps up with any load.
pub const CHORE_JOURNAL_ROWS_MAX: u32 = 2_048;

/// Rows of any other kind one chore removes: a few milliseconds of the writer's time.
pub const CHORE_ROWS_MAX: u32 = 512;

/// Names of files handed out or taken back at once; the server asks again as long as there are some.
pub const BLOBS_PER_STEP_MAX: u32 = 256;

/// Pause of an idle writer between looks for chores.
pub const CHORE_IDLE_PAUSE: Duration = Duration::from_secs(2);

/// Pause of an idle writer while a chore is unfinished: others get at the disk in between.
pub const CHORE_BUSY_PAUSE: Duration = Duration::from_millis(20);

/// How long an ended session stays known, in seconds: longer than any access token lives (§16.1: a day).
pub const ENDED_SESSION_SECS: u64 = 2 * 86_400;

/// Ended sessions handed out at start. At two hundred logins a second, what password hashing allows on a large machine, an hour and a
/// half of logouts; beyond, the longest ended are left out, whose tokens expire first.
pub const ENDED_SESSIONS_READ_MAX: u32 = 1_000_000;

/// Guild graphs cached for the writer, and again for readers; they share the graphs. The least recently used one goes.
pub const GRAPHS_CACHED_MAX: usize = 1_024;

/// Memberships cached for the writer. The least recently used one goes.
pub const MEMBERSHIPS_CACHED_MAX: usize = 16_384;

/// Reactors of a page that are read whole with one statement, about a millisecond; of a page with more, only those shown are read.
pub const REACTORS_SCANNED_MAX: u64 = 2_048;

/// How long one search may run, SEA-5; then it is stopped and answered `Busy`.
pub const SEARCH_TIME_MAX: Duration = Duration::from_millis(200);

/// Searches waiting for their own reader: a few seconds of the slowest ones. One more is answered `Busy` at once.
pub const SEARCHES_QUEUED_MAX: usize = 16;

/// Steps of SQLite between two looks at the clock during a search: some microseconds.
pub const SEARCH_STEPS: i32 = 200;

/// Looks at the search index waiting for their own reader; each may take seconds. One more is answered `Busy` at once.
pub const UPKEEP_QUEUED_MAX: usize = 4;

/// Messages whose entries one step of a rebuild writes anew: a few milliseconds of the writer's time.
pub const REFRESHED_MESSAGES: u32 = 256;

/// Entries of the search index one step repairs: a few milliseconds of the writer's time.
pub const REPAIRED_ENTRIES: usize = 128;

/// Messages whose words are counted in one go when entries are compared with messages.
pub const COMPARED_MESSAGES: u32 = 1_024;

/// Sums the words of a channel are counted in: few entries share one, so that few are looked at when one is wrong. 64 KiB.
pub const COMPARED_SUMS: usize = 4_096;

/// Words of entries that are looked at one by one in a round: some tens of megabytes at most. What is left over is the next round's.
pub const FAULTY_WORDS_MAX: usize = 262_144;

/// Messages indexed at a time when a database gets its index.
pub const FILL_ROWS_MAX: u32 = 65_536;

/// Prepared statements cached per connection: more than this crate has.
pub const STATEMENTS_CACHED_MAX: usize = 256;

/// Databases up to this size are checked page by page at every start: a quarter of a second from the system's cache, some seconds from a
/// slow disk. Larger ones are checked by their header alone.
pub const QUICK_CHECK_BYTES_MAX: u64 = 256 * 1_024 * 1_024;

/// Journal entries an integrity check reads at once.
pub const JOURNAL_CHECK_ENTRIES: u16 = 1_024;

/// Findings of an integrity check that are reported; the first ones tell what to do.
pub const FINDINGS_MAX: u32 = 20;

/// Pages of the write-ahead log after which it is moved into the database: 16 MiB. Pages written again and again then go to the database
/// once; SQLite's 4 MiB cost measurably more per commit.
pub const WAL_PAGES: u32 = 4_096;

/// Pages of the log that the writer moves itself, between two groups: 2 MiB, some milliseconds.
pub const WAL_REST_PAGES: u32 = 512;

/// Pages by which the log may outgrow [`WAL_PAGES`] while a thread moves it: 256 MiB. Beyond, commits wait for the disk.
pub const WAL_PAGES_MAX: u32 = 65_536;

/// Size the write-ahead log is cut back to after it had to grow.
pub const WAL_BYTES_KEPT: u32 = 64 * 1_024 * 1_024;

/// Page cache of the writer, in KiB.
pub const WRITER_CACHE_KIB: u32 = 64 * 1_024;

/// Page cache of each reader, in KiB.
pub const READER_CACHE_KIB: u32 = 8 * 1_024;

/// Page cache of the connection that moves the log, in KiB: moving needs none.
pub const CHECKPOINT_CACHE_KIB: u32 = 64;

/// How long a statement waits for a lock another program holds (a backup tool); our own connections never block each other.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);

const _: () = assert!(WAL_REST_PAGES < WAL_PAGES && WAL_PAGES < WAL_PAGES_MAX);
const _: () = assert!(GROUP_COMMANDS_MAX <= INBOX_COMMANDS_MAX);
const _: () = assert!(CHORE_JOURNAL_ROWS_MAX as u64 > CHORE_ENTRIES, "trimming must outrun appending");
const _: () = assert!(
    TAIL_ENTRIES_MAX >= 4 * GROUP_COMMANDS_MAX,
    "the relay may lag by some groups without reading the database"
);
