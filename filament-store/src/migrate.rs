//! The schema, as numbered migrations that go forward only. `PRAGMA user_version` says how many were applied.

use std::path::Path;

use rusqlite::{Connection, Transaction};
use rusqlite_migration::{Error, M, Migrations, SchemaVersion};

use crate::{config::StoreConfig, connect::refused, error::OpenError, search};

/// In order; a released one is never changed.
fn steps() -> Vec<M<'static>> {
    vec![
        M::up(include_str!("../migrations/0001_initial.sql")),
        M::up(include_str!("../migrations/0002_people.sql")),
        M::up(include_str!("../migrations/0003_attachments.sql")),
        M::up_with_hook(include_str!("../migrations/0004_search.sql"), |step: &Transaction<'_>| {
            Ok(search::fill(step)?)
        }),
        M::up(include_str!("../migrations/0005_voice.sql")),
    ]
}

/// Brings the schema up to date, all steps in one transaction.
pub(crate) fn migrate(connection: &mut Connection, config: &StoreConfig) -> Result<(), OpenError> {
    let steps = steps();
    let migrations = Migrations::from_slice(&steps);
    let refused = |error: Error| match error {
        Error::RusqliteError { err, .. } => refused(&config.path, err),
        other => OpenError::Corrupt { path: config.path.clone(), finding: other.to_string() },
    };
    match migrations.current_version(connection).map_err(refused)? {
        SchemaVersion::Outside(found) => {
            Err(OpenError::NewerDatabase { path: config.path.clone(), found: found.get(), supported: steps.len() })
        }
        SchemaVersion::NoneSet | SchemaVersion::Inside(_) => migrations.to_latest(connection).map_err(refused),
    }
}

/// Whether the schema is this build's.
pub(crate) fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(version) == Ok(steps().len()))
}

/// Refuses a schema that is newer than this build's.
pub(crate) fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let version: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|error| refused(path, error))?;
    match usize::try_from(version) {
        Ok(found) if found > steps().len() => {
            Err(OpenError::NewerDatabase { path: path.to_owned(), found, supported: steps().len() })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_apply_to_an_empty_database() {
        Migrations::new(steps()).validate().expect("every step applies");
    }
}
