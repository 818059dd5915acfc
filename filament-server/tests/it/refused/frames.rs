//! Frames and envelopes that end the connection: the cases around scenario 77's list (§1, §5, §6.5, §15).

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Cast, Gateway, Opcode, RawFrame, Server, User, read_frame};

/// ENV-7.
const MESSAGE_BYTES_MAX: u64 = 65_536;
const CLOSE_MAX: Duration = Duration::from_secs(5);

fn text(content: impl Into<Vec<u8>>) -> RawFrame {
    RawFrame::new(Opcode::Text, content)
}

fn more(content: impl Into<Vec<u8>>) -> RawFrame {
    RawFrame::new(Opcode::Continuation, content)
}

fn close(content: impl Into<Vec<u8>>) -> RawFrame {
    RawFrame::new(Opcode::Close, content)
}

/// The head of a masked frame that announces more than 125 bytes, and none of the bytes.
fn head(first: u8, bytes: u64) -> Vec<u8> {
    let mut head = vec![first];
    if let Ok(bytes) = u16::try_from(bytes) {
        head.push(0xFE);
        head.extend_from_slice(&bytes.to_be_bytes());
    } else {
        head.push(0xFF);
        head.extend_from_slice(&bytes.to_be_bytes());
    }
    head.extend_from_slice(&[1, 2, 3, 4]);
    head
}

fn command(t: &str, d: &Value) -> String {
    json!({"v": 1, "t": t, "d": d}).to_string()
}

/// Sends bytes on a connection of its own; the server must answer with one of these closes.
#[track_caller]
fn refuse(user: &User, what: &str, bytes: &[u8], allowed: &[(u16, &str)]) {
    let mut gateway = user.connect();
    let _ = gateway.try_send_bytes(bytes);
    let closing = gateway.closing(CLOSE_MAX);
    let got = (closing.code.unwrap_or_default(), closing.reason.as_str());
    assert!(allowed.contains(&got), "{what}: closed by {closing:?}, not {allowed:?}\n{}", gateway.transcript());
}

/// Proves §6.5's 1002, 1007, 4503 and 4504 for frames that a careless client, and only a hostile one, would send; and
/// ENV-7's bound of what is buffered: too much is refused when it is announced.
#[test]
fn frames_are_refused_at_their_head() {
    let server = Server::start();
    let user = server.user("member");
    let protocol = [(1002, "ws_protocol_error")];
    let utf8 = [(1007, "invalid_utf8")];
    let large = [(4503, "event_too_large")];
    let unsupported = [(4504, "unsupported_frame")];
    let two = |first: RawFrame, second: &[u8]| [first.encode(), second.to_vec()].concat();
    let reserved = |frame: RawFrame, bits: u8| RawFrame { reserved: bits, ..frame }.encode();
    let first_fragment = || text(vec![b' '; 40_000]).unfinished();
    for (what, bytes) in [
        ("reserved bit 2", reserved(text("{}"), 2)),
        ("a reserved bit on a ping", reserved(RawFrame::new(Opcode::Ping, "p"), 4)),
        ("an unmasked ping", RawFrame::new(Opcode::Ping, "p").unmasked().encode()),
        ("an unmasked close", close(1000_u16.to_be_bytes()).unmasked().encode()),
        ("reserved opcode 7", RawFrame::new(Opcode::Reserved(7), "x").encode()),
        ("reserved opcode 15", RawFrame::new(Opcode::Reserved(15), "x").encode()),
        ("a close of one byte", close([3]).encode()),
        ("a fragmented close", close(1000_u16.to_be_bytes()).unfinished().encode()),
        ("a close of 126 bytes", close([&1000_u16.to_be_bytes()[..], &[b'x'; 124]].concat()).encode()),
        ("a ping announced longer than a control frame", head(0x89, 200)),
        ("an end of fragments that never began", more("").encode()),
        ("a binary frame inside a text", two(text("{").unfinished(), &RawFrame::new(Opcode::Binary, "x").encode())),
    ] {
        refuse(&user, what, &bytes, &protocol);
    }
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535] {
        refuse(&user, &format!("a close with {code}"), &close(code.to_be_bytes()).encode(), &protocol);
    }
    for bad in
        [&b"\xed\xa0\x80"[..], b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"{\"v\":1\xe2\x82"]
    {
        refuse(&user, &format!("{bad:02x?}"), &text(bad).encode(), &utf8);
    }
    refuse(
        &user,
        "a reason that is not UTF-8",
        &close([&1000_u16.to_be_bytes()[..], b"\xff"].concat()).encode(),
        &utf8,
    );
    let in_the_middle = [text("{").unfinished().encode(), more(*b"\xff").unfinished().encode(), more("}").encode()];
    refuse(&user, "a bad middle fragment", &in_the_middle.concat(), &utf8);
    for bytes in [MESSAGE_BYTES_MAX + 1, 1 << 20, 1 << 40, i64::MAX as u64] {
        refuse(&user, &format!("{bytes} bytes announced"), &head(0x81, bytes), &large);
    }
    let left = MESSAGE_BYTES_MAX - 40_000;
    refuse(&user, "too much with the second fragment", &two(first_fragment(), &head(0x80, left + 1)), &large);
    let many: Vec<u8> =
        [text(vec![b' '; 8_000]).unfinished().encode(), more(vec![b' '; 8_000]).unfinished().encode().repeat(8)]
            .concat();
    refuse(&user, "too much in nine fragments", &many, &large);
    refuse(&user, "a binary fragment", &RawFrame::new(Opcode::Binary, "{").unfinished().encode(), &unsupported);
    refuse(&user, "an empty binary frame", &RawFrame::new(Opcode::Binary, "").encode(), &unsupported);
    let impossible = [(1002, "ws_protocol_error"), (4503, "event_too_large")];
    refuse(&user, "a length with its highest bit", &head(0x81, 1 << 63), &impossible);
}

/// What is refused for its text; `G` and `T` stand for ids. Each is one member away from a good command.
const REFUSED_TEXTS: &str = r#"
4500 | {"v":1,"\u0076":1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heartbeat","d":{"s":0,"\u0073":0}}
4500 | {"v":01,"t":"heartbeat","d":{"s":0}}
4500 | {"v":+1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":0x1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":10,"t":"heartbeat","d":{"s":0}}
4500 | {"v":-1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":null,"t":"heartbeat","d":{"s":0}}
4500 | {"v":[1],"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heartbeat","d":{"s":0},}
4500 | {"v":1,"t":"heartbeat","d":{"s":0,}}
4500 | {'v':1,"t":"heartbeat","d":{"s":0}}
4500 | {v:1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heartbeat","d":{"s":NaN}}
4500 | {"v":1,"t":"heartbeat","d":{"s":00}}
4500 | {"v":1,"t":"heartbeat","d":{"s":0}} // why
4500 | /* why */ {"v":1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heart beat","d":{"s":0}}
4500 | {"v":1,"t":"heart-beat","d":{"s":0}}
4500 | {"v":1,"t":"hëartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heartbeat\u0000","d":{"s":0}}
4500 | {"v":1,"t":null,"d":{"s":0}}
4500 | {"v":1,"t":["heartbeat"],"d":{"s":0}}
4500 | {"V":1,"t":"heartbeat","d":{"s":0}}
4500 | {"v":1,"t":"heartbeat","d":0}
4500 | {"v":1,"t":"heartbeat","d":true}
4500 | {"v":1,"t":"heartbeat","d":{"s":0},"ref":"r"}
4500 | {}
4500 | []
4500 | null
4500 | 1
4500 | "heartbeat"
4500 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":[{"x":1,"x":1}]}}
4501 | {"v":1,"t":"heartbeat_ack","d":{}}
4501 | {"v":1,"t":"batch","d":{"events":[]}}
4501 | {"v":1,"t":"subscribe_","d":{"guild_id":"G","channel_id":"T"}}
4501 | {"v":1,"t":"message_update","d":{"guild_id":"G","channel_id":"T","content":"a"}}
4501 | {"v":1,"t":"0","d":{}}
4501 | {"v":1,"t":"...","d":{"deep":[[[[]]]]}}
4502 | {"v":1,"t":"heartbeat","d":{"s":null}}
4502 | {"v":1,"t":"heartbeat","d":{"s":true}}
4502 | {"v":1,"t":"heartbeat","d":{"s":1e0}}
4502 | {"v":1,"t":"heartbeat","d":{"s":[0]}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0,"ref":["r"]}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0,"ref":"\u0000"}}
4502 | {"v":1,"t":"heartbeat","d":{"s":0,"ref":"🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊"}}
4502 | {"v":1,"t":"heartbeat","d":{"S":0}}
4502 | {"v":1,"t":"subscribe","d":{}}
4502 | {"v":1,"t":"subscribe","d":{"channel_id":"T"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":1,"channel_id":"T"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"","channel_id":"T"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":" G","channel_id":"T"}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":"T","channel_ids":["T"]}}
4502 | {"v":1,"t":"subscribe","d":{"guild_id":"G","channel_id":"00000000000000000000000000I"}}
4502 | {"v":1,"t":"unsubscribe","d":{"channel_id":"T"}}
4502 | {"v":1,"t":"unsubscribe","d":{"guild_id":"G","channel_id":"01arz3ndektsv4rrffq69g5fav"}}
4502 | {"v":1,"t":"unsubscribe","d":{"guild_id":"G","channel_id":"T","reason":"left"}}
4502 | {"v":1,"t":"message_create","d":{}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"g","channel_id":"T","content":"a"}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":1}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":{}}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":[null]}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":["x"]}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","attachment_ids":[[]]}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","author_id":"G"}}
4502 | {"v":1,"t":"message_create","d":{"guild_id":"G","channel_id":"T","content":"a","ref":""}}
"#;

/// Proves ENV-1 to ENV-6, ENV-8, ENV-9, CMD-2 and CMD-3 for spellings a lax parser would let pass, and that nothing of
/// them is stored or told.
#[test]
fn texts_a_lax_parser_would_accept_are_refused() {
    let cast = Cast::assemble();
    let mut witness = cast.q.connect_to(&[&cast.text]);
    for line in REFUSED_TEXTS.lines() {
        let Some((code, message)) = line.split_once('|') else { continue };
        let message = message.replace("\"G\"", &format!("\"{}\"", cast.guild));
        let message = message.replace("\" G\"", &format!("\" {}\"", cast.guild));
        let message = message.replace("\"T\"", &format!("\"{}\"", cast.text.id));
        let expected = match code.trim() {
            "4500" => (4500, "invalid_envelope"),
            "4501" => (4501, "unknown_event"),
            _ => (4502, "invalid_payload"),
        };
        refuse(&cast.p, &message, &text(message.trim()).encode(), &[expected]);
    }
    // An escape of half a character: no text (§0), and for some parsers no JSON either.
    let d = format!(r#"{{"guild_id":"{}","channel_id":"{}","content":"a\ud800b"}}"#, cast.guild, cast.text.id);
    let half = format!(r#"{{"v":1,"t":"message_create","d":{d}}}"#);
    let allowed = [(4500, "invalid_envelope"), (4502, "invalid_payload")];
    refuse(&cast.p, &half, &text(half.as_str()).encode(), &allowed);

    assert!(cast.p.history(&cast.text, 20).is_empty(), "nothing is stored");
    witness.nothing(&cast.q);
}

/// Proves the other side of ENV-1, ENV-3 and ENV-8: other spellings of the same JSON are the same command.
#[test]
fn other_spellings_of_the_same_json_are_accepted() {
    let server = Server::start();
    let user = server.user("member");
    let mut gateway = user.connect();
    for good in [
        r#"{"d":{"s":0},"t":"heartbeat","v":1}"#,
        "\t{ \"v\" : 1 ,\r\n\"t\":\"heartbeat\", \"d\" : { \"s\" :0 } }\n ",
        r#"{"\u0076":1,"t":"heart\u0062eat","d":{"\u0073":0}}"#,
        r#"{"v":1,"t":"heartbeat","d":{"ref":"\ud83c\udf0a","s":0}}"#,
    ] {
        gateway.send_text(good);
        gateway.expect("heartbeat_ack");
    }
    // A character cut by the end of a fragment is whole after reassembly.
    let with_ref = command("heartbeat", &json!({"s": 0, "ref": "中"}));
    let cut = with_ref.find('中').expect("the character") + 1;
    gateway.send_frame(&text(&with_ref.as_bytes()[..cut]).unfinished());
    gateway.send_frame(&more(&with_ref.as_bytes()[cut..]));
    gateway.expect("heartbeat_ack");
}

/// Proves GW-35: the close frame is sent whatever the peer does, and a peer that does not answer it is cut off after 2 s.
#[test]
fn a_peer_that_does_not_answer_a_close_is_cut_off() {
    let server = Server::start();
    let user = server.user("member");
    let mut link = user.dial().open_unread();
    link.get_mut().write_all(&RawFrame::new(Opcode::Binary, "x").encode()).expect("write");
    let closed = loop {
        let (opcode, payload) = read_frame(&mut link).expect("a frame");
        if opcode == Opcode::Close {
            assert_eq!(payload, [&4504_u16.to_be_bytes()[..], b"unsupported_frame"].concat());
            break Instant::now();
        }
    };
    server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 0.0);
    assert!(closed.elapsed() < Duration::from_millis(1_900), "the state is released when the close is decided");
    let end = link.read(&mut [0; 16]);
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    let waited = closed.elapsed();
    assert!((1_500..=5_000).contains(&waited.as_millis()), "{waited:?}");
}

/// A close frame that is refused is the peer's last word all the same: the server answers it and waits for nothing more.
#[test]
fn a_refused_close_frame_is_not_waited_for() {
    let server = Server::start();
    let user = server.user("member");
    let mut link = user.dial().open_unread();
    link.get_mut().write_all(&close(999_u16.to_be_bytes()).encode()).expect("write");
    let closed = loop {
        let (opcode, payload) = read_frame(&mut link).expect("a frame");
        if opcode == Opcode::Close {
            assert_eq!(payload, [&1002_u16.to_be_bytes()[..], b"ws_protocol_error"].concat());
            break Instant::now();
        }
    };
    assert!(matches!(link.read(&mut [0; 16]), Ok(0)), "the stream ends in good order");
    assert!(closed.elapsed() < Duration::from_millis(1_500), "before the two seconds that an answer may take");
}

fn closes_with(gateway: &mut Gateway, frame: &RawFrame, code: u16, name: &str) {
    gateway.send_frame(frame);
    gateway.closed_with(code, name);
    gateway.end();
}

/// Proves §15's counters of refused frames for every command and every close, with the `scope` they have.
#[test]
fn every_refused_frame_is_counted_by_its_reason() {
    let server = Server::start();
    let user = server.user("member");
    for (t, times) in [("subscribe", 1), ("unsubscribe", 2), ("message_create", 3), ("heartbeat", 4)] {
        for _ in 0..times {
            closes_with(&mut user.connect(), &text(command(t, &json!({}))), 4502, "invalid_payload");
        }
        let reason = format!("invalid_{t}_payload");
        let labels = [("scope", "ingress"), ("reason", reason.as_str())];
        server.metric_becomes("filament_gateway_events_parse_rejected_total", &labels, f64::from(times));
    }
    closes_with(&mut user.connect(), &text("{}"), 4500, "invalid_envelope");
    closes_with(&mut user.connect(), &text(command("nonsense", &json!({}))), 4501, "unknown_event");
    closes_with(&mut user.connect(), &text(*b"\xff"), 1007, "invalid_utf8");
    closes_with(&mut user.connect(), &text("{}").unmasked(), 1002, "ws_protocol_error");
    closes_with(&mut user.connect(), &text(vec![b' '; 70_000]), 4503, "event_too_large");
    closes_with(&mut user.connect(), &RawFrame::new(Opcode::Binary, "{}"), 4504, "unsupported_frame");
    user.connect().close(1000);
    user.connect().close_without_code();

    let parse = [("scope", "ingress"), ("reason", "invalid_envelope")];
    // What §1 refuses: the envelope, its bytes, its length and the kind of its frame; not the framing below it.
    server.metric_becomes("filament_gateway_events_parse_rejected_total", &parse, 4.0);
    let unknown = [("scope", "ingress"), ("event_type", "nonsense")];
    server.metric_becomes("filament_gateway_events_unknown_received_total", &unknown, 1.0);
    for (reason, count) in [
        ("invalid_payload", 10.0),
        ("invalid_envelope", 1.0),
        ("unknown_event", 1.0),
        ("invalid_utf8", 1.0),
        ("ws_protocol_error", 1.0),
        ("event_too_large", 1.0),
        ("unsupported_frame", 1.0),
        ("client_close", 2.0),
    ] {
        server.metric_becomes("filament_ws_disconnects_total", &[("reason", reason)], count);
    }
    server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 0.0);
}
