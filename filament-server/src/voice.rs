//! Voice at the edge of the server (contract §12): tokens for the media server, its webhooks, and what it is asked for. Who is in which
//! channel is known by delivery, not here.
//!
//! The server is useful with LiveKit configured and nothing more: webhooks and calls of LiveKit's API correct what tokens say, and nobody
//! waits for them.

pub mod api;
mod client;
mod duty;
mod jwt;
mod keep;
mod reconcile;
mod token;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use filament_core::voice::VoiceConfirm;
use tokio::task::JoinSet;

use self::client::Client;
pub use self::token::ParticipantToken;
use self::webhook::SeenWebhooks;
pub use self::webhook::{Heard, Webhook};
use crate::app::App;
use crate::config::{LivekitConfig, SecretValue};

/// LiveKit, as the server knows it.
#[derive(Debug)]
pub struct LiveKit {
    /// What clients are given.
    url: String,
    api_key: SecretValue,
    api_secret: SecretValue,
    seen: SeenWebhooks,
    client: Client,
    reconcile_every: Option<Duration>,
}

impl LiveKit {
    /// LiveKit, if key and secret are configured.
    #[must_use]
    pub fn configured(config: &LivekitConfig) -> Option<Self> {
        let (api_key, api_secret) = config.credentials()?;
        Some(Self {
            url: config.url.to_string(),
            api_key: api_key.clone(),
            api_secret: api_secret.clone(),
            seen: SeenWebhooks::default(),
            client: Client::new(config.api_authority()),
            reconcile_every: config.voice_reconcile,
        })
    }
}

/// What the configuration says about who is a participant, as core says it.
#[must_use]
pub const fn confirm(config: &LivekitConfig) -> VoiceConfirm {
    match config.voice_confirm {
        crate::config::VoiceConfirm::Immediate => VoiceConfirm::Immediate,
        crate::config::VoiceConfirm::Webhook => VoiceConfirm::Webhook,
    }
}

/// Works for voice until it is dropped: stores stays, asks the media server for what is wanted of it, compares both.
#[derive(Debug)]
pub(crate) struct VoiceWork(JoinSet<()>);

impl VoiceWork {
    pub(crate) fn start(app: &Arc<App>) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(keep::keep(Arc::clone(app)));
        tasks.spawn(duty::work(Arc::clone(app)));
        if app.livekit.as_ref().is_some_and(|livekit| livekit.reconcile_every.is_some()) {
            tasks.spawn(reconcile::work(Arc::clone(app)));
        }
        Self(tasks)
    }

    /// Ends the work, with everything stored that was told.
    pub(crate) async fn stop(mut self, app: &App) {
        self.0.shutdown().await;
        app.keep_stays().await;
    }
}
