//! The gateway (contract §6): who may open a connection, and the way from an upgrade to a client that is served.

mod client;
mod cursor;
mod delivery;
mod offer;
mod outlet;
mod snapshot;
mod socket;
mod sse;

use std::sync::Arc;

use filament_core::session::{IngressLimits, Session};
use filament_core::voice::VoiceConfirm;
use filament_core::{Actor, Journal as _, Seq, Surface};
use filament_fanout::{Connection, Fanout, FanoutConfig, Hello, Refusal};
use filament_protocol::{ConnectionId, ErrorCode, Timestamp};
use hyper::upgrade::OnUpgrade;

use self::client::Client;
pub use self::cursor::{CursorKey, SealedCursors};
pub(crate) use self::delivery::Delivery;
use self::offer::Offer;
use self::outlet::Outlet;
use self::socket::Socket;
pub use self::sse::{StreamBody, open as open_stream};
use crate::app::{App, Store};
use crate::config::GatewayConfig;
use crate::http::answer::{Answer, AnswerBody};
use crate::http::call::Call;
use crate::http::error::ApiError;
use crate::http::gate::gateway_token;
use crate::http::wire::Wire;
use crate::limits::{
    CONNECTIONS_PER_USER_RETRY_SECS, NAMED_HITS_NOTED_MAX, RETRY_AFTER_DRAIN_SECS, RETRY_AFTER_OVERLOAD_SECS,
};
use crate::server::StartError;
use crate::ws::handshake::{Handshake, take_stream};
use crate::ws::{Reader, ReaderLimits};

/// All gateway connections of this process.
#[derive(Debug)]
pub struct Gateway {
    fanout: Fanout<Outlet>,
    ingress: IngressLimits,
    flush_loops: usize,
}

impl Gateway {
    /// A gateway without connections that will deliver what `store` commits.
    ///
    /// # Errors
    /// [`StartError::Random`].
    pub fn new(
        config: &GatewayConfig,
        voice_confirm: VoiceConfirm,
        store: &Store,
        cursor_key: &CursorKey,
    ) -> Result<Self, StartError> {
        let subscribes = u16::try_from(config.subscribes_per_window).unwrap_or(u16::MAX);
        let ingress = IngressLimits {
            frames: u16::try_from(config.ingress_events_per_window).unwrap_or(u16::MAX),
            window_ms: u64::try_from(config.ingress_window.as_millis()).unwrap_or(u64::MAX),
            subscribes,
        };
        let (journal, access) = (Arc::new(store.clone()), Arc::new(store.clone()));
        let cursors = SealedCursors::new(cursor_key, store.head().epoch).map_err(|_| StartError::Random)?;
        let config = FanoutConfig { voice_confirm, ..fanout_config(config) };
        let fanout = Fanout::new(config, journal, access, Arc::new(cursors));
        Ok(Self { fanout, ingress, flush_loops: config.shards })
    }

    /// Delivers what the store commits until `shutdown` completes.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        self.fanout.run(shutdown).await;
    }

    /// Delivery itself, for voice.
    pub(crate) fn fanout(&self) -> &Fanout<Outlet> {
        &self.fanout
    }

    /// Returns when every access change of entry `seq` is in force (FEN-5).
    pub async fn fenced(&self, seq: Seq) {
        self.fanout.fenced(seq).await;
    }

    /// Closes every connection with 1001 and a wait of its own (GW-50).
    pub async fn drain(&self) {
        self.fanout.drain().await;
    }
}

/// `GET /gateway/ws`: judges the upgrade, answers it, and serves the connection in the background.
///
/// # Errors
/// Before the upgrade, as JSON (GW-4): 401, 403 for the origin, 400 for what is no WebSocket handshake or a malformed `features`
/// or `subscribe`, 429 for too many connections of the user, 503 for too many of all.
pub async fn open(mut call: Call) -> Result<Answer, ApiError> {
    let mut request = call.upgrade.take().ok_or_else(ApiError::internal)?;
    let (actor, token_expires_at) = authenticate(&call)?;
    if !call.app.cors.admits_upgrade(&call.headers) {
        return Err(ApiError::new(ErrorCode::Forbidden));
    }
    let offer = Offer::of_websocket(call.query())?;
    let handshake = Handshake::check(&request).map_err(|error| ApiError::invalid(error.to_string()))?;
    call.app.gateway.fanout.admit(actor.user_id).map_err(refused)?;
    call.app.remember_address_soon(actor.user_id, call.address);
    let (response, upgrade) = handshake.accept(&mut request);
    let opening = Opening { app: Arc::clone(&call.app), actor, token_expires_at, offer };
    tokio::spawn(opening.serve(upgrade));
    Ok(response.map(|_| AnswerBody::empty()))
}

fn authenticate(call: &Call) -> Result<(Actor, Timestamp), ApiError> {
    let token = gateway_token(&call.headers, call.query());
    token.and_then(|token| call.app.authenticate_until(&token, call.address)).ok_or_else(ApiError::unauthorized)
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::TooManyOfUser => ApiError::rate_limited(CONNECTIONS_PER_USER_RETRY_SECS),
        Refusal::Draining => ApiError::overloaded(RETRY_AFTER_DRAIN_SECS),
        _ => ApiError::overloaded(RETRY_AFTER_OVERLOAD_SECS),
    }
}

fn fanout_config(config: &GatewayConfig) -> FanoutConfig {
    FanoutConfig {
        queue_frames: config.queue_frames,
        queue_bytes: config.queue_bytes,
        connections_max: config.connections_max,
        connections_per_user: config.connections_per_user,
        token_grace_secs: config.token_grace.as_secs(),
        ping_secs: config.ping.as_secs(),
        idle_secs: config.idle.as_secs(),
        ..FanoutConfig::default()
    }
}

/// A connection whose upgrade was answered and that is not registered yet.
struct Opening {
    app: Arc<App>,
    actor: Actor,
    token_expires_at: Timestamp,
    offer: Offer,
}

impl Opening {
    async fn serve(self, upgrade: OnUpgrade) {
        let (stream, already_read) = match take_stream::<Wire>(upgrade).await {
            Ok((wire, already_read)) => (wire.into_stream(), already_read),
            Err(error) => return tracing::debug!(%error, "an upgrade came to nothing"),
        };
        let (read_half, write_half) = stream.into_split();
        let reader = Reader::new(read_half, already_read, ReaderLimits::default());
        let Some(id) = connection_id() else {
            return tracing::error!("the system gives no random bytes for a connection id");
        };
        let (app, actor) = (Arc::clone(&self.app), self.actor);
        let connection = self.connect(id, Outlet::Socket(Socket::new(write_half))).await;
        let session = Session::new(app.gateway.ingress);
        let client = Client::new(app, actor, session, connection);
        // A task of its own: what opening needed room for is not kept for as long as the connection lives.
        tokio::spawn(client.run(reader));
    }

    /// Registers the connection, subscribes it to what it named, or resumes it.
    async fn connect(self, connection_id: ConnectionId, outlet: Outlet) -> Connection<Outlet> {
        let Self { app, actor, token_expires_at, offer } = self;
        let hello = Hello {
            connection_id,
            user_id: actor.user_id,
            session_id: actor.session_id,
            is_server_owner: actor.is_server_owner,
            mode: offer.mode,
            features: offer.features,
            token_expires_at,
            address: actor.address,
            cursor: offer.cursor,
            subscribe: offer.subscribe,
        };
        let (connection, refused) = app.gateway.fanout.open(hello, outlet).await;
        // Every refusal looks the same here; core notes those that the gate made.
        for guild_id in refused.into_iter().take(NAMED_HITS_NOTED_MAX) {
            app.note_address_hit(actor, guild_id, Surface::Subscribe);
        }
        connection
    }
}

/// A fresh id, in the order of time as all ids are.
fn connection_id() -> Option<ConnectionId> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    let ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Some(ConnectionId::from_u128((ms << 80) | (u128::from_be_bytes(random) >> 48)))
}
