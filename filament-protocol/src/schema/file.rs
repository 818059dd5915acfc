//! The JSON Schema files: one per event, command, body and answer, one per shared record, one for all shared values.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::emit::{self, References};
use super::example;
use crate::command::CommandKind;
use crate::event::{EventKind, PLANNED, PlannedEvent};
use crate::rest::TYPES;
use crate::shape::Shape;

/// The dialect of every schema.
pub(super) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// What the identifiers begin with. The host is reserved and leads nowhere: an identifier is not an address.
pub(super) const BASE: &str = "https://filament.invalid/schema/v1/";

/// File of the shared values.
const VALUES: &str = "value.json";
/// File of any event.
const ANY_EVENT: &str = "event.json";
/// File of any command.
const ANY_COMMAND: &str = "command.json";
/// File of any event that may stand in a batch.
const BATCHED_EVENT: &str = "batched.json";

/// Returns the name of an event's file.
pub(super) fn of_event(kind: EventKind) -> String {
    format!("event.{}.json", kind.name())
}

/// Returns the name of a planned event's file.
pub(super) fn of_planned(event: &PlannedEvent) -> String {
    format!("event.{}.json", event.name)
}

/// Returns the name of a command's file.
pub(super) fn of_command(kind: CommandKind) -> String {
    format!("command.{}.json", kind.name())
}

/// Returns a type's name in the spelling of file names.
pub(super) fn snake(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

/// References to files, and what they lead to.
#[derive(Default)]
struct Files {
    /// Shared records that were referred to.
    records: BTreeMap<&'static str, Shape>,
    /// Shared values that were referred to.
    values: BTreeMap<&'static str, Shape>,
}

impl References for Files {
    fn to(&mut self, shape: Shape, name: &'static str) -> Option<String> {
        match shape {
            Shape::Object(_) | Shape::Tagged(_) => {
                self.records.insert(name, shape);
                Some(format!("record.{}.json", snake(name)))
            }
            Shape::Text(_)
            | Shape::Integer(_)
            | Shape::Flag
            | Shape::True
            | Shape::Words(_)
            | Shape::List(_)
            | Shape::Nullable(_)
            | Shape::Envelope => {
                self.values.insert(name, shape);
                Some(format!("{VALUES}#/$defs/{name}"))
            }
        }
    }

    fn to_envelope(&mut self) -> String {
        BATCHED_EVENT.to_owned()
    }
}

/// Makes all schema files, by name.
pub(super) fn all() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    let mut references = Files::default();
    for kind in EventKind::ALL {
        let schema = envelope(kind.name(), kind.shape(), true, &mut references);
        files.insert(of_event(*kind), with_head(&of_event(*kind), schema));
    }
    for event in PLANNED {
        let schema = envelope(event.name, event.shape, true, &mut references);
        files.insert(of_planned(event), with_head(&of_planned(event), schema));
    }
    for kind in CommandKind::ALL {
        let schema = envelope(kind.name(), kind.shape(), false, &mut references);
        files.insert(of_command(*kind), with_head(&of_command(*kind), schema));
    }
    for it in TYPES {
        let mut schema = emit::definition(it.shape, &mut references);
        schema.insert("examples".to_owned(), json!([example::of(it.shape)]));
        let file = super::rest::file(it);
        files.insert(file.clone(), with_head(&file, schema.to_value()));
    }
    any_of(&mut files, ANY_EVENT, "Any event.", EventKind::ALL.iter().copied().map(of_event).collect());
    let batched = EventKind::ALL.iter().copied().filter(|kind| *kind != EventKind::Batch).map(of_event).collect();
    any_of(&mut files, BATCHED_EVENT, "Any event that may stand in a `batch`.", batched);
    any_of(&mut files, ANY_COMMAND, "Any command.", CommandKind::ALL.iter().copied().map(of_command).collect());
    add_records(&mut files, &mut references);
    add_values(&mut files, &mut references);
    files
}

/// Writes every record that was referred to, and those it refers to in turn.
fn add_records(files: &mut BTreeMap<String, Value>, references: &mut Files) {
    let mut written = 0;
    while written < references.records.len() {
        let known = references.records.clone();
        written = known.len();
        for (name, shape) in known {
            let file = format!("record.{}.json", snake(name));
            let schema = emit::definition(shape, references).to_value();
            files.insert(file.clone(), with_head(&file, schema));
        }
    }
}

fn add_values(files: &mut BTreeMap<String, Value>, references: &mut Files) {
    let mut definitions = Map::new();
    let mut written = 0;
    while written < references.values.len() {
        let known = references.values.clone();
        written = known.len();
        definitions =
            known.into_iter().map(|(name, shape)| (name.to_owned(), Local(references).definition(shape))).collect();
    }
    let head = json!({
        "title": "Values",
        "description": "The texts, numbers, words and lists that events, commands and bodies share.",
        "$defs": definitions,
    });
    files.insert(VALUES.to_owned(), with_head(VALUES, head));
}

/// References inside of the file of values.
struct Local<'a>(&'a mut Files);

impl Local<'_> {
    fn definition(&mut self, shape: Shape) -> Value {
        emit::definition(shape, self).to_value()
    }
}

impl References for Local<'_> {
    fn to(&mut self, shape: Shape, name: &'static str) -> Option<String> {
        let target = self.0.to(shape, name)?;
        Some(target.strip_prefix(VALUES).map_or(target.clone(), str::to_owned))
    }

    fn to_envelope(&mut self) -> String {
        self.0.to_envelope()
    }
}

/// The schema of a whole envelope with this payload.
fn envelope(name: &str, payload: Shape, is_event: bool, references: &mut Files) -> Value {
    // A payload that is a record of its own, such as a message, is referred to; others are written out.
    let schema = match payload.name() {
        Some(record) if is_event && snake(record) != name => emit::schema(payload, references),
        _ => emit::definition(payload, references),
    };
    let object = payload.object();
    let example = example::envelope(name, payload);
    let mut payload = match schema.to_value() {
        Value::Object(map) => map,
        other => return other,
    };
    // What describes the payload describes the envelope: nobody reads them apart.
    payload.shift_remove("title");
    payload.shift_remove("description");
    json!({
        "title": object.map(|object| object.name),
        "description": emit::prose(object.map_or("", |object| object.doc)),
        "type": "object",
        "properties": {
            "v": { "type": "integer", "const": 1 },
            "t": { "type": "string", "const": name },
            "d": payload,
        },
        "required": ["v", "t", "d"],
        "additionalProperties": false,
        "examples": [example],
    })
}

fn any_of(files: &mut BTreeMap<String, Value>, file: &str, description: &str, members: Vec<String>) {
    let references: Vec<Value> = members.into_iter().map(|name| json!({ "$ref": name })).collect();
    files.insert(file.to_owned(), with_head(file, json!({ "description": description, "oneOf": references })));
}

/// Puts dialect and identifier before a schema.
fn with_head(file: &str, schema: Value) -> Value {
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), json!(DIALECT));
    whole.insert("$id".to_owned(), json!(format!("{BASE}{file}")));
    if let Value::Object(schema) = schema {
        whole.extend(schema);
    }
    Value::Object(whole)
}
