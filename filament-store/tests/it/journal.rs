//! The committed past, as relays and replays read it.

use std::{num::NonZeroU16, sync::Arc, sync::atomic::Ordering};

use filament_core::{Entry, Journal, SealedBody, Seq, limits::IDS_PER_STAMP_MAX};
use filament_store::{SqliteStore, StoreError};

use crate::scene::{START_MS, Scene, soon};

fn most(entries: u16) -> NonZeroU16 {
    NonZeroU16::new(entries).expect("not zero")
}

async fn all(store: &SqliteStore, mut after: Seq, at_once: u16) -> Vec<Arc<Entry>> {
    let mut all = Vec::new();
    loop {
        let more = store.read_after(after, most(at_once)).await.expect("readable");
        let Some(last) = more.last() else { return all };
        after = last.seq;
        all.extend(more);
    }
}

/// Proves ORD-2 for the store: writers on several tasks, one order, without a gap, seen while it grows and again from disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_make_one_dense_order_and_the_disk_tells_it_again() {
    const WRITERS: usize = 8;
    const EACH: usize = 60;
    let scene = Scene::new();
    let cast = scene.cast().await;
    let start = scene.store.head().seq;
    let end = start + (WRITERS * EACH) as u64;
    let relay = tokio::spawn({
        let store = scene.store.clone();
        async move {
            let (mut seq, mut seen) = (start, Vec::new());
            while seq < end {
                let head = soon(store.wait_past(seq)).await;
                assert!(head > seq);
                for entry in store.read_after(seq, most(7)).await.expect("readable") {
                    assert_eq!(entry.seq, seq + 1, "ascending and gap-free");
                    seq = entry.seq;
                    seen.push(entry);
                }
            }
            seen
        }
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let engine = scene.engine();
            tokio::spawn(async move {
                let mut seqs = Vec::new();
                for n in 0..EACH {
                    let committed =
                        engine.execute(cast.owner, cast.message(&format!("{writer} {n}"))).await.expect("accepted");
                    seqs.push((committed.seq.expect("an entry"), committed.reply.message.message_id));
                }
                seqs
            })
        })
        .collect();
    let mut by_seq = Vec::new();
    for writer in writers {
        let seqs = soon(writer).await.expect("no panic");
        assert!(seqs.is_sorted(), "one caller's commands commit in its order");
        by_seq.extend(seqs);
    }
    by_seq.sort_unstable();
    assert!(by_seq.windows(2).all(|pair| pair[0].1 < pair[1].1), "ORD-6: ids ascend in commit order");
    let live = soon(relay).await.expect("no panic");
    for (entry, (seq, message_id)) in live.iter().zip(&by_seq) {
        let SealedBody::Shared(bytes) = &entry.events[0].body else { panic!("one body for all") };
        assert_eq!(entry.seq, *seq);
        assert!(std::str::from_utf8(bytes).expect("text").contains(&message_id.to_string()));
    }
    let epoch = scene.store.head().epoch;
    let scene = scene.closed().await.opened();
    assert_eq!(scene.store.head(), filament_core::Position { epoch, seq: end });
    assert_eq!(all(&scene.store, start, 1_000).await, live, "the disk holds what was delivered");
    assert_eq!(all(&scene.store, start, 13).await, live);
}

/// Proves ORD-7 and ORD-6 across a restart with the clock set back.
#[tokio::test(flavor = "multi_thread")]
async fn ids_and_times_go_on_after_a_restart_with_the_clock_set_back() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    scene.advance_secs(1_000);
    let before = cast.post(&scene.engine(), cast.owner, "before").await;
    let shut = scene.closed().await;
    let scene = shut.opened();
    scene.clock.store(START_MS - 5_000_000, Ordering::Relaxed);
    let after = cast.post(&scene.engine(), cast.owner, "after").await;
    assert!(after.message_id.as_u128() >= before.message_id.as_u128() + u128::from(IDS_PER_STAMP_MAX));
    assert!(after.created_at_unix >= before.created_at_unix);
    let entries = all(&scene.store, 0, 100).await;
    assert!(entries.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_after_the_head_and_waiting_ends_with_the_next_commit() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let head = scene.store.head().seq;
    assert!(scene.store.read_after(head, most(5)).await.expect("readable").is_empty());
    assert!(scene.store.read_after(head + 1_000, most(5)).await.expect("readable").is_empty());
    let store = scene.store.clone();
    let waiter = tokio::spawn(async move { store.wait_past(head).await });
    cast.post(&scene.engine(), cast.owner, "news").await;
    assert_eq!(soon(waiter).await.expect("no panic"), head + 1);
    assert_eq!(scene.store.head().seq, head + 1);
}

/// Proves RES-19.
#[tokio::test(flavor = "multi_thread")]
async fn entries_beyond_retention_go_and_readers_are_told() {
    let scene = Scene::new();
    let cast = scene.cast().await;
    let old = scene.store.head().seq;
    scene.advance_secs(86_400 + 60);
    for n in 0..3 {
        cast.post(&scene.engine(), cast.owner, &format!("{n}")).await;
    }
    let stats = scene.store.clone();
    crate::scene::eventually("old entries go", || stats.stats().journal_entries() == 3).await;
    drop(stats);
    let scene = scene.closed().await.opened();
    assert_eq!(scene.store.stats().journal_entries(), 3);
    let gone = scene.store.read_after(0, most(5)).await;
    assert!(matches!(gone, Err(StoreError::Trimmed { wanted: 1, oldest }) if oldest == old + 1), "{gone:?}");
    assert_eq!(all(&scene.store, old, 5).await.len(), 3);
    scene.advance_secs(10 * 86_400);
    let stats = scene.store.clone();
    crate::scene::eventually("all but the newest go", || stats.stats().journal_entries() == 1).await;
    let head = scene.store.head();
    drop(stats);
    let scene = scene.closed().await.opened();
    assert_eq!(scene.store.head(), head, "no number is given twice");
    cast.post(&scene.engine(), cast.owner, "next").await;
    assert_eq!(scene.store.head().seq, head.seq + 1);
    scene.is_whole().await;
}
