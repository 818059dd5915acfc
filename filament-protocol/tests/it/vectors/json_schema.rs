//! Every vector through a JSON Schema validator that knows nothing of this crate, over the committed schemas.
//!
//! The schemas are closed, as a strict reader is. Opened as the catalogue says, they are the tolerant one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::{Draft, Registry, Resource, Validator};
use serde_json::Value;

use super::differences::Difference;
use super::file::{Folder, Set, Vector, sets};

fn schema_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/v1")
}

/// A validator for each file, of the schemas as they are or opened.
fn validators(opened: bool) -> BTreeMap<String, Validator> {
    let mut schemas = BTreeMap::new();
    for entry in fs::read_dir(schema_folder()).expect("the schemas are committed") {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut schema: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        if !schema["$schema"].is_string() {
            // The catalogue and the descriptions of the interfaces.
            continue;
        }
        if opened {
            // The envelope itself stays closed: it never grows (ENV-1).
            let closed = schema["properties"]["v"].is_object();
            open(&mut schema);
            if closed {
                schema["additionalProperties"] = Value::Bool(false);
            }
        }
        schemas.insert(name, schema);
    }
    let id = |schema: &Value| schema["$id"].as_str().expect("a schema has a name").to_owned();
    let mut registry = Registry::new();
    for schema in schemas.values() {
        registry = registry.add(id(schema), Resource::from_contents(schema.clone())).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let build = |(name, schema): (&String, &Value)| {
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&registry);
        let reference = serde_json::json!({ "$ref": id(schema) });
        (name.clone(), options.build(&reference).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    schemas.iter().map(build).collect()
}

fn open(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|name, value| name != "additionalProperties" || *value != Value::Bool(false));
            members.values_mut().for_each(open);
        }
        Value::Array(items) => items.iter_mut().for_each(open),
        _ => {}
    }
}

/// The file that describes a type.
fn schema_name(set: &Set) -> String {
    let snake = |name: &str| {
        let humps = name.char_indices().map(|(index, character)| {
            let mark = if index > 0 && character.is_ascii_uppercase() { "_" } else { "" };
            format!("{mark}{}", character.to_ascii_lowercase())
        });
        humps.collect::<String>()
    };
    match (set.side.as_str(), set.kind.as_str()) {
        ("client", "envelope") => "command.json".to_owned(),
        ("server", "envelope") => "event.json".to_owned(),
        ("client", kind) => format!("command.{kind}.json"),
        ("server", kind) => format!("event.{kind}.json"),
        (_, kind) => format!("body.{}.json", snake(kind)),
    }
}

/// Whether a parser and the validator behind it take a document.
fn takes(validator: &Validator, vector: &Vector) -> bool {
    serde_json::from_slice::<Value>(&vector.document).is_ok_and(|document| validator.is_valid(&document))
}

/// Compares one runner's verdicts with the vectors' and both with the list of differences.
fn compare(runner: &str, opened: bool, expected: impl Fn(&Set, &Vector) -> bool) {
    let validators = validators(opened);
    let differences = Difference::of(runner);
    let mut used = vec![false; differences.len()];
    let mut wrong = Vec::new();
    // Only events and their readers are ever open.
    for set in sets().into_iter().filter(|set| !opened || set.side == "server") {
        let name = schema_name(&set);
        let validator = validators.get(&name).unwrap_or_else(|| panic!("schema/v1/{name} is missing"));
        for vector in &set.vectors {
            let accepts = takes(validator, vector);
            let listed = differences.iter().position(|difference| difference.covers(&set, vector));
            if let Some(listed) = listed {
                used[listed] = true;
            }
            let expected = listed.map_or_else(|| expected(&set, vector), |listed| differences[listed].accepts);
            if accepts != expected {
                let verdict = if accepts { "accepts" } else { "refuses" };
                let list = if listed.is_some() { " (against the list of differences)" } else { "" };
                let place = format!("{}/{}.{} `{}`", set.folder.name(), set.side, set.kind, vector.name);
                wrong.push(format!("{verdict} {place}{list}: {}", vector.text("code")));
            }
        }
    }
    let unused = differences.iter().zip(used).filter(|(_, used)| !used).map(|(difference, _)| difference.shown());
    wrong.extend(unused.map(|difference| format!("selects nothing: {difference}")));
    assert!(wrong.is_empty(), "{runner}, {} places:\n{}", wrong.len(), wrong.join("\n"));
}

/// Proves the part of scenario 85 that concerns the published schemas, for documents of every kind.
#[test]
fn schemas_agree_with_a_strict_reader() {
    compare("json-schema", false, |set, vector| set.folder == Folder::Accept && !vector.members["strict"].is_object());
}

/// Proves ENV-10 of the published schemas: opened, they are a tolerant reader.
#[test]
fn opened_schemas_agree_with_a_tolerant_reader() {
    compare("json-schema-opened", true, |set, _| set.folder == Folder::Accept);
}
