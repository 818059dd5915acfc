//! The generated documents: committed as generated, valid, of one mind with the decoders and the contract, and only ever
//! added to.

mod committed;
mod emission;
mod examples;
mod growth;
mod interface;
mod valid;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The root of the source tree.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads a file of the source tree.
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads a document as it is committed.
fn document(name: &str) -> Value {
    serde_json::from_str(&text(&format!("schema/v1/{name}"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Names of the committed documents that are JSON Schemas.
fn schema_names() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("schema/v1")).expect("schema/v1 is committed");
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter(|name| !matches!(name.as_str(), "catalog.json" | "asyncapi.json" | "openapi.json")).collect();
    names.sort();
    names
}

/// The rows of a Markdown table's cells, for every line that is one, in a part of the contract between two headings.
fn rows(contract: &str, from: &str, to: &str) -> Vec<Vec<String>> {
    let start = contract.find(from).unwrap_or_else(|| panic!("no heading {from}"));
    let end = start + contract[start..].find(to).unwrap_or_else(|| panic!("no heading {to}"));
    contract[start..end].lines().filter(|line| line.starts_with("| ")).map(cells).collect()
}

/// The cells of one line: a bar behind a backslash or inside of code is no border.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut characters = line.trim().trim_start_matches('|').trim_end_matches('|').chars().peekable();
    let mut is_code = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'|') => cells.last_mut().unwrap().push(characters.next().unwrap()),
            '`' => {
                is_code = !is_code;
                cells.last_mut().unwrap().push(character);
            }
            '|' if !is_code => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(character),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}
