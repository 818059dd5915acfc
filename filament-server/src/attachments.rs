//! The bytes of attachments: one file for each row, in `attachments/` of the data folder (contract §10.4).
//!
//! A row is written after its file and a file is removed after its row ([`crate::blob`]); [`sweep`] removes what a crash, or a client who
//! went away at the wrong moment, leaves in between.

pub mod sniff;
pub mod sweep;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use filament_core::BlobName;

use crate::blob::{BlobFolder, Draft};

/// The folder below the data folder.
const FOLDER: &str = "attachments";

/// The files, and which of them are about to get a row.
#[derive(Debug)]
pub struct Attachments {
    folder: BlobFolder,
    /// Files that have no row yet and are no leftovers. Bounded by the uploads under way.
    arriving: Arc<Mutex<HashSet<BlobName>>>,
}

impl Attachments {
    /// Opens the folder. Blocks.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        Ok(Self { folder: BlobFolder::open(data_dir.join(FOLDER))?, arriving: Arc::default() })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &BlobFolder {
        &self.folder
    }

    /// Begins a file. As long as the [`Arrival`] lives, the sweep leaves it alone.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn begin(&self) -> io::Result<(Draft, Arrival)> {
        let draft = self.folder.begin().await?;
        lock(&self.arriving).insert(draft.name());
        let arrival = Arrival { arriving: Arc::clone(&self.arriving), name: draft.name() };
        Ok((draft, arrival))
    }

    fn is_arriving(&self, name: BlobName) -> bool {
        lock(&self.arriving).contains(&name)
    }
}

/// A file that is about to get a row.
#[derive(Debug)]
pub struct Arrival {
    arriving: Arc<Mutex<HashSet<BlobName>>>,
    name: BlobName,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        lock(&self.arriving).remove(&self.name);
    }
}

fn lock(arriving: &Mutex<HashSet<BlobName>>) -> MutexGuard<'_, HashSet<BlobName>> {
    arriving.lock().unwrap_or_else(PoisonError::into_inner)
}
