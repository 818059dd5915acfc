//! A look at the whole database: its pages and indexes, its references, and what is stored twice for speed.

mod history;

use rusqlite::Connection;

use crate::{error::StoreError, limits::FINDINGS_MAX, migrate, search, sql};

/// Counts that must be zero, and what it means if one is not.
const ZEROES: &[(&str, &str)] = &[
    (sql::CHECK_MEMBER_COUNTS, "guilds whose member count is wrong"),
    (sql::CHECK_REACTION_COUNTS, "reactions whose count is wrong"),
    (sql::CHECK_JOURNAL, "entries missing from the journal"),
    (sql::CHECK_JOURNAL_ORDER, "journal entries older than the one before them"),
    (sql::CHECK_IDS, "messages newer than the highest id handed out"),
    (sql::CHECK_ORPHANED_MESSAGES, "deleted channels whose messages nobody removes"),
    (sql::CHECK_ORPHANED_ATTACHMENTS, "deleted channels whose attachments nobody removes"),
    (sql::CHECK_ATTACHMENT_USAGE, "users whose count of attachment bytes in a channel is wrong"),
    (sql::CHECK_ORPHANED_BANS, "deleted guilds whose bans nobody removes"),
    (sql::CHECK_PLACES, "messages whose place is not in the order of their ids"),
    (sql::CHECK_OWNERS, "guilds whose owner does not hold the owner role"),
    (sql::CHECK_OWNER_ROLES, "holders of an owner role who are not the owner"),
];

/// What is wrong, as text for people. Of a schema older than this build's, only what SQLite itself can tell.
pub(crate) fn findings(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let is_current = migrate::is_current(connection)?;
    // First, because it makes FTS5 read anew of which pieces its index consists; the check of SQLite would trust what it last knew.
    let in_search = if is_current { search::findings(connection)? } else { Vec::new() };
    let mut findings: Vec<String> = texts(connection, sql::CHECK_FULL)?;
    findings.retain(|finding| finding != "ok");
    findings.extend(in_search);
    let broken = texts(connection, sql::CHECK_REFERENCES)?;
    findings.extend(broken.into_iter().map(|table| format!("rows of {table} refer to rows that do not exist")));
    if !is_current {
        tracing::info!("the database is of an earlier version: its rows are not looked at");
        return Ok(findings);
    }
    for (sql, meaning) in ZEROES {
        let count: Option<i64> = connection.query_row(sql, (), |row| row.get(0))?;
        match count {
            Some(0) | None => {}
            Some(count) => findings.push(format!("{count} {meaning}")),
        }
    }
    match history::differences(connection) {
        Ok(differences) => findings.extend(differences),
        // A finding, and no failure of the check.
        Err(error @ (StoreError::Inconsistent(_) | StoreError::Trimmed { .. })) => findings.push(error.to_string()),
        Err(other) => return Err(other),
    }
    findings.truncate(FINDINGS_MAX as usize);
    Ok(findings)
}

fn texts(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(sql)?.query_map((), |row| row.get(0))?.collect()
}
