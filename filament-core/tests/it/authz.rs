//! The authorisation table: every command and every read, by every kind of caller, in every situation that matters, as a committed file.
//!
//! A change of the rules shows as a change of `tests/authz_table.txt`. To write the file anew: `FILAMENT_WRITE_AUTHZ_TABLE=1 cargo test
//! -p filament-core authz`; then read the difference.

mod rows;
mod scene;

use std::{collections::BTreeSet, fs, path::Path};

use self::{rows::rows, scene::Caller};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/authz_table.txt");

/// Commands of callers who are nobody yet: they prove themselves by what they present, and no guild is concerned.
const BY_CREDENTIAL: [&str; 6] =
    ["Register", "OpenSession", "RefreshSession", "EndSession", "ObserveAddress", "KeepStays"];

const HEAD: &str = "\
Who may do what. Written by the test `authz`, see filament-core/tests/it/authz.rs; read it as a diff.

ok       allowed, something changes (or is read)      403  no member, or a permission is missing
same     allowed, nothing changes                     404  does not exist, after the permission
HIE-n    forbidden by that rule of contract §8.4      400  a value that cannot be
PRM-n    forbidden by that rule of contract §8.2      gate the caller's address is banned

moderator and member hold the seeded roles. senior holds a custom role at 50 with everything but manage_roles, delete_message and the
media rights; junior one at 10 that grants nothing. gated is a second moderator, calling from a banned address. Rank: owner, moderator
100, senior 50, junior 10, member 1. open: all see the channel. hidden: everyone is denied, moderators are allowed. shut: nobody but the
owner sees it.
";

fn table() -> String {
    let rows = rows();
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let mut table = format!("{HEAD}\n{:width$}", "");
    let line = |table: &mut String, cells: &mut dyn Iterator<Item = String>| {
        cells.for_each(|cell| table.push_str(&format!("  {cell:<9}")));
        table.truncate(table.trim_end().len());
        table.push('\n');
    };
    line(&mut table, &mut Caller::ALL.iter().map(|caller| caller.name().to_owned()));
    for (label, cells) in rows {
        table.push_str(&format!("{label:width$}"));
        line(&mut table, &mut cells.into_iter());
    }
    table.push_str(&format!("\nBy what they present, not by rights: {}\n", BY_CREDENTIAL.join(", ")));
    table
}

/// Proves PRM-3 and HIE-1 to HIE-12 on the cases a reader would ask about; the properties in `decisions` do it on all others.
#[test]
fn authz_table_is_as_committed() {
    let table = table();
    if std::env::var_os("FILAMENT_WRITE_AUTHZ_TABLE").is_some() {
        fs::write(FILE, &table).expect("writable");
    }
    let committed = fs::read_to_string(FILE).unwrap_or_default();
    for (number, (is, was)) in table.lines().zip(committed.lines()).enumerate() {
        assert_eq!(
            is,
            was,
            "line {} of authz_table.txt; see the head of authz.rs for how to write it anew",
            number + 1
        );
    }
    assert_eq!(table.len(), committed.len(), "authz_table.txt has other lines");
}

/// Names of the types that implement a trait, in the files of a folder.
fn implementors(folder: &str, of: &str) -> BTreeSet<String> {
    let head = format!("impl {of} for ");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let files = fs::read_dir(&folder).expect("readable").map(|file| file.expect("readable").path());
    let text: String = files.map(|file| fs::read_to_string(file).expect("readable")).collect();
    let names = text.lines().filter_map(|line| line.strip_prefix(&head)?.strip_suffix(" {").map(str::to_owned));
    names.collect()
}

#[test]
fn every_command_and_every_read_has_its_rows() {
    let mut listed: BTreeSet<String> =
        rows().iter().filter_map(|(label, _)| label.split_whitespace().next().map(str::to_owned)).collect();
    listed.extend(BY_CREDENTIAL.map(str::to_owned));
    let mut exists = implementors("decide", "Command");
    exists.extend(implementors("read", "Read"));
    assert!(exists.len() > 40, "the sources are where they were");
    let missing: Vec<_> = exists.difference(&listed).collect();
    assert!(missing.is_empty(), "not in the authorisation table: {missing:?}");
    let unknown: Vec<_> = listed.difference(&exists).collect();
    assert!(unknown.is_empty(), "in the authorisation table and nowhere else: {unknown:?}");
}
