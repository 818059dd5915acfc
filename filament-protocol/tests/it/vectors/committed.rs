//! The files are what the generator writes, and there are enough of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use filament_protocol::rest::{Purpose, TYPES};
use filament_protocol::{CommandKind, EventKind};

use super::file::{Folder, folder, sets};

// The program of `--example vectors`, without its `main`.
#[allow(dead_code, reason = "seeds are written by the program only")]
#[path = "../../../examples/vectors/generate/mod.rs"]
mod generate;

#[test]
fn every_file_is_what_the_generator_writes() {
    let files = generate::files();
    for (path, text) in &files {
        let committed = fs::read_to_string(folder().join(path)).unwrap_or_default();
        assert!(committed == *text, "vectors/{path} differs: cargo run -p filament-protocol --example vectors");
    }
    assert_eq!(sets().len(), files.len(), "a file nobody writes");
}

#[test]
fn every_command_event_and_body_has_enough_vectors() {
    const ACCEPTED_MIN: usize = 4;
    const REFUSED_MIN: usize = 12;
    let mut counts: BTreeMap<(String, String), [usize; 2]> = BTreeMap::new();
    for set in sets() {
        let place = usize::from(set.folder == Folder::Reject);
        counts.entry((set.side, set.kind)).or_default()[place] += set.vectors.len();
    }
    let commands = CommandKind::ALL.iter().map(|kind| ("client", kind.name()));
    let events = EventKind::ALL.iter().map(|kind| ("server", kind.name()));
    let bodies = TYPES.iter().filter(|known| known.purpose == Purpose::Body).map(|body| ("rest", body.name));
    for (side, name) in commands.chain(events).chain(bodies) {
        let [accepted, refused] = counts.get(&(side.to_owned(), name.to_owned())).copied().unwrap_or_default();
        assert!(accepted >= ACCEPTED_MIN && refused >= REFUSED_MIN, "{side} {name}: {accepted} and {refused}");
    }
}

#[test]
fn names_are_unique_within_a_file() {
    for set in sets() {
        let names: BTreeSet<&str> = set.vectors.iter().map(|vector| vector.name.as_str()).collect();
        assert_eq!(names.len(), set.vectors.len(), "{}/{}.{}", set.folder.name(), set.side, set.kind);
    }
}
