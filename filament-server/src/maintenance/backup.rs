//! `filament-server backup`: the data folder as of one moment, in a new folder, while a server may go on writing.
//!
//! Files belong to rows, and both come and go while this runs. Files are copied before the database and those that are new once more after
//! it. A row in the copied database had its file at that moment; the file was copied before, or appeared in between and is copied after.
//! That is safe for files that are written once, before their row, and removed only after it. What can be missing is a file that
//! appeared during the backup and was deleted, row and all, right after the database was copied.

use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use filament_store::backup;

use super::sums::{self, Sums};
use super::{MaintenanceError, copy, io_error, make_folder, refuse_half_restored, sum_of, sync_folders};
use crate::data_folder::{self, DATABASE_FILE};

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Files, the database among them.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// Backs a data folder up into `target`, which must not exist: it appears when it is complete.
///
/// # Errors
/// [`MaintenanceError`]; no `target` then.
pub fn back_up(data_dir: &Path, target: &Path) -> Result<Summary, MaintenanceError> {
    refuse_half_restored(data_dir)?;
    let database = data_dir.join(DATABASE_FILE);
    if !database.exists() {
        return Err(MaintenanceError::NoDatabase(data_dir.to_owned()));
    }
    let part = beginning(data_dir, target)?;
    let copied = copy_all(data_dir, &database, &part);
    if copied.is_err() {
        // What stays is replaced by the next attempt.
        drop(fs::remove_dir_all(&part));
    }
    let sums = copied?;
    let bytes = sums.keys().map(|path| fs::metadata(part.join(path)).map_or(0, |file| file.len())).sum();
    fs::rename(&part, target).map_err(io_error(target))?;
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent).and_then(|folder| folder.sync_all()).map_err(io_error(parent))?;
    Ok(Summary { files: sums.len(), bytes })
}

/// The empty folder in which the backup is gathered, beside its target.
fn beginning(data_dir: &Path, target: &Path) -> Result<PathBuf, MaintenanceError> {
    if target.symlink_metadata().is_ok() {
        return Err(MaintenanceError::TargetExists(target.to_owned()));
    }
    let mut part = OsString::from(target);
    part.push(".part");
    let part = PathBuf::from(part);
    match fs::remove_dir_all(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(&part)(error)),
        Ok(()) | Err(_) => make_folder(&part).map_err(io_error(&part))?,
    }
    let absolute = |path: &Path| path.canonicalize().map_err(io_error(path));
    if absolute(&part)?.starts_with(absolute(data_dir)?) {
        drop(fs::remove_dir(&part));
        return Err(MaintenanceError::TargetInside(target.to_owned()));
    }
    Ok(part)
}

fn copy_all(data_dir: &Path, database: &Path, part: &Path) -> Result<Sums, MaintenanceError> {
    let mut sums = Sums::new();
    copy_new(data_dir, part, &mut sums)?;
    let copied = part.join(DATABASE_FILE);
    backup::back_up(database, &copied)?;
    sums.insert(DATABASE_FILE.into(), sum_of(&copied).map_err(io_error(&copied))?);
    copy_new(data_dir, part, &mut sums)?;
    sums::write(part, &sums).map_err(io_error(part))?;
    sync_folders(part).map_err(io_error(part))?;
    Ok(sums)
}

/// Copies every file that is not copied yet; one that is removed meanwhile belongs to no row any more.
fn copy_new(data_dir: &Path, part: &Path, sums: &mut Sums) -> Result<(), MaintenanceError> {
    for path in data_folder::files(data_dir).map_err(io_error(data_dir))? {
        let from = data_dir.join(&path);
        if let Entry::Vacant(place) = sums.entry(path) {
            match copy(&from, &part.join(place.key())) {
                Ok(sum) => drop(place.insert(sum)),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => {}
                Err(error) => return Err(io_error(&from)(error)),
            }
        }
    }
    Ok(())
}
