//! `filament-server restore`: makes a backup the data folder.
//!
//! The files are copied into a folder within the data folder and looked at there; the data folder itself changes only when all are good,
//! by renames alone. From the first rename to the last a mark stands in the folder, and nothing starts on it: an interrupted restore is
//! run again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use filament_store::backup::{self, DatabaseLock};

use super::backup::Summary;
use super::sums::{self, SUMS_FILE, SumsError};
use super::{MaintenanceError, copy, io_error, make_folder, sync_folders};
use crate::data_folder::{DATABASE_FILE, LOCK_FILE, REPLACED_PREFIX, RESTORING_MARK, STAGING_FOLDER};

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What is now in the data folder.
    pub summary: Summary,
    /// Where what was there before is now, if anything was.
    pub replaced: Option<PathBuf>,
}

/// Restores a backup into a data folder that nobody uses. One that is not empty is refused unless `replace`: then what is there is moved
/// into a folder in it. `now_secs` names that folder.
///
/// The journal begins a new epoch. Ids and times go on after those of the backup, and after those of the database that is replaced as far
/// as it can be read.
///
/// # Errors
/// [`MaintenanceError`]. Unless it says that the restore was interrupted, the data folder is as it was.
pub fn restore(data_dir: &Path, backup: &Path, replace: bool, now_secs: u64) -> Result<Restored, MaintenanceError> {
    make_folder(data_dir).map_err(io_error(data_dir))?;
    let _lock = DatabaseLock::take(&data_dir.join(DATABASE_FILE))?;
    let old = entries(data_dir)?;
    if !old.is_empty() && !replace {
        return Err(MaintenanceError::NotEmpty(data_dir.to_owned()));
    }
    let staging = data_dir.join(STAGING_FOLDER);
    let staged = stage(backup, &staging, highest_stamp(data_dir));
    if staged.is_err() {
        drop(fs::remove_dir_all(&staging));
    }
    let summary = staged?;
    let replaced = exchange(data_dir, &staging, &old, now_secs)?;
    Ok(Restored { summary, replaced })
}

/// The highest id of the database that is replaced: ids that were handed out are not handed out again. What cannot be read has none.
fn highest_stamp(data_dir: &Path) -> u128 {
    let database = data_dir.join(DATABASE_FILE);
    if !database.exists() {
        return 0;
    }
    backup::highest_stamp(&database).unwrap_or_else(|error| {
        tracing::warn!(%error, "the database that is replaced cannot be read; ids go on after those of the backup");
        0
    })
}

/// What a data folder holds apart from what every restore leaves or keeps.
fn entries(data_dir: &Path) -> Result<Vec<PathBuf>, MaintenanceError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(data_dir).map_err(io_error(data_dir))? {
        let name = PathBuf::from(entry.map_err(io_error(data_dir))?.file_name());
        let kept = [LOCK_FILE, STAGING_FOLDER, RESTORING_MARK].iter().any(|kept| name == Path::new(kept));
        if !kept && !name.to_string_lossy().starts_with(REPLACED_PREFIX) {
            entries.push(name);
        }
    }
    entries.sort_unstable();
    Ok(entries)
}

/// Copies the backup into an empty folder and looks at every byte of it.
fn stage(backup: &Path, staging: &Path, stamp: u128) -> Result<Summary, MaintenanceError> {
    let refuse = |source| MaintenanceError::Backup { backup: backup.to_owned(), source };
    let sums = sums::read(backup).map_err(refuse)?;
    if !sums.contains_key(Path::new(DATABASE_FILE)) {
        return Err(refuse(SumsError::Gone(DATABASE_FILE.into())));
    }
    match fs::remove_dir_all(staging) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(staging)(error)),
        Ok(()) | Err(_) => make_folder(staging).map_err(io_error(staging))?,
    }
    let mut bytes = 0;
    for (path, sum) in &sums {
        let (from, to) = (backup.join(path), staging.join(path));
        match copy(&from, &to) {
            Ok(found) if found == *sum => {}
            Ok(_) => return Err(refuse(SumsError::Differs(path.clone()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => {
                return Err(refuse(SumsError::Gone(path.clone())));
            }
            Err(error) => return Err(io_error(&from)(error)),
        }
        bytes += fs::metadata(&to).map_err(io_error(&to))?.len();
    }
    debug_assert!(!sums.contains_key(Path::new(SUMS_FILE)), "the list does not list itself");
    let database = staging.join(DATABASE_FILE);
    if let Some(finding) = backup::check(&database)?.into_iter().next() {
        return Err(MaintenanceError::UnsoundBackup { backup: backup.to_owned(), finding });
    }
    backup::begin_history(&database, stamp)?;
    sync_folders(staging).map_err(io_error(staging))?;
    Ok(Summary { files: sums.len(), bytes })
}

/// Moves what is there aside and what is staged into its place, by renames under the mark.
fn exchange(
    data_dir: &Path,
    staging: &Path,
    old: &[PathBuf],
    now_secs: u64,
) -> Result<Option<PathBuf>, MaintenanceError> {
    let sync = || fs::File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(io_error(data_dir));
    let mark = data_dir.join(RESTORING_MARK);
    fs::File::create(&mark).and_then(|mark| mark.sync_all()).map_err(io_error(&mark))?;
    sync()?;
    let replaced = if old.is_empty() { None } else { Some(fresh_folder(data_dir, now_secs)?) };
    if let Some(replaced) = &replaced {
        for name in old {
            fs::rename(data_dir.join(name), replaced.join(name)).map_err(io_error(&data_dir.join(name)))?;
        }
        fs::File::open(replaced).and_then(|folder| folder.sync_all()).map_err(io_error(replaced))?;
        sync()?;
    }
    for entry in fs::read_dir(staging).map_err(io_error(staging))? {
        let name = entry.map_err(io_error(staging))?.file_name();
        fs::rename(staging.join(&name), data_dir.join(&name)).map_err(io_error(&data_dir.join(&name)))?;
    }
    fs::remove_dir(staging).map_err(io_error(staging))?;
    sync()?;
    fs::remove_file(&mark).map_err(io_error(&mark))?;
    sync()?;
    Ok(replaced)
}

/// A folder for what is replaced; several restores within a second get several.
fn fresh_folder(data_dir: &Path, now_secs: u64) -> Result<PathBuf, MaintenanceError> {
    let mut number = now_secs;
    loop {
        let folder = data_dir.join(format!("{REPLACED_PREFIX}{number}"));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(io_error(&folder)(error)),
        }
    }
}
