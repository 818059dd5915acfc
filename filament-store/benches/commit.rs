//! What a durable commit, a journal entry and a page of history cost. `cargo bench -p filament-store`.
//!
//! Groups form by themselves: with `n` callers that wait for their answer, about `n` commands share one flush of the disk. The disk is
//! that of the temporary folder; set `TMPDIR` to measure another.

use std::{hint::black_box, num::NonZeroU16, time::Duration, time::Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use filament_core::{
    AccessSource, Actor, Command, Engine, Journal, Limits,
    decide::{
        guild::{JoinGuild, UpdateGuild},
        reaction::{AddReaction, ReactionTarget},
    },
    read::ListMessages,
    testing::Cast,
};
use filament_protocol::Visibility;
use filament_store::{SqliteStore, StoreConfig};
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct Scene {
    runtime: Runtime,
    engine: Engine<SqliteStore>,
    cast: Cast,
    _folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let store = SqliteStore::open(StoreConfig::new(folder.path().join("filament.db"))).expect("opens");
        let engine = Engine::new(store, Limits::default());
        let cast = runtime.block_on(Cast::in_store(&engine, "bench"));
        Self { runtime, engine, cast, _folder: folder }
    }

    /// `total` commands by `callers` who each wait for their answer.
    fn carry_out<C: Command<Caller = Actor>>(&self, callers: u64, total: u64, actor: Actor, command: &C) -> Duration {
        let started = Instant::now();
        self.runtime.block_on(async {
            let tasks: Vec<_> = (0..callers)
                .map(|caller| {
                    let (engine, command) = (self.engine.clone(), command.clone());
                    let own = total / callers + u64::from(caller < total % callers);
                    tokio::spawn(async move {
                        for _ in 0..own {
                            drop(black_box(engine.execute(actor, command.clone()).await));
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.expect("no panic");
            }
        });
        started.elapsed()
    }
}

const TEXT: &str =
    "A message of ordinary length, with a word in **bold**, as people write them all day long in channels.";

fn commits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message, durable");
    group.throughput(Throughput::Elements(1)).measurement_time(Duration::from_secs(8)).sample_size(20);
    for callers in [1_u64, 8, 64, 256] {
        let scene = Scene::new();
        let post = scene.cast.message(TEXT);
        group.bench_function(BenchmarkId::new("callers", callers), |bencher| {
            bencher.iter_custom(|total| scene.carry_out(callers, total, scene.cast.owner, &post));
        });
        let sizes = &scene.engine.store().stats().commit_group_size;
        let groups: u64 = sizes.counts().sum();
        eprintln!("{callers} callers: {:.1} commands per commit", sizes.sum() as f64 / groups as f64);
    }
    group.finish();
}

/// A message writes a row and an entry, a refused join of a private guild reads and writes nothing after the first: the difference to it
/// is what writing costs.
fn writing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("64 callers");
    group.throughput(Throughput::Elements(1)).measurement_time(Duration::from_secs(5)).sample_size(20);
    let scene = Scene::new();
    let private = UpdateGuild { guild_id: scene.cast.guild_id, name: None, visibility: Some(Visibility::Private) };
    scene.runtime.block_on(scene.engine.execute(scene.cast.owner, private)).expect("accepted");
    let join = JoinGuild { guild_id: scene.cast.guild_id };
    group.bench_function("decided, nothing written", |bencher| {
        bencher.iter_custom(|total| scene.carry_out(64, total, scene.cast.stranger, &join));
    });
    group.finish();
}

fn reads(criterion: &mut Criterion) {
    let scene = Scene::new();
    let (engine, cast) = (&scene.engine, scene.cast);
    scene.carry_out(64, 20_000, cast.owner, &cast.message(TEXT));
    let page = |limit| ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before: None, limit };
    let mut group = criterion.benchmark_group("read");
    let plain = |group: &mut criterion::BenchmarkGroup<'_, _>, name: &str, limit| {
        group.bench_function(name, |bencher| {
            bencher.iter(|| scene.runtime.block_on(engine.read(cast.member, page(limit))).expect("readable"));
        });
    };
    plain(&mut group, "page of 1", 1);
    plain(&mut group, "page of 50", 50);
    let newest = scene.runtime.block_on(engine.read(cast.member, page(50))).expect("readable").messages;
    for message in newest {
        for emoji in ["👍", "🎉", "❤"] {
            let emoji = emoji.parse().expect("an emoji");
            let target = ReactionTarget {
                guild_id: cast.guild_id,
                channel_id: cast.channel_id,
                message_id: message.message_id,
                emoji,
            };
            for actor in [cast.owner, cast.member] {
                scene.runtime.block_on(engine.execute(actor, AddReaction(target.clone()))).expect("accepted");
            }
        }
    }
    plain(&mut group, "page of 50 with three reactions each", 50);
    group.bench_function("access of a user, graph known", |bencher| {
        let load = || engine.store().load_user(cast.member.user_id, cast.member.session_id, vec![cast.guild_id]);
        bencher.iter(|| scene.runtime.block_on(load()).expect("readable"));
    });
    group.bench_function("graph of a guild", |bencher| {
        bencher.iter(|| scene.runtime.block_on(engine.store().load_guild(cast.guild_id)).expect("readable"));
    });
    let head = engine.store().head().seq;
    let hundred = NonZeroU16::new(100).expect("not zero");
    for (name, after) in [("100 entries from memory", head - 100), ("100 entries from disk", 100)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| scene.runtime.block_on(engine.store().read_after(after, hundred)).expect("readable"));
        });
    }
    group.finish();
}

criterion_group!(benches, commits, writing, reads);
criterion_main!(benches);
