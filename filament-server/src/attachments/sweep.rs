//! Files that belong to no row: removed at start, soon after their rows went, and once an hour for what nobody noticed.

use std::sync::Arc;

use filament_core::{BlobName, TransactError};
use filament_store::StoreError;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::app::App;
use crate::limits::{ATTACHMENT_SWEEP_PAUSE, ATTACHMENT_WHOLE_SWEEP_PAUSE};

/// Why files were not compared with rows; it is tried again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The folder cannot be listed.
    #[error("the folder of attachments: {0}")]
    Folder(#[from] std::io::Error),
    /// The rows cannot be read.
    #[error("the rows of attachments: {0}")]
    Rows(#[from] StoreError),
    /// That files are gone cannot be written down.
    #[error("the names of removed attachments: {0}")]
    Forget(#[from] TransactError<StoreError>),
}

/// Sweeps for as long as it is polled.
pub async fn run(app: Arc<App>) {
    let mut whole_at = Instant::now() + ATTACHMENT_WHOLE_SWEEP_PAUSE;
    loop {
        sleep(ATTACHMENT_SWEEP_PAUSE).await;
        let swept = if Instant::now() >= whole_at {
            whole_at = Instant::now() + ATTACHMENT_WHOLE_SWEEP_PAUSE;
            whole(&app).await
        } else {
            purged(&app).await
        };
        if let Err(error) = swept {
            tracing::warn!(%error, "attachments were not swept; it is tried again");
        }
    }
}

/// Removes every file that has no row (ATT-6).
///
/// # Errors
/// [`SweepError`].
pub async fn whole(app: &App) -> Result<(), SweepError> {
    purged(app).await?;
    let (attachments, store) = (&app.attachments, app.engine.store());
    let mut names = attachments.folder().names().await?;
    let mut removed = 0_u64;
    while let Some(step) = names.next().await? {
        // In this order: a file that stopped arriving before it was asked about has its row by the time rows are read, or gets none.
        let settled: Vec<BlobName> = step.into_iter().filter(|name| !attachments.is_arriving(*name)).collect();
        let named = store.named_attachments(settled.clone()).await?;
        for name in settled.into_iter().filter(|name| !named.contains(name)) {
            attachments.folder().remove(name).await?;
            removed += 1;
        }
    }
    if removed > 0 {
        tracing::info!(removed, "removed files of attachments that have no row");
    }
    Ok(())
}

/// Removes the files whose rows are gone (MSG-2).
async fn purged(app: &App) -> Result<(), SweepError> {
    let store = app.engine.store();
    loop {
        let names = store.purged_attachments().await?;
        if names.is_empty() {
            return Ok(());
        }
        for name in &names {
            app.attachments.folder().remove(*name).await?;
        }
        store.forget_attachments(names).await?;
    }
}
