//! Connections that end, one by one and all together.

use std::{collections::BTreeSet, time::Duration};

use filament_core::testing::Cast;
use filament_fanout::{DisconnectReason, Refusal};
use filament_protocol::{CloseCode, CloseReason, EventKind};

use crate::harness::{Running, eventually};

/// Proves GW-50 and §6.5, 1001: what waits goes out first, each connection has a wait of its own, nobody new is let in.
#[tokio::test]
async fn a_drain_delivers_what_waits_and_spreads_the_return() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let mut clients = Vec::new();
    for n in 0..20 {
        clients.push(running.subscribed(if n % 2 == 0 { owner } else { member }).await);
    }
    clients.iter().for_each(|client| client.peer.stall());
    let seq = running.post(owner, "the last word").await;
    running.fanout.fenced(seq).await;
    let answering = async {
        let mut waits = BTreeSet::new();
        for client in &clients {
            client.peer.resume();
            assert_eq!(client.message().await, "the last word");
            let (code, reason) = client.closed().await;
            assert_eq!(code, 1001);
            waits.insert(CloseReason::retry_after_ms_of(&reason).expect("a wait"));
            client.connection.peer_closed(Some(code));
        }
        waits
    };
    let ((), waits) = tokio::join!(running.fanout.drain(), answering);
    assert!(waits.iter().all(|wait| *wait <= 5_000));
    assert!(waits.len() > 15, "the waits differ: {waits:?}");
    assert_eq!(running.fanout.admit(owner.user_id), Err(Refusal::Draining));
    let stats = running.fanout.stats();
    assert_eq!((stats.connections, stats.closing), (0, 0));
    let reason = DisconnectReason::Closed(CloseCode::GoingAway);
    assert_eq!(stats.disconnects, [(reason, 20)]);
    let offline = stats.emitted.iter().find(|row| row.0 == EventKind::PresenceUpdate);
    assert!(offline.is_none_or(|row| row.1 <= 40), "nobody is told offline (PRE-8)");
}

/// A drain ends in time even if nobody reads.
#[tokio::test(start_paused = true)]
async fn a_drain_does_not_wait_for_readers_that_stopped() {
    let running = Running::start().await;
    let client = running.subscribed(running.cast.member).await;
    client.peer.stall();
    let began = tokio::time::Instant::now();
    running.fanout.drain().await;
    assert!(began.elapsed() <= Duration::from_secs(4));
    assert_eq!(client.peer.shutdown(), Some(true));
}

/// Proves §6.5, 1000: the client's close is answered, and the transport ends in good order.
#[tokio::test]
async fn a_client_that_closes_is_answered() {
    let running = Running::start().await;
    let client = running.subscribed(running.cast.member).await;
    client.connection.peer_closed(Some(1000));
    assert_eq!(client.closed().await, (1000, "normal".into()));
    assert_eq!(client.received().await, None);
    eventually("the transport is shut down", || client.peer.shutdown() == Some(false)).await;
    assert_eq!(running.fanout.stats().disconnects, [(DisconnectReason::ClientClose, 1)]);
}

/// Proves GW-45: a handle that is dropped takes its connection with it.
#[tokio::test]
async fn a_dropped_handle_is_a_lost_connection() {
    let running = Running::start().await;
    let client = running.subscribed(running.cast.member).await;
    let peer = client.peer.clone();
    drop(client);
    assert_eq!(running.fanout.stats().connections, 0);
    assert_eq!(peer.shutdown(), Some(false));
    assert_eq!(running.fanout.stats().disconnects, [(DisconnectReason::SocketError, 1)]);
    running.fanout.check_invariants();
}

/// A connect that is given up half-way leaves nothing behind.
#[tokio::test]
async fn a_cancelled_connect_leaves_nothing_behind() {
    let running = Running::start().await;
    let Cast { owner, stranger, .. } = running.cast;
    running.gate.hold(true);
    running.post(owner, "not relayed").await;
    let connecting = running.connect(stranger);
    assert!(tokio::time::timeout(Duration::from_millis(30), connecting).await.is_err());
    running.gate.hold(false);
    let mut clients = Vec::new();
    for _ in 0..32 {
        clients.push(running.ready(stranger).await);
    }
    assert_eq!(running.fanout.admit(stranger.user_id), Err(Refusal::TooManyOfUser));
    running.fanout.check_invariants();
}
