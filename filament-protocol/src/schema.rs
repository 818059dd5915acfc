//! The contract as documents: JSON Schema, catalogue, AsyncAPI, OpenAPI, and the two pages for people (feature `schema`).
//!
//! Everything here is made of the tables of events, commands and endpoints and of the [shapes](crate::shape) of what they
//! carry; nothing states a bound of its own. The files of `schema/v1` and the pages of `docs` are these documents,
//! written by `cargo xtask schema` and compared by a test.
//!
//! ```
//! use filament_protocol::schema;
//!
//! let document = schema::document("event.presence_update.json").unwrap();
//! assert!(document.text.contains("\"const\": \"presence_update\""));
//! ```

mod asyncapi;
mod catalog;
mod component;
mod emission;
mod emit;
mod example;
mod file;
pub mod growth;
mod openapi;
mod page;
mod rest;

use std::collections::BTreeMap;

use serde_json::Value;

pub use emission::Emission;
pub use emit::{ANNOTATIONS, DISJOINT, TRIMMED, UNIQUE_BY, UTF16_MAX, UTF16_MIN};

use crate::shape::Described;

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Name of the file, without folder.
    pub name: String,
    /// Its text, with a line break at the end.
    pub text: String,
}

/// Makes every JSON document of `schema/v1`, ordered by name.
#[must_use]
pub fn documents() -> Vec<Document> {
    values().into_iter().map(|(name, value)| Document { name, text: pretty(&value) }).collect()
}

/// Makes one JSON document of `schema/v1`.
#[must_use]
pub fn document(name: &str) -> Option<Document> {
    let value = values().remove(name)?;
    Some(Document { name: name.to_owned(), text: pretty(&value) })
}

/// Makes the pages of `docs`.
#[must_use]
pub fn pages() -> Vec<Document> {
    vec![
        Document { name: "API.md".to_owned(), text: page::api::page() },
        Document { name: "GATEWAY_EVENTS.md".to_owned(), text: page::events::page() },
    ]
}

/// Returns the JSON Schema of a type, complete in itself: what it refers to stands under `$defs`.
///
/// It is closed: as a reader of events and answers, take `additionalProperties: false` as absent (ENV-10).
#[must_use]
pub fn schema_of<T: Described>() -> schemars::Schema {
    component::standalone(T::SHAPE)
}

/// Refers to a type in a schema that [schemars](https://docs.rs/schemars) makes, and adds what it refers to there.
///
/// For types of one's own that contain types of the contract: name it in `#[schemars(schema_with = "…")]`.
///
/// ```
/// use filament_protocol::{Guild, schema};
///
/// let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
/// let reference = schema::subschema_of::<Guild>(&mut generator);
/// assert_eq!(reference.get("$ref").unwrap(), "#/$defs/Guild");
/// assert!(generator.definitions().contains_key("GuildName"));
/// ```
pub fn subschema_of<T: Described>(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    component::in_generator(T::SHAPE, generator)
}

/// The JSON documents by name.
fn values() -> BTreeMap<String, Value> {
    let mut values = file::all();
    values.insert("catalog.json".to_owned(), catalog::document());
    values.insert("asyncapi.json".to_owned(), asyncapi::document());
    values.insert("openapi.json".to_owned(), openapi::document());
    values
}

/// Writes a value over several lines, two blanks deeper each level.
fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
