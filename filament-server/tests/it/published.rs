//! Scenario 85: one history that makes the server say everything it can say, and every frame of it against the published schemas.

mod recording;
mod script;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::harness::{FullCast, Schemas, Server, check_envelope, check_frame, parse};
use recording::Recording;

/// Where each person comes from, so that addresses can be banned.
const ADDRESSES: [(&str, &str); 6] = [
    ("owner_o", "192.0.2.1"),
    ("moderator_m", "192.0.2.2"),
    ("member_p", "198.51.100.3"),
    ("member_q", "198.51.100.4"),
    ("stranger_x", "198.51.100.5"),
    ("friend_f", "198.51.100.6"),
];

/// Frames of an event that take part in the attempts to spoil them; all are checked as they came.
const SPOILED_PER_EVENT: usize = 3;

fn come(server: &Server, name: &str) -> crate::harness::User {
    let (_, address) = ADDRESSES.iter().find(|(known, _)| *known == name).expect("a place for everybody");
    server.user_at(name, address)
}

fn cast() -> FullCast {
    let server = Server::with_env(&[
        ("FILAMENT_TRUSTED_PROXY_CIDRS", "127.0.0.1"),
        ("FILAMENT_LIVEKIT_API_KEY", "the-key"),
        ("FILAMENT_LIVEKIT_API_SECRET", "the-secret-of-which-nobody-knows"),
        ("FILAMENT_LIVEKIT_URL", "ws://127.0.0.1:9"),
    ]);
    FullCast::on(server, come)
}

/// A text as an independent strict reader takes it: the envelope itself, and those within a batch.
fn check_strictly(text: &str) -> Result<(), String> {
    let envelope = parse(text)?;
    match envelope["t"].as_str() {
        Some("batch") => envelope["d"]["events"].as_array().ok_or("no events")?.iter().try_for_each(check_envelope),
        _ => check_frame(text).map(drop),
    }
}

/// Every envelope of a text: itself, and those within a batch.
fn envelopes(text: &str) -> Vec<Value> {
    let envelope = parse(text).expect("JSON without repeated names");
    let within = envelope["d"].get("events").and_then(Value::as_array).cloned().unwrap_or_default();
    [envelope].into_iter().chain(within).collect()
}

/// What differs from an envelope in one point, and is none.
fn spoiled(envelope: &Value) -> Vec<Value> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut other = envelope.clone();
        change(&mut other);
        other
    };
    let mut spoiled = vec![
        with(&|other| other["v"] = json!(2)),
        with(&|other| other["s"] = json!(1)),
        with(&|other| other["t"] = json!("unheard_of")),
        with(&|other| other["d"]["unheard_of"] = json!(1)),
        with(&|other| other["d"] = json!([])),
    ];
    for name in envelope["d"].as_object().into_iter().flatten().map(|(name, _)| name) {
        spoiled.push(with(&|other| other["d"][name] = json!({"unheard_of": null})));
    }
    spoiled
}

/// Proves scenario 85: the history makes every event that is emitted at all, on plain connections, with batches and on a stream, and each
/// frame is taken by an independent strict reader, by the published schema of its event and by that of all events. The schemas refuse
/// each of these frames once it is spoiled, so that they say something.
#[test]
fn s085_every_frame_of_a_history_of_all_events_is_what_is_published() {
    let schemas = Schemas::published();
    let recordings: Vec<Recording> = script::play(cast());
    let mut seen: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut frames = 0;
    for recording in &recordings {
        assert!(!recording.texts.is_empty(), "{} heard nothing", recording.name);
        for text in &recording.texts {
            frames += 1;
            check_strictly(text).unwrap_or_else(|why| panic!("{}: {why} in {text}", recording.name));
            for envelope in envelopes(text) {
                schemas.check(&envelope).unwrap_or_else(|why| panic!("{}: {why} in {envelope}", recording.name));
                seen.entry(envelope["t"].as_str().expect("a name").to_owned()).or_default().push(envelope);
            }
        }
    }
    assert!(frames > 200, "{frames} frames");
    let names: BTreeSet<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(names, schemas.emitted(), "left: what was heard; right: every event that is not merely planned");
    for (name, envelopes) in &seen {
        for bad in envelopes.iter().take(SPOILED_PER_EVENT).flat_map(spoiled) {
            assert!(schemas.check(&bad).is_err(), "{name}: taken although spoiled: {bad}");
        }
    }
}
