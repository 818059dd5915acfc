//! `filament-server check`: looks for damage, in the data folder of a running or a stopped server, or in a backup.

use std::collections::BTreeSet;
use std::path::Path;

use filament_core::BlobName;
use filament_store::backup::{self, FileKind};

use super::sums::{self, SumsError};
use super::{MaintenanceError, refuse_half_restored};
use crate::auth::keys::Keys;
use crate::data_folder::{ATTACHMENTS_FOLDER, DATABASE_FILE, IMAGES_FOLDER};
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
    findings.extend(missing_files(data_dir)?);
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
        findings.extend(missing_files(backup)?);
    }
    Ok(findings)
}

/// Files that rows name and that are not there. Of a running server's only those whose rows are still there at a second look: row and
/// file may go at any moment, the row first.
fn missing_files(folder: &Path) -> Result<Vec<String>, MaintenanceError> {
    let database = folder.join(DATABASE_FILE);
    let path_of = |kind, name: BlobName| match kind {
        FileKind::Image => Path::new(IMAGES_FOLDER).join(name.to_string()),
        FileKind::Attachment => Path::new(ATTACHMENTS_FOLDER).join(name.to_string()),
    };
    let mut missing = BTreeSet::new();
    backup::visit_files(&database, &mut |kind, name| {
        if missing.len() < CHECK_FINDINGS_MAX && !folder.join(path_of(kind, name)).is_file() {
            missing.insert((kind, name));
        }
    })?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    backup::visit_files(&database, &mut |kind, name| {
        if missing.contains(&(kind, name)) {
            findings.push(format!("{} is missing", path_of(kind, name).display()));
        }
    })?;
    Ok(findings)
}
