//! What the search index costs a writer, what a search costs, and how long a database of before the index takes to get one.
//! `cargo bench -p filament-store --bench search` does all three; `-- writing`, `-- searching` and `-- migration` do one.
//!
//! Prints messages written per second with and without words to index, in turns; then searches over a large database: half and 99 of 100
//! searches took no longer than the figures; then the time of the first start. `FILAMENT_SEARCH_MESSAGES` is the size of the two databases
//! (1,000,000), of which the guild that is searched holds a tenth; 0 leaves them out. The disk is that of the temporary folder; set
//! `TMPDIR` to measure another.

#![expect(clippy::cast_possible_truncation, reason = "draws of a generator, far below any bound")]

mod migration;
mod words;

use std::{
    env, fs,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use filament_core::{
    Actor, Engine, Limits, TransactError, decide::channel::CreateChannel, read::SearchMessages, testing::Cast,
};
use filament_protocol::{ChannelId, ChannelKind, GuildId, SearchTerms, text::SearchText};
use filament_store::{SqliteStore, StoreConfig, Synchronous};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::words::{Draw, VOCABULARY, word};

/// Callers who wait for their answer.
const CALLERS: u64 = 32;
const ROUNDS: u64 = 5;
const WRITTEN_PER_ROUND: u64 = 20_000;
const GUILDS: u64 = 10;
const CHANNELS_PER_GUILD: u64 = 12;
const SEARCHES: u64 = 400;

struct Scene {
    runtime: Runtime,
    engine: Engine<SqliteStore>,
    _folder: TempDir,
}

impl Scene {
    fn new(synchronous: Synchronous) -> Self {
        let folder = TempDir::new().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let mut config = StoreConfig::new(folder.path().join("filament.db"));
        config.synchronous = synchronous;
        let engine = Engine::new(SqliteStore::open(config).expect("opens"), Limits::default());
        Self { runtime, engine, _folder: folder }
    }

    /// Writes messages by [`CALLERS`] callers and says how long it took.
    fn write(
        &self,
        total: u64,
        seed: u64,
        author: Actor,
        places: &[(GuildId, ChannelId)],
        text: fn(&mut Draw) -> String,
    ) -> Duration {
        let left = AtomicU64::new(total);
        let started = Instant::now();
        std::thread::scope(|threads| {
            threads.spawn(|| {
                self.runtime.block_on(async {
                    let callers = (0..CALLERS).map(|caller| {
                        let mut draw = Draw(seed.wrapping_mul(1_000_003) + caller);
                        let (engine, left) = (&self.engine, &left);
                        async move {
                            while left
                                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                                .is_ok()
                            {
                                let (guild_id, channel_id) = places[draw.below(places.len() as u64) as usize];
                                let content = text(&mut draw).parse().expect("message text");
                                let post = filament_core::decide::message::CreateMessage {
                                    guild_id,
                                    channel_id,
                                    content,
                                    attachment_ids: Vec::new(),
                                    idempotency_key: None,
                                };
                                engine.execute(author, post).await.expect("accepted");
                            }
                        }
                    });
                    futures_join(callers.collect()).await;
                });
            });
        });
        started.elapsed()
    }
}

/// Drives callers on one task: they only wait for the writer.
async fn futures_join<F: Future<Output = ()>>(callers: Vec<F>) {
    let mut callers: Vec<_> = callers.into_iter().map(|caller| Some(Box::pin(caller))).collect();
    std::future::poll_fn(|context| {
        for slot in &mut callers {
            if slot.as_mut().is_some_and(|caller| caller.as_mut().poll(context).is_ready()) {
                *slot = None;
            }
        }
        if callers.iter().all(Option::is_none) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// As long as a message, and no word in it: what is written but for the index.
fn wordless(draw: &mut Draw) -> String {
    ".".repeat(draw.message().len())
}

/// How long the writer's thread was on a processor, as Linux counts it.
fn writer_cpu_micros() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let writer = tasks
        .map(|task| task.path())
        .find(|task| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "filament-writer"));
    let counted = writer.and_then(|task| fs::read_to_string(task.join("schedstat")).ok());
    counted.and_then(|text| text.split(' ').next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1_000.0
}

fn writing() {
    let scene = Scene::new(Synchronous::Full);
    let cast = scene.runtime.block_on(Cast::in_store(&scene.engine, "bench"));
    let places = [(cast.guild_id, cast.channel_id)];
    let measured = |round, text| {
        let before = writer_cpu_micros();
        let took = scene.write(WRITTEN_PER_ROUND, round, cast.owner, &places, text);
        let cpu = (writer_cpu_micros() - before) / WRITTEN_PER_ROUND as f64;
        (WRITTEN_PER_ROUND as f64 / took.as_secs_f64(), cpu)
    };
    println!("messages per second, durable, {CALLERS} callers: with words, without, ratio");
    println!("and the writer's time on a processor per message, in microseconds (Linux): with words, without");
    for round in 0..ROUNDS {
        let (with, cpu_with) = measured(round, Draw::message);
        let (without, cpu_without) = measured(round, wordless);
        println!("{with:8.0} {without:8.0} {:5.2}   {cpu_with:6.1} {cpu_without:6.1}", with / without);
    }
}

/// Makes the text of a search.
type Asked = Box<dyn Fn(&mut Draw) -> String>;

fn searching(messages: u64) {
    let scene = Scene::new(Synchronous::Normal);
    let mut guilds = Vec::new();
    for number in 0..GUILDS {
        let cast = scene.runtime.block_on(Cast::in_store(&scene.engine, &format!("g{number}")));
        let mut places = vec![(cast.guild_id, cast.channel_id)];
        for channel in 1..CHANNELS_PER_GUILD {
            let name = format!("channel {channel}").parse().expect("a name");
            let create = CreateChannel { guild_id: cast.guild_id, name, kind: ChannelKind::Text, overrides: vec![] };
            let made = scene.runtime.block_on(scene.engine.execute(cast.owner, create)).expect("accepted");
            places.push((cast.guild_id, made.reply.channel_id));
        }
        guilds.push((cast, places));
    }
    let started = Instant::now();
    let portion = messages / GUILDS / 10;
    for round in 0..10 {
        for (number, (cast, places)) in guilds.iter().enumerate() {
            scene.write(portion, round * GUILDS + number as u64, cast.owner, places, Draw::message);
        }
    }
    let (cast, places) = &guilds[0];
    println!("{messages} messages written in {:.0} s", started.elapsed().as_secs_f64());
    println!(
        "{:44} {:>9} {:>9} {:>9} {:>7}",
        "search in a guild of a tenth of them", "p50 ms", "p99 ms", "max ms", "stopped"
    );
    let one = |lowest: u64, highest: u64| move |draw: &mut Draw| word(lowest + draw.below(highest - lowest));
    let kinds: Vec<(&str, bool, Asked)> = vec![
        ("a word in one of ten messages", false, Box::new(one(1, 10))),
        ("a word in one of a thousand", false, Box::new(one(1_000, 2_000))),
        ("a rare word", false, Box::new(one(20_000, VOCABULARY))),
        ("a word nobody said", false, Box::new(|draw| format!("zz{}", draw.next()))),
        ("two common words", false, Box::new(move |draw| one(1, 10)(draw) + " " + &one(10, 60)(draw))),
        (
            "a common and a rare word",
            false,
            Box::new(move |draw| one(1, 10)(draw) + " " + &one(20_000, VOCABULARY)(draw)),
        ),
        ("five words", false, Box::new(move |draw| (0..5).map(|_| one(1, 500)(draw)).collect::<Vec<_>>().join(" "))),
        ("the beginning of many words", false, Box::new(|draw| word(1 + draw.below(40))[..2].to_owned() + "*")),
        ("the beginning of few words", false, Box::new(move |draw| one(500, 5_000)(draw)[..6].to_owned() + "*")),
        ("a word in one of ten messages, one channel", true, Box::new(one(1, 10))),
        ("two common words, one channel", true, Box::new(move |draw| one(1, 10)(draw) + " " + &one(10, 60)(draw))),
    ];
    for (name, in_one, text) in kinds {
        let mut draw = Draw(7);
        let mut took = Vec::new();
        let mut stopped = 0;
        for _ in 0..SEARCHES {
            let terms = SearchTerms::parse(&SearchText::new(text(&mut draw)).expect("a text")).expect("terms");
            let channel_id = in_one.then(|| places[draw.below(CHANNELS_PER_GUILD) as usize].1);
            let search = SearchMessages { guild_id: cast.guild_id, channel_id, terms, before: None, limit: 20 };
            let started = Instant::now();
            match scene.runtime.block_on(scene.engine.read(cast.member, search)) {
                Ok(_) => {}
                Err(TransactError::Busy) => stopped += 1,
                Err(other) => panic!("{other}"),
            }
            took.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        took.sort_unstable_by(f64::total_cmp);
        let part = |of_hundred: usize| took[(took.len() - 1) * of_hundred / 100];
        println!("{name:44} {:9.2} {:9.2} {:9.2} {stopped:7}", part(50), part(99), part(100));
    }
}

fn main() {
    // `cargo bench` passes an argument of its own.
    let filter = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let messages = env::var("FILAMENT_SEARCH_MESSAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    if "writing".contains(&filter) {
        writing();
    }
    if "searching".contains(&filter) && messages > 0 {
        searching(messages);
    }
    if "migration".contains(&filter) && messages > 0 {
        migration::opening(messages);
    }
}
