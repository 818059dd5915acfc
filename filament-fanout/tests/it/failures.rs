//! Journals that fail, lag or lose entries: fail closed, and come back.

use std::time::Duration;

use filament_core::{decide::guild::LeaveGuild, testing::Cast};
use filament_fanout::Refusal;

use crate::harness::{Running, eventually};

/// Proves FEN-6: delivery stops, everybody is closed as resumable, nobody is let in; later it goes on.
#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_closes_everybody_and_recovers() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let clients = [running.subscribed(member).await, running.subscribed(owner).await];
    running.gate.break_off(true);
    running.post(owner, "cannot be read").await;
    for client in &clients {
        assert_eq!(client.closed().await, (4009, "continuity_lost".into()));
    }
    assert_eq!(running.fanout.admit(member.user_id), Err(Refusal::Down));
    let refused = running.connect(member).await;
    assert_eq!(refused.closed().await.0, 4401);
    running.gate.break_off(false);
    eventually("new connections are let in", || running.fanout.admit(member.user_id).is_ok()).await;
    let client = running.subscribed(member).await;
    running.post(owner, "read again").await;
    assert_eq!(client.message().await, "read again");
    running.fanout.check_invariants();
}

/// Proves FEN-6 for a journal with a hole: an entry that is missing is not skipped.
#[tokio::test(start_paused = true)]
async fn a_missing_entry_is_never_skipped() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let client = running.subscribed(member).await;
    running.gate.hold(true);
    let lost = running.post(owner, "lost").await;
    running.post(owner, "after it").await;
    running.gate.lose(lost);
    running.gate.hold(false);
    assert_eq!(client.closed().await, (4009, "continuity_lost".into()), "and no message before");
}

/// Proves the second half of FEN-5: a fence that is not confirmed in time closes whom it concerns, and only those.
#[tokio::test(start_paused = true)]
async fn an_unconfirmed_fence_closes_whom_it_concerns() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, .. } = running.cast;
    let (leaver, stayer) = (running.subscribed(member).await, running.subscribed(owner).await);
    running.gate.hold(true);
    let left = running.done(member, LeaveGuild { guild_id }).await;
    let began = tokio::time::Instant::now();
    running.fanout.fenced(left.seq.expect("an entry")).await;
    assert!((1_990..2_500).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert_eq!(leaver.closed().await, (4009, "continuity_lost".into()));
    assert!(!stayer.connection.is_closed());
    running.gate.hold(false);
    running.post(owner, "goes on").await;
    assert_eq!(stayer.message().await, "goes on");
}

/// The same where the entry cannot even be read: everybody is closed.
#[tokio::test(start_paused = true)]
async fn an_unreadable_fence_closes_everybody() {
    let running = Running::start().await;
    let Cast { owner, member, guild_id, .. } = running.cast;
    let clients = [running.subscribed(member).await, running.subscribed(owner).await];
    running.gate.hold(true);
    let left = running.done(member, LeaveGuild { guild_id }).await;
    running.gate.lose(left.seq.expect("an entry"));
    running.fanout.fenced(left.seq.expect("an entry")).await;
    for client in &clients {
        assert_eq!(client.closed().await.0, 4009);
    }
}

/// A relay that does not move lets nobody in, and says so in time.
#[tokio::test(start_paused = true)]
async fn a_connect_behind_a_stuck_relay_is_refused_as_resumable() {
    let running = Running::start().await;
    let Cast { owner, stranger, .. } = running.cast;
    running.gate.hold(true);
    running.post(owner, "not relayed").await;
    let began = tokio::time::Instant::now();
    let client = running.connect(stranger).await;
    assert!(began.elapsed() < Duration::from_secs(6));
    assert!(client.connection.is_closed());
    assert_eq!(client.closed().await, (4009, "continuity_lost".into()));
    running.gate.hold(false);
    let again = running.ready(stranger).await;
    assert!(!again.connection.is_closed());
    running.fanout.check_invariants();
}
