//! Whether a set of documents only adds to a published one (ROL-3).
//!
//! The comparison knows JSON Schema, the catalogue and OpenAPI, but nothing of how this crate makes them: it reads two
//! sets of files. What it cannot judge, such as one pattern against another or a keyword it does not know, it refuses.
//!
//! A document that clients send may take more than before: new optional members, new words, wider bounds. In one that
//! they receive a new word would be as unreadable to an old client as a removed one, so there only bounds may widen and
//! optional members be added.

mod catalog;
mod interface;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Documents by file name.
pub type Documents = BTreeMap<String, Value>;

/// Name of the catalogue.
const CATALOG: &str = "catalog.json";
/// Name of the OpenAPI document.
const OPENAPI: &str = "openapi.json";
/// Name of the AsyncAPI document: made of the same schemas, so that nothing in it is compared again.
const ASYNCAPI: &str = "asyncapi.json";

/// Keywords that say something to people only.
const WORDS_FOR_PEOPLE: &[&str] = &["title", "description", "$comment", "$id", "$schema", "$defs", "examples"];
/// Bounds that may only fall, or go.
const LOWER_BOUNDS: &[&str] = &["minimum", "minLength", "minItems", "x-utf16-min"];
/// Bounds that may only rise, or go.
const UPPER_BOUNDS: &[&str] = &["maximum", "maxLength", "maxItems", "x-utf16-max"];
/// Conditions that may go, but neither come nor change.
const CONDITIONS: &[&str] = &[
    "pattern",
    "uniqueItems",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "x-trimmed",
    "x-unique-by",
    "x-disjoint",
];

/// Who writes a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Writer {
    Client,
    Server,
}

/// Returns what in `new` is not additive to `old`, one sentence each; empty if everything is.
#[must_use]
pub fn refusals(old: &Documents, new: &Documents) -> Vec<String> {
    let mut comparison = Comparison { old, new, seen: BTreeSet::new(), refusals: Vec::new() };
    for (name, document) in old {
        let Some(other) = new.get(name) else {
            comparison.refuse(name, "is gone");
            continue;
        };
        match name.as_str() {
            CATALOG => comparison.refusals.extend(catalog::refusals(document, other)),
            OPENAPI => comparison.refusals.extend(interface::refusals(document, other)),
            ASYNCAPI => {}
            name => comparison.document(name, document, other),
        }
    }
    comparison.refusals
}

/// Reads documents, each a name and its text.
///
/// # Errors
/// Names the first that is no JSON.
pub fn parse(files: impl IntoIterator<Item = (String, String)>) -> Result<Documents, String> {
    let parse = |(name, text): (String, String)| match serde_json::from_str(&text) {
        Ok(value) => Ok((name, value)),
        Err(error) => Err(format!("{name}: {error}")),
    };
    files.into_iter().map(parse).collect()
}

/// Writes documents as one file to compare later ones with: one line each, without words for people.
#[must_use]
pub fn published(documents: &Documents) -> String {
    let lines: Vec<String> = documents
        .iter()
        .filter(|(name, _)| *name != ASYNCAPI)
        .map(|(name, document)| {
            let mut document = document.clone();
            strip(&mut document);
            format!("{}: {document}", Value::from(name.as_str()))
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// Removes what is for people only, so that better words are no change.
fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // A member of a document may have the name of a keyword; its value is then a schema, not a text or a list.
            map.retain(|name, value| match name.as_str() {
                "title" | "description" => !value.is_string(),
                "examples" => !value.is_array(),
                _ => true,
            });
            map.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

struct Comparison<'a> {
    old: &'a Documents,
    new: &'a Documents,
    /// Pairs of definitions that were compared or are being compared.
    seen: BTreeSet<(String, String, Writer)>,
    refusals: Vec<String>,
}

/// A schema and the file it stands in, against which its references are resolved.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    schema: &'a Value,
}

impl<'a> Comparison<'a> {
    fn refuse(&mut self, path: &str, why: &str) {
        self.refusals.push(format!("{path}: {why}"));
    }

    fn document(&mut self, name: &'a str, old: &'a Value, new: &'a Value) {
        let definitions = |document: &'a Value| document.get("$defs").and_then(Value::as_object);
        for definition in definitions(old).into_iter().flat_map(Map::keys) {
            if definitions(new).is_none_or(|map| !map.contains_key(definition)) {
                self.refuse(&format!("{name}#/$defs/{definition}"), "is gone");
            }
        }
        let writer = match name.split('.').next() {
            Some("command" | "body") => Writer::Client,
            // What both sides write is reached from where it is used, and there judged by who writes it.
            Some("record" | "value") => return,
            Some(_) | None => Writer::Server,
        };
        self.schema(name, Place { file: name, schema: old }, Place { file: name, schema: new }, writer);
    }

    fn schema(&mut self, path: &str, old: Place<'a>, new: Place<'a>, writer: Writer) {
        let (old_place, old_target) = resolve(self.old, old);
        let (new_place, new_target) = resolve(self.new, new);
        if old_target.is_some() || new_target.is_some() {
            let key = (old_target.unwrap_or_else(|| path.to_owned()), new_target.unwrap_or_default(), writer);
            if !self.seen.insert(key) {
                return;
            }
        }
        let (Some(old), Some(new)) = (old_place, new_place) else {
            return self.refuse(path, "a reference leads nowhere");
        };
        match (old.schema, new.schema) {
            (Value::Object(one), Value::Object(other)) => {
                self.keywords(path, (old.file, one), (new.file, other), writer);
            }
            (one, other) if one == other => {}
            _ => self.refuse(path, "is another schema"),
        }
    }

    fn keywords(
        &mut self,
        path: &str,
        (old_file, old): (&'a str, &'a Map<String, Value>),
        (new_file, new): (&'a str, &'a Map<String, Value>),
        writer: Writer,
    ) {
        let names: BTreeSet<&str> = old.keys().chain(new.keys()).map(String::as_str).collect();
        for name in names {
            let (one, other) = (old.get(name), new.get(name));
            match name {
                _ if WORDS_FOR_PEOPLE.contains(&name) || name == "$ref" => {}
                _ if LOWER_BOUNDS.contains(&name) => self.bound(path, name, one, other, |one, other| other <= one),
                _ if UPPER_BOUNDS.contains(&name) => self.bound(path, name, one, other, |one, other| other >= one),
                _ if CONDITIONS.contains(&name) => {
                    if other.is_some() && one != other {
                        self.refuse(path, &format!("`{name}` is new or another one"));
                    }
                }
                "properties" => self.properties(path, (old_file, one), (new_file, other), writer),
                "required" => self.required(path, one, other),
                "enum" => self.words(path, one, other, writer),
                "items" => match (one, other) {
                    (Some(one), Some(other)) => {
                        let (old, new) =
                            (Place { file: old_file, schema: one }, Place { file: new_file, schema: other });
                        self.schema(&format!("{path}[]"), old, new, writer);
                    }
                    _ => self.refuse(path, "`items` came or went"),
                },
                "oneOf" | "anyOf" => self.branches(path, name, (old_file, one), (new_file, other), writer),
                // `type`, `const`, `additionalProperties`, and whatever else there may be.
                _ if one == other => {}
                _ => self.refuse(path, &format!("`{name}` is another one")),
            }
        }
    }

    fn bound(
        &mut self,
        path: &str,
        name: &str,
        old: Option<&Value>,
        new: Option<&Value>,
        is_wider: impl Fn(u64, u64) -> bool,
    ) {
        let Some(new) = new else { return };
        let wider = match (old.and_then(Value::as_u64), new.as_u64()) {
            (Some(old), Some(new)) => is_wider(old, new),
            _ => false,
        };
        if !wider {
            self.refuse(path, &format!("`{name}` is narrower"));
        }
    }

    fn properties(
        &mut self,
        path: &str,
        (old_file, old): (&'a str, Option<&'a Value>),
        (new_file, new): (&'a str, Option<&'a Value>),
        writer: Writer,
    ) {
        let Some(old) = old.and_then(Value::as_object) else {
            return self.refuse(path, "has members now");
        };
        for (name, one) in old {
            let path = format!("{path}.{name}");
            match new.and_then(|new| new.get(name)) {
                Some(other) => {
                    let (old, new) = (Place { file: old_file, schema: one }, Place { file: new_file, schema: other });
                    self.schema(&path, old, new, writer);
                }
                None => self.refuse(&path, "is gone"),
            }
        }
    }

    fn required(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        let (old, new) = (strings(old), strings(new));
        for name in new.difference(&old) {
            self.refuse(&format!("{path}.{name}"), "is required now");
        }
        for name in old.difference(&new) {
            self.refuse(&format!("{path}.{name}"), "may be left out now");
        }
    }

    fn words(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>, writer: Writer) {
        if old.is_none() {
            return self.refuse(path, "is a closed list of words now");
        }
        let (old, new) = (strings(old), strings(new));
        for word in old.difference(&new) {
            self.refuse(path, &format!("the word `{word}` is gone"));
        }
        if writer == Writer::Server {
            for word in new.difference(&old) {
                self.refuse(path, &format!("the word `{word}` is new to those who read it"));
            }
        }
    }

    /// Branches with a reference belong to the one with the same reference, others to the one in the same place.
    fn branches(
        &mut self,
        path: &str,
        keyword: &str,
        (old_file, old): (&'a str, Option<&'a Value>),
        (new_file, new): (&'a str, Option<&'a Value>),
        writer: Writer,
    ) {
        let (Some(old), Some(new)) = (old.and_then(Value::as_array), new.and_then(Value::as_array)) else {
            return self.refuse(path, &format!("`{keyword}` came or went"));
        };
        let is_reference = |branch: &&'a Value| branch.get("$ref").is_some();
        for branch in old.iter().filter(is_reference) {
            if !new.iter().any(|other| other.get("$ref") == branch.get("$ref")) {
                self.refuse(path, &format!("`{keyword}` no longer leads to {}", branch["$ref"]));
            }
        }
        let old: Vec<&'a Value> = old.iter().filter(|branch| !is_reference(branch)).collect();
        let new: Vec<&'a Value> = new.iter().filter(|branch| !is_reference(branch)).collect();
        if new.len() < old.len() || (new.len() > old.len() && writer == Writer::Server) {
            return self.refuse(path, &format!("`{keyword}` has another number of branches"));
        }
        for (index, (one, other)) in old.into_iter().zip(new).enumerate() {
            let (old, new) = (Place { file: old_file, schema: one }, Place { file: new_file, schema: other });
            self.schema(&format!("{path}/{keyword}/{index}"), old, new, writer);
        }
    }
}

/// Follows references, and tells where they ended if there was one.
fn resolve<'a>(documents: &'a Documents, place: Place<'a>) -> (Option<Place<'a>>, Option<String>) {
    let mut place = place;
    let mut target = None;
    // A chain longer than the number of documents goes in a circle.
    for _ in 0..=documents.len() {
        let Some(reference) = place.schema.get("$ref").and_then(Value::as_str) else { return (Some(place), target) };
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if file.is_empty() { place.file } else { file };
        let Some((file, document)) = documents.get_key_value(file) else { return (None, Some(reference.to_owned())) };
        let Some(schema) = document.pointer(pointer) else { return (None, Some(reference.to_owned())) };
        target = Some(format!("{file}#{pointer}"));
        place = Place { file, schema };
    }
    (None, target)
}

fn strings(list: Option<&Value>) -> BTreeSet<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
