//! §4: every event as written in the contract, and what a reader of version 1 has to put up with (ENV-10, ENV-11).

use std::fmt::Write as _;

use filament_protocol::DecodeErrorKind::{Duplicate, MissingField, Null, OutOfBounds, UnknownWord, WrongType};
use filament_protocol::{
    ActorPolicy, Class, DecodeErrorKind, Event, EventKind, Lifecycle, Received, Scope, decode_event,
};
use serde_json::{Value, json};

/// One event with every optional member present: the payload as the contract writes it, ids shortened to `$1`, `$2` …;
/// then the members that may be absent, and those that may be null.
struct Vector {
    kind: EventKind,
    payload: &'static str,
    optional: &'static [&'static str],
    nullable: &'static [&'static str],
}

const fn vector(kind: EventKind, payload: &'static str, optional: &'static [&'static str]) -> Vector {
    Vector { kind, payload, optional, nullable: &[] }
}

const PARTICIPANT: &str = r#"{"user_id":"$1","identity":"u.x","joined_at_unix":5,"updated_at_unix":6,"is_muted":false,"is_deafened":true,"is_speaking":false,"is_video_enabled":true,"is_screen_share_enabled":false}"#;

const ATTACHMENT: &str = r#"{"attachment_id":"$7","guild_id":"$1","channel_id":"$2","owner_id":"$4","filename":"a b.png","mime_type":"image/png","size_bytes":26214400,"sha256_hex":"$sha"}"#;

const TOKENS: &str = r##"[{"type":"paragraph_start"},{"type":"paragraph_end"},{"type":"heading_start","level":6},{"type":"heading_end"},{"type":"emphasis_start"},{"type":"emphasis_end"},{"type":"strong_start"},{"type":"strong_end"},{"type":"list_start","ordered":true},{"type":"list_end"},{"type":"list_item_start"},{"type":"list_item_end"},{"type":"link_start","href":"https://e.x"},{"type":"link_end"},{"type":"text","text":"t"},{"type":"code","code":"c"},{"type":"fenced_code","language":"rust","code":"f"},{"type":"fenced_code","language":null,"code":"i"},{"type":"soft_break"},{"type":"hard_break"}]"##;

const VECTORS: &[Vector] = &[
    vector(
        EventKind::Ready,
        r#"{"user_id":"$1","session_id":"$2","heartbeat_interval_ms":30000,"features":["batch","resume"],"server_time_unix":1760000000,"token_expires_at_unix":1760000900,"resume":"replaying"}"#,
        &["d.resume"],
    ),
    vector(EventKind::Subscribed, r#"{"guild_id":"$1","channel_id":"$2","ref":"r"}"#, &["d.ref"]),
    vector(
        EventKind::Unsubscribed,
        r#"{"guild_id":"$1","channel_id":"$2","reason":"access_revoked","ref":"r"}"#,
        &["d.channel_id", "d.ref"],
    ),
    vector(
        EventKind::Error,
        r#"{"code":"forbidden","message":"no","command":"subscribe","guild_id":"$1","channel_id":"$2","ref":"r","retry_after_ms":0}"#,
        &["d.command", "d.guild_id", "d.channel_id", "d.ref", "d.retry_after_ms"],
    ),
    vector(
        EventKind::PresenceSync,
        r#"{"guild_id":"$1","user_ids":["$2","$3"],"truncated":true,"online_count":1025}"#,
        &["d.truncated", "d.online_count"],
    ),
    vector(
        EventKind::VoiceParticipantSync,
        r#"{"guild_id":"$1","channel_id":"$2","participants":[$participant],"synced_at_unix":7}"#,
        &[],
    ),
    vector(EventKind::HeartbeatAck, r#"{"s":0,"access_rev":0,"server_time_unix":1}"#, &[]),
    vector(EventKind::Closing, r#"{"code":1001,"name":"going_away","retry_after_ms":5000}"#, &["d.retry_after_ms"]),
    Vector {
        kind: EventKind::MessageCreate,
        payload: r#"{"message_id":"$3","guild_id":"$1","channel_id":"$2","author_id":"$4","content":"h\u0001\"é🌊","markdown_tokens":$tokens,"attachments":[$attachment],"reactions":[{"emoji":"🎉","count":2,"reacted_by_me":false,"reactor_user_ids":["$5","$6"]}],"created_at_unix":1,"edited_at_unix":9007199254740991}"#,
        optional: &[
            "d.edited_at_unix",
            "d.reactions[0].reactor_user_ids",
            "d.markdown_tokens[16].language",
            "d.markdown_tokens[17].language",
        ],
        nullable: &["d.markdown_tokens[16].language", "d.markdown_tokens[17].language"],
    },
    Vector {
        kind: EventKind::MessageUpdate,
        payload: r#"{"guild_id":"$1","channel_id":"$2","message_id":"$3","updated_fields":{"content":"","markdown_tokens":$tokens,"attachments":[]},"updated_at_unix":1}"#,
        optional: &[
            "d.updated_fields.attachments",
            "d.updated_fields.markdown_tokens[16].language",
            "d.updated_fields.markdown_tokens[17].language",
        ],
        nullable: &["d.updated_fields.markdown_tokens[16].language", "d.updated_fields.markdown_tokens[17].language"],
    },
    vector(
        EventKind::MessageDelete,
        r#"{"guild_id":"$1","channel_id":"$2","message_id":"$3","deleted_at_unix":1}"#,
        &[],
    ),
    vector(
        EventKind::MessageReaction,
        r#"{"guild_id":"$1","channel_id":"$2","message_id":"$3","emoji":"🎉","count":0,"operation":"remove","actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::ChannelCreate,
        r#"{"guild_id":"$1","channel":{"channel_id":"$2","name":"general","kind":"text"}}"#,
        &[],
    ),
    vector(
        EventKind::ChannelUpdate,
        r#"{"guild_id":"$1","channel_id":"$2","updated_fields":{"name":"new"},"updated_at_unix":1}"#,
        &[],
    ),
    vector(EventKind::ChannelDelete, r#"{"guild_id":"$1","channel_id":"$2","deleted_at_unix":1}"#, &[]),
    vector(EventKind::ChannelReorder, r#"{"guild_id":"$1","channel_ids":["$3","$2"],"updated_at_unix":1}"#, &[]),
    vector(EventKind::PresenceUpdate, r#"{"guild_id":"$1","user_id":"$2","status":"offline"}"#, &[]),
    vector(
        EventKind::WorkspaceUpdate,
        r#"{"guild_id":"$1","updated_fields":{"name":"n","visibility":"public"},"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.updated_fields.name", "d.updated_fields.visibility"],
    ),
    vector(
        EventKind::WorkspaceMemberAdd,
        r#"{"guild_id":"$1","user_id":"$2","role":"moderator","joined_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceMemberRemove,
        r#"{"guild_id":"$1","user_id":"$2","reason":"kick","removed_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.actor_user_id"],
    ),
    vector(
        EventKind::WorkspaceRoleAssignmentAdd,
        r#"{"guild_id":"$1","user_id":"$2","role_id":"$3","assigned_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceChannelRoleOverrideUpdate,
        r#"{"guild_id":"$1","channel_id":"$2","role":"member","updated_fields":{"allow":["create_message"],"deny":["manage_roles","subscribe_streams"]},"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceAvailable,
        r#"{"guild_id":"$1","name":"n","visibility":"private","owner_user_id":"$2","reason":"created","available_at_unix":1}"#,
        &[],
    ),
    vector(EventKind::WorkspaceUnavailable, r#"{"guild_id":"$1","reason":"deleted","unavailable_at_unix":1}"#, &[]),
    vector(
        EventKind::WorkspaceAccessUpdate,
        r#"{"guild_id":"$1","access_rev":1,"role":"owner","permissions":["create_message"],"channels":[{"channel_id":"$2","name":"c","kind":"voice","position":0,"permission_bits":2304}],"updated_at_unix":1}"#,
        &[],
    ),
];

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

/// Bounds hold for readers too: words, texts, ids, times, lists.
#[test]
fn values_out_of_bounds_are_refused() {
    let id = "01JZ8Q4M5N6P7Q8R9S0T1V2W1A";
    let many = |count: usize| vec![format!("\"{id}\""); count].join(",");
    let presence = |count: usize| {
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
    check_refused(&update(r#"{"type":"heading_start","level":7}"#), kind, OutOfBounds, token);
    check_refused(&update(r#"{"type":"heading_start","level":0}"#), kind, OutOfBounds, token);
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
        ("workspace_update", Guild, Durable, Actor::Always),
        ("workspace_member_add", Guild, Durable, Actor::Always),
        ("workspace_member_remove", Guild, Durable, Actor::Audit),
        ("workspace_role_assignment_add", Guild, Durable, Actor::Always),
        ("workspace_channel_role_override_update", Guild, Live, Actor::Always),
        ("workspace_available", User, Durable, Actor::Never),
        ("workspace_unavailable", User, Durable, Actor::Never),
        ("workspace_access_update", User, Live, Actor::Never),
    ];
    let listed: Vec<_> =
        EventKind::ALL.iter().map(|kind| (kind.name(), kind.scope(), kind.class(), kind.actor_policy())).collect();
    assert_eq!(listed, table);
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_name(kind.name()), Some(*kind));
        let deprecated = kind.lifecycle() == Lifecycle::Deprecated;
        assert_eq!(deprecated, *kind == EventKind::WorkspaceChannelRoleOverrideUpdate);
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
