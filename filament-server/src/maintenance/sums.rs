//! The list of sums: every file of a backup, in the form that `sha256sum -c` reads. It is written last, so a folder that has it is whole.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use super::sum_of;
use crate::limits::BACKUP_SUMS_BYTES_MAX;

/// The name of the list.
pub const SUMS_FILE: &str = "SHA256SUMS";
const PART_FILE: &str = "SHA256SUMS.part";

/// The SHA-256 of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum([u8; 32]);

impl Sum {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Files of a backup, as paths relative to it.
pub type Sums = BTreeMap<PathBuf, Sum>;

/// What is wrong with a backup.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SumsError {
    /// The list cannot be read.
    #[error("{SUMS_FILE}: {0}")]
    Io(#[source] io::Error),
    /// There is no list: the backup was not finished, or the folder is none.
    #[error("no {SUMS_FILE}: the backup was not finished, or this is none")]
    Missing,
    /// The list is not one this program writes.
    #[error("{SUMS_FILE}: line {0} is not what this program writes")]
    Malformed(usize),
    /// A file is gone.
    #[error("{} is missing", .0.display())]
    Gone(PathBuf),
    /// A file is not what was written.
    #[error("{} is not what was backed up", .0.display())]
    Differs(PathBuf),
}

/// Writes the list, on disk when this returns.
pub(super) fn write(backup: &Path, sums: &Sums) -> io::Result<()> {
    let mut text = String::new();
    for (path, sum) in sums {
        writeln!(text, "{sum}  {}", path.display()).expect("writing to a string");
    }
    if text.len() as u64 >= BACKUP_SUMS_BYTES_MAX {
        return Err(io::Error::other("too many files"));
    }
    let part = backup.join(PART_FILE);
    fs::write(&part, text)?;
    File::open(&part)?.sync_all()?;
    fs::rename(part, backup.join(SUMS_FILE))
}

/// Reads the list.
///
/// # Errors
/// [`SumsError`]; no file has been looked at.
pub fn read(backup: &Path) -> Result<Sums, SumsError> {
    let file = match File::open(backup.join(SUMS_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(SumsError::Missing),
        other => other.map_err(SumsError::Io)?,
    };
    let mut text = String::new();
    file.take(BACKUP_SUMS_BYTES_MAX).read_to_string(&mut text).map_err(SumsError::Io)?;
    if text.len() as u64 >= BACKUP_SUMS_BYTES_MAX {
        return Err(SumsError::Io(io::Error::other("longer than this program writes")));
    }
    let mut sums = Sums::new();
    for (index, line) in text.lines().enumerate() {
        let parsed = line.split_once("  ").and_then(|(sum, path)| Some((safe(path)?, Sum::from_hex(sum)?)));
        let (path, sum) = parsed.ok_or(SumsError::Malformed(index + 1))?;
        sums.insert(path, sum);
    }
    if sums.is_empty() { Err(SumsError::Malformed(1)) } else { Ok(sums) }
}

/// Compares a file with its sum.
///
/// # Errors
/// [`SumsError::Gone`], [`SumsError::Differs`], [`SumsError::Io`].
pub fn compare(backup: &Path, path: &Path, sum: Sum) -> Result<(), SumsError> {
    match sum_of(&backup.join(path)) {
        Ok(found) if found == sum => Ok(()),
        Ok(_) => Err(SumsError::Differs(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SumsError::Gone(path.to_owned())),
        Err(error) => Err(SumsError::Io(error)),
    }
}

/// A path that stays below the folder it is joined to.
fn safe(path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let plain = path.components().all(|component| matches!(component, Component::Normal(_)));
    (plain && path.components().next().is_some()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in ["../x", "/etc/passwd", "a/../../x", "", "./x/.."] {
            assert_eq!(safe(path), None, "{path}");
        }
        assert_eq!(safe("keys/refresh.key"), Some("keys/refresh.key".into()));
    }

    #[test]
    fn sums_are_written_as_sha256sum_writes_them() {
        let sum = Sum([0xAB; 32]);
        assert_eq!(sum.to_string(), "ab".repeat(32));
        assert_eq!(Sum::from_hex(&"ab".repeat(32)), Some(sum));
        for wrong in ["", "ab", &"ag".repeat(32), &"é".repeat(32)] {
            assert_eq!(Sum::from_hex(wrong), None, "{wrong}");
        }
    }
}
