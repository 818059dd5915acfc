//! Readers that stop, crawl or vanish, and everybody else.

use std::time::Duration;

use filament_core::testing::Cast;
use filament_fanout::{DropReason, FanoutConfig};
use filament_protocol::{Event, EventKind, Timestamp, event::HeartbeatAck};
use tokio::time::timeout;

use crate::harness::{Running, eventually};

/// Proves GW-43, GW-45 and ORD-9: the reader that stops is closed within bounded memory while the others miss nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_is_closed_and_delays_nobody() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let stopped = running.subscribed(member).await;
    let mut others = Vec::new();
    for n in 0..20 {
        others.push(running.subscribed(if n % 2 == 0 { owner } else { member }).await);
    }
    stopped.peer.stall();
    let text = "z".repeat(1_900);
    for n in 0..400 {
        let seq = running.post(owner, &format!("{n} {text}")).await;
        running.fanout.fenced(seq).await;
        for other in &others {
            let message = timeout(Duration::from_secs(5), other.message()).await.expect("nobody waits for the reader");
            assert!(message.starts_with(&format!("{n} ")));
        }
    }
    eventually("the reader is closed", || stopped.connection.is_closed()).await;
    let stats = running.fanout.stats();
    assert_eq!(stats.connections, 20);
    let closed: u64 = stats.dropped.iter().filter(|row| row.1 == DropReason::Closed).map(|row| row.2).sum();
    assert!((200..=256).contains(&closed), "what waited was bounded and given up: {:?}", stats.dropped);
    assert!(stats.dropped.contains(&(EventKind::MessageCreate, DropReason::FullQueue, 1)));
    // A peer that comes to its senses within a second reads where it stopped, and why it was closed.
    eventually("the socket is reset", || stopped.peer.shutdown() == Some(true)).await;
    running.fanout.check_invariants();
}

/// A reader that takes a few bytes at a time gets everything, whole and in order.
#[tokio::test]
async fn a_reader_that_crawls_gets_everything() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let client = running.subscribed(member).await;
    client.peer.stall();
    for n in 0..100 {
        running.post(owner, &format!("{n}")).await;
    }
    let crawling = async {
        loop {
            client.peer.allow(37);
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    };
    let reading = async {
        for n in 0..100 {
            assert_eq!(client.message().await, format!("{n}"));
        }
    };
    tokio::select! {
        () = reading => {}
        () = crawling => unreachable!("it never ends"),
    }
}

/// Proves GW-26: commands are not read while more is queued than their answers may need.
#[tokio::test]
async fn input_waits_while_much_is_queued() {
    let running = Running::start().await;
    let client = running.ready(running.cast.member).await;
    client.peer.stall();
    for _ in 0..129 {
        let ack = HeartbeatAck { s: 0, access_rev: 0, server_time_unix: Timestamp::MIN };
        client.connection.send(&Event::HeartbeatAck(ack));
    }
    assert!(timeout(Duration::from_millis(50), client.connection.ready_for_input()).await.is_err());
    client.peer.resume();
    timeout(Duration::from_secs(5), client.connection.ready_for_input()).await.expect("there is room again");
}

/// A connection whose own answers do not fit is closed as any other.
#[tokio::test]
async fn answers_that_do_not_fit_close_their_connection() {
    let running = Running::with(FanoutConfig { queue_frames: 16, ..FanoutConfig::default() }).await;
    let client = running.ready(running.cast.member).await;
    client.peer.stall();
    for _ in 0..17 {
        let ack = HeartbeatAck { s: 0, access_rev: 0, server_time_unix: Timestamp::MIN };
        client.connection.send(&Event::HeartbeatAck(ack));
    }
    assert!(client.connection.is_closed());
    client.peer.resume();
    assert_eq!(client.closed().await, (4008, "slow_consumer".into()));
}

/// Proves GW-45 for transports that fail while written to.
#[tokio::test]
async fn a_broken_transport_is_released_at_the_next_write() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let (broken, other) = (running.subscribed(member).await, running.subscribed(owner).await);
    broken.peer.cut();
    running.post(owner, "to the other").await;
    assert_eq!(other.message().await, "to the other");
    eventually("it is released", || running.fanout.stats().connections == 1).await;
    assert!(broken.connection.is_closed());
    running.fanout.check_invariants();
}

/// Proves §6.5, 4008, and GW-35 in real time, on the runtime's own paused clock.
#[tokio::test(start_paused = true)]
async fn ten_seconds_without_progress_end_in_a_reset() {
    let running = Running::start().await;
    let Cast { owner, member, .. } = running.cast;
    let client = running.subscribed(member).await;
    client.peer.stall();
    running.post(owner, "never taken").await;
    let began = tokio::time::Instant::now();
    eventually("closed", || client.connection.is_closed()).await;
    let after = began.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_millis(11_500)).contains(&after), "{after:?}");
    eventually("reset", || client.peer.shutdown() == Some(true)).await;
    assert!(began.elapsed() - after < Duration::from_millis(1_300), "GW-35: 1,000 ms to take the close frame");
}
