//! What SQLite plans for each statement.

use rusqlite::Connection;

use super::*;

/// Statements that may read whole tables or indexes, and why that is no matter.
const SCANS: &[(&str, &str)] = &[
    ("JOURNAL_LAST", "takes the last row"),
    ("CHANNEL_TO_PURGE", "takes the first row there is"),
    ("GUILD_TO_PURGE", "takes the first row there is"),
    ("ATTACHMENT_PURGES", "takes the first rows there are"),
    (
        "GUILDS_PUBLIC",
        "a directory of names is searched for a part of a name: the partial index holds public guilds alone",
    ),
    ("SEARCH", "the index of words is asked for words"),
    ("ENTRY_WORDS", "the words of one channel are a range of the index"),
    ("STAYS", "read whole, once, when a server starts"),
    ("CHECK_QUICK", "a check"),
    ("CHECK_FULL", "a check"),
    ("CHECK_REFERENCES", "a check"),
    ("CHECK_MEMBER_COUNTS", "a check"),
    ("CHECK_REACTION_COUNTS", "a check"),
    ("CHECK_JOURNAL", "a check"),
    ("CHECK_JOURNAL_ORDER", "a check"),
    ("CHECK_IDS", "a check"),
    ("CHECK_FILES", "a check"),
    ("CHECK_GUILD_IDS", "a check"),
    ("CHECK_ORPHANED_MESSAGES", "a check"),
    ("CHECK_ORPHANED_ATTACHMENTS", "a check"),
    ("CHECK_ATTACHMENT_USAGE", "a check"),
    ("CHECK_ORPHANED_BANS", "a check"),
    ("CHECK_PLACES", "a check"),
    ("CHECK_CHANNELS", "a check"),
    ("CHECK_TAGS", "a check"),
    ("CHECK_PURGED_CHANNELS", "a check"),
    ("CHECK_OWNERS", "a check"),
    ("CHECK_OWNER_ROLES", "a check"),
];

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement =
        connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap_or_else(|error| panic!("{sql}: {error}"));
    // Without values: the plan does not depend on them.
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().expect("a plan") {
        steps.push(row.get("detail").expect("a text"));
    }
    steps
}

#[test]
fn every_statement_finds_its_rows_by_an_index_and_in_order() {
    let mut connection = Connection::open_in_memory().expect("opens");
    crate::migrate::migrate(&mut connection, &crate::StoreConfig::new("unused")).expect("migrates");
    let mut scanning = Vec::new();
    for (name, sql) in ALL {
        let steps = plan(&connection, sql);
        let allowed = SCANS.iter().any(|(scan, _)| scan == name);
        let scans = |step: &String| {
            step.starts_with("SCAN") && !step.starts_with("SCAN (subquery") && step != "SCAN CONSTANT ROW"
        };
        if steps.iter().any(scans) {
            assert!(allowed, "{name} reads a whole table: {steps:#?}");
            scanning.push(*name);
        }
        let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE") || step.contains("AUTOMATIC"));
        assert!(!sorts || name.starts_with("CHECK_"), "{name} sorts: {steps:#?}");
    }
    for (name, _) in SCANS.iter().filter(|(name, _)| !name.starts_with("CHECK_")) {
        assert!(scanning.contains(name), "{name} need not be in the list");
    }
    assert!(plan(&connection, GUILDS_PUBLIC)[0].contains("COVERING INDEX guilds_public"));
}

#[test]
fn every_statement_fits_the_cache() {
    assert!(ALL.len() < crate::limits::STATEMENTS_CACHED_MAX);
}
