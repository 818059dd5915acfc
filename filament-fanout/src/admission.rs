//! Taking in connections: caps, loading what the user may see, `ready` (contract §6.1, §6.2).

use std::sync::Arc;

use filament_core::{Address, Place, Seq, UserAccess, permission::GuildGraph};
use filament_protocol::{
    ChannelId, CloseCode, ConnectionId, Event, GuildId, SessionId, Timestamp, UserId,
    event::{Ready, ResumeState},
    limits::HEARTBEAT_INTERVAL_MS,
    text::FeatureName,
};
use thiserror::Error;

use crate::{
    access::loads::{LoadKey, Loaded},
    clock::Now,
    close::Cause,
    frame::Reach,
    hub::Hub,
    limits::KNOWN_GUILDS_MAX,
    link::Link,
    mailbox::Mailbox,
    mode::Mode,
    observe::DisconnectReason,
    registry::ConnectionKey,
    transport::TransportWrite,
};

/// Who connects, as authenticated by the embedder.
#[derive(Clone, Debug)]
pub struct Hello {
    /// Fresh id of this connection; `ready.session_id` on the wire.
    pub connection_id: ConnectionId,
    /// The user.
    pub user_id: UserId,
    /// The login the access token belongs to.
    pub session_id: SessionId,
    /// Whether the user owns the server (DEL-7). The same for all connections of a user.
    pub is_server_owner: bool,
    /// In which form it is told of events.
    pub mode: Mode,
    /// The features agreed on, sorted, at most 16.
    pub features: Vec<FeatureName>,
    /// When the access token that was presented ends.
    pub token_expires_at: Timestamp,
    /// Where the client comes from (HTTP-18): what bans by address are compared with (DEL-5). `None` is never banned.
    pub address: Option<Address>,
    /// The cursor it presents, if it is to be resumed there (RES-11); ignored where there are no cursors.
    pub cursor: Option<Box<str>>,
    /// The channels it names at connect, at most 128 (RES-11).
    pub subscribe: Vec<(GuildId, ChannelId)>,
}

impl Hello {
    /// Whether the connection goes on where another one ended.
    pub(crate) fn is_resumed(&self) -> bool {
        self.cursor.is_some() && self.mode.has_cursor()
    }
}

/// Why a connection is not admitted (GW-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The server is going away: 503.
    #[error("the server is going away")]
    Draining,
    /// The journal cannot be read at the moment: 503.
    #[error("delivery is interrupted")]
    Down,
    /// The process has as many connections as it may: 503.
    #[error("too many connections")]
    Full,
    /// The user has as many connections as one may: 429.
    #[error("too many connections of the user")]
    TooManyOfUser,
}

/// A connection that was checked against the caps and counts in them already.
pub(crate) enum Admission<W> {
    /// It is in; everything needed was known.
    Connected(Arc<Link<W>>),
    /// What the user may see is to be loaded. The transport is handed back meanwhile.
    Load { transport: W, load: LoadKey, known: Vec<GuildId> },
    /// It was refused and is closing.
    Refused(Arc<Link<W>>),
}

impl<W> Hub<W> {
    /// Begins a load at the present position. Returns the guilds that need not be loaded.
    pub(crate) fn begin_load(&mut self) -> (LoadKey, Vec<GuildId>) {
        let known = self.access.guild_ids().take(KNOWN_GUILDS_MAX).collect();
        (self.loads.begin(self.position), known)
    }

    /// Gives back what a load of [`begin_connect`](Self::begin_connect) holds.
    pub(crate) fn end_load(&mut self, load: LoadKey, user_id: UserId) {
        self.loads.end(load);
        if let Some(count) = self.reserved.get_mut(&user_id) {
            *count -= 1;
            self.reserved_count -= 1;
            if *count == 0 {
                self.reserved.remove(&user_id);
            }
        }
    }
}

impl<W: TransportWrite> Hub<W> {
    /// Checks the caps (GW-4).
    pub(crate) fn admit(&self, user_id: UserId) -> Result<(), Refusal> {
        if self.is_draining {
            return Err(Refusal::Draining);
        }
        if self.is_down {
            return Err(Refusal::Down);
        }
        if self.registry.len() + self.closing.len() + self.reserved_count >= self.config.connections_max {
            return Err(Refusal::Full);
        }
        let of_user = self.registry.connections_of(user_id).len() + self.reserved.get(&user_id).copied().unwrap_or(0);
        if of_user >= self.config.connections_per_user { Err(Refusal::TooManyOfUser) } else { Ok(()) }
    }

    /// Takes a connection in, or begins to load what it needs. A load reserves its place: end it with
    /// [`end_load`](Self::end_load).
    pub(crate) fn begin_connect(&mut self, hello: &Hello, transport: W, now: Now) -> Admission<W> {
        if self.admit(hello.user_id).is_err() {
            return Admission::Refused(self.refuse(transport, CloseCode::Overloaded, now));
        }
        // A session with a live connection is alive, and the access of its user is in the table.
        let same = |key: &ConnectionKey| {
            self.registry
                .get(*key)
                .filter(|other| other.session_id == hello.session_id)
                .map(|other| other.token_expires_at)
        };
        if let Some(expires_at) = self.registry.connections_of(hello.user_id).iter().find_map(same) {
            return Admission::Connected(self.register(hello, transport, expires_at, now));
        }
        let (load, known) = self.begin_load();
        *self.reserved.entry(hello.user_id).or_default() += 1;
        self.reserved_count += 1;
        Admission::Load { transport, load, known }
    }

    /// Takes a connection in with what was loaded; the relay has reached the snapshot. `Err` with the transport: load again.
    pub(crate) fn finish_connect(
        &mut self,
        load: LoadKey,
        hello: &Hello,
        snapshot: UserAccess,
        transport: W,
        now: Now,
    ) -> Result<Arc<Link<W>>, W> {
        if self.is_draining || self.is_down {
            return Ok(self.refuse(transport, CloseCode::Overloaded, now));
        }
        debug_assert!(self.position >= snapshot.seq, "the relay has reached the snapshot");
        let owner = (hello.user_id, hello.session_id);
        let Loaded::Exact(loaded) = self.loads.complete_user(load, owner, snapshot, &self.access) else {
            return Err(transport);
        };
        let Some(expires_at) = loaded.token_expires_at else {
            return Ok(self.refuse(transport, CloseCode::SessionRevoked, now));
        };
        if !self.access.knows_user(hello.user_id) {
            let of_user = (hello.is_server_owner, loaded.revision);
            self.access.insert_user(hello.user_id, of_user, loaded.memberships, loaded.graphs);
        }
        Ok(self.register(hello, transport, expires_at, now))
    }

    /// Puts a connection into every index and queues `ready` as its first frame (GW-10, GW-11). Of a connection that is resumed,
    /// `ready` waits for what the survey finds; hold it in the same step.
    fn register(&mut self, hello: &Hello, transport: W, newest_expires_at: Timestamp, now: Now) -> Arc<Link<W>> {
        let key = self.registry.next_key();
        let shards = u32::try_from(self.config.shard_count()).unwrap_or(1);
        let shard = u16::try_from(key % shards).unwrap_or(0);
        let mailbox = Mailbox::new(hello.mode, hello.user_id, Place::after(self.position));
        let link = Link::new(transport, key, shard, hello.mode, mailbox, now);
        let token_expires_at = newest_expires_at.max(hello.token_expires_at);
        let next_ping_ms = now.ms() + self.config.ping_ms(hello.mode);
        self.registry.insert(
            Arc::clone(&link),
            hello.user_id,
            hello.session_id,
            token_expires_at,
            next_ping_ms,
            hello.address,
        );
        self.streams += usize::from(hello.mode == Mode::Stream);
        let guild_ids = self.access.guilds_of(hello.user_id).to_vec();
        self.presence_changed().connected(hello.user_id, &guild_ids);
        self.voice_connected(hello.user_id, now);
        if !hello.is_resumed() {
            let ready = self.ready(hello, None, now);
            self.send_live(&link, &Event::Ready(ready), Reach::Connection, now);
        }
        link
    }

    /// The first event of a connection (GW-12).
    pub(crate) fn ready(&mut self, hello: &Hello, resume: Option<ResumeState>, now: Now) -> Ready {
        Ready {
            user_id: hello.user_id,
            session_id: hello.connection_id,
            heartbeat_interval_ms: HEARTBEAT_INTERVAL_MS,
            features: hello.features.clone(),
            server_time_unix: self.stamp(now),
            token_expires_at_unix: hello.token_expires_at,
            resume,
        }
    }

    /// Closes a transport that was never taken in.
    pub(crate) fn refuse(&mut self, transport: W, code: CloseCode, now: Now) -> Arc<Link<W>> {
        let link = Link::new(transport, ConnectionKey::MAX, 0, Mode::Plain, Mailbox::default(), now);
        let retry_after_ms = matches!(code, CloseCode::Overloaded).then(|| self.overloaded_retry_after_ms());
        self.stats.disconnected(DisconnectReason::Closed(code));
        self.begin_end(&link, Cause::Server { code, retry_after_ms }, now);
        link
    }

    /// Takes in a guild that a server owner asked for; the relay has reached the snapshot. Returns whether to load again.
    pub(crate) fn finish_guild(
        &mut self,
        load: LoadKey,
        guild_id: GuildId,
        snapshot: (Seq, Option<Arc<GuildGraph>>),
    ) -> Loaded<bool> {
        match self.loads.complete_guild(load, guild_id, snapshot) {
            Loaded::Exact(Some(graph)) => {
                self.access.insert_guild(graph);
                Loaded::Exact(true)
            }
            Loaded::Exact(None) => Loaded::Exact(false),
            Loaded::Again => Loaded::Again,
        }
    }
}

#[cfg(test)]
mod tests;
