//! What happens at the bounds: full queues, a full disk.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use filament_core::{
    Denial, FactPlan, Facts, Journal, Query, Sealed, Store, TransactError, read::ListMessages, testing::Cast,
};
use filament_store::{SqliteStore, limits};

use crate::scene::{Outcome, Scene, eventually, soon};

/// Holds the writer inside a decision until the sender is dropped.
async fn blocked_writer(store: &SqliteStore) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Outcome<()>>) {
    let (release, gate) = mpsc::channel::<()>();
    let (entered, is_in) = tokio::sync::oneshot::channel();
    let (gate, entered) = (Mutex::new(gate), Mutex::new(Some(entered)));
    let store = store.clone();
    let decide = move |_: &Facts| -> Result<Sealed<()>, Denial> {
        if let Some(entered) = entered.lock().expect("unpoisoned").take() {
            entered.send(()).expect("somebody waits");
        }
        let _released = gate.lock().expect("unpoisoned").recv();
        Err(Denial::Invalid("released"))
    };
    let task = tokio::spawn(async move { store.transact(FactPlan::default(), decide).await });
    is_in.await.expect("the writer is inside");
    (release, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn full_inbox_answers_busy_at_once_and_loses_nothing_it_accepted() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let (release, blocker) = blocked_writer(&scene.store).await;
    let engine = scene.engine();
    let queued: Vec<_> = (0..limits::INBOX_COMMANDS_MAX)
        .map(|n| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.execute(cast.owner, cast.message(&format!("{n}"))).await })
        })
        .collect();
    eventually("the inbox is full", || scene.store.stats().inbox_depth() == limits::INBOX_COMMANDS_MAX).await;
    for _ in 0..3 {
        let busy = soon(engine.execute(cast.owner, cast.message("one too many"))).await;
        assert!(matches!(busy, Err(TransactError::Busy)), "{busy:?}");
    }
    assert_eq!(scene.store.stats().inbox_depth(), limits::INBOX_COMMANDS_MAX);
    let head = scene.store.head().seq;
    drop(release);
    assert!(matches!(soon(blocker).await.expect("no panic"), Err(TransactError::Denied { .. })));
    for task in queued {
        soon(task).await.expect("no panic").expect("accepted");
    }
    assert_eq!(scene.store.head().seq, head + limits::INBOX_COMMANDS_MAX as u64);
    assert_eq!(scene.store.stats().inbox_depth(), 0);
    let groups: Vec<u64> = scene.store.stats().commit_group_size.counts().collect();
    assert_eq!(groups[8], 4, "the queue went to disk in groups of {}", limits::GROUP_COMMANDS_MAX);
    scene.is_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_finishes_a_queue_of_several_groups() {
    const QUEUED: usize = limits::GROUP_COMMANDS_MAX * 2 + 10;
    let scene = Scene::new();
    let cast = scene.cast().await;
    let (release, blocker) = blocked_writer(&scene.store).await;
    let engine = scene.engine();
    let queued: Vec<_> = (0..QUEUED)
        .map(|n| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.execute(cast.owner, cast.message(&format!("{n}"))).await })
        })
        .collect();
    eventually("all are queued", || scene.store.stats().inbox_depth() == QUEUED).await;
    let closing = tokio::spawn({
        let store = scene.store.clone();
        async move { store.close().await }
    });
    loop {
        let late = engine.execute(cast.owner, cast.message("late"));
        // Accepted and kept waiting: the store does not close yet.
        if let Ok(Err(TransactError::Failed(_))) = tokio::time::timeout(Duration::from_millis(20), late).await {
            break;
        }
    }
    drop(release);
    soon(closing).await.expect("no panic").expect("closes");
    for task in queued {
        soon(task).await.expect("no panic").expect("accepted before closing");
    }
    drop(soon(blocker).await.expect("no panic"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn full_read_queue_answers_busy_and_writes_go_on() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let (release, gate) = mpsc::channel::<()>();
    let (gate, inside) = (Arc::new(Mutex::new(gate)), Arc::new(AtomicUsize::new(0)));
    let block = || {
        let (store, gate, inside) = (scene.store.clone(), Arc::clone(&gate), Arc::clone(&inside));
        tokio::spawn(async move {
            let gate = move |_: &Facts| {
                inside.fetch_add(1, Ordering::Relaxed);
                let _released = gate.lock().expect("unpoisoned").recv();
                Err(Denial::Invalid("released"))
            };
            store.query(FactPlan::default(), Query::FactsOnly, gate).await.map(drop)
        })
    };
    let readers = scene.config().readers.get();
    let mut blocked: Vec<_> = (0..readers).map(|_| block()).collect();
    eventually("all readers are held", || inside.load(Ordering::Relaxed) == readers).await;
    blocked.extend((0..limits::READS_QUEUED_MAX).map(|_| block()));
    let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before: None, limit: 5 };
    let engine = scene.engine();
    // Nothing is read while the readers are held: as long as the queue has a place, this takes it and waits.
    let busy = loop {
        if let Ok(answer) = tokio::time::timeout(Duration::from_millis(20), engine.read(cast.owner, page)).await {
            break answer;
        }
    };
    assert!(matches!(busy, Err(TransactError::Busy)), "{busy:?}");
    cast.post(&engine, cast.owner, "writers do not wait for readers").await;
    let head = scene.store.head().seq;
    let entries = scene.store.read_after(head - 1, std::num::NonZeroU16::MIN).await.expect("readable");
    assert_eq!(entries.len(), 1, "the relay does not wait for pages");
    drop(release);
    for task in blocked {
        drop(soon(task).await.expect("no panic"));
    }
    assert_eq!(engine.read(cast.owner, page).await.expect("readable").messages.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn full_disk_refuses_writes_serves_reads_and_recovers() {
    let scene = Scene::new();
    let cast: Cast = scene.cast().await;
    let shut = scene.closed().await;
    let mut config = shut.config();
    config.size_bytes_max = Some(600_000);
    let store = SqliteStore::open(config.clone()).expect("opens");
    let engine = filament_core::Engine::new(store.clone(), filament_core::Limits::default());
    let text = "x".repeat(1_900);
    let mut stored = 0;
    let refused = loop {
        match engine.execute(cast.owner, cast.message(&text)).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 1_000, "the bound is reached");
    };
    assert!(matches!(refused, TransactError::ReadOnly(_)), "{refused:?}");
    let head = store.head().seq;
    let page = ListMessages { guild_id: cast.guild_id, channel_id: cast.channel_id, before: None, limit: 100 };
    assert_eq!(engine.read(cast.member, page).await.expect("readable").messages.len(), stored.min(100));
    assert!(matches!(engine.execute(cast.owner, cast.message(&text)).await, Err(TransactError::ReadOnly(_))));
    assert_eq!(store.head().seq, head, "nothing of a refused write remains");
    assert_eq!(store.integrity_check().await.expect("readable"), [""; 0]);
    soon(store.close()).await.expect("closes");
    drop((store, engine));
    let scene = shut.opened();
    cast.post(&scene.engine(), cast.owner, &text).await;
    assert_eq!(scene.store.head().seq, head + 1);
    scene.is_whole().await;
}

/// The write-ahead log is moved into the database beside the writer, and begins anew under steady load: it stays near its bound, and what
/// it held is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_stays_bounded_while_writers_never_pause() {
    const WRITERS: usize = 8;
    let scene = Scene::new();
    let cast = scene.cast().await;
    let text = "x".repeat(1_900);
    let log = scene.path().with_file_name("filament.db-wal");
    let bytes = || std::fs::metadata(&log).map_or(0, |file| file.len());
    let page = 4_096_u64;
    let mut begun_anew = false;
    let mut last = 0;
    for _ in 0..40 {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (engine, text) = (scene.engine(), text.clone());
                tokio::spawn(async move {
                    for _ in 0..30 {
                        engine.execute(cast.owner, cast.message(&text)).await.expect("accepted");
                    }
                })
            })
            .collect();
        for writer in writers {
            soon(writer).await.expect("no panic");
        }
        // A log that begins anew is written over from its start; the file keeps its length.
        begun_anew |= last > u64::from(limits::WAL_PAGES) * page && bytes() == last;
        last = bytes();
        let bound = u64::from(limits::WAL_PAGES + limits::WAL_PAGES_MAX) * page;
        assert!(last < bound, "{last} bytes");
    }
    assert!(begun_anew, "the log grows on and on: {last} bytes");
    scene.is_whole().await;
}
