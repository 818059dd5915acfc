//! The catalogue against a published one.

use serde_json::Value;

/// What of an event or command never changes within version 1.
const FIXED: &[&str] =
    &["scope", "class", "audience", "actor_policy", "since", "schema_version", "schema", "coalescing_key"];

/// From which lifecycle an event may come to which (ROL-2).
const STEPS: &[(&str, &str)] = &[("planned", "active"), ("planned", "deprecated"), ("active", "deprecated")];

pub(super) fn refusals(old: &Value, new: &Value) -> Vec<String> {
    let mut refusals = Vec::new();
    for list in ["events", "commands"] {
        for one in old[list].as_array().into_iter().flatten() {
            let name = one["type"].as_str().unwrap_or_default();
            let path = format!("catalog {list}.{name}");
            match new[list].as_array().into_iter().flatten().find(|other| other["type"] == one["type"]) {
                Some(other) => compare(&path, one, other, &mut refusals),
                None => refusals.push(format!("{path}: is gone")),
            }
        }
    }
    refusals
}

fn compare(path: &str, old: &Value, new: &Value, refusals: &mut Vec<String>) {
    let (from, to) = (old["lifecycle"].as_str().unwrap_or_default(), new["lifecycle"].as_str().unwrap_or_default());
    if from != to && !STEPS.contains(&(from, to)) {
        refusals.push(format!("{path}: goes from {from} to {to}"));
    }
    if to == "deprecated" && new["migration_note"].as_str().is_none_or(str::is_empty) {
        refusals.push(format!("{path}: is deprecated without a note on migration"));
    }
    // Of a name that was only reserved nobody holds a promise yet.
    if from == "planned" {
        return;
    }
    for property in FIXED {
        if old[property] != new[property] {
            refusals.push(format!("{path}: `{property}` is another one"));
        }
    }
}
