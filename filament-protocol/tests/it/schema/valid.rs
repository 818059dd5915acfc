//! The schemas as schemas: valid, resolvable, closed, and without a value that has no bound. What they take and refuse is
//! held against the vectors elsewhere.

use jsonschema::{Draft, Registry, Resource};
use serde_json::{Map, Value};

use super::{document, schema_names};

const BASE: &str = "https://filament.invalid/schema/v1/";

/// The largest integer that every reader of JSON holds exactly.
const INTEGER_MAX: u64 = 9_007_199_254_740_991;

#[test]
fn every_schema_is_valid_and_leads_nowhere_that_does_not_exist() {
    let mut registry = Registry::new();
    for name in schema_names() {
        let schema = document(&name);
        jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(schema["$id"], format!("{BASE}{name}"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        registry = registry.add(format!("{BASE}{name}"), Resource::from_contents(schema)).unwrap();
    }
    let registry = registry.prepare().expect("every reference leads somewhere");
    for name in schema_names() {
        let schema = serde_json::json!({ "$ref": format!("{BASE}{name}") });
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&registry);
        options.build(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Every object is closed, and every text, list and number has a bound.
#[test]
fn nothing_in_a_schema_is_without_bound() {
    for name in schema_names() {
        let schema = document(&name);
        for (definition, schema) in schema["$defs"].as_object().into_iter().flatten() {
            check(&format!("{name}#{definition}"), schema);
        }
        check(&name, &schema);
    }
}

fn check(place: &str, schema: &Value) {
    let Some(map) = schema.as_object() else { return };
    let has = |keyword: &str| map.contains_key(keyword);
    match map.get("type").and_then(Value::as_str) {
        Some("string") => {
            let bounded = has("maxLength") || has("const") || has("enum") || has("x-utf16-max");
            assert!(bounded, "{place}: a text without bound");
            assert!(!has("x-trimmed") || has("pattern"), "{place}: a trimmed text without a pattern");
        }
        Some("integer") if !has("const") => {
            assert!(has("minimum"), "{place}: a number without a least value");
            let max = map.get("maximum").and_then(Value::as_u64);
            assert!(max.is_some_and(|max| max <= INTEGER_MAX), "{place}: {max:?} is no bound");
        }
        Some("array") => {
            assert!(has("maxItems") && has("items"), "{place}: a list without bound");
        }
        Some("object") if !has("oneOf") => {
            assert_eq!(map.get("additionalProperties"), Some(&Value::Bool(false)), "{place}: an open object");
            required_are_known(place, map);
        }
        _ => {}
    }
    for (name, inner) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
        check(&format!("{place}.{name}"), inner);
    }
    if let Some(items) = map.get("items") {
        check(&format!("{place}[]"), items);
    }
    for keyword in ["oneOf", "anyOf"] {
        for branch in map.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            check(place, branch);
        }
    }
}

fn required_are_known(place: &str, map: &Map<String, Value>) {
    for name in map.get("required").and_then(Value::as_array).into_iter().flatten() {
        let name = name.as_str().unwrap();
        assert!(map["properties"].get(name).is_some(), "{place}: {name} is required and unknown");
    }
}

/// Every keyword that JSON Schema does not know is explained in the catalogue, and every explained one is used.
#[test]
fn keywords_of_our_own_are_explained() {
    let catalog = document("catalog.json");
    let explained: Vec<&str> =
        catalog["keywords"].as_array().unwrap().iter().map(|keyword| keyword["name"].as_str().unwrap()).collect();
    let mut used = Vec::new();
    for name in schema_names() {
        collect(&document(&name), &mut used);
    }
    used.sort();
    used.dedup();
    let mut sorted: Vec<String> = explained.iter().map(|name| (*name).to_owned()).collect();
    sorted.sort();
    assert_eq!(used, sorted);
}

fn collect(value: &Value, used: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            used.extend(map.keys().filter(|name| name.starts_with("x-")).cloned());
            map.values().for_each(|value| collect(value, used));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, used)),
        _ => {}
    }
}

/// A type written out with everything it refers to says the same as the files do.
#[test]
fn a_schema_complete_in_itself_takes_what_the_files_take() {
    let schema = filament_protocol::schema::schema_of::<filament_protocol::Guild>().to_value();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut guild = serde_json::json!({
        "guild_id": "01JZ8Q4M5N6P7Q8R9S0T1V2W3X",
        "name": "Harbour",
        "visibility": "public",
    });
    assert!(validator.is_valid(&guild));
    guild["name"] = serde_json::json!("");
    assert!(!validator.is_valid(&guild));
    guild["name"] = serde_json::json!("Harbour");
    guild["visibility"] = serde_json::json!("secret");
    assert!(!validator.is_valid(&guild));
}
