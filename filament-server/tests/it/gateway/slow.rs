//! A reader that stops reading (§6.6).

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::text;
use crate::harness::{Cast, Event, Opcode, read_frame};

/// Proves GW-43, GW-45 (as far as gauges show it), ORD-1's "or is closed", ORD-9 and PRE-3 for a server-side close.
#[test]
fn s081_a_reader_that_stops_is_closed_and_nobody_else_notices() {
    const MESSAGES: usize = 500;
    let cast = Cast::assemble();
    cast.stranger.join(&cast.guild);
    let mut readers = [&cast.owner, &cast.p, &cast.q].map(|user| (user, user.connect_to(&[&cast.text])));
    let mut stuck = cast.stranger.dial().open_unread();
    let d = json!({"guild_id": cast.guild, "channel_id": cast.text.id});
    let subscribe = text(json!({"v": 1, "t": "subscribe", "d": d}).to_string()).encode();
    std::io::Write::write_all(stuck.get_mut(), &subscribe).expect("a write");
    cast.server.metric_becomes("filament_gateway_subscriptions", &[], 4.0);

    let content = "中".repeat(2000);
    let ids: Vec<Value> = (0..MESSAGES).map(|_| cast.owner.say(&cast.text, &content)["message_id"].clone()).collect();
    for (user, gateway) in &mut readers {
        let created: Vec<Event> = ids.iter().map(|_| gateway.expect("message_create")).collect();
        let seen: Vec<&Value> = created.iter().map(|event| &event["message_id"]).collect();
        assert_eq!(seen, ids.iter().collect::<Vec<&Value>>(), "{}", user.name);
    }

    let deadline = Instant::now() + Duration::from_secs(12);
    while cast.server.metric("filament_ws_disconnects_total", &[("reason", "slow_consumer")]) < 1.0 {
        assert!(Instant::now() < deadline, "still open 12 s after the last message");
        thread::sleep(Duration::from_millis(50));
    }
    let closed_at = Instant::now();
    cast.server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 3.0);
    cast.server.metric_becomes("filament_gateway_subscriptions", &[], 3.0);
    let (_, q) = &mut readers[2];
    let offline = q
        .find_within(Duration::from_secs(13), |event| {
            event.t() == "presence_update" && event["user_id"] == *cast.stranger.id && event["status"] == "offline"
        })
        .expect("offline after the grace of 10 s");
    assert!(offline.at.saturating_duration_since(closed_at) <= Duration::from_secs(13));

    // What was in the socket's own buffers may still be read; if a close frame follows, it says why.
    stuck.get_ref().set_read_timeout(Some(Duration::from_secs(2))).expect("a socket option");
    while let Ok((opcode, payload)) = read_frame(&mut stuck) {
        if opcode == Opcode::Close {
            assert_eq!(payload.get(..2), Some(&4008_u16.to_be_bytes()[..]));
            assert!(payload[2..].starts_with(b"slow_consumer"));
        }
    }
}
