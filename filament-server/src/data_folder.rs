//! What the data folder holds, and what of it a backup takes.
//!
//! | entry | what it is | in a backup |
//! | --- | --- | --- |
//! | `filament.db` | the database | copied by SQLite, as of one moment |
//! | `filament.db-wal`, `filament.db-shm`, `filament.db.lock` | companions of the database | no: they belong to a running process |
//! | `keys/` and every other file and folder | written once and never changed | copied |
//! | `*.part` | a file that is not finished | no |
//! | `RESTORING`, `.restoring/` | a restore is under way, or was interrupted | no |
//! | `replaced-…/` | what a restore took the place of | no |
//!
//! Nobody has to add a folder to this list for it to be in backups. A file that may be changed or removed while its row lives needs more
//! than that: see [`maintenance::backup`](crate::maintenance::backup).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::limits::{BACKUP_FOLDER_DEPTH_MAX, BACKUP_PATH_BYTES_MAX};

/// The database.
pub const DATABASE_FILE: &str = "filament.db";
/// The folder of avatars and banners.
pub const IMAGES_FOLDER: &str = "images";
/// The folder of attachments.
pub const ATTACHMENTS_FOLDER: &str = "attachments";
/// There while a restore changes the folder: nothing may use the folder then.
pub const RESTORING_MARK: &str = "RESTORING";
/// Where a restore puts files until it has seen that all are good.
pub const STAGING_FOLDER: &str = ".restoring";
/// What the names of folders start with that hold what a restore took the place of.
pub const REPLACED_PREFIX: &str = "replaced-";
/// The lock of the database, which stays through a restore.
pub const LOCK_FILE: &str = "filament.db.lock";
/// The end of an unfinished file's name.
const PART_SUFFIX: &str = ".part";

/// Whether an entry of the data folder itself is part of it as a backup sees it; the database is, its companions are not.
#[must_use]
pub fn is_part(name: &str) -> bool {
    let companion = name.strip_prefix(DATABASE_FILE).is_some_and(|rest| !rest.is_empty());
    let of_restore = name == RESTORING_MARK || name == STAGING_FOLDER || name.starts_with(REPLACED_PREFIX);
    !(companion || of_restore || name.ends_with(PART_SUFFIX))
}

/// The finished files below a data folder, the database apart, as paths relative to it, in order.
///
/// # Errors
/// Whatever the system says; a name that a list of sums cannot hold; folders in folders without end.
pub fn files(data_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    gather(data_dir, Path::new(""), 0, &mut files)?;
    files.sort_unstable();
    Ok(files)
}

fn gather(data_dir: &Path, below: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if depth > BACKUP_FOLDER_DEPTH_MAX {
        return Err(io::Error::other(format!("{}: folders in folders without end", below.display())));
    }
    for entry in fs::read_dir(data_dir.join(below))? {
        let name = entry?.file_name();
        let path = below.join(&name);
        let name = name
            .to_str()
            .filter(|name| !name.contains(['\n', '\r', '\\']) && path.as_os_str().len() <= BACKUP_PATH_BYTES_MAX);
        let Some(name) = name else {
            return Err(io::Error::other(format!("{}: no file of this program has such a name", path.display())));
        };
        if name.ends_with(PART_SUFFIX) || (depth == 0 && (name == DATABASE_FILE || !is_part(name))) {
            continue;
        }
        // A folder may be a link to another disk.
        match fs::metadata(data_dir.join(&path)) {
            Ok(what) if what.is_dir() => gather(data_dir, &path, depth + 1, files)?,
            Ok(what) if what.is_file() => files.push(path),
            // A socket or a pipe; or removed since it was listed.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && !data_dir.join(&path).is_symlink() => {}
            // Of a link that leads nowhere too: a disk that is not there is not a folder without files.
            Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companions_leftovers_and_unfinished_files_are_no_part() {
        for name in [DATABASE_FILE, "keys", "attachments", ".hidden", "filament.dbx/..".split('/').nth(1).unwrap()] {
            assert!(is_part(name), "{name}");
        }
        for name in
            ["filament.db-wal", "filament.db-shm", LOCK_FILE, "filament.db-journal", RESTORING_MARK, ".restoring"]
        {
            assert!(!is_part(name), "{name}");
        }
        assert!(!is_part("replaced-1700000000") && !is_part("0123.part"));
    }
}
