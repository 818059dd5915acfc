//! §4: every event as written in the contract, and what a reader of version 1 has to put up with (ENV-10, ENV-11).

mod contract;
mod payload;
mod refused;
mod strict;

use std::fmt::Write as _;

use filament_protocol::DecodeErrorKind::{Duplicate, MissingField, Null, OutOfBounds, UnknownWord, WrongType};
use filament_protocol::{
    ActorPolicy, Class, DecodeErrorKind, Event, EventKind, Lifecycle, Received, Scope, decode_event,
};
use serde_json::{Value, json};

use payload::{ATTACHMENT, PARTICIPANT, TOKENS, VECTORS};

/// Writes out a payload template.
fn expand(template: &str) -> String {
    let mut text = template
        .replace("$participant", PARTICIPANT)
        .replace("$tokens", TOKENS)
        .replace("$attachment", ATTACHMENT)
        .replace("$sha", &"0123456789abcdef".repeat(4));
    for digit in 1..=9 {
        text = text.replace(&format!("${digit}"), &format!("01JZ8Q4M5N6P7Q8R9S0T1V2W{digit}A"));
    }
    text
}

fn envelope(kind: EventKind, payload: &str) -> String {
    format!(r#"{{"v":1,"t":"{kind}","d":{payload}}}"#)
}

#[track_caller]
fn read(text: &str) -> Event {
    match decode_event(text.as_bytes()) {
        Ok(Received::Event(event)) => event,
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn check_refused(text: &str, event: EventKind, kind: DecodeErrorKind, path: &str) {
    let error = decode_event(text.as_bytes()).expect_err(text);
    assert_eq!((error.kind(), error.path(), error.event_kind()), (kind, path, Some(event)), "{text}");
}

/// One step into a JSON value.
#[derive(Clone)]
enum Step {
    Member(String),
    Item(usize),
}

/// Every member of every object of a value, as steps.
fn members(value: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    let mut below = |step: Step, inner: &Value, is_member: bool| {
        if is_member {
            found.push(vec![step.clone()]);
        }
        found.extend(members(inner).into_iter().map(|mut steps| {
            steps.insert(0, step.clone());
            steps
        }));
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(name, inner)| below(Step::Member(name.clone()), inner, true)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| below(Step::Item(index), inner, false));
        }
        _ => {}
    }
    found
}

fn path(steps: &[Step]) -> String {
    let mut path = String::from("d");
    for step in steps {
        match step {
            Step::Member(name) => write!(path, ".{name}").unwrap(),
            Step::Item(index) => write!(path, "[{index}]").unwrap(),
        }
    }
    path
}

/// The object that holds the last step.
fn holder<'v>(value: &'v mut Value, steps: &[Step]) -> &'v mut serde_json::Map<String, Value> {
    let inner = steps[..steps.len() - 1].iter().fold(value, |value, step| match step {
        Step::Member(name) => &mut value[name.as_str()],
        Step::Item(index) => &mut value[*index],
    });
    inner.as_object_mut().unwrap()
}

fn name(steps: &[Step]) -> &str {
    match steps.last() {
        Some(Step::Member(name)) => name,
        _ => unreachable!("members end in a name"),
    }
}

/// Each event has a vector, and each vector is written and read as it stands, byte for byte.
#[test]
fn every_event_is_written_as_the_contract_says() {
    let kinds: Vec<EventKind> = VECTORS.iter().map(|vector| vector.kind).collect();
    assert_eq!(kinds, EventKind::ALL);
    for vector in VECTORS {
        let text = envelope(vector.kind, &expand(vector.payload));
        let event = read(&text);
        assert_eq!(event.kind(), vector.kind);
        assert_eq!(String::from_utf8(event.encode().unwrap()).unwrap(), text);
    }
}

/// Proves the reader's side of ENV-10: unknown members anywhere in `d` and unknown events are passed over.
#[test]
fn unknown_members_and_events_are_passed_over() {
    for vector in VECTORS {
        let payload: Value = serde_json::from_str(&expand(vector.payload)).unwrap();
        let plain = read(&envelope(vector.kind, &payload.to_string()));
        for steps in members(&payload) {
            // The envelopes in a batch are closed (ENV-1).
            if vector.kind == EventKind::Batch && matches!(steps[..], [_, Step::Item(_), _]) {
                continue;
            }
            let mut extended = payload.clone();
            holder(&mut extended, &steps).insert("zz".to_owned(), json!({"a": [null, {"b": 1.5e3}], "c": -1}));
            holder(&mut extended, &steps).insert("aa".to_owned(), json!("\u{1F30A}\n"));
            assert_eq!(read(&envelope(vector.kind, &extended.to_string())), plain, "{extended}");
        }
    }
    let unknown = decode_event(br#"{"v":1,"t":"typing_start","d":{"any":["thing"]}}"#);
    assert_eq!(unknown, Ok(Received::Unknown { name: "typing_start".into() }));
}

/// Proves ENV-11 and the writer's promise of ENV-10: what is optional may be absent but not null, all else is there.
#[test]
fn optional_members_are_left_out_and_never_null() {
    for vector in VECTORS {
        let payload: Value = serde_json::from_str(&expand(vector.payload)).unwrap();
        for steps in members(&payload) {
            let place = path(&steps);
            let mut without = payload.clone();
            holder(&mut without, &steps).remove(name(&steps));
            let text = envelope(vector.kind, &without.to_string());
            if vector.optional.contains(&&*place) {
                let event = read(&text);
                if !vector.nullable.contains(&&*place) {
                    let written: Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
                    assert_eq!(written["d"], without, "{place}");
                }
            } else if vector.together.contains(&&*place) {
                let object = place.rsplit_once('.').map_or("", |(object, _)| object);
                check_refused(&text, vector.kind, OutOfBounds, object);
            } else if name(&steps) == "type" || !place.contains("markdown_tokens[") {
                check_refused(&text, vector.kind, MissingField, &place);
            } else {
                assert_eq!(decode_event(text.as_bytes()).unwrap_err().kind(), MissingField, "{place}");
            }
            let mut null = payload.clone();
            holder(&mut null, &steps).insert(name(&steps).to_owned(), Value::Null);
            let text = envelope(vector.kind, &null.to_string());
            if vector.nullable.contains(&&*place) {
                read(&text);
            } else {
                check_refused(&text, vector.kind, Null, &place);
            }
        }
    }
}

/// Every member refuses a value of another JSON type, an array for an object included.
#[test]
fn other_json_types_are_refused_everywhere() {
    for vector in VECTORS {
        let payload: Value = serde_json::from_str(&expand(vector.payload)).unwrap();
        for steps in members(&payload) {
            let mut bent = payload.clone();
            let member = holder(&mut bent, &steps).get_mut(name(&steps)).unwrap();
            *member = match member {
                Value::Array(_) => json!({"0": 1}),
                Value::Object(object) => Value::Array(object.values().cloned().collect()),
                _ => json!(1.5),
            };
            check_refused(&envelope(vector.kind, &bent.to_string()), vector.kind, WrongType, &path(&steps));
        }
    }
}

/// Proves ENV-6 on the reader's side: also inside of what is passed over.
#[test]
fn duplicates_are_refused_even_where_nothing_is_read() {
    for (payload, path) in [
        (r#"{"s":1,"access_rev":1,"server_time_unix":1,"s":1}"#, "d.s"),
        (r#"{"s":1,"access_rev":1,"server_time_unix":1,"x":1,"x":1}"#, "d.x"),
        (r#"{"s":1,"access_rev":1,"server_time_unix":1,"x":[{"y":1,"y":2}]}"#, "d.x[0].y"),
    ] {
        let text = envelope(EventKind::HeartbeatAck, payload);
        let error = decode_event(text.as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.path()), (Duplicate, path));
        assert!(error.is_envelope());
    }
}

/// Proves ROL-5 for this crate as a reader: bounds hold for words, texts, ids, times and lists, and one value out of them refuses the whole
/// event, so that nothing of it can be applied.
#[test]
fn values_out_of_bounds_are_refused() {
    let id = "01JZ8Q4M5N6P7Q8R9S0T1V2W1A";
    let many = |count: u128| {
        let ids = (0..count).map(|n| format!("\"{}\"", filament_protocol::UserId::from_u128(n)));
        ids.collect::<Vec<_>>().join(",")
    };
    let presence = |count: u128| {
        envelope(EventKind::PresenceSync, &format!(r#"{{"guild_id":"{id}","user_ids":[{}]}}"#, many(count)))
    };
    read(&presence(1_024));
    check_refused(&presence(1_025), EventKind::PresenceSync, OutOfBounds, "d.user_ids");
    let delete = format!(r#"{{"guild_id":"{id}","channel_id":"{id}","deleted_at_unix":0}}"#);
    check_refused(
        &envelope(EventKind::ChannelDelete, &delete),
        EventKind::ChannelDelete,
        OutOfBounds,
        "d.deleted_at_unix",
    );
    let status = format!(r#"{{"guild_id":"{id}","user_id":"{id}","status":"away"}}"#);
    check_refused(&envelope(EventKind::PresenceUpdate, &status), EventKind::PresenceUpdate, UnknownWord, "d.status");
    let channel = format!(r#"{{"guild_id":"{id}","channel":{{"channel_id":"{id}","name":" ","kind":"text"}}}}"#);
    check_refused(
        &envelope(EventKind::ChannelCreate, &channel),
        EventKind::ChannelCreate,
        OutOfBounds,
        "d.channel.name",
    );
    let update = |token: &str| {
        let payload = format!(
            r#"{{"guild_id":"{id}","channel_id":"{id}","message_id":"{id}","updated_fields":{{"content":"","markdown_tokens":[{token}]}},"updated_at_unix":1}}"#
        );
        envelope(EventKind::MessageUpdate, &payload)
    };
    let (kind, token) = (EventKind::MessageUpdate, "d.updated_fields.markdown_tokens[0]");
    check_refused(&update(r#"{"type":"heading_start","level":7}"#), kind, OutOfBounds, &format!("{token}.level"));
    check_refused(&update(r#"{"type":"heading_start","level":0}"#), kind, OutOfBounds, &format!("{token}.level"));
    check_refused(&update(r#"{"type":"table_start"}"#), kind, UnknownWord, &format!("{token}.type"));
    check_refused(&update(r#""soft_break""#), kind, WrongType, token);
}

/// Scope, class, actor policy and lifecycle of each event, against a copy of the contract's columns.
#[test]
fn the_catalogue_is_that_of_the_contract() {
    use {ActorPolicy as Actor, Class::*, Scope::*};
    let table = [
        ("ready", Connection, Live, Actor::Never),
        ("subscribed", Connection, Live, Actor::Never),
        ("unsubscribed", Connection, Live, Actor::Never),
        ("error", Connection, Live, Actor::Never),
        ("presence_sync", Connection, Live, Actor::Never),
        ("voice_participant_sync", Connection, Live, Actor::Never),
        ("batch", Connection, Live, Actor::Never),
        ("reset", Connection, Live, Actor::Never),
        ("caught_up", Connection, Live, Actor::Never),
        ("heartbeat_ack", Connection, Live, Actor::Never),
        ("closing", Connection, Live, Actor::Never),
        ("message_create", Channel, Durable, Actor::Never),
        ("message_update", Channel, Durable, Actor::Never),
        ("message_delete", Channel, Durable, Actor::Never),
        ("message_reaction", Channel, Durable, Actor::Required),
        ("channel_create", Guild, Durable, Actor::Never),
        ("channel_update", Guild, Durable, Actor::Never),
        ("channel_delete", Guild, Durable, Actor::Never),
        ("channel_reorder", Guild, Durable, Actor::Never),
        ("presence_update", Guild, Ephemeral, Actor::Never),
        ("voice_participant_join", Channel, Live, Actor::Never),
        ("voice_participant_leave", Channel, Live, Actor::Never),
        ("voice_participant_update", Channel, Live, Actor::Never),
        ("voice_stream_publish", Channel, Live, Actor::Never),
        ("voice_stream_unpublish", Channel, Live, Actor::Never),
        ("workspace_update", Guild, Durable, Actor::Always),
        ("workspace_delete", Guild, Durable, Actor::Always),
        ("workspace_owner_update", Guild, Durable, Actor::Always),
        ("workspace_default_role_update", Guild, Durable, Actor::Always),
        ("workspace_member_add", Guild, Durable, Actor::Always),
        ("workspace_member_update", Guild, Durable, Actor::Always),
        ("workspace_member_remove", Guild, Durable, Actor::Audit),
        ("workspace_member_ban", Guild, Durable, Actor::Audit),
        ("workspace_member_unban", Guild, Durable, Actor::Audit),
        ("workspace_ip_ban_sync", Guild, Durable, Actor::Audit),
        ("workspace_role_create", Guild, Durable, Actor::Always),
        ("workspace_role_update", Guild, Durable, Actor::Always),
        ("workspace_role_delete", Guild, Durable, Actor::Always),
        ("workspace_role_reorder", Guild, Durable, Actor::Always),
        ("workspace_role_assignment_add", Guild, Durable, Actor::Always),
        ("workspace_role_assignment_remove", Guild, Durable, Actor::Always),
        ("workspace_channel_override_update", Guild, Durable, Actor::Always),
        ("workspace_channel_role_override_update", Guild, Live, Actor::Always),
        ("workspace_available", User, Durable, Actor::Never),
        ("workspace_unavailable", User, Durable, Actor::Never),
        ("workspace_access_update", User, Live, Actor::Never),
        ("profile_update", User, Durable, Actor::Never),
        ("profile_avatar_update", User, Durable, Actor::Never),
        ("profile_banner_update", User, Durable, Actor::Never),
        ("friend_request_create", User, Durable, Actor::Never),
        ("friend_request_update", User, Durable, Actor::Required),
        ("friend_request_delete", User, Durable, Actor::Required),
        ("friend_remove", User, Durable, Actor::Required),
    ];
    let listed: Vec<_> =
        EventKind::ALL.iter().map(|kind| (kind.name(), kind.scope(), kind.class(), kind.actor_policy())).collect();
    assert_eq!(listed, table);
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_name(kind.name()), Some(*kind));
        assert_eq!(kind.lifecycle() == Lifecycle::Deprecated, kind.migration().is_some());
        assert_ne!(kind.lifecycle(), Lifecycle::Planned);
        assert!(!kind.audience().is_empty());
        assert_eq!(kind.since(), "1.0");
    }
}

/// Proves that payloads follow the actor policy of §3: `actor_user_id` is there, may be there, or never is.
#[test]
fn payloads_follow_the_actor_policy() {
    for vector in VECTORS {
        let has_actor = vector.payload.contains("\"actor_user_id\"");
        let optional = vector.optional.contains(&"d.actor_user_id");
        let (expected, may_be_absent) = match vector.kind.actor_policy() {
            ActorPolicy::Always | ActorPolicy::Required => (true, false),
            ActorPolicy::Audit => (true, true),
            ActorPolicy::Never => (false, false),
        };
        assert_eq!((has_actor, optional), (expected, may_be_absent), "{}", vector.kind);
    }
}
