//! The event table against the text of the contract.

use std::collections::BTreeSet;

use filament_protocol::event::PLANNED;
use filament_protocol::{EventKind, Lifecycle, Received, decode_event};

const CONTRACT: &str = include_str!("../../../../docs/CONTRACT.md");

/// The part of the contract from one heading to the next.
fn section(heading: &str) -> &'static str {
    let (_, rest) = CONTRACT.split_once(heading).unwrap_or_else(|| panic!("{heading} is gone"));
    rest.split("\n#").next().unwrap_or(rest)
}

/// What stands in backticks.
fn quoted(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

/// Writes out `a_b|c` as `a_b` and `a_c`: alternatives replace the last words of the name before, as many as they have.
fn alternatives(name: &'static str) -> Vec<String> {
    let mut parts = name.split('|');
    let first = parts.next().unwrap_or_default();
    let stem = first.rsplit_once('_').map_or("", |(stem, _)| stem);
    let others = parts.map(|part| format!("{stem}_{part}"));
    std::iter::once(first.to_owned()).chain(others).collect()
}

/// Proves §4.10: the emitted set is the list of the contract, 36 base names and 17 more.
#[test]
fn the_table_holds_the_53_names_of_the_contract() {
    let text = section("### 4.10 Counts");
    let (base, more) = text.split_once("17 more:").expect("the two groups");
    let base: BTreeSet<String> = quoted(base).flat_map(alternatives).collect();
    let (more, _) = more.split_once("§19").expect("the planned names");
    let more: BTreeSet<String> = quoted(more).flat_map(alternatives).collect();
    assert_eq!((base.len(), more.len()), (36, 17), "{base:?} {more:?}");
    let listed: BTreeSet<String> = base.union(&more).cloned().collect();
    let emitted: BTreeSet<String> = EventKind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    assert_eq!(emitted, listed);
    assert_eq!(EventKind::ALL.len(), 53);
}

/// The first cell of every row of the tables of a section.
fn first_cells(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter_map(|line| quoted(line.strip_prefix("| `")?.get(..0)?).next().or(line.split('`').nth(1)))
}

/// Every row of the catalogue has its name in the table, and the other way round.
#[test]
fn the_catalogue_of_the_contract_and_the_table_name_the_same_events() {
    let headings = ["### 4.2 ", "### 4.3 ", "### 4.4 ", "### 4.5 ", "### 4.6 ", "### 4.7 ", "### 4.8 ", "### 4.9 "];
    let rows: Vec<&str> = headings.iter().flat_map(|heading| first_cells(section(heading))).collect();
    let table: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(rows, table);
}

/// §19: planned names are described, and neither emitted nor read.
#[test]
fn planned_events_are_reserved() {
    let rows: Vec<&str> = first_cells(section("## 19. ")).collect();
    let planned: Vec<&str> = PLANNED.iter().map(|event| event.name).collect();
    assert_eq!(planned, rows);
    for event in PLANNED {
        assert_eq!(event.lifecycle, Lifecycle::Planned);
        assert_eq!(EventKind::from_name(event.name), None);
        let text = format!(r#"{{"v":1,"t":"{}","d":{{}}}}"#, event.name);
        assert_eq!(decode_event(text.as_bytes()), Ok(Received::Unknown { name: event.name.into() }));
    }
    assert_eq!(EventKind::from_name("workspace_channel_permission_override_update"), None);
}
