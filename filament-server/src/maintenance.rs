//! The program's other commands: what an operator does with a data folder, while a server uses it or not.
//!
//! | command | does | a running server |
//! | --- | --- | --- |
//! | `backup <folder>` | copies the data folder as of one moment into a new folder | goes on |
//! | `restore <backup>` | makes a backup the data folder | must be stopped |
//! | `check [<backup>]` | looks for damage in the data folder, or in a backup | goes on |

pub mod backup;
pub mod check;
pub mod restore;
pub mod sums;

use std::error::Error as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use filament_store::OpenError;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use self::sums::{Sum, SumsError};
use crate::data_folder::RESTORING_MARK;
use crate::limits::FILE_CHUNK_BYTES_MAX;

/// Why a command of this module failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MaintenanceError {
    /// A file or folder cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("{}", with_sources(.0))]
    Database(#[from] OpenError),
    /// There is no database to back up or to check.
    #[error("{} holds no database", .0.display())]
    NoDatabase(PathBuf),
    /// The target of a backup is there already.
    #[error("{} is there already; name a folder that does not exist", .0.display())]
    TargetExists(PathBuf),
    /// The target of a backup lies in the data folder.
    #[error("{} lies in the data folder; a backup belongs elsewhere, best on another disk", .0.display())]
    TargetInside(PathBuf),
    /// The data folder is not empty.
    #[error("{} is not empty; --replace moves what is there aside, into a folder in it", .0.display())]
    NotEmpty(PathBuf),
    /// A restore was interrupted.
    #[error("{}: a restore was interrupted; run `filament-server restore --replace <backup>` again", .0.display())]
    Restoring(PathBuf),
    /// The backup is not complete, or not as it was written.
    #[error("{}: {source}; use another backup", backup.display())]
    Backup {
        /// The backup.
        backup: PathBuf,
        /// What is wrong.
        source: SumsError,
    },
    /// The backup's database is not sound.
    #[error("{}: {finding}; use another backup", backup.display())]
    UnsoundBackup {
        /// The backup.
        backup: PathBuf,
        /// The first finding.
        finding: String,
    },
}

impl MaintenanceError {
    /// Returns what the process exits with; the table is the program's.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Database(OpenError::NewerDatabase { .. }) => 3,
            Self::Database(OpenError::Corrupt { .. }) | Self::UnsoundBackup { .. } => 4,
            Self::Backup { source: SumsError::Io(_), .. } => 1,
            Self::Backup { .. } => 4,
            Self::Database(OpenError::AlreadyInUse { .. }) => 5,
            Self::Database(_)
            | Self::Io { .. }
            | Self::NoDatabase(_)
            | Self::TargetExists(_)
            | Self::TargetInside(_)
            | Self::NotEmpty(_)
            | Self::Restoring(_) => 1,
        }
    }
}

/// Refuses a data folder that a restore left half done.
///
/// # Errors
/// [`MaintenanceError::Restoring`].
pub fn refuse_half_restored(data_dir: &Path) -> Result<(), MaintenanceError> {
    if data_dir.join(RESTORING_MARK).exists() {
        return Err(MaintenanceError::Restoring(data_dir.to_owned()));
    }
    Ok(())
}

/// A text with those of its causes: what the system said is what an operator needs.
fn with_sources(error: &OpenError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> MaintenanceError {
    move |source| MaintenanceError::Io { path: path.to_owned(), source }
}

/// Copies a file, readable by its owner alone and on disk when this returns, and sums up what was copied. The target must not exist.
fn copy(from: &Path, to: &Path) -> io::Result<Sum> {
    let mut source = File::open(from)?;
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    let sum = read_through(&mut source, |bytes| target.write_all(bytes))?;
    target.sync_all()?;
    Ok(sum)
}

/// Sums up a file.
fn sum_of(path: &Path) -> io::Result<Sum> {
    read_through(&mut File::open(path)?, |_| Ok(()))
}

fn read_through(file: &mut File, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Sum> {
    let mut chunk = vec![0; FILE_CHUNK_BYTES_MAX];
    let mut hasher = Sha256::new();
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(Sum::new(hasher.finalize().into()));
        }
        each(&chunk[..read])?;
        hasher.update(&chunk[..read]);
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the names in a folder durable, and those in the folders below it.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}
