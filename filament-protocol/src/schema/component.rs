//! Definitions inside of one document: under `components/schemas`, as OpenAPI and AsyncAPI have them, or under `$defs`.

use std::collections::BTreeMap;

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::emit::{self, References};
use crate::event::EventKind;
use crate::shape::Shape;

/// Name under which any event that may stand in a batch is defined.
const BATCHED_EVENT: &str = "BatchedEvent";

/// What was referred to and has to be defined.
pub(super) struct Components {
    /// What references begin with.
    prefix: String,
    named: BTreeMap<&'static str, Shape>,
    envelope: bool,
}

impl References for Components {
    fn to(&mut self, shape: Shape, name: &'static str) -> Option<String> {
        self.named.insert(name, shape);
        Some(format!("{}{name}", self.prefix))
    }

    fn to_envelope(&mut self) -> String {
        self.envelope = true;
        format!("{}{BATCHED_EVENT}", self.prefix)
    }
}

impl Components {
    /// Begins a set of definitions to which references of this beginning lead.
    pub(super) fn under(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), named: BTreeMap::new(), envelope: false }
    }

    /// Begins the definitions of an interface document.
    pub(super) fn of_document() -> Self {
        Self::under("#/components/schemas/")
    }

    /// Refers to a type, in place if it has no name.
    pub(super) fn reference(&mut self, shape: Shape) -> Value {
        emit::schema(shape, self).to_value()
    }

    /// Writes every definition that was referred to, and those they refer to in turn.
    pub(super) fn definitions(mut self) -> Map<String, Value> {
        let mut definitions = Map::new();
        let mut written = 0;
        let mut has_envelope = false;
        while written < self.named.len() || has_envelope != self.envelope {
            let known = self.named.clone();
            (written, has_envelope) = (known.len(), self.envelope);
            definitions = known
                .into_iter()
                .map(|(name, shape)| (name.to_owned(), emit::definition(shape, &mut self).to_value()))
                .collect();
            if has_envelope {
                definitions.insert(BATCHED_EVENT.to_owned(), self.batched_event());
            }
        }
        definitions
    }

    fn batched_event(&mut self) -> Value {
        let batched = EventKind::ALL.iter().filter(|kind| **kind != EventKind::Batch);
        let envelopes: Vec<Value> = batched.map(|kind| envelope(kind.name(), &self.reference(kind.shape()))).collect();
        json!({ "title": BATCHED_EVENT, "description": "Any event that may stand in a `batch`.", "oneOf": envelopes })
    }
}

/// The schema of an envelope with this payload.
pub(super) fn envelope(name: &str, payload: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "v": { "type": "integer", "const": 1 },
            "t": { "type": "string", "const": name },
            "d": payload,
        },
        "required": ["v", "t", "d"],
        "additionalProperties": false,
    })
}

/// Writes a shape with everything it refers to.
pub(super) fn standalone(shape: Shape) -> Schema {
    let mut components = Components::under("#/$defs/");
    let mut schema = emit::definition(shape, &mut components);
    let definitions = components.definitions();
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// Refers to a shape in a document that schemars makes, and adds its definition there.
pub(super) fn in_generator(shape: Shape, generator: &mut SchemaGenerator) -> Schema {
    let path = generator.settings().definitions_path.trim_matches('/').to_owned();
    let mut components = Components::under(&format!("#/{path}/"));
    let schema = emit::schema(shape, &mut components);
    generator.definitions_mut().extend(components.definitions());
    schema
}
