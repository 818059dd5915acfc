use filament_core::AccessChange;
use filament_protocol::{CloseCode, Timestamp};

use crate::{
    FanoutConfig, Mode,
    close::Cause,
    testing::{ManualClock, Received},
    world::{Client, World, session, user},
};

fn world() -> World {
    World::new(FanoutConfig::default())
}

/// Lets the peer sound off every ten seconds, so that it is not idle.
fn pass_alive(world: &mut World, client: &Client, secs: u64) {
    for _ in 0..secs.div_ceil(10) {
        world.pass(10_000);
        client.link.touch(crate::Clock::now(&world.clock));
    }
}

fn close_code(received: &[Received]) -> Option<u16> {
    received.iter().find_map(|one| match one {
        Received::Close(code, _) => Some(*code),
        Received::Text(_) | Received::Ping | Received::Pong(_) => None,
    })
}

/// Proves GW-40 and the ping half of GW-10.
#[test]
fn pings_come_every_twenty_five_seconds_and_silence_ends_after_sixty() {
    let mut world = world();
    let client = world.ready_client(1);
    world.pass(59_800);
    let received = client.peer.take();
    assert_eq!(received.iter().filter(|one| **one == Received::Ping).count(), 2, "at 25 and 50 s: {received:?}");
    assert!(client.link.lock().is_open());
    world.pass(1_200);
    assert_eq!(client.peer.take().last(), Some(&Received::Close(4003, "idle_timeout".into())));
    world.check();
}

/// Proves GW-10: a client too slow to take `ready` is not pinged before it.
#[test]
fn ready_comes_before_the_first_ping() {
    let mut world = World::new(FanoutConfig { ping_secs: 3, ..FanoutConfig::default() });
    let client = world.connect(1);
    client.peer.stall();
    world.pass(5_000);
    client.peer.resume();
    world.flush();
    let received = client.peer.take();
    assert!(matches!(&received[..], [Received::Text(text), Received::Ping] if text.contains("ready")), "{received:?}");
}

/// Proves the ping of SSE-4, that a stream is not closed for its silence, and that nobody waits for an answer to its end.
#[test]
fn streams_are_pinged_every_fifteen_seconds_and_end_at_once() {
    let mut world = world();
    world.mode = Mode::Stream;
    let client = world.connect(1);
    world.flush();
    assert_eq!(client.peer.take().len(), 1);
    world.pass(120_400);
    let received = client.peer.take();
    assert_eq!(received.len(), 16, "each ping has the cursor behind it");
    for pair in received.chunks(2) {
        let is_pair = matches!(pair, [Received::Ping, Received::Text(text)] if text.starts_with("id: "));
        assert!(is_pair, "{pair:?}");
    }
    world.end(&client, Cause::Server { code: CloseCode::SessionRevoked, retry_after_ms: None });
    world.flush();
    assert_eq!(client.peer.take(), [Received::Close(4510, "session_revoked".into())]);
    assert_eq!(client.peer.shutdown(), Some(false));
    world.pass(200);
    assert_eq!(world.fanout.stats().closing, 0);
    world.check();
}

#[test]
fn any_inbound_byte_counts_as_life() {
    let mut world = world();
    let client = world.ready_client(1);
    pass_alive(&mut world, &client, 300);
    assert!(client.link.lock().is_open());
}

/// Proves GW-42: the deadline is the newest token of the session and the grace; every renewal of the session moves it.
#[test]
fn a_connection_outlives_its_token_by_the_grace_and_renewals_move_the_deadline() {
    let mut world = World::new(FanoutConfig { token_grace_secs: 5, ..FanoutConfig::default() });
    let (quiet, renewed) = (world.ready_client(1), world.ready_client(2));
    for client in [&quiet, &renewed] {
        pass_alive(&mut world, client, 10);
    }
    let at = Timestamp::new(ManualClock::WALL_SECS + 4_000).expect("a time");
    let change =
        |n: u128, session_id| AccessChange::SessionRenewed { user_id: user(n), session_id, token_expires_at: at };
    world.script.commit(vec![change(2, session(2)), change(1, session(99))], vec![]);
    world.relay();
    for _ in 0..358 {
        world.clock.advance_ms(10_000);
        [&quiet, &renewed].iter().for_each(|client| client.link.touch(crate::Clock::now(&world.clock)));
    }
    world.pass(4_000); // now 3,604 s: the token has ended, the grace has not
    assert!(quiet.link.lock().is_open() && renewed.link.lock().is_open());
    world.pass(2_000);
    assert_eq!(close_code(&quiet.peer.take()), Some(CloseCode::TokenExpired.code()));
    assert!(renewed.link.lock().is_open(), "a renewal moves the deadline of all connections of its session alone");
}

/// Proves GW-45 and the 10 s of contract §6.5, 4008: closed, released at once, reset when the close frame is not taken.
#[test]
fn s081_a_reader_that_stops_is_released_and_reset() {
    let mut world = world();
    let guild_id = world.script.create_guild(user(1));
    let channel_id = world.script.create_channel(guild_id, &[]);
    let client = world.ready_client(1);
    world.subscribed(&client, guild_id, channel_id);
    client.peer.stall();
    world.script.post(guild_id, channel_id);
    world.relay();
    world.flush();
    pass_alive(&mut world, &client, 10);
    world.pass(1_000);
    assert!(!client.link.lock().is_open());
    let stats = world.fanout.stats();
    assert_eq!((stats.connections, stats.subscriptions, stats.closing), (0, 0, 1));
    assert!(client.link.lock().is_empty(), "its queue is given up");
    assert_eq!(client.peer.shutdown(), None);
    world.pass(1_200);
    assert_eq!(client.peer.shutdown(), Some(true), "the close frame was not taken either");
    assert_eq!(world.fanout.stats().closing, 0);
    world.check();
}

/// Proves GW-35 for a peer that takes the close frame and never answers, and for one that answers.
#[test]
fn unanswered_closes_are_reset_and_answered_ones_finish() {
    let mut world = world();
    let (silent, polite) = (world.ready_client(1), world.ready_client(2));
    for client in [&silent, &polite] {
        world.end(client, Cause::Server { code: CloseCode::RateLimited, retry_after_ms: Some(70) });
    }
    world.flush();
    let frame = Received::Close(4400, "rate_limited;retry_after_ms=70".into());
    assert_eq!(polite.peer.take(), [frame]);
    world.end(&polite, Cause::Client { code: Some(4400) });
    assert_eq!(polite.peer.shutdown(), Some(false));
    world.pass(1_900);
    assert_eq!(silent.peer.shutdown(), None);
    world.pass(300);
    assert_eq!(silent.peer.shutdown(), Some(true));
    let disconnects = world.fanout.stats().disconnects;
    assert_eq!(disconnects.iter().map(|row| row.1).sum::<u64>(), 2, "each end is counted once: {disconnects:?}");
}
