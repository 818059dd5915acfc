//! The first start on a database of before the search index: every message gets its place and its entry while nobody is answered.

use std::{fs, path::Path, time::Instant};

use filament_core::{Engine, Limits, read::SearchMessages, testing::Cast};
use filament_protocol::{ChannelId, SearchTerms, text::SearchText};
use filament_store::{SqliteStore, StoreConfig};
use rusqlite::{Connection, params};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::words::{Draw, word};

/// Takes the schema back to what it was before the index: steps 4 and later.
const BEFORE: &str =
    "DROP TABLE stays; DROP TABLE message_search_words; DROP TABLE message_search; DROP INDEX messages_by_place;
    ALTER TABLE messages DROP COLUMN place; PRAGMA user_version = 3;";
const INSERT: &str =
    "INSERT INTO messages (channel_id, message_id, author_id, content, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
/// Channels that the messages are in; members see the first of them.
const CHANNELS: u64 = 120;
const STARTED_SECS: u64 = 1_750_000_000;

/// Makes such a database and opens it.
pub(crate) fn opening(messages: u64) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("filament.db");
    let runtime = Runtime::new().expect("a runtime");
    let cast = runtime.block_on(async {
        let store = SqliteStore::open(StoreConfig::new(&path)).expect("opens");
        let engine = Engine::new(store.clone(), Limits::default());
        let cast = Cast::in_store(&engine, "bench").await;
        store.close().await.expect("closed");
        cast
    });
    fill(&path, cast.channel_id, messages);
    let before = bytes(&path);

    let started = Instant::now();
    let store = SqliteStore::open(StoreConfig::new(&path)).expect("opens");
    let took = started.elapsed();
    let log = bytes(&folder.path().join("filament.db-wal"));
    let engine = Engine::new(store.clone(), Limits::default());
    let terms = SearchTerms::parse(&SearchText::new(word(1)).expect("a text")).expect("terms");
    let search = SearchMessages { guild_id: cast.guild_id, channel_id: None, terms, before: None, limit: 20 };
    let page = runtime.block_on(engine.read(cast.member, search)).expect("searched");
    let visible = messages / CHANNELS;
    assert!(page.messages.len() as u64 >= 20.min(visible / 10), "most messages have the most common word");
    runtime.block_on(store.close()).expect("closed");
    println!(
        "a database of {messages} messages and {} MB of before the index: opened after {:.1} s, {} MB then; \
         its log had {} MB, the process at most {} MB",
        before / 1_000_000,
        took.as_secs_f64(),
        bytes(&path) / 1_000_000,
        log / 1_000_000,
        resident_bytes_max() / 1_000_000
    );
}

/// Takes the schema back and writes the messages, in the order of their ids over all channels.
fn fill(path: &Path, visible: ChannelId, messages: u64) {
    let mut connection = Connection::open(path).expect("opens");
    connection.execute_batch(BEFORE).expect("taken back");
    let step = connection.transaction().expect("begins");
    let mut draw = Draw(11);
    for number in 0..messages {
        let channel = match draw.below(CHANNELS) {
            0 => visible.as_u128(),
            other => u128::from(other),
        };
        // Two a second; the rest of the id is random, as it is in one that was handed out.
        let milliseconds = STARTED_SECS * 1_000 + number * 500;
        let id = u128::from(milliseconds) << 80 | u128::from(draw.next());
        let row = params![
            channel.to_be_bytes(),
            id.to_be_bytes(),
            1_u128.to_be_bytes(),
            draw.message(),
            i64::try_from(milliseconds / 1_000).expect("a time")
        ];
        step.prepare_cached(INSERT).expect("prepared").execute(row).expect("written");
    }
    step.commit().expect("written");
    connection.close().expect("closed");
}

fn bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// The most memory the process ever had, as Linux counts it; 0 elsewhere.
fn resident_bytes_max() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1_024
}
