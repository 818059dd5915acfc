//! `filament-server check`: looks for damage, in the data folder of a running or a stopped server, or in a backup.

use std::path::Path;

use filament_store::backup;

use super::sums::{self, SumsError};
use super::{MaintenanceError, refuse_half_restored};
use crate::auth::keys::Keys;
use crate::data_folder::DATABASE_FILE;
use crate::limits::CHECK_FINDINGS_MAX;

/// Looks at a data folder. Findings as text for people; none means sound.
///
/// # Errors
/// [`MaintenanceError`], if it cannot be looked at.
pub fn check_data(data_dir: &Path) -> Result<Vec<String>, MaintenanceError> {
    refuse_half_restored(data_dir)?;
    let database = data_dir.join(DATABASE_FILE);
    if !database.exists() {
        return Err(MaintenanceError::NoDatabase(data_dir.to_owned()));
    }
    let mut findings = backup::check(&database)?;
    // Without keys of its own a server makes new ones, and all sessions end.
    if let Err(error) = Keys::load(data_dir) {
        findings.push(format!("keys: {error}"));
    }
    Ok(findings)
}

/// Looks at a backup: every file against its sum, then the database.
///
/// # Errors
/// [`MaintenanceError`], if it is none or cannot be looked at.
pub fn check_backup(backup: &Path) -> Result<Vec<String>, MaintenanceError> {
    let refuse = |source| MaintenanceError::Backup { backup: backup.to_owned(), source };
    let mut findings = Vec::new();
    for (path, sum) in sums::read(backup).map_err(refuse)? {
        match sums::compare(backup, &path, sum) {
            Ok(()) => {}
            Err(error @ (SumsError::Gone(_) | SumsError::Differs(_))) if findings.len() < CHECK_FINDINGS_MAX => {
                findings.push(error.to_string());
            }
            Err(SumsError::Gone(_) | SumsError::Differs(_)) => {}
            Err(error) => return Err(refuse(error)),
        }
    }
    // SQLite would not open what is not what it wrote.
    if findings.is_empty() {
        findings = backup::check(&backup.join(DATABASE_FILE))?;
    }
    Ok(findings)
}
