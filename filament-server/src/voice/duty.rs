//! Asking LiveKit for what voice tracking wants of it: three tries in ten seconds, and nobody waits (VOI-6).

use std::sync::Arc;

use filament_core::voice::MediaDuty;
use tokio::task::JoinSet;

use crate::app::App;
use crate::limits::{MEDIA_DUTIES_AT_ONCE_MAX, MEDIA_DUTY_PAUSE, MEDIA_DUTY_TRIES};

/// Works off duties for ever, a few at once.
pub(super) async fn work(app: Arc<App>) {
    let mut running = JoinSet::new();
    loop {
        let duty = app.gateway.fanout().media_duty().await;
        while running.len() >= MEDIA_DUTIES_AT_ONCE_MAX {
            running.join_next().await;
        }
        while running.try_join_next().is_some() {}
        running.spawn(attempt(Arc::clone(&app), duty));
    }
}

async fn attempt(app: Arc<App>, duty: MediaDuty) {
    let Some(livekit) = &app.livekit else { return };
    for tried in 0..MEDIA_DUTY_TRIES {
        if tried > 0 {
            tokio::time::sleep(MEDIA_DUTY_PAUSE).await;
        }
        if is_obsolete(&app, duty) {
            return;
        }
        match app.do_duty(livekit, duty).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(%error, "LiveKit did not do what it was asked for"),
        }
    }
}

/// Whether the wish was overtaken: who came back meanwhile is not removed, who left needs no other rights.
fn is_obsolete(app: &App, duty: MediaDuty) -> bool {
    match duty {
        MediaDuty::Remove { user_id, place } => app.gateway.fanout().is_in_voice(user_id, place),
        MediaDuty::Permit { user_id, place, .. } => !app.gateway.fanout().is_in_voice(user_id, place),
    }
}
