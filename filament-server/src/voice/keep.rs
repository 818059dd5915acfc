//! Storing who is in which voice channel, behind what is told (VOI-8).

use std::sync::Arc;

use filament_core::Anonymous;
use filament_core::decide::voice::KeepStays;

use crate::app::App;
use crate::limits::{KEEP_STAYS_PAUSE, KEEP_STAYS_WAIT_MAX};

/// Stores changes for ever, soon after they come.
pub(super) async fn keep(app: Arc<App>) {
    loop {
        app.gateway.fanout().voice_changed().await;
        app.keep_stays().await;
        // What comes in a burst is stored together.
        tokio::time::sleep(KEEP_STAYS_PAUSE).await;
    }
}

impl App {
    /// Stores every change of stays up to now; gives up what the store does not take, to be tried again with the next change.
    pub async fn keep_stays(&self) {
        let _turn = self.keeping.lock().await;
        while let Some(changes) = self.gateway.fanout().take_voice_changes() {
            let keep = KeepStays { kept: changes.kept.clone(), gone: changes.gone.clone() };
            if let Err(error) = self.engine.execute(Anonymous, keep).await {
                tracing::warn!(%error, "who is in voice channels was not stored");
                self.gateway.fanout().keep_voice_changes(&changes);
                return;
            }
        }
    }

    /// The same within the time that an answer may wait for it: a stay that was told is then also on the disk.
    pub async fn keep_stays_soon(&self) {
        let _late = tokio::time::timeout(KEEP_STAYS_WAIT_MAX, self.keep_stays()).await;
    }

    /// Brings back who was in voice channels before a restart.
    ///
    /// # Errors
    /// When the stays cannot be read.
    pub async fn restore_stays(&self) -> Result<(), filament_core::TransactError<filament_store::StoreError>> {
        let stays = self.engine.stays().await?;
        if stays.is_empty() {
            return Ok(());
        }
        let owner = self.config.server_owner_user_id;
        self.gateway.fanout().restore_voice(stays, |user_id| owner == Some(user_id)).await;
        Ok(())
    }
}
