//! Everything a request may use, made once per process, and the one way a handler reaches the engine.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use filament_core::decide::Command;
use filament_core::read::Read;
use filament_core::{Actor, Address, Engine, Seq, TransactError};
use filament_protocol::{SessionId, Timestamp, UserId};
use tokio::sync::Semaphore;

use crate::attachments::Attachments;
use crate::auth::keys::Keys;
use crate::auth::lockout::Lockout;
use crate::auth::password::Passwords;
use crate::auth::refresh::RefreshKey;
use crate::auth::token::{AccessTokens, IssueError, IssuedToken};
use crate::blob::BlobFolder;
use crate::config::Config;
use crate::ended_sessions::EndedSessions;
use crate::gateway::Gateway;
use crate::http::cors::Cors;
use crate::http::error::ApiError;
use crate::http::request_id::RequestIds;
use crate::http::route::{Route, Table};
use crate::http::shell::Shell;
use crate::http::upload::Uploads;
use crate::limits::BACKGROUND_COMMANDS_MAX;
use crate::metrics::Metrics;
use crate::rate::RateLimits;
use crate::server::StartError;
use crate::shutdown::Drain;
use crate::sightings::Sightings;
use crate::voice::LiveKit;

/// Where avatars and banners are, below the data folder.
const IMAGES_FOLDER: &str = "images";

/// The store behind the engine.
pub type Store = filament_store::SqliteStore;

/// What the server consists of. Shared by every request; each part is bounded by itself.
#[derive(Debug)]
pub struct App {
    /// What the operator chose.
    pub config: Config,
    /// How far the server is on its way out.
    pub drain: Drain,
    /// The routes.
    pub routes: Table,
    /// Which other origins may read answers.
    pub cors: Cors,
    /// The web shell, if there is one.
    pub shell: Option<Shell>,
    /// Names of requests.
    pub request_ids: Arc<RequestIds>,
    /// The counters of contract §15.
    pub metrics: Metrics,
    /// Allowances of users and addresses.
    pub rates: RateLimits,
    /// Decides and reads.
    pub engine: Engine<Store>,
    /// Delivers what was decided.
    pub gateway: Gateway,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Counts wrong ones.
    pub lockout: Lockout,
    /// Issues and reads access tokens.
    pub access_tokens: AccessTokens,
    /// Derives refresh tokens.
    pub refresh_key: RefreshKey,
    /// Sessions whose access tokens are void before they expire.
    pub ended_sessions: EndedSessions,
    /// The second that tokens are judged by.
    pub clock: TokenClock,
    /// Turns for commands that nobody waits for.
    pub background: Semaphore,
    /// LiveKit, if it is configured.
    pub livekit: Option<LiveKit>,
    /// One at a time stores who is in voice channels.
    pub keeping: tokio::sync::Mutex<()>,
    /// Which users were written down lately, and where.
    pub sightings: Sightings,
    /// The files of attachments.
    pub attachments: Attachments,
    /// Turns for uploads.
    pub uploads: Uploads,
    /// The bytes of avatars and banners.
    pub images: BlobFolder,
}

/// Why the engine did not do what was asked.
#[derive(Debug)]
pub struct Refused {
    /// What the client is told.
    pub error: ApiError,
    /// Whether the refusal itself changed something: a replayed refresh token ended its session.
    pub left_trace: bool,
}

impl App {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`StartError`] for a route table, a web root or a folder of attachments that cannot be used, or when the system gives no random bytes.
    pub fn new(
        config: Config,
        routes: &'static [Route],
        keys: Keys,
        engine: Engine<Store>,
        gateway: Gateway,
    ) -> Result<Self, StartError> {
        let shell = config.web_root.as_deref().map(|root| open_shell(root, &config)).transpose()?;
        let images = open_folder(&config, IMAGES_FOLDER)?;
        let mut start = [0; 8];
        getrandom::fill(&mut start).map_err(|_| StartError::Random)?;
        Ok(Self {
            drain: Drain::default(),
            routes: Table::new(routes).map_err(StartError::Routes)?,
            cors: Cors::new(config.allowed_origins.clone()),
            shell,
            request_ids: Arc::new(RequestIds::starting_at(u64::from_ne_bytes(start))),
            metrics: Metrics::new(routes.iter().map(|route| (route.method.clone(), route.template))),
            rates: RateLimits::new(&config.rates, Instant::now()),
            engine,
            gateway,
            passwords: Passwords::new().map_err(StartError::Passwords)?,
            lockout: Lockout::new(),
            access_tokens: AccessTokens::new(keys.access, config.access_token_life),
            refresh_key: keys.refresh,
            ended_sessions: EndedSessions::default(),
            clock: TokenClock::default(),
            background: Semaphore::new(BACKGROUND_COMMANDS_MAX),
            livekit: LiveKit::configured(&config.livekit),
            keeping: tokio::sync::Mutex::default(),
            sightings: Sightings::default(),
            attachments: Attachments::open(&config.data_dir)
                .map_err(|source| StartError::DataDir { folder: config.data_dir.clone(), source })?,
            uploads: Uploads::default(),
            images,
            config,
        })
    }

    /// Returns who a token speaks for that came from `address`, `None` unless it is valid and its session alive (HTTP-5, AUT-12).
    #[must_use]
    pub fn authenticate(&self, token: &str, address: IpAddr) -> Option<Actor> {
        self.authenticate_until(token, address).map(|(actor, _)| actor)
    }

    /// Like [`Self::authenticate`], with the second from which on the token is refused.
    #[must_use]
    pub fn authenticate_until(&self, token: &str, address: IpAddr) -> Option<(Actor, Timestamp)> {
        let claims = self.access_tokens.verify(token, self.clock.now()).ok()?;
        if self.ended_sessions.contains(claims.session) {
            return None;
        }
        let is_server_owner = self.config.server_owner_user_id == Some(claims.user);
        let (user_id, session_id) = (claims.user, claims.session);
        let actor = Actor { user_id, session_id, is_server_owner, address: Some(Address::from(address)) };
        Some((actor, claims.expires_at))
    }

    /// Issues an access token that is valid from `issued_at`.
    ///
    /// # Errors
    /// No random bytes, or no sensible clock.
    pub fn issue(&self, user: UserId, session: SessionId, issued_at: Timestamp) -> Result<IssuedToken, IssueError> {
        self.clock.observe(issued_at);
        self.access_tokens.issue(user, session, issued_at)
    }

    /// Voids the access tokens of a session.
    pub fn end_session(&self, session: SessionId) {
        let now = self.clock.now();
        self.ended_sessions.insert(session, now.plus_secs(self.access_tokens.lifetime().as_secs()), now);
    }

    /// Executes a command and, when it can reduce somebody's access, waits until that is in force (FEN-5).
    ///
    /// # Errors
    /// The refusal as the client is told it.
    pub async fn execute<C: Command>(&self, caller: C::Caller, command: C) -> Result<C::Reply, ApiError> {
        self.execute_traced(caller, command).await.map_err(|refused| refused.error)
    }

    /// Like [`Self::execute`], and tells whether a refusal left a trace.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn execute_traced<C: Command>(&self, caller: C::Caller, command: C) -> Result<C::Reply, Refused> {
        match self.engine.execute(caller, command).await {
            Ok(committed) => {
                if committed.narrows {
                    self.fenced(committed.seq).await;
                }
                Ok(committed.reply)
            }
            Err(error) => {
                let trace = if let TransactError::Denied { seq, .. } = &error { *seq } else { None };
                self.fenced(trace).await;
                Err(Refused { error: error.into(), left_trace: trace.is_some() })
            }
        }
    }

    /// Reads.
    ///
    /// # Errors
    /// The refusal as the client is told it.
    pub async fn read<Q: Read>(&self, actor: Actor, read: Q) -> Result<Q::Answer, ApiError> {
        Ok(self.engine.read(actor, read).await?)
    }

    async fn fenced(&self, seq: Option<Seq>) {
        if let Some(seq) = seq {
            self.gateway.fenced(seq).await;
        }
    }
}

/// Opens a folder of files below the data folder.
fn open_folder(config: &Config, name: &str) -> Result<BlobFolder, StartError> {
    let folder = config.data_dir.join(name);
    BlobFolder::open(folder.clone()).map_err(|source| StartError::Files { folder, source })
}

fn open_shell(root: &Path, config: &Config) -> Result<Shell, StartError> {
    let media_origin = config.livekit.credentials().map(|_| config.livekit.url.to_string());
    Shell::new(root, media_origin.as_deref()).map_err(|source| StartError::WebRoot { root: root.to_owned(), source })
}

/// The second that access tokens are judged by: the wall clock, but never before the issue of a token that is out.
///
/// The store's stamps never run backwards (ORD-7); without this, a token issued at such a stamp would not be valid yet
/// after the wall clock was set back.
#[derive(Debug, Default)]
pub struct TokenClock {
    latest_issue: AtomicU64,
}

impl TokenClock {
    /// Returns the current second.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Timestamp::new(wall.max(self.latest_issue.load(Ordering::Relaxed))).unwrap_or(Timestamp::MIN)
    }

    /// Notes the issue of a token.
    pub fn observe(&self, issued_at: Timestamp) {
        self.latest_issue.fetch_max(issued_at.as_secs(), Ordering::Relaxed);
    }
}

/// An app for tests: on a data folder of its own, with the routes a test wants.
#[cfg(test)]
pub(crate) mod fixture {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};

    use filament_core::Limits;
    use filament_store::StoreConfig;

    use super::*;

    /// The data folder of a test, removed at its end.
    #[derive(Debug)]
    pub(crate) struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            static FOLDERS: AtomicU64 = AtomicU64::new(0);
            let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
            Self(std::env::temp_dir().join(format!("filament-app-{}-{number}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _already_gone = std::fs::remove_dir_all(&self.0);
        }
    }

    /// Makes an app with the default configuration, changed by `change`.
    pub(crate) fn app(routes: &'static [Route], change: impl FnOnce(&mut Config)) -> (App, Folder) {
        let folder = Folder::new();
        let mut config = Config::for_data_dir(&folder.0);
        change(&mut config);
        config.create_data_dir().unwrap();
        let keys = Keys::load_or_create(&folder.0).unwrap();
        let store = Store::open(StoreConfig::new(folder.0.join("test.db"))).unwrap();
        let gateway =
            Gateway::new(&config.gateway, crate::voice::confirm(&config.livekit), &store, &keys.cursor).unwrap();
        let app = App::new(config, routes, keys, Engine::new(store, Limits::default()), gateway).unwrap();
        (app, folder)
    }
}
