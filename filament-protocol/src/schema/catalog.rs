//! The machine-readable catalogue (ROL-1): every event and command with its properties and its schema.

use serde_json::{Value, json};

use super::emit::{ANNOTATIONS, prose};
use super::file;
use crate::command::CommandKind;
use crate::event::{EventKind, PLANNED, PlannedEvent};

/// Version of every schema of this catalogue.
const SCHEMA_VERSION: u32 = 1;

/// Rules of the wire that no schema can state, with the rule of the contract.
const BEYOND_SCHEMA: &[(&str, &str)] = &[
    ("ENV-6", "A member name may stand only once in an object, at any depth."),
    ("ENV-7", "A message is at most 65,536 bytes of UTF-8; a sealed event at most 64,512 (ENV-12)."),
    ("ENV-8", "Objects and arrays are nested at most 32 deep; nothing follows the outermost object."),
    (
        "§0 int",
        "An integer is written without fraction and exponent: `1.0`, `1e3` and `-0` are refused, although they \
                are integers to JSON Schema.",
    ),
    ("§0 int", "No integer is beyond 9,007,199,254,740,991, so that every reader holds it exactly."),
    (
        "§0 text",
        "Lengths count UTF-16 code units. `minLength` and `maxLength` count characters and are the nearest \
                 bounds that refuse nothing valid; `x-utf16-min` and `x-utf16-max` are the exact ones.",
    ),
    ("§0 text", "A string holds no unpaired surrogate, not even an escaped one."),
    (
        "ENV-10",
        "Schemas of events and answers are closed, as the server writes them in this release. A reader passes \
                over members and events it does not know: inside of `d` it reads `additionalProperties: false` as absent.",
    ),
];

/// Makes the catalogue.
pub(super) fn document() -> Value {
    json!({
        "contract": "1.0",
        "schema_version": SCHEMA_VERSION,
        "events": EventKind::ALL.iter().copied().map(event).chain(PLANNED.iter().map(planned)).collect::<Vec<_>>(),
        "commands": CommandKind::ALL.iter().copied().map(command).collect::<Vec<_>>(),
        "beyond_schema": BEYOND_SCHEMA.iter().map(|(rule, says)| json!({ "rule": rule, "says": says })).collect::<Vec<_>>(),
        "keywords": ANNOTATIONS.iter().map(|(name, says)| json!({ "name": name, "says": says })).collect::<Vec<_>>(),
    })
}

fn event(kind: EventKind) -> Value {
    let emission = kind.emission();
    let mut row = json!({
        "type": kind.name(),
        "about": prose(kind.shape().object().map_or("", |object| object.doc)),
        "scope": kind.scope().name(),
        "class": kind.class().name(),
        "audience": kind.audience(),
        "actor_policy": kind.actor_policy().name(),
        "lifecycle": kind.lifecycle().name(),
        "since": kind.since(),
        "known_to_v1_clients": emission.is_known_to_v1,
        "schema_version": SCHEMA_VERSION,
        "schema": file::of_event(kind),
        "section": emission.section,
    });
    if !kind.coalescing_key().is_empty() {
        row["coalescing_key"] = json!(kind.coalescing_key());
    }
    if let Some(note) = kind.migration() {
        row["migration_note"] = json!(note);
    }
    row
}

fn planned(event: &PlannedEvent) -> Value {
    let mut row = json!({
        "type": event.name,
        "about": event.doc,
        "scope": event.scope.name(),
        "class": event.class.name(),
        "audience": event.audience,
        "actor_policy": event.actor_policy.name(),
        "lifecycle": event.lifecycle.name(),
        "feature": event.feature,
        "known_to_v1_clients": false,
        "schema_version": SCHEMA_VERSION,
        "schema": file::of_planned(event),
        "section": "19",
    });
    if !event.coalescing_key.is_empty() {
        row["coalescing_key"] = json!(event.coalescing_key);
    }
    row
}

fn command(kind: CommandKind) -> Value {
    json!({
        "type": kind.name(),
        "about": prose(kind.shape().object().map_or("", |object| object.doc)),
        "lifecycle": "active",
        "since": "1.0",
        "schema_version": SCHEMA_VERSION,
        "schema": file::of_command(kind),
        "answers": kind.answers().iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "section": "5",
    })
}
