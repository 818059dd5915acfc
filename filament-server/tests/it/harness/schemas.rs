//! The committed schemas, read by a validator that knows nothing of this project.
//!
//! Scenario 85 holds every event against them. With [`VARIABLE`] set, every frame of every test is: too slow for tests that measure, so
//! not the rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jsonschema::{Draft, Registry, Resource, Validator};
use serde_json::{Value, json};

/// Has every frame of every test held against the published schemas.
const VARIABLE: &str = "FILAMENT_TEST_PUBLISHED_SCHEMAS";

static EVERYWHERE: LazyLock<Option<Schemas>> =
    LazyLock::new(|| std::env::var_os(VARIABLE).map(|_| Schemas::published()));

/// Holds an envelope against the published schemas, if that is asked for.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_if_asked(envelope: &Value) -> Result<(), String> {
    EVERYWHERE.as_ref().map_or(Ok(()), |schemas| schemas.check(envelope))
}

/// A validator for each event, one for all of them, and the catalogue.
pub(crate) struct Schemas {
    of_events: BTreeMap<String, Validator>,
    of_all: Validator,
    catalogue: Value,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/v1")
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a committed file")).expect("JSON")
}

impl Schemas {
    /// Reads what is published.
    pub(crate) fn published() -> Self {
        let mut registry = Registry::new();
        for entry in fs::read_dir(folder()).expect("the schemas are committed") {
            let schema = read(&entry.expect("an entry").path());
            // The catalogue and the descriptions of the interfaces are no schemas.
            let Some(id) = schema["$id"].as_str().filter(|_| schema["$schema"].is_string()).map(str::to_owned) else {
                continue;
            };
            registry = registry.add(id, Resource::from_contents(schema)).expect("each schema has a name of its own");
        }
        let registry = registry.prepare().expect("every reference leads somewhere");
        let validator = |file: &str| {
            let reference = json!({"$ref": read(&folder().join(file))["$id"]});
            let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&registry);
            options.build(&reference).unwrap_or_else(|error| panic!("{file}: {error}"))
        };
        let catalogue = read(&folder().join("catalog.json"));
        let of_events = rows(&catalogue)
            .map(|row| {
                let (name, file) = (text(row, "type"), text(row, "schema"));
                (name.to_owned(), validator(file))
            })
            .collect();
        Self { of_events, of_all: validator("event.json"), catalogue }
    }

    /// Every event that is emitted.
    pub(crate) fn emitted(&self) -> BTreeSet<&str> {
        rows(&self.catalogue).map(|row| text(row, "type")).collect()
    }

    /// Holds an envelope against the schema of its event and against that of all events.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn check(&self, envelope: &Value) -> Result<(), String> {
        let name = envelope["t"].as_str().ok_or("no name")?;
        let of_event = self.of_events.get(name).ok_or_else(|| format!("`{name}` is not published"))?;
        for (which, validator) in [("its schema", of_event), ("the schema of all", &self.of_all)] {
            validator.validate(envelope).map_err(|error| format!("{which}: {error}"))?;
        }
        Ok(())
    }
}

/// The rows of events that are more than a reserved name.
fn rows(catalogue: &Value) -> impl Iterator<Item = &Value> {
    catalogue["events"].as_array().expect("events").iter().filter(|row| row["lifecycle"] != "planned")
}

fn text<'r>(row: &'r Value, member: &str) -> &'r str {
    row[member].as_str().unwrap_or_else(|| panic!("no {member} in {row}"))
}
