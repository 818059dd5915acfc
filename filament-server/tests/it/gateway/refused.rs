//! Frames and envelopes that end the connection (§1, §5, §6.5).

use std::time::Duration;

use serde_json::{Value, json};

use super::{heartbeat, text};
use crate::harness::{Cast, NOWHERE, Opcode, RawFrame, Server};

/// ENV-7.
const MESSAGE_BYTES_MAX: usize = 65_536;

/// Messages and the code each closes with; `G` and `T` stand for the ids of a guild and a channel of the sender.
const REFUSED_MESSAGES: &str = r#"
4500 | [1,"heartbeat",{"s":0}]
4500 | {"v":1,"v":1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1.0,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1e0,"t":"heartbeat","d":{"s":0}}
4500 | {"v":"1","t":"heartbeat","d":{"s":0}}
4500 | {"v":true,"t":"heartbeat","d":{"s":0}}
4500 | {"v":2,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heartbeat","d":{"s":0},"x":1}
4500 | {"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"d":{"s":0}}
4500 | {"v":1,"t":"heartbeat"}
4500 | {"v":1,"t":"Heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"","d":{}}
4500 | {"v":1,"t":1,"d":{}}
4500 | {"v":1,"t":"heartbeat","d":null}
4500 | {"v":1,"t":"heartbeat","d":[0]}
4500 | {"v":1,"t":"heartbeat","d":"s"}
4500 |
4500 | hello
4500 | {"v":1,"t":"heartbeat","d":{"s":0}} x
4500 | {"v":1,"t":"heartbeat","d":{"s":0}}{"v":1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heartbeat","d":{"s":0}
4500 | {"v":1,"t":"heartbeat","d":{"s":0,"s":0}}
4500 | {"v":1,"t":"heartbeat","d":{"s":0,"x":[{"a":1,"a":1}]}}
4500 | {"v":1,"t":"nope","d":{"a":1,"a":1}}
4501 | {"v":1,"t":"nope","d":{}}
4501 | {"v":1,"t":"ready","d":{}}
4501 | {"v":1,"t":"message_create.","d":{}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0,"x":1}}
4502 | {"v":1,"t":"heartbeat","d":{}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0.0}}
4502 | {"v":1,"t":"heartbeat","d":{"s":-1}}
4502 | {"v":1,"t":"heartbeat","d":{"s":"0"}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0,"ref":null}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0,"ref":""}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0,"ref":7}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":null}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":["T"]}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":"01arz3ndektsv4rrffq69g5fav"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":"81ARZ3NDEKTSV4RRFFQ69G5FAV"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":"01ARZ3NDEKTSV4RRFFQ69G5FAU"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":"T","nonce":"1"}}
4502 | {"v":1,"t":"unsubscribe","d":{"guild_id":"G"}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T"}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":""}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"","attachment_ids":[]}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a\u0000b"}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":null}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":["a"]}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":null}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":"T"}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":[1]}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","nonce":"1"}}
"#;

/// The names of §6.5 for the codes that refused input closes with.
fn name_of(code: u16) -> &'static str {
    match code {
        1002 => "ws_protocol_error",
        1007 => "invalid_utf8",
        4500 => "invalid_envelope",
        4501 => "unknown_event",
        4502 => "invalid_payload",
        4503 => "event_too_large",
        4504 => "unsupported_frame",
        _ => panic!("{code} is not in the table"),
    }
}

/// Sends each case on a connection of its own and checks the close frame. Behind every case, in the same write, stands
/// a good command, which must not be executed.
fn refuse_all(cast: &Cast, cases: Vec<(&str, Vec<RawFrame>, u16)>) {
    let d = json!({"guild_id": cast.guild, "channel_id": cast.text.id, "content": "stowaway"});
    let stowaway = json!({"v": 1, "t": "message_create", "d": d}).to_string();
    for (what, mut frames, code) in cases {
        frames.push(text(stowaway.as_str()));
        let mut gateway = cast.p.connect();
        let bytes: Vec<u8> = frames.iter().flat_map(RawFrame::encode).collect();
        let _ = gateway.try_send_bytes(&bytes);
        let closing = gateway.closing(Duration::from_secs(5));
        let got = (closing.code, closing.reason.as_str());
        assert_eq!(got, (Some(code), name_of(code)), "{what}");
    }
    let history = cast.p.history(&cast.text, 20);
    assert!(history.is_empty(), "nothing is stored: {history:?}");
}

/// Proves CMD-3, the reasons of §6.5, and the counters of §15 for refused frames with their closed label sets.
#[test]
fn s076_refused_frames_close_with_their_code_and_are_counted() {
    let cast = Cast::assemble();
    let refused = |frame: &str, code: u16| {
        let mut gateway = cast.p.connect();
        gateway.send_text(frame);
        let closing = gateway.closed_with(code, name_of(code));
        assert_eq!(closing.reason, name_of(code));
        gateway.end();
    };
    let d = json!({"guild_id": cast.guild, "channel_id": cast.text.id});
    let command = |t: &str, d: &Value| json!({"v": 1, "t": t, "d": d}).to_string();
    let unknown = |number: usize| command(&format!("unknown_{number}"), &json!({}));
    refused("hello", 4500);
    refused(&unknown(0), 4501);
    refused(&command("subscribe", &json!({"guild_id": cast.guild})), 4502);
    refused(&command("message_create", &d), 4502);

    for (reason, count) in [
        ("invalid_envelope", 1.0),
        ("invalid_subscribe_payload", 1.0),
        ("invalid_message_create_payload", 1.0),
        ("invalid_unsubscribe_payload", 0.0),
        ("invalid_heartbeat_payload", 0.0),
    ] {
        let labels = [("scope", "ingress"), ("reason", reason)];
        let name = "filament_gateway_events_parse_rejected_total";
        cast.server.metric_becomes(name, &labels, count);
    }
    let closes = [("invalid_envelope", 1.0), ("unknown_event", 1.0), ("invalid_payload", 2.0)];
    for (reason, count) in closes {
        let name = "filament_ws_disconnects_total";
        cast.server.metric_becomes(name, &[("reason", reason)], count);
    }

    (1..40).for_each(|number| refused(&unknown(number), 4501));
    let name = "filament_gateway_events_unknown_received_total";
    let other = [("scope", "ingress"), ("event_type", "other")];
    cast.server.metric_becomes(name, &other, 8.0);
    let mut series = cast.server.metrics();
    series.retain(|one| one.name == name && one.value > 0.0);
    assert!(series.iter().all(|one| one.label("scope") == Some("ingress")));
    assert_eq!(series.len(), 33, "32 names and `other`");
}

/// Proves ENV-1, ENV-2, ENV-3, ENV-4, ENV-5, ENV-6, ENV-8, ENV-9, CMD-2 and CMD-3 by the scenario's list and its
/// neighbours.
#[test]
fn s077_malformed_envelopes_and_payloads_close_with_their_code() {
    let cast = Cast::assemble();
    let cases: Vec<(u16, String)> = REFUSED_MESSAGES
        .lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(code, message)| {
            let ids = message.replace("\"G\"", &format!("\"{}\"", cast.guild));
            let ids = ids.replace("\"T\"", &format!("\"{}\"", cast.text.id));
            (code.trim().parse().expect("a code"), ids.trim().to_owned())
        })
        .collect();
    assert!(cases.len() > 50);
    let frames = cases.iter().map(|(code, message)| (message.as_str(), vec![text(message.as_str())], *code));
    refuse_all(&cast, frames.collect());
}

/// Proves the bounds of ENV-3, ENV-8 (32 levels, the envelope and `d` being two of them), CMD-2 and §10.1.
#[test]
fn s077_messages_one_beyond_a_bound_close_with_their_code() {
    let cast = Cast::assemble();
    let nested = |t: &str, depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        vec![text(format!(r#"{{"v":1,"t":"{t}","d":{{"s":{open}{close}}}}}"#))]
    };
    let create = |content: &str, attachment_ids: &[&str]| {
        let d = json!({"guild_id": cast.guild, "channel_id": cast.text.id, "content": content,
            "attachment_ids": attachment_ids});
        vec![text(json!({"v": 1, "t": "message_create", "d": d}).to_string())]
    };
    let with_ref = |length: usize| {
        let d = json!({"s": 0, "ref": "r".repeat(length)});
        vec![text(json!({"v": 1, "t": "heartbeat", "d": d}).to_string())]
    };
    let long_name = "t".repeat(65);
    let name_at_bound = "t".repeat(64);
    let cases = vec![
        ("a name of 65", nested(&long_name, 0), 4500),
        ("a name of 64", vec![text(format!(r#"{{"v":1,"t":"{name_at_bound}","d":{{}}}}"#))], 4501),
        ("depth 33", nested("heartbeat", 31), 4500),
        ("depth 33 of an unknown command", nested("nope", 31), 4500),
        ("depth 32", nested("heartbeat", 30), 4502),
        ("depth 60,000", vec![text("[".repeat(60_000))], 4500),
        ("a byte order mark", vec![text(format!("\u{feff}{}", heartbeat()))], 4500),
        ("ref of 65", with_ref(65), 4502),
        ("2,001 units", create(&"a".repeat(2001), &[]), 4502),
        ("2,002 units in 1,001 characters", create(&"\u{1F30A}".repeat(1001), &[]), 4502),
        ("six ids, all the same", create("a", &[NOWHERE; 6]), 4502),
        ("a lower-case id", create("a", &["01arz3ndektsv4rrffq69g5fav"]), 4502),
    ];
    refuse_all(&cast, cases);
}

/// Proves ENV-7, ENV-13 and the frame-level codes of §6.5: 1002, 1007, 4503, 4504.
#[test]
fn s077_frames_no_client_may_send_close_with_their_code() {
    let cast = Cast::assemble();
    let beat = heartbeat();
    let (first, second) = beat.split_at(10);
    let padded = |bytes: usize| " ".repeat(bytes - beat.len()) + &beat;
    let too_long = padded(MESSAGE_BYTES_MAX + 1);
    let (front, back) = too_long.split_at(MESSAGE_BYTES_MAX / 2 + 1);
    let text_of = |bytes: &[u8]| RawFrame::new(Opcode::Text, bytes);
    let more = |bytes: &[u8]| RawFrame::new(Opcode::Continuation, bytes);
    let reserved = |bits: u8| RawFrame { reserved: bits, ..text(beat.as_str()) };
    let long_ping = RawFrame::new(Opcode::Ping, vec![b'p'; 126]);
    let cases = vec![
        ("65,537 bytes in two", vec![text(front).unfinished(), more(back.as_bytes())], 4503),
        ("65,537 bytes in one", vec![text(too_long.as_str())], 4503),
        ("a megabyte", vec![text(padded(1 << 20))], 4503),
        ("binary", vec![RawFrame::new(Opcode::Binary, beat.as_bytes())], 4504),
        ("unmasked", vec![text(beat.as_str()).unmasked()], 1002),
        ("reserved bit 1 without an extension", vec![reserved(4)], 1002),
        ("reserved bit 3", vec![reserved(1)], 1002),
        ("reserved opcode 3", vec![RawFrame::new(Opcode::Reserved(3), "")], 1002),
        ("reserved opcode 11", vec![RawFrame::new(Opcode::Reserved(11), "")], 1002),
        ("a continuation of nothing", vec![more(beat.as_bytes())], 1002),
        ("a message inside another", vec![text(first).unfinished(), text(second)], 1002),
        ("a fragmented ping", vec![RawFrame::new(Opcode::Ping, "p").unfinished()], 1002),
        ("a ping of 126 bytes", vec![long_ping], 1002),
        ("text that is not UTF-8", vec![text_of(b"{\"v\":1,\xff")], 1007),
        ("half a character", vec![text_of(b"\xe2").unfinished(), more(b"\x82")], 1007),
    ];
    refuse_all(&cast, cases);
}

/// Proves the accepted side of ENV-7: the longest message, in one frame and in fragments with a ping between them.
#[test]
fn the_longest_message_is_read_in_whatever_fragments() {
    let server = Server::start();
    let user = server.user("member");
    let mut gateway = user.connect();
    let beat = heartbeat();
    let longest = " ".repeat(MESSAGE_BYTES_MAX - beat.len()) + &beat;
    gateway.send_text(&longest);
    gateway.expect("heartbeat_ack");

    let (front, back) = longest.split_at(MESSAGE_BYTES_MAX - 20);
    let (middle, end) = back.split_at(7);
    gateway.send_frame(&text(front).unfinished());
    gateway.send_frame(&RawFrame::new(Opcode::Ping, "in between"));
    gateway.send_frame(&RawFrame::new(Opcode::Continuation, middle).unfinished());
    gateway.send_frame(&RawFrame::new(Opcode::Continuation, "").unfinished());
    gateway.send_frame(&RawFrame::new(Opcode::Continuation, end));
    assert_eq!(gateway.pong(), b"in between");
    gateway.expect("heartbeat_ack");
    assert_eq!(gateway.close(1000).code, Some(1000));
}
