//! The catalogue against the tables of the contract.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{document, rows, text};

/// What §4.2 to §4.9 say of an event in columns of their own; `None` where a sub-section says it once for all.
struct Row {
    is_known: bool,
    audience: Option<String>,
    class: Option<String>,
    actor: Option<String>,
}

/// Reads the tables: names stand in the first cell, the other columns under the names of their heads.
fn contract() -> BTreeMap<String, Row> {
    let contract = text("docs/CONTRACT.md");
    let mut found = BTreeMap::new();
    let mut head: Vec<String> = Vec::new();
    for row in rows(&contract, "### 4.2 ", "### 4.10 ") {
        if row[0] == "event" {
            head = row;
            continue;
        }
        let Some(name) = row[0].strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else { continue };
        let cell = |wanted: &str| head.iter().position(|column| column == wanted).map(|index| row[index].clone());
        let known =
            Row { is_known: cell("v1").unwrap() == "y", audience: cell("aud"), class: cell("cl"), actor: cell("act") };
        found.insert(name.to_owned(), known);
    }
    found
}

fn events() -> Vec<Value> {
    document("catalog.json")["events"].as_array().unwrap().clone()
}

/// Proves the part of ROL-1 that concerns completeness.
#[test]
fn the_catalogue_holds_exactly_the_events_of_the_contract() {
    let listed: Vec<String> = contract().into_keys().collect();
    let mut emitted: Vec<String> = events()
        .iter()
        .filter(|row| row["lifecycle"] != "planned")
        .map(|row| row["type"].as_str().unwrap().to_owned())
        .collect();
    emitted.sort();
    assert_eq!(listed.len(), 53, "§4.10");
    assert_eq!(emitted, listed);
    let planned: Vec<Value> = events().into_iter().filter(|row| row["lifecycle"] == "planned").collect();
    assert_eq!(
        planned.iter().map(|row| row["type"].as_str().unwrap()).collect::<Vec<_>>(),
        ["typing_start", "read_state_update"]
    );
}

#[test]
fn the_catalogue_says_of_each_event_what_the_contract_says() {
    let contract = contract();
    for row in events().iter().filter(|row| row["lifecycle"] != "planned") {
        let name = row["type"].as_str().unwrap();
        let expected = &contract[name];
        assert_eq!(row["known_to_v1_clients"], expected.is_known, "{name}");
        if let Some(class) = &expected.class {
            let class = match class.chars().next().unwrap() {
                'D' => "durable",
                'L' => "live",
                'E' => "ephemeral",
                other => panic!("{name}: class {other}"),
            };
            assert_eq!(row["class"], class, "{name}");
        }
        if let Some(actor) = &expected.actor {
            let actor = actor.split(' ').next().unwrap();
            assert_eq!(row["actor_policy"], actor, "{name}");
        }
        if let Some(audience) = expected.audience.as_deref().filter(|audience| !audience.starts_with('§')) {
            let first: String = audience.trim_start_matches('`').chars().take_while(char::is_ascii_uppercase).collect();
            let said = row["audience"].as_str().unwrap();
            assert!(said.contains(&first), "{name}: {said} does not begin like {audience}");
        }
    }
}

/// Proves ROL-2: a deprecated event has a note on what to read instead.
#[test]
fn deprecated_events_name_their_replacement() {
    for row in events() {
        let is_deprecated = row["lifecycle"] == "deprecated";
        assert_eq!(row.get("migration_note").is_some(), is_deprecated, "{}", row["type"]);
    }
}

#[test]
fn every_row_leads_to_its_schema() {
    let catalog = document("catalog.json");
    for list in ["events", "commands"] {
        for row in catalog[list].as_array().unwrap() {
            let schema = document(row["schema"].as_str().unwrap());
            assert_eq!(schema["properties"]["t"]["const"], row["type"]);
            assert_eq!(schema["properties"]["v"]["const"], 1);
        }
    }
}
