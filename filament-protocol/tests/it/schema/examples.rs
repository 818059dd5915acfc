//! The examples in schemas and documents: valid by the schemas, and taken by the decoders.

use filament_protocol::{Received, decode_command, decode_event};
use jsonschema::{Draft, Registry, Resource};

use super::{document, schema_names};

const BASE: &str = "https://filament.invalid/schema/v1/";

#[test]
fn every_event_command_body_and_answer_has_a_valid_example() {
    let mut registry = Registry::new();
    for name in schema_names() {
        registry = registry.add(format!("{BASE}{name}"), Resource::from_contents(document(&name))).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let mut count = 0;
    for name in schema_names() {
        let schema = document(&name);
        let is_shared = ["record.", "value.", "event.json", "command.json", "batched.json"];
        if is_shared.iter().any(|start| name.starts_with(start)) && schema.get("examples").is_none() {
            continue;
        }
        let reference = serde_json::json!({ "$ref": format!("{BASE}{name}") });
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&registry);
        let validator = options.build(&reference).unwrap();
        let examples = schema["examples"].as_array().unwrap_or_else(|| panic!("{name} has no example"));
        for example in examples {
            validator.validate(example).unwrap_or_else(|error| panic!("{name}: {error} at {}", error.instance_path()));
            count += 1;
        }
    }
    assert!(count > 110, "{count}");
}

#[test]
fn decoders_take_the_examples() {
    for row in document("catalog.json")["events"].as_array().unwrap() {
        let schema = document(row["schema"].as_str().unwrap());
        let text = schema["examples"][0].to_string();
        let received = decode_event(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        match (received, row["lifecycle"] == "planned") {
            (Received::Event(event), false) => assert_eq!(event.kind().name(), row["type"]),
            (Received::Unknown { .. }, true) => {}
            (other, _) => panic!("{text} is {other:?}"),
        }
    }
    for row in document("catalog.json")["commands"].as_array().unwrap() {
        let schema = document(row["schema"].as_str().unwrap());
        let text = schema["examples"][0].to_string();
        let command = decode_command(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(command.kind().name(), row["type"]);
    }
}
