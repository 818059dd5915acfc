//! Commands one after another, heartbeats and the ingress budget (§5, §6.3, §6.6).

use serde_json::{Value, json};

use super::{heartbeat, text};
use crate::harness::{Cast, Event, Gateway, Server, types};

/// Proves GW-25.
#[test]
fn s080_the_61st_frame_in_ten_seconds_closes() {
    let server = Server::start();
    let user = server.user("member");
    let mut gateway = user.connect();
    for _ in 0..60 {
        gateway.send_text(&heartbeat());
    }
    for _ in 0..60 {
        gateway.expect("heartbeat_ack");
    }
    gateway.send_text(&heartbeat());
    let closing = gateway.closed_with(4400, "rate_limited");
    assert!(closing.retry_after_ms().is_some_and(|wait| wait <= 10_000), "{closing:?}");
    server.metric_becomes("filament_rate_limit_hits_total", &[("surface", "gateway"), ("reason", "ingress")], 1.0);
}

/// Proves CMD-1 and GW-47: commands written at once are executed and answered one after another.
#[test]
fn pipelined_commands_are_executed_in_order() {
    const MESSAGES: usize = 40;
    let cast = Cast::assemble();
    let mut p = cast.p.connect();
    let d = json!({"guild_id": cast.guild, "channel_id": cast.text.id});
    let mut bytes = Vec::new();
    let mut push = |t: &str, d: &Value| {
        bytes.extend(text(json!({"v": 1, "t": t, "d": d}).to_string()).encode());
    };
    push("subscribe", &d);
    for number in 0..MESSAGES {
        let mut create = d.clone();
        create["content"] = json!(number.to_string());
        push("message_create", &create);
    }
    push("unsubscribe", &d);
    push("heartbeat", &json!({"s": 0}));
    p.try_send_bytes(&bytes).expect("an open socket");
    let frames: Vec<Event> = p.through(|event| event.t() == "heartbeat_ack");
    let names: Vec<&str> = types(&frames).into_iter().filter(|t| *t != "presence_update").collect();
    assert_eq!(names[..3], ["presence_sync", "subscribed", "voice_participant_sync"]);
    assert_eq!(names[names.len() - 2..], ["unsubscribed", "heartbeat_ack"]);
    let contents: Vec<&str> = frames
        .iter()
        .filter(|event| event.t() == "message_create")
        .filter_map(|event| event["content"].as_str())
        .collect();
    // The last of them may still be under way when the subscription ends, but none is out of order.
    let all: Vec<String> = (0..MESSAGES).map(|number| number.to_string()).collect();
    assert_eq!(contents, all[..contents.len()]);
    let history = cast.p.get(&format!("{}?limit=100", cast.text.messages())).ok().json();
    let stored: Vec<&Value> =
        history["messages"].as_array().expect("messages").iter().rev().map(|message| &message["content"]).collect();
    assert_eq!(
        stored,
        all.iter().map(|content| json!(content)).collect::<Vec<Value>>().iter().collect::<Vec<&Value>>()
    );
}

/// Proves GW-46 on a plain connection: `ready` is frame 0 and an ack carries the number of its own frame.
#[test]
fn a_heartbeat_is_answered_with_its_place_in_the_stream() {
    let cast = Cast::assemble();
    let mut p = cast.p.connect();
    let mut number = 0;
    let mut beat = |p: &mut Gateway| {
        p.send("heartbeat", &json!({"s": 0, "ref": "r"}));
        let frames = p.through(|event| event.t() == "heartbeat_ack");
        number += frames.len();
        let ack = frames.last().expect("an ack");
        assert_eq!(ack["s"], json!(number));
        assert!(ack["access_rev"].as_u64().is_some_and(|rev| rev >= 1), "two guilds joined: {}", ack.text);
        ack["access_rev"].as_u64()
    };
    let first = beat(&mut p);
    p.ask_subscribe(&cast.text);
    assert_eq!(beat(&mut p), first);
    cast.owner.say(&cast.text, "a frame");
    cast.owner.say(&cast.text, "another");
    assert_eq!(beat(&mut p), first);
    cast.owner.delete(&cast.text.path()).is(204);
    assert!(beat(&mut p) > first, "RES-30: one more for what P lost");
}
