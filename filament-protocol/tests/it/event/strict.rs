//! The strict reader: what a server proves its own output with.

use filament_protocol::DecodeErrorKind::{OutOfBounds, UnknownField};
use filament_protocol::{EventKind, Received, decode_event, decode_event_strict};
use serde_json::{Value, json};

use super::payload::VECTORS;
use super::{Step, envelope, expand, holder, members, path};

/// What the tolerant reader takes without unknown members, the strict one takes too, with the same result.
#[test]
fn correct_events_are_read_alike() {
    for vector in VECTORS {
        let text = envelope(vector.kind, &expand(vector.payload));
        assert_eq!(decode_event_strict(text.as_bytes()), decode_event(text.as_bytes()), "{text}");
    }
}

/// An unknown member is refused at its place, wherever in the payload it stands.
#[test]
fn unknown_members_are_refused_everywhere() {
    for vector in VECTORS {
        let payload: Value = serde_json::from_str(&expand(vector.payload)).unwrap();
        for steps in members(&payload) {
            let mut extended = payload.clone();
            holder(&mut extended, &steps).insert("zz".to_owned(), json!([{"a": 1.5}]));
            let mut place = steps.clone();
            *place.last_mut().unwrap() = Step::Member("zz".to_owned());
            let text = envelope(vector.kind, &extended.to_string());
            let error = decode_event_strict(text.as_bytes()).expect_err(&text);
            assert_eq!((error.kind(), error.path()), (UnknownField, &*path(&place)), "{text}");
        }
    }
}

/// A token with a member of another type of token is not what the contract says.
#[test]
fn a_member_of_another_token_is_unknown() {
    let text = |token: &str| {
        let payload = expand(
            r#"{"guild_id":"$1","channel_id":"$2","message_id":"$3","updated_fields":{"content":"","markdown_tokens":[$x]},"updated_at_unix":1}"#,
        );
        envelope(EventKind::MessageUpdate, &payload.replace("$x", token))
    };
    let mixed = text(r#"{"type":"text","text":"t","level":1}"#);
    assert!(decode_event(mixed.as_bytes()).is_ok());
    let error = decode_event_strict(mixed.as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (UnknownField, "d.updated_fields.markdown_tokens[0].level"));
}

/// The events of a batch: in any order of members, known or not, but no batch and no other envelope.
#[test]
fn batches_hold_whole_envelopes() {
    let batch = |events: &str| envelope(EventKind::Batch, &format!(r#"{{"s":1,"events":[{events}]}}"#));
    let ack = r#"{"s":1,"access_rev":0,"server_time_unix":1}"#;
    for item in [
        format!(r#"{{"v":1,"t":"heartbeat_ack","d":{ack}}}"#),
        format!(r#"{{"d":{ack},"t":"heartbeat_ack","v":1}}"#),
        format!(r#"{{"t":"heartbeat_ack","d":{ack},"v":1}}"#),
    ] {
        let read = decode_event_strict(batch(&item).as_bytes()).unwrap_or_else(|error| panic!("{item}: {error}"));
        let Received::Event(event) = read else { panic!("{item}") };
        let written = String::from_utf8(event.encode().unwrap()).unwrap();
        assert_eq!(written, batch(&format!(r#"{{"v":1,"t":"heartbeat_ack","d":{ack}}}"#)));
    }
    let unknown = batch(r#"{"v":1,"d":{"x":[1.5,null]},"t":"typing_start"}"#);
    let Ok(Received::Event(event)) = decode_event(unknown.as_bytes()) else { panic!("{unknown}") };
    assert!(event.encode().is_err(), "nobody knows the payload");
    for (item, path) in [
        (r#"{"v":1,"t":"batch","d":{"s":1,"events":[]}}"#, "d.events[0].t"),
        (r#"{"v":2,"t":"typing_start","d":{}}"#, "d.events[0].v"),
        (r#"{"v":1,"t":"Typing","d":{}}"#, "d.events[0].t"),
        (r#"{"v":1,"t":"caught_up","d":{"replayed":2001,"reset":true}}"#, "d.events[0].d.replayed"),
    ] {
        let error = decode_event(batch(item).as_bytes()).expect_err(item);
        assert_eq!((error.kind(), error.path()), (OutOfBounds, path), "{item}");
    }
    for item in ["[1]", "null", r#"{"v":1,"t":"x","d":[]}"#, r#"{"v":1,"t":"x","d":{},"x":1}"#, r#"{"v":1,"t":"x"}"#] {
        assert!(decode_event(batch(item).as_bytes()).is_err(), "{item}");
    }
    let item = r#"{"v":1,"t":"x","d":{}}"#;
    assert!(decode_event(batch(&[item; 64].join(",")).as_bytes()).is_ok());
    assert!(decode_event(batch(&[item; 65].join(",")).as_bytes()).is_err());
    assert!(decode_event(batch("").as_bytes()).is_err());
}
