//! What validation costs: the decoders against a bare typed parse of the same bytes, and against a JSON Schema validator.
//!
//! ```text
//! cargo bench -p filament-protocol --bench ratio
//! ```
//!
//! One document per family. The three ways take turns in batches shorter than a turn of the scheduler, and of each way
//! the batch counts that a tenth of its batches undercut: one that nothing interrupted. Only ratios are worth reading.
//! Target: at most 1.25 times the bare parse. The validator's figure includes parsing to a value, which it needs.

mod bare;
mod document;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use filament_protocol::rest::CreateRole;
use filament_protocol::{Received, decode_body, decode_command, decode_event};
use jsonschema::{Draft, Registry, Resource, Validator};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Batches of each way.
const BATCHES: usize = 1_001;
/// About how long one batch takes.
const BATCH_TIME: Duration = Duration::from_micros(200);

/// One document and the three ways to read it.
struct Case {
    family: &'static str,
    schema: &'static str,
    text: String,
    ours: fn(&[u8]) -> bool,
    bare: fn(&[u8]) -> bool,
}

fn bare<T: DeserializeOwned>(text: &[u8]) -> bool {
    serde_json::from_slice::<T>(text).is_ok_and(|value| {
        black_box(&value);
        true
    })
}

fn command(text: &[u8]) -> bool {
    decode_command(text).is_ok_and(|command| {
        black_box(&command);
        true
    })
}

fn event(text: &[u8]) -> bool {
    decode_event(text).is_ok_and(|received| matches!(black_box(&received), Received::Event(_)))
}

fn body(text: &[u8]) -> bool {
    decode_body::<CreateRole>(text).is_ok_and(|body| {
        black_box(&body);
        true
    })
}

fn cases() -> Vec<Case> {
    let event = |family, schema, text, bare| Case { family, schema, text, ours: event, bare };
    vec![
        Case {
            family: "command",
            schema: "command.message_create.json",
            text: document::command(),
            ours: command,
            bare: bare::<bare::Envelope<bare::CreateMessage>>,
        },
        event("connection", "event.ready.json", document::ready(), bare::<bare::Envelope<bare::Ready>>),
        event("message", "event.message_create.json", document::message(), bare::<bare::Envelope<bare::Message>>),
        event("message, rich", "event.message_create.json", document::rich(), bare::<bare::Envelope<bare::Message>>),
        event("channel", "event.channel_create.json", document::channel(), bare::<bare::Envelope<bare::ChannelCreate>>),
        event(
            "presence",
            "event.presence_update.json",
            document::presence(),
            bare::<bare::Envelope<bare::PresenceUpdate>>,
        ),
        event(
            "voice",
            "event.voice_participant_sync.json",
            document::voice(),
            bare::<bare::Envelope<bare::VoiceParticipantSync>>,
        ),
        event("member", "event.workspace_member_add.json", document::member(), bare::<bare::Envelope<bare::MemberAdd>>),
        event("role", "event.workspace_role_create.json", document::role(), bare::<bare::Envelope<bare::RoleCreate>>),
        event(
            "access",
            "event.workspace_access_update.json",
            document::access(),
            bare::<bare::Envelope<bare::AccessUpdate>>,
        ),
        event(
            "friend",
            "event.friend_request_create.json",
            document::friend(),
            bare::<bare::Envelope<bare::FriendRequest>>,
        ),
        Case {
            family: "request body",
            schema: "body.create_role.json",
            text: document::create_role(),
            ours: body,
            bare: bare::<bare::CreateRole>,
        },
    ]
}

/// The validator of one committed schema, references included.
fn validator(name: &str) -> Validator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/v1");
    let mut registry = Registry::new();
    let mut wanted = None;
    for entry in std::fs::read_dir(&folder).expect("the schemas are committed") {
        let path = entry.expect("a folder can be read").path();
        let schema: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file can be read")).expect("JSON");
        let Some(id) = schema["$id"].as_str().map(str::to_owned) else { continue };
        if path.file_name().is_some_and(|file| file == name) {
            wanted = Some(serde_json::json!({ "$ref": id }));
        }
        registry = registry.add(id, Resource::from_contents(schema)).expect("each schema has a name of its own");
    }
    let registry = registry.prepare().expect("every reference leads somewhere");
    let schema = wanted.unwrap_or_else(|| panic!("there is no schema/v1/{name}"));
    let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&registry);
    options.build(&schema).expect("a committed schema is a schema")
}

/// Nanoseconds per call of each way, in batches that take turns.
fn measure(ways: &[&dyn Fn() -> bool; 3]) -> [f64; 3] {
    let calls = ways.map(calls_of_a_batch);
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..BATCHES {
        for (index, way) in ways.iter().enumerate() {
            let started = Instant::now();
            for _ in 0..calls[index] {
                assert!(way());
            }
            times[index].push(started.elapsed().as_secs_f64() * 1e9 / f64::from(calls[index]));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[BATCHES / 10]
    })
}

fn calls_of_a_batch(way: &dyn Fn() -> bool) -> u32 {
    let mut calls = 1_u32;
    loop {
        let started = Instant::now();
        for _ in 0..calls {
            assert!(way());
        }
        if started.elapsed() >= BATCH_TIME {
            return calls;
        }
        calls *= 2;
    }
}

fn main() {
    // `cargo bench` passes arguments for criterion; one that is no option is a part of a family's name.
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!("family            bytes   ours ns   bare ns  ratio   schema ns  schema/ours");
    for case in cases() {
        if filter.as_ref().is_some_and(|filter| !case.family.contains(filter.as_str())) {
            continue;
        }
        let text = case.text.as_bytes();
        let validator = validator(case.schema);
        let by_schema =
            || serde_json::from_slice::<Value>(black_box(text)).is_ok_and(|value| validator.is_valid(&value));
        let ours = || (case.ours)(black_box(text));
        let bare = || (case.bare)(black_box(text));
        assert!(ours() && bare() && by_schema(), "{}: not accepted: {}", case.family, case.text);
        let [ours, bare, schema] = measure(&[&ours, &bare, &by_schema]);
        println!(
            "{:<15} {:>7} {ours:>9.0} {bare:>9.0} {:>6.2} {schema:>11.0} {:>12.1}",
            case.family,
            text.len(),
            ours / bare,
            schema / ours
        );
    }
}
