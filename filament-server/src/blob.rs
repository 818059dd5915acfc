//! Files that belong to rows of the database: attachments, images. A file is there whole or not at all, whenever the process ends.
//!
//! | step | a crash after it leaves | who removes that |
//! | --- | --- | --- |
//! | bytes go to `NAME.part` | a part | [`BlobFolder::open`] at the next start |
//! | flush to disk, rename to `NAME`, flush of the folder | a file without a row | whoever knows the rows: [`BlobFolder::names`] |
//! | the row is written | – | |
//! | the row is removed, the name kept | a file without a row | the same |
//! | the file is removed | – | |
//!
//! So a row without its file never comes about by itself. Names are random ([`BlobName`]); nothing a user wrote reaches a path.

use std::fs::{DirBuilder, ReadDir};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use filament_core::BlobName;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::limits::{BLOB_NAMES_PER_STEP_MAX, FILE_CHUNK_BYTES_MAX};

/// What the name of an unfinished file ends with.
const PART: &str = ".part";

/// A folder of files. Clones are the same folder.
#[derive(Clone, Debug)]
pub struct BlobFolder {
    folder: Arc<Path>,
}

impl BlobFolder {
    /// Opens a folder, made with mode 0700 if there is none, and removes the parts that a crash left. Blocks.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut removed = 0_u64;
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == &PART[1..]) {
                std::fs::remove_file(&path)?;
                removed += 1;
            }
        }
        if removed > 0 {
            tracing::info!(removed, folder = %folder.display(), "removed what unfinished uploads had left");
        }
        sync(&folder)?;
        folder.parent().map_or(Ok(()), sync)?;
        Ok(Self { folder: folder.into() })
    }

    /// Begins a file under a name of its own.
    ///
    /// # Errors
    /// Whatever the system says; no random bytes.
    pub async fn begin(&self) -> io::Result<Draft> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|_| io::Error::other("the system gives no random bytes"))?;
        let name = BlobName::from_bits(u128::from_ne_bytes(bits));
        let part = self.folder.join(format!("{name}{PART}"));
        let mut file = File::options().write(true).create_new(true).open(&part).await?;
        file.set_max_buf_size(FILE_CHUNK_BYTES_MAX / 4);
        Ok(Draft { name, folder: self.clone(), file: Some(file), part })
    }

    /// Opens a file to be read, with its size in bytes.
    ///
    /// # Errors
    /// Whatever the system says; `NotFound` if it was removed.
    pub async fn read(&self, name: BlobName) -> io::Result<(File, u64)> {
        let file = File::open(self.path(name)).await?;
        let length = file.metadata().await?.len();
        Ok((file, length))
    }

    /// Removes a file; one that is gone already is no error.
    ///
    /// # Errors
    /// Whatever else the system says.
    pub async fn remove(&self, name: BlobName) -> io::Result<()> {
        match tokio::fs::remove_file(self.path(name)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Begins to list the finished files.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn names(&self) -> io::Result<BlobNames> {
        let folder = Arc::clone(&self.folder);
        let entries = blocking(move || std::fs::read_dir(folder)).await?;
        Ok(BlobNames { entries: Some(entries) })
    }

    fn path(&self, name: BlobName) -> PathBuf {
        self.folder.join(name.to_string())
    }
}

/// The files of a folder, in steps of at most [`BLOB_NAMES_PER_STEP_MAX`].
#[derive(Debug)]
pub struct BlobNames {
    entries: Option<ReadDir>,
}

impl BlobNames {
    /// Returns the next names, `None` after the last. Files of other names are passed over: they are not ours.
    ///
    /// # Errors
    /// Whatever the system says; the listing has then ended.
    pub async fn next(&mut self) -> io::Result<Option<Vec<BlobName>>> {
        let Some(mut entries) = self.entries.take() else { return Ok(None) };
        let (names, rest) = blocking(move || {
            let mut names = Vec::new();
            for _ in 0..BLOB_NAMES_PER_STEP_MAX {
                let Some(entry) = entries.next() else { return Ok((names, None)) };
                names.extend(entry?.file_name().to_str().and_then(|name| name.parse::<BlobName>().ok()));
            }
            Ok((names, Some(entries)))
        })
        .await?;
        self.entries = rest;
        Ok(Some(names))
    }
}

/// A file that is being written. Dropped before [`Draft::keep`], it is removed.
#[derive(Debug)]
pub struct Draft {
    name: BlobName,
    folder: BlobFolder,
    /// Taken when the draft is kept.
    file: Option<File>,
    part: PathBuf,
}

impl Draft {
    /// The name it will have.
    #[must_use]
    pub fn name(&self) -> BlobName {
        self.name
    }

    /// Appends bytes, a small piece at a time.
    ///
    /// # Errors
    /// Whatever the system says, `StorageFull` among it.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(bytes).await,
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Puts all of it on disk under its name. It stays from here on: a caller whose row does not come about removes it.
    ///
    /// # Errors
    /// Whatever the system says; nothing is left then.
    pub async fn keep(mut self) -> io::Result<BlobName> {
        let Some(mut file) = self.file.take() else { return Err(io::ErrorKind::NotFound.into()) };
        file.flush().await?;
        file.sync_all().await?;
        let (part, target) = (self.part.clone(), self.folder.path(self.name));
        let folder = Arc::clone(&self.folder.folder);
        blocking(move || {
            std::fs::rename(part, target)?;
            sync(&folder)
        })
        .await?;
        Ok(self.name)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is no such file any more; what cannot be removed now is removed at the next start.
        let _gone = std::fs::remove_file(&self.part);
    }
}

/// Flushes a folder, so that the names in it outlive a loss of power.
fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::fs::File::open(folder)?.sync_all()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(io::Error::other("a file operation panicked")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt as _;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// A folder of its own, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(test: &str) -> Self {
            Self(std::env::temp_dir().join(format!("filament-blob-{}-{test}", std::process::id())))
        }

        fn open(&self) -> BlobFolder {
            BlobFolder::open(self.0.join("blobs")).unwrap()
        }

        fn files(&self) -> BTreeSet<String> {
            let entries = std::fs::read_dir(self.0.join("blobs")).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _gone = std::fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn a_kept_draft_is_a_file_and_a_dropped_one_is_nothing() {
        let scratch = Scratch::new("kept");
        let folder = scratch.open();
        let mode = std::fs::metadata(scratch.0.join("blobs")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let mut kept = folder.begin().await.unwrap();
        let mut dropped = folder.begin().await.unwrap();
        assert_ne!(kept.name(), dropped.name());
        for draft in [&mut kept, &mut dropped] {
            draft.write(b"one ").await.unwrap();
            draft.write(b"two").await.unwrap();
        }
        assert!(scratch.files().iter().all(|name| name.ends_with(PART)), "nothing is visible before it is whole");
        drop(dropped);
        let name = kept.keep().await.unwrap();
        assert_eq!(scratch.files(), BTreeSet::from([name.to_string()]));
        let (mut file, length) = folder.read(name).await.unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).await.unwrap();
        assert_eq!((text.as_str(), length), ("one two", 7));
        folder.remove(name).await.unwrap();
        folder.remove(name).await.unwrap();
        assert_eq!(folder.read(name).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    /// Proves the part of ATT-6 that is about parts: opening removes them and nothing else.
    #[tokio::test]
    async fn opening_removes_parts_and_listing_passes_strangers_over() {
        let scratch = Scratch::new("opening");
        let folder = scratch.open();
        let name = folder.begin().await.unwrap().keep().await.unwrap();
        let part = scratch.0.join("blobs").join(format!("{}{PART}", BlobName::from_bits(7)));
        std::fs::write(&part, b"half").unwrap();
        std::fs::write(scratch.0.join("blobs/README"), b"of the operator").unwrap();
        let folder = {
            drop(folder);
            scratch.open()
        };
        assert_eq!(scratch.files(), BTreeSet::from([name.to_string(), "README".to_owned()]));
        let mut names = folder.names().await.unwrap();
        assert_eq!(names.next().await.unwrap(), Some(vec![name]));
        assert_eq!(names.next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_listing_comes_in_steps() {
        let scratch = Scratch::new("steps");
        let folder = scratch.open();
        let wanted: BTreeSet<BlobName> = (0..BLOB_NAMES_PER_STEP_MAX as u128 + 3).map(BlobName::from_bits).collect();
        for name in &wanted {
            std::fs::write(folder.path(*name), b"x").unwrap();
        }
        let (mut names, mut listed) = (folder.names().await.unwrap(), BTreeSet::new());
        while let Some(step) = names.next().await.unwrap() {
            assert!(step.len() <= BLOB_NAMES_PER_STEP_MAX);
            listed.extend(step);
        }
        assert_eq!(listed, wanted);
    }
}
