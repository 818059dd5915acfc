//! Power loss, modelled on the files: what was synced is there, of what was not, any part may be.
//!
//! A commit is acknowledged after its frames of the write-ahead log were synced. So at the moment of an acknowledgement the log is on disk
//! up to the end of that commit's last frame; behind it anything can be: nothing, a part of the next frames, sectors that never arrived.

use std::{
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    path::Path,
};

use filament_core::{
    Engine, Journal,
    decide::{
        channel::CreateChannel,
        message::{CreateMessage, DeleteMessage},
        reaction::{AddReaction, ReactionTarget},
    },
    testing::Cast,
};
use filament_protocol::ChannelKind;
use filament_store::{SqliteStore, StoreConfig, backup};
use tempfile::TempDir;

use crate::scene::{Scene, soon};

/// More cuts than the default, for a longer run: a factor.
const ROUNDS_VARIABLE: &str = "FILAMENT_CRASH_ROUNDS";
const CUTS: u64 = 40;
const COMMITS: usize = 60;
const SECTOR_BYTES: usize = 512;
const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

fn rounds() -> u64 {
    std::env::var(ROUNDS_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// A random number below `bound`.
fn random(bound: usize) -> usize {
    let hash = RandomState::new().build_hasher().finish();
    usize::try_from(hash % bound as u64).expect("below a usize")
}

/// A write-ahead log, read as SQLite's file format says and not with SQLite.
struct Log {
    bytes: Vec<u8>,
    page_bytes: usize,
}

impl Log {
    fn of(database: &Path) -> Self {
        let bytes = fs::read(database.with_file_name("filament.db-wal")).expect("a log");
        let page_bytes = Self::word(&bytes, 8);
        Self { bytes, page_bytes }
    }

    fn word(bytes: &[u8], at: usize) -> usize {
        u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize
    }

    /// Where frames begin that belong to the log's present generation: salts as in the header. What is behind them is older.
    fn frames(&self) -> impl Iterator<Item = usize> {
        let size = FRAME_HEADER_BYTES + self.page_bytes;
        (HEADER_BYTES..)
            .step_by(size)
            .take_while(move |at| at + size <= self.bytes.len() && self.bytes[at + 8..at + 16] == self.bytes[16..24])
    }

    fn end(&self) -> usize {
        self.frames().last().map_or(HEADER_BYTES, |at| at + FRAME_HEADER_BYTES + self.page_bytes)
    }

    /// Ends of the frames that end a transaction.
    fn commit_ends(&self) -> Vec<usize> {
        let commits = self.frames().filter(|at| Self::word(&self.bytes, at + 4) != 0);
        commits.map(|at| at + FRAME_HEADER_BYTES + self.page_bytes).collect()
    }

    /// The pages it holds, by their numbers from 1.
    fn pages(&self) -> Vec<usize> {
        self.frames().map(|at| Self::word(&self.bytes, at)).collect()
    }
}

/// What a machine finds after it lost power: the database as it was, and this log.
fn found(scene: &Scene, database: &[u8], log: &[u8]) -> (TempDir, SqliteStore) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("filament.db");
    fs::write(&path, database).expect("writable");
    fs::write(folder.path().join("filament.db-wal"), log).expect("writable");
    let mut config = StoreConfig::new(path);
    config.wall_clock = scene.config().wall_clock;
    let store = SqliteStore::open(config).expect("recovers without help");
    (folder, store)
}

fn messages(path: &Path) -> Vec<u128> {
    let connection = rusqlite::Connection::open(path).expect("opens");
    let mut statement = connection.prepare("SELECT message_id FROM messages ORDER BY message_id").expect("prepared");
    let ids = statement.query_map((), |row| row.get::<_, [u8; 16]>(0)).expect("readable");
    ids.map(|id| u128::from_be_bytes(id.expect("readable"))).collect()
}

/// One command of another kind each time: a message, one with an edit's worth of rows, a channel with audit row, a reaction, a deletion.
async fn one_of_many(engine: &Engine<SqliteStore>, cast: Cast, number: usize) {
    let Cast { owner, guild_id, channel_id, .. } = cast;
    match number % 5 {
        0 | 1 => drop(cast.post(engine, owner, &format!("{number} {}", "x".repeat(random(1_800)))).await),
        2 => {
            let name = format!("channel {number}").parse().expect("a name");
            let create = CreateChannel { guild_id, name, kind: ChannelKind::Text, overrides: vec![] };
            engine.execute(owner, create).await.expect("accepted");
        }
        3 => {
            let message_id = cast.post(engine, owner, "liked").await.message_id;
            let emoji = "x".parse().expect("an emoji");
            let target = ReactionTarget { guild_id, channel_id, message_id, emoji };
            engine.execute(cast.member, AddReaction(target)).await.expect("accepted");
        }
        _ => {
            let message_id = cast.post(engine, owner, "regretted").await.message_id;
            engine.execute(owner, DeleteMessage { guild_id, channel_id, message_id }).await.expect("accepted");
        }
    }
}

/// What was acknowledged when the log ended at some place.
struct Acknowledged {
    log_end: usize,
    head: u64,
    messages: Vec<u128>,
}

impl Acknowledged {
    fn now(scene: &Scene) -> Self {
        let log_end = Log::of(&scene.path()).end();
        Self { log_end, head: scene.store.head().seq, messages: messages(&scene.path()) }
    }
}

/// Proves ORD-8 and FEN-1 for a power loss: with one command at a time it is known for every byte of the log what was acknowledged, and
/// exactly that is found, whichever byte is the last that reached the disk or the first that did not.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_power_loss_there_is_exactly_what_was_acknowledged() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let engine = scene.engine();
    for generation in 0..2 {
        let database = fs::read(scene.path()).expect("readable");
        let mut known = vec![Acknowledged::now(&scene)];
        for number in 0..COMMITS {
            one_of_many(&engine, cast, number).await;
            known.push(Acknowledged::now(&scene));
        }
        assert_eq!(fs::read(scene.path()).expect("readable"), database, "no checkpoint came in between");
        let log = Log::of(&scene.path());
        let (first, last) = (known[0].log_end, log.end());
        for cut in 0..CUTS * rounds() {
            let at = first + random(last - first + 1);
            let lost = match cut % 3 {
                0 => log.bytes[..at].to_vec(),
                1 => [&log.bytes[..at], &vec![0; log.bytes.len() - at]].concat(),
                _ => {
                    // One sector never arrived, those behind it did.
                    let mut bytes = log.bytes.clone();
                    let end = bytes.len().min(at + SECTOR_BYTES);
                    bytes[at..end].iter_mut().for_each(|byte| *byte ^= 0x5A);
                    bytes
                }
            };
            let expected = known.iter().rfind(|known| known.log_end <= at).expect("the first is not cut");
            let (folder, store) = found(&scene, &database, &lost);
            let context = format!("generation {generation}, kind {}, cut at {at} of {last}", cut % 3);
            // Several commits of one step: nothing that was acknowledged before it is missing, and nothing is half there.
            let head = store.head().seq;
            let next = known.iter().find(|known| known.log_end > at).map_or(expected.head, |next| next.head);
            assert!((expected.head..=next).contains(&head), "{context}: head {head}, {} to {next}", expected.head);
            let held = messages(&folder.path().join("filament.db"));
            if head == expected.head {
                assert_eq!(held, expected.messages, "{context}");
            }
            assert_eq!(store.integrity_check().await.expect("readable"), [""; 0], "{context}");
            soon(store.close()).await.expect("closes");
        }
        // From here on the log begins anew, over the frames of the generation before.
        let restart = |connection: rusqlite::Connection| {
            connection.query_row("PRAGMA wal_checkpoint(RESTART)", (), |row| row.get::<_, i64>(0))
        };
        let busy = rusqlite::Connection::open(scene.path()).and_then(restart).expect("a checkpoint");
        assert_eq!(busy, 0, "nobody was in the way");
        one_of_many(&engine, cast, 0).await;
    }
}

/// The same with many callers at once, whose commands share commits: any cut leaves whole commits, in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_power_loss_under_load_whole_groups_remain_in_order() {
    const WRITERS: usize = 8;
    let scene = Scene::new();
    let cast = scene.cast().await;
    let before = Acknowledged::now(&scene);
    let database = fs::read(scene.path()).expect("readable");
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let engine = scene.engine();
            tokio::spawn(async move {
                for n in 0..20 {
                    let post: CreateMessage = cast.message(&format!("{writer} {n}"));
                    engine.execute(cast.owner, post).await.expect("accepted");
                }
            })
        })
        .collect();
    for writer in writers {
        soon(writer).await.expect("no panic");
    }
    let log = Log::of(&scene.path());
    let all = messages(&scene.path());
    assert_eq!(all.len(), WRITERS * 20);
    let commits = log.commit_ends();
    for _ in 0..CUTS * rounds() {
        let at = before.log_end + random(log.end() - before.log_end + 1);
        let (folder, store) = found(&scene, &database, &log.bytes[..at]);
        let held = messages(&folder.path().join("filament.db"));
        assert_eq!(held, all[..held.len()], "cut at {at}: a prefix in the order of commit");
        assert_eq!(store.head().seq - before.head, held.len() as u64, "cut at {at}: entries and rows together");
        let groups = commits.iter().filter(|end| **end > before.log_end && **end <= at).count();
        assert_eq!(held.is_empty(), groups == 0, "cut at {at}: {groups} whole commits");
        assert_eq!(store.integrity_check().await.expect("readable"), [""; 0], "cut at {at}");
        soon(store.close()).await.expect("closes");
    }
}

/// A checkpoint that never became whole: pages of the database torn in the middle, the log still there.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_checkpoint_is_mended_from_the_log() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    for number in 0..COMMITS {
        one_of_many(&scene.engine(), cast, number).await;
    }
    let log = Log::of(&scene.path());
    let known = Acknowledged::now(&scene);
    let checkpoint = |connection: rusqlite::Connection| {
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| row.get::<_, i64>(0))
    };
    rusqlite::Connection::open(scene.path()).and_then(checkpoint).expect("a checkpoint");
    let whole = fs::read(scene.path()).expect("readable");
    for _ in 0..8 * rounds() {
        let mut torn = whole.clone();
        for page in log.pages() {
            let sector = (page - 1) * log.page_bytes + random(log.page_bytes / SECTOR_BYTES) * SECTOR_BYTES;
            // SQLite finds out the size of a page from the first one before it reads the log.
            if page > 1 && random(2) == 0 && sector + SECTOR_BYTES <= torn.len() {
                torn[sector..sector + SECTOR_BYTES].fill(0xA5);
            }
        }
        assert_ne!(torn, whole);
        let (folder, store) = found(&scene, &torn, &log.bytes);
        assert_eq!(store.head().seq, known.head);
        soon(store.close()).await.expect("closes");
        drop(store);
        let path = folder.path().join("filament.db");
        assert_eq!(messages(&path), known.messages);
        assert_eq!(backup::check(&path).expect("readable"), [""; 0]);
    }
}
