//! The server as a whole: opens what it needs, serves until told to stop, and ends in order.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use filament_core::{Engine, Limits, TransactError};
use filament_protocol::Timestamp;
use filament_store::{OpenError, StoreConfig, StoreError, Synchronous};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{App, Store};
use crate::attachments::sweep::{self, SweepError};
use crate::auth::keys::{KeyError, Keys};
use crate::auth::password::PasswordError;
use crate::config::{self, Config};
use crate::data_folder::DATABASE_FILE;
use crate::gateway::{Delivery, Gateway};
use crate::http::routes::ROUTES;
use crate::limits::DRAIN_MAX;
use crate::listener;
use crate::maintenance::{MaintenanceError, refuse_half_restored};
use crate::voice::{self, VoiceWork};

/// Why the server did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("FILAMENT_DATA_DIR: {}: {source}", folder.display())]
    DataDir {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder of files below the data folder cannot be used.
    #[error("FILAMENT_DATA_DIR: {}: {source}", folder.display())]
    Files {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The web root is no folder that can be read.
    #[error("FILAMENT_WEB_ROOT: {}: {source}", root.display())]
    WebRoot {
        /// The folder.
        root: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A restore of the data folder was interrupted.
    #[error("{0}")]
    HalfRestored(#[source] MaintenanceError),
    /// The database cannot be opened; the text says what to do.
    #[error("{0}")]
    OpenStore(#[from] OpenError),
    /// The database was opened but cannot be read.
    #[error("the database cannot be read")]
    Store(#[source] StoreError),
    /// Who was in voice channels cannot be read.
    #[error("who was in voice channels cannot be read")]
    Stays(#[source] TransactError<StoreError>),
    /// Opening the database panicked: a defect of the program.
    #[error("opening the database panicked")]
    StorePanicked,
    /// What a crash left among the attachments cannot be removed.
    #[error("attachments: {0}")]
    Attachments(#[source] SweepError),
    /// The key files cannot be used.
    #[error("keys: {0}")]
    Keys(#[from] KeyError),
    /// Passwords cannot be hashed.
    #[error("passwords: {0}")]
    Passwords(#[source] PasswordError),
    /// The address cannot be listened on.
    #[error("FILAMENT_BIND_ADDR: {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The thread that delivers events cannot be started.
    #[error("delivery cannot start: {0}")]
    Delivery(#[source] io::Error),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// The route table contradicts itself: a defect of the program.
    #[error("routes: {0}")]
    Routes(String),
}

impl StartError {
    /// Returns what the process exits with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::DataDir { .. } | Self::Files { .. } | Self::WebRoot { .. } => 2,
            Self::OpenStore(OpenError::NewerDatabase { .. }) => 3,
            Self::OpenStore(OpenError::Corrupt { .. }) => 4,
            Self::OpenStore(OpenError::AlreadyInUse { .. }) => 5,
            Self::HalfRestored(_)
            | Self::OpenStore(_)
            | Self::Store(_)
            | Self::Stays(_)
            | Self::StorePanicked
            | Self::Attachments(_)
            | Self::Keys(_)
            | Self::Passwords(_)
            | Self::Bind { .. }
            | Self::Delivery(_)
            | Self::Random
            | Self::Routes(_) => 1,
        }
    }
}

/// The way to start a server inside any program.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Opens the data folder, listens, and serves in the background.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        config.create_data_dir().map_err(|source| StartError::DataDir { folder: config.data_dir.clone(), source })?;
        refuse_half_restored(&config.data_dir).map_err(StartError::HalfRestored)?;
        let store = open_store(&config).await?;
        // The lock on the database comes first: two processes on one new folder would make different keys.
        let keys = Keys::load_or_create(&config.data_dir)?;
        let engine = Engine::new(store.clone(), limits(&config));
        let gateway = Gateway::new(&config.gateway, voice::confirm(&config.livekit), &store, &keys.cursor)?;
        let bind_addr = config.bind_addr;
        let app = App::new(config, ROUTES, keys, engine, gateway)?;
        remember_ended_sessions(&app, &store).await?;
        remove_unnamed_images(&app, &store).await?;
        restore_stays(&app).await?;
        sweep::whole(&app).await.map_err(StartError::Attachments)?;
        Running::start(bind_addr, Arc::new(app)).await
    }
}

async fn open_store(config: &Config) -> Result<Store, StartError> {
    let mut store = StoreConfig::new(config.data_dir.join(DATABASE_FILE));
    store.synchronous = match config.store.synchronous {
        config::Synchronous::Full => Synchronous::Full,
        config::Synchronous::Normal => Synchronous::Normal,
    };
    store.journal_retention_secs = config.store.journal_retention.as_secs();
    let opened = tokio::task::spawn_blocking(move || Store::open(store)).await;
    Ok(opened.map_err(|_| StartError::StorePanicked)??)
}

fn limits(config: &Config) -> Limits {
    let mut limits = Limits::default();
    limits.event_bytes_max = config.gateway.event_bytes_max;
    limits.created_guilds_per_user_max = config.quotas.max_created_guilds_per_user.into();
    limits.guild_members_max = config.quotas.guild_members_max.into();
    limits.address_bans_per_guild_max = usize::try_from(config.quotas.guild_ip_ban_max_entries).unwrap_or(usize::MAX);
    limits.attachment_bytes_per_user_max = config.quotas.attachment_quota_bytes;
    limits.server_owner_user_id = config.server_owner_user_id;
    limits
}

/// Access tokens outlive a restart, and so must the end of their sessions (AUT-12).
async fn remember_ended_sessions(app: &App, store: &Store) -> Result<(), StartError> {
    let life_secs = app.access_tokens.lifetime().as_secs();
    let since = app.clock.now().as_secs().saturating_sub(life_secs);
    let since = Timestamp::new(since).unwrap_or(Timestamp::MIN);
    let ended = store.recently_ended_sessions(since).await.map_err(StartError::Store)?;
    // Newest first as they come; the oldest are the first to be forgotten.
    ended.into_iter().rev().for_each(|session| app.end_session(session));
    Ok(())
}

/// Removes the files that no image has: what a crash or a refusal left. Before anybody is served, so that none of them is one
/// whose row is about to be written.
async fn remove_unnamed_images(app: &App, store: &Store) -> Result<(), StartError> {
    let folder = || app.config.data_dir.clone();
    let files = |source| StartError::Files { folder: folder(), source };
    let mut names = app.images.names().await.map_err(files)?;
    let mut removed = 0_u64;
    while let Some(some) = names.next().await.map_err(files)? {
        let named = store.named_images(some.clone()).await.map_err(StartError::Store)?;
        for name in some.into_iter().filter(|name| !named.contains(name)) {
            app.images.remove(name).await.map_err(files)?;
            removed += 1;
        }
    }
    if removed > 0 {
        tracing::info!(removed, "removed images that nothing names");
    }
    Ok(())
}

/// Who was in a voice channel still is (VOI-8). Without LiveKit nobody is anywhere.
async fn restore_stays(app: &App) -> Result<(), StartError> {
    if app.livekit.is_none() {
        return Ok(());
    }
    app.restore_stays().await.map_err(StartError::Stays)
}

/// A server that serves.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    app: Arc<App>,
    task: JoinHandle<Ended>,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// In order: requests answered, connections closed.
    Drained,
    /// Its time was over before everything was in order.
    OutOfTime,
    /// At once, as asked.
    Forced,
}

impl Running {
    /// Listens and serves `app` in the background.
    ///
    /// # Errors
    /// [`StartError::Bind`], [`StartError::Delivery`].
    pub(crate) async fn start(address: SocketAddr, app: Arc<App>) -> Result<Self, StartError> {
        let bind = |source| StartError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let delivery = Delivery::start(Arc::clone(&app)).map_err(StartError::Delivery)?;
        let work = VoiceWork::start(&app);
        let task = tokio::spawn(run(listener, delivery, work, Arc::clone(&app)));
        Ok(Self { address, app, task })
    }

    /// Returns the address it listens on; the port is the one that the system chose if none was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the parts of the server, to steer its end.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Begins to drain (GW-50).
    pub fn shutdown(&self) {
        self.app.drain.begin();
    }

    /// Waits for the end.
    pub async fn join(self) -> Ended {
        self.task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the server task panicked");
            Ended::Forced
        })
    }
}

async fn run(listener: TcpListener, delivery: Delivery, work: VoiceWork, app: Arc<App>) -> Ended {
    let sweeping = tokio::spawn(sweep::run(Arc::clone(&app)));
    let orderly = async {
        listener::serve(listener, Arc::clone(&app)).await;
        sweeping.abort();
        app.gateway.drain().await;
        work.stop(&app).await;
        if let Err(error) = app.engine.store().close().await {
            // Every answered command is on disk all the same.
            tracing::warn!(%error, "the database was not closed in order");
        }
    };
    let out_of_time = async {
        app.drain.begun().await;
        tokio::time::sleep(DRAIN_MAX).await;
    };
    let ended = tokio::select! {
        () = orderly => Ended::Drained,
        () = out_of_time => Ended::OutOfTime,
        () = app.drain.forced() => Ended::Forced,
    };
    app.drain.stop();
    sweeping.abort();
    delivery.stop().await;
    ended
}
