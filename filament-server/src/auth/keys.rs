//! The server's keys: text files of mode 0600 in the data folder, made once and kept over restarts (AUT-11).
//!
//! | file | one line |
//! | --- | --- |
//! | `keys/access-0001.key` … | `k4.local.<43 characters base64url>`, a key of access tokens in PASERK form |
//! | `keys/refresh.key` | `filament.refresh.<43 characters base64url>` |
//! | `keys/cursor.key` | `filament.cursor.<43 characters base64url>` |
//!
//! The access key with the highest number signs; all are accepted. To change the signing key, put one with the next number
//! beside it and restart; remove the old file when its last token has expired. Without `refresh.key` no refresh token
//! issued before is known any more: everybody logs in anew.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;
use zeroize::Zeroizing;

use super::refresh::RefreshKey;
use super::token::AccessKey;
use crate::gateway::CursorKey;
use crate::limits::{ACCESS_KEYS_MAX, KEY_FILE_BYTES_MAX};

const FOLDER: &str = "keys";
const REFRESH_FILE: &str = "refresh.key";
const REFRESH_PREFIX: &str = "filament.refresh.";
const CURSOR_FILE: &str = "cursor.key";
const CURSOR_PREFIX: &str = "filament.cursor.";
const ACCESS_FILE_PREFIX: &str = "access-";
const ACCESS_FILE_SUFFIX: &str = ".key";
const ACCESS_FILE_FIRST: &str = "access-0001.key";
const OTHERS: u32 = 0o077;

/// Why the keys could not be read or made. No variant carries a key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The content of a key file is no key. Restore it from a backup, or remove it to have a new one made.
    #[error("{}: not a key file", .0.display())]
    Malformed(PathBuf),
    /// There are more access keys than are accepted. Remove those whose last token has expired.
    #[error("{}: more than {ACCESS_KEYS_MAX} access keys", .0.display())]
    TooMany(PathBuf),
    /// The system gives no random bytes.
    #[error("no random bytes for a new key")]
    Random,
}

/// The keys of one server.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Keys of access tokens: the first one signs, all are accepted. Never empty.
    pub access: Vec<AccessKey>,
    /// The key that refresh tokens are derived from.
    pub refresh: RefreshKey,
    /// The key that cursors of streams are sealed with (RES-10).
    pub cursor: CursorKey,
}

impl Keys {
    /// Reads the keys below the data folder and makes those that are missing (AUT-11).
    ///
    /// Files that others may read are taken back to mode 0600. The data folder must exist and belong to this process: two
    /// processes that start on one new folder would make different keys.
    ///
    /// # Errors
    /// [`KeyError::Io`] and [`KeyError::Random`] from the system, [`KeyError::Malformed`] and [`KeyError::TooMany`] for files
    /// somebody has to look at.
    pub fn load_or_create(data_dir: &Path) -> Result<Self, KeyError> {
        let folder = data_dir.join(FOLDER);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io_error(&folder)(error)),
            Ok(()) | Err(_) => {}
        }
        let mut access_files = access_files(&folder)?;
        if access_files.is_empty() {
            access_files.push(folder.join(ACCESS_FILE_FIRST));
        }
        let mut access = Vec::with_capacity(access_files.len());
        for path in &access_files {
            let text = read_or_create(path, || random().map(|bytes| AccessKey::from_bytes(*bytes).to_paserk()))?;
            access.push(AccessKey::from_paserk(&text).ok_or_else(|| KeyError::Malformed(path.clone()))?);
        }
        let refresh = RefreshKey::from_bytes(*secret(folder.join(REFRESH_FILE), REFRESH_PREFIX)?);
        let cursor = CursorKey::from_bytes(*secret(folder.join(CURSOR_FILE), CURSOR_PREFIX)?);
        Ok(Self { access, refresh, cursor })
    }

    /// Reads the keys below the data folder and makes none.
    ///
    /// # Errors
    /// As [`load_or_create`](Self::load_or_create), and [`KeyError::Io`] with `NotFound` for what is missing.
    pub fn load(data_dir: &Path) -> Result<Self, KeyError> {
        let folder = data_dir.join(FOLDER);
        let missing = |name: &str| io_error(&folder.join(name))(io::ErrorKind::NotFound.into());
        if access_files(&folder)?.is_empty() {
            return Err(missing(ACCESS_FILE_FIRST));
        }
        if let Some(name) = [REFRESH_FILE, CURSOR_FILE].into_iter().find(|name| !folder.join(name).exists()) {
            return Err(missing(name));
        }
        Self::load_or_create(data_dir)
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    move |source| KeyError::Io { path: path.to_owned(), source }
}

fn random() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

/// The access key files, the signing one first.
fn access_files(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
    let mut numbered = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_error(folder))? {
        let path = entry.map_err(io_error(folder))?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_prefix(ACCESS_FILE_PREFIX)?.strip_suffix(ACCESS_FILE_SUFFIX))
            .and_then(|digits| digits.parse::<u32>().ok());
        if let Some(number) = number {
            numbered.push((number, path));
        }
        if numbered.len() > ACCESS_KEYS_MAX {
            return Err(KeyError::TooMany(folder.to_owned()));
        }
    }
    numbered.sort_unstable();
    Ok(numbered.into_iter().rev().map(|(_, path)| path).collect())
}

/// The 32 bytes in the file, as a line with that prefix; if there is no file, bytes just drawn and written.
fn secret(path: PathBuf, prefix: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let text = read_or_create(&path, || random().map(|bytes| line(prefix, &bytes)))?;
    parse(prefix, &text).ok_or(KeyError::Malformed(path))
}

/// The line in the file; if there is no file, the line just made and written.
fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> Result<Zeroizing<String>, KeyError>,
) -> Result<Zeroizing<String>, KeyError> {
    match File::open(path) {
        Ok(file) => read(path, &file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = make()?;
            write(path, &text).map_err(io_error(path))?;
            Ok(text)
        }
        Err(error) => Err(io_error(path)(error)),
    }
}

fn read(path: &Path, file: &File) -> Result<Zeroizing<String>, KeyError> {
    let mode = file.metadata().map_err(io_error(path))?.permissions().mode();
    if mode & OTHERS != 0 {
        tracing::warn!(path = %path.display(), "key file was open to others; taking it back to mode 0600");
        file.set_permissions(Permissions::from_mode(0o600)).map_err(io_error(path))?;
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(KEY_FILE_BYTES_MAX + 1).read_to_string(&mut text) {
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Err(io_error(path)(error)),
        Ok(bytes) if bytes as u64 <= KEY_FILE_BYTES_MAX => Ok(Zeroizing::new(text.trim_ascii_end().to_owned())),
        Ok(_) | Err(_) => Err(KeyError::Malformed(path.to_owned())),
    }
}

/// Writes beside and renames, so that a crash leaves the whole file or none.
fn write(path: &Path, line: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(line.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn line(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

fn parse(prefix: &str, text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    let length = URL_SAFE_NO_PAD.decode_slice(text.strip_prefix(prefix)?, bytes.as_mut()).ok()?;
    (length == bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use filament_protocol::SessionId;

    use super::*;

    /// A folder of its own, removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name = format!("filament-keys-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).expect("a folder");
            Self(path)
        }

        fn key_file(&self, name: &str) -> PathBuf {
            self.0.join(FOLDER).join(name)
        }

        fn load(&self) -> Result<Keys, KeyError> {
            Keys::load_or_create(&self.0)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn ids(keys: &Keys) -> Vec<String> {
        keys.access.iter().map(|key| key.footer().to_owned()).collect()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("metadata").permissions().mode() & 0o777
    }

    /// Proves AUT-11 (mode 0600, kept over restarts).
    #[test]
    fn keys_are_made_once_for_the_owner_only() {
        let folder = Folder::new();
        let first = folder.load().expect("keys");
        let again = folder.load().expect("keys");
        assert_eq!(ids(&first), ids(&again));
        let session = SessionId::from_u128(1);
        assert_eq!(first.refresh.token(session, 1), again.refresh.token(session, 1));
        assert_eq!(mode(&folder.0.join(FOLDER)), 0o700);
        for name in [ACCESS_FILE_FIRST, REFRESH_FILE, CURSOR_FILE] {
            assert_eq!(mode(&folder.key_file(name)), 0o600, "{name}");
        }
        assert_eq!(fs::read_dir(folder.0.join(FOLDER)).expect("a folder").count(), 3, "nothing left beside");

        let other = Folder::new().load().expect("keys");
        assert_ne!(ids(&first), ids(&other));
        assert_ne!(first.refresh.token(session, 1), other.refresh.token(session, 1));
    }

    /// Proves AUT-11 (old keys are accepted).
    #[test]
    fn the_highest_number_signs_and_the_others_are_kept() {
        let folder = Folder::new();
        let old = ids(&folder.load().expect("keys"));
        for number in [10_u8, 9] {
            let key = AccessKey::from_bytes([number; 32]);
            fs::write(folder.key_file(&format!("access-{number:04}.key")), &*key.to_paserk()).expect("written");
        }
        let footer = |number| AccessKey::from_bytes([number; 32]).footer().to_owned();
        assert_eq!(ids(&folder.load().expect("keys")), [footer(10), footer(9), old[0].clone()]);
        assert_eq!(mode(&folder.key_file("access-0010.key")), 0o600, "taken back from others");
    }

    #[test]
    fn a_crash_while_writing_leaves_no_half_key() {
        let folder = Folder::new();
        fs::create_dir(folder.0.join(FOLDER)).expect("a folder");
        fs::write(folder.key_file("access-0001.new"), "k4.loc").expect("written");
        folder.load().expect("keys");
        assert!(!folder.key_file("access-0001.new").exists());
    }

    #[test]
    fn damaged_files_are_named_and_not_replaced() {
        for name in [ACCESS_FILE_FIRST, REFRESH_FILE, CURSOR_FILE] {
            for content in [&b""[..], b"k4.local.AAAA", b"filament.refresh.AAAA", b"\xff\xfe", &[b'A'; 1_000]] {
                let folder = Folder::new();
                folder.load().expect("keys");
                fs::write(folder.key_file(name), content).expect("written");
                match folder.load() {
                    Err(KeyError::Malformed(path)) => assert_eq!(path, folder.key_file(name)),
                    other => panic!("{name}: {other:?}"),
                }
                assert_eq!(fs::read(folder.key_file(name)).expect("readable"), content);
            }
        }
    }

    #[test]
    fn too_many_access_keys_are_refused() {
        let folder = Folder::new();
        folder.load().expect("keys");
        for number in 2..=9_u8 {
            let key = AccessKey::from_bytes([number; 32]);
            fs::write(folder.key_file(&format!("access-{number:04}.key")), &*key.to_paserk()).expect("written");
        }
        assert!(matches!(folder.load(), Err(KeyError::TooMany(_))));
    }

    #[test]
    fn a_missing_data_folder_is_an_error_of_the_system() {
        let error = Keys::load_or_create(Path::new("/nonexistent/filament")).expect_err("no folder");
        assert!(matches!(error, KeyError::Io { .. }), "{error}");
    }
}
