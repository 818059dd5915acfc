//! A chat server on axum, on Filament's crates. It shows what a server of one's own has to bring:
//!
//! | file | brings |
//! | --- | --- |
//! | `transport` | the write half of a connection: thirty lines |
//! | `gateway` | the upgrade, and a loop that reads |
//! | `cursors` | the key that cursors are sealed with |
//! | `rooms` | requests to commands, replies to JSON |
//! | this one | the parts, tied together |
//!
//! Permissions, order, who hears what, bounds, slow readers, resume: nothing of that is here.

pub mod cursors;
pub mod gateway;
pub mod rooms;
pub mod transport;

use std::{
    collections::HashMap,
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, routing::get};
use filament_core::{
    Actor, Anonymous, Engine, Journal as _, Limits, TransactError,
    decide::{
        Command,
        account::{OpenSession, Register},
    },
};
use filament_fanout::{Fanout, FanoutConfig};
use filament_protocol::Username;
use filament_store::{SqliteStore, StoreConfig, StoreError};

use crate::{cursors::Sealed, transport::Socket};

/// How long a token is good, in seconds; this server keeps tokens in memory anyway.
const TOKEN_SECS: u64 = 86_400;

/// Everything a request may use. Clones share it.
#[derive(Clone, Debug)]
pub struct Chat {
    /// Decides and stores.
    pub engine: Engine<SqliteStore>,
    /// Delivers what was stored.
    pub fanout: Fanout<Socket>,
    tokens: Arc<Mutex<HashMap<String, Actor>>>,
}

impl Chat {
    /// Opens a data folder. Nothing is delivered until [`Fanout::run`] runs.
    ///
    /// # Errors
    /// What the store or the system says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let store = SqliteStore::open(StoreConfig::new(folder.join("chat.db"))).map_err(io::Error::other)?;
        let cursors = Arc::new(Sealed::new(key(&folder.join("cursor.key"))?, store.head().epoch));
        let (journal, access) = (Arc::new(store.clone()), Arc::new(store.clone()));
        let fanout = Fanout::new(FanoutConfig::default(), journal, access, cursors);
        Ok(Self { engine: Engine::new(store, Limits::default()), fanout, tokens: Arc::default() })
    }

    /// The routes.
    pub fn router(&self) -> Router {
        rooms::routes().route("/gateway/ws", get(gateway::open)).with_state(self.clone())
    }

    /// Carries a command out. One that took access away is answered when that is in force (contract FEN-5).
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn execute<C: Command>(
        &self,
        caller: C::Caller,
        command: C,
    ) -> Result<C::Reply, TransactError<StoreError>> {
        let committed = self.engine.execute(caller, command).await?;
        if let Some(seq) = committed.seq.filter(|_| committed.narrows) {
            self.fanout.fenced(seq).await;
        }
        Ok(committed.reply)
    }

    /// Takes a person in, or in again: a session of its own and a token for it.
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn enter(&self, username: Username) -> Result<(String, Actor), TransactError<StoreError>> {
        let register = Register { username: username.clone(), password_hash: "nobody has a password here".to_owned() };
        self.execute(Anonymous, register).await?;
        let known = self.engine.credentials(username).await?.ok_or(TransactError::Busy)?;
        let grant =
            self.execute(Anonymous, OpenSession { user_id: known.user_id, access_token_secs: TOKEN_SECS }).await?;
        let actor =
            Actor { user_id: grant.user_id, session_id: grant.session_id, is_server_owner: false, address: None };
        let token = random().map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let token = token.map_err(|_| TransactError::Busy)?;
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), actor);
        Ok((token, actor))
    }

    /// Who a token belongs to.
    #[must_use]
    pub fn actor(&self, token: &str) -> Option<Actor> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied()
    }
}

/// Reads a key, or makes it: cursors outlive a restart.
fn key(path: &Path) -> io::Result<[u8; 32]> {
    match fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| io::Error::other("not a key")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = random()?;
            fs::write(path, key).map(|()| key)
        }
        Err(error) => Err(error),
    }
}

fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| io::Error::other("no random bytes"))?;
    Ok(bytes)
}
