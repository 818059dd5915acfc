//! The schema, as numbered migrations that go forward only. `PRAGMA user_version` says how many were applied.

use rusqlite::Connection;
use rusqlite_migration::{Error, M, Migrations, SchemaVersion};

use crate::{config::StoreConfig, connect::refused, error::OpenError};

/// In order; a released one is never changed.
const STEPS: &[M<'static>] = &[
    M::up(include_str!("../migrations/0001_initial.sql")),
    M::up(include_str!("../migrations/0002_people.sql")),
    M::up(include_str!("../migrations/0003_attachments.sql")),
];

/// Brings the schema up to date, all steps in one transaction.
pub(crate) fn migrate(connection: &mut Connection, config: &StoreConfig) -> Result<(), OpenError> {
    let migrations = Migrations::from_slice(STEPS);
    let refused = |error: Error| match error {
        Error::RusqliteError { err, .. } => refused(&config.path, err),
        other => OpenError::Corrupt { path: config.path.clone(), finding: other.to_string() },
    };
    match migrations.current_version(connection).map_err(refused)? {
        SchemaVersion::Outside(found) => {
            Err(OpenError::NewerDatabase { path: config.path.clone(), found: found.get(), supported: STEPS.len() })
        }
        SchemaVersion::NoneSet | SchemaVersion::Inside(_) => migrations.to_latest(connection).map_err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_apply_to_an_empty_database() {
        Migrations::from_slice(STEPS).validate().expect("every step applies");
    }
}
