//! The handle an embedder holds: admits connections, waits for fences, drains, counts.

use std::{
    collections::BTreeSet,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use filament_core::{AccessSource, Entry, Journal, Seq};
use filament_protocol::{CloseCode, ErrorCode, GuildId, UserId};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::{
    access::loads::LoadKey,
    admission::{Admission, Hello, Refusal},
    clock::{Clock, Now, SystemClock},
    config::{Bounds, FanoutConfig},
    connection::Connection,
    cursor::Cursors,
    flush::Shard,
    hub::Hub,
    limits::{CATCH_UP_MAX, DRAIN_MAX, FENCE_MAX, LOAD_ATTEMPTS_MAX, LOAD_MAX, TICK_MS},
    link::Link,
    observe::{FanoutStats, ResumeOutcome, Stats},
    resume::{Resumption, Start, Turns, resume},
    transport::TransportWrite,
    upstream::{GuildSnapshot, Ports, Upstream, UpstreamError},
};

/// Delivers what a journal holds to connections over transports `W`. Clones share one state.
///
/// Spawn [`run`](Self::run) once; nothing is delivered before. There is no method to publish an event: what is committed is
/// delivered, and nothing else.
pub struct Fanout<W>(pub(crate) Arc<Shared<W>>);

impl<W> Clone for Fanout<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W> fmt::Debug for Fanout<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fanout").field("position", &*self.0.position.borrow()).finish_non_exhaustive()
    }
}

/// What all handles, drivers and connections share.
pub(crate) struct Shared<W> {
    hub: Mutex<Hub<W>>,
    pub(crate) shards: Box<[Shard<W>]>,
    pub(crate) upstream: Box<dyn Upstream>,
    pub(crate) cursors: Arc<dyn Cursors>,
    /// The last entry that is in force (FEN-2, FEN-3).
    pub(crate) position: watch::Sender<Seq>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) stats: Arc<Stats>,
    pub(crate) bounds: Bounds,
    /// Whose turn it is to be resumed (RES-16).
    pub(crate) turns: Arc<Turns>,
}

impl<W> Shared<W> {
    pub(crate) fn hub(&self) -> MutexGuard<'_, Hub<W>> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one step and tells the flush loops what it put into mailboxes.
    pub(crate) fn step<R>(&self, step: impl FnOnce(&mut Hub<W>, Now) -> R) -> R {
        let now = self.clock.now();
        let mut hub = self.hub();
        let outcome = step(&mut hub, now);
        hub.outbox.publish(&self.shards);
        outcome
    }

    /// Waits until the relay has applied what is committed now. Returns whether that was more than before.
    pub(crate) async fn catch_up(&self) -> Result<bool, ErrorCode> {
        let head = self.upstream.head();
        if *self.position.borrow() >= head {
            return Ok(false);
        }
        match timeout(CATCH_UP_MAX, self.reached(head)).await {
            Ok(()) => Ok(true),
            Err(_) => Err(ErrorCode::Overloaded),
        }
    }

    /// Waits until the relay has applied an entry.
    pub(crate) async fn reached(&self, seq: Seq) {
        let mut position = self.position.subscribe();
        // The sender lives in `self`: waiting cannot fail.
        let _ = position.wait_for(|reached| *reached >= seq).await;
    }
}

impl<W: TransportWrite> Fanout<W> {
    /// Makes a fanout that starts at the journal's head.
    #[must_use]
    pub fn new<J: Journal, A: AccessSource>(
        config: FanoutConfig,
        journal: Arc<J>,
        access: Arc<A>,
        cursors: Arc<dyn Cursors>,
    ) -> Self {
        Self::with_clock(config, journal, access, cursors, SystemClock::default())
    }

    /// The same with a clock of one's own.
    #[must_use]
    pub fn with_clock<J: Journal, A: AccessSource>(
        config: FanoutConfig,
        journal: Arc<J>,
        access: Arc<A>,
        cursors: Arc<dyn Cursors>,
        clock: impl Clock,
    ) -> Self {
        let stats = Arc::new(Stats::default());
        let upstream = Ports { journal, access };
        let position = upstream.head();
        Self(Arc::new(Shared {
            hub: Mutex::new(Hub::new(config, Arc::clone(&stats), position)),
            shards: (0..config.shard_count()).map(|_| Shard::default()).collect(),
            upstream: Box::new(upstream),
            cursors,
            position: watch::Sender::new(position),
            clock: Box::new(clock),
            stats,
            bounds: config.bounds(),
            turns: Arc::default(),
        }))
    }

    /// Checks the caps before an upgrade (GW-4). [`connect`](Self::connect) checks them again.
    ///
    /// # Errors
    /// [`Refusal`]: why a connection of the user would be refused now.
    pub fn admit(&self, user_id: UserId) -> Result<(), Refusal> {
        self.0.hub().admit(user_id)
    }

    /// Takes a connection in: loads what its user may see if that is not known, then queues `ready`, in one step with everything
    /// else (GW-10, GW-11). The channels it names are subscribed to; with a cursor it is resumed there (contract §7.2), in a task
    /// of its own.
    ///
    /// A connection that cannot be taken in is returned as well, closing already: with 4401 if a cap is reached or it waited in
    /// vain for its turn to be resumed, 4510 if its session has ended, 4009 if what it may see cannot be told. Treat it like one
    /// that was closed later.
    pub async fn connect(&self, hello: Hello, transport: W) -> Connection<W> {
        self.open(hello, transport).await.0
    }

    /// Like [`connect`](Self::connect), with the guilds in which a channel it named was refused.
    pub async fn open(&self, hello: Hello, transport: W) -> (Connection<W>, Vec<GuildId>) {
        let shared = &self.0;
        let refuse = |transport, code| {
            let link = shared.step(|hub, now| hub.refuse(transport, code, now));
            (Connection::new(self.clone(), link), Vec::new())
        };
        let start = shared.start(&hello);
        let turn = match start {
            Some(Start::From(_)) => match shared.turns.take(hello.user_id).await {
                Some(turn) => Some(turn),
                None => {
                    shared.stats.resumed(ResumeOutcome::Refused, 0);
                    return refuse(transport, CloseCode::Overloaded);
                }
            },
            Some(Start::Reset(_)) | None => None,
        };
        // What the client did before it came back is to be seen by what it named, and no cursor lies ahead of the relay.
        if start.is_some() && shared.catch_up().await.is_err() {
            return refuse(transport, CloseCode::Overloaded);
        }
        match self.enter(&hello, start, transport).await {
            Ok((link, Some(resumption))) => {
                let refused = resumption.refused();
                tokio::spawn(resume(Arc::clone(shared), hello, resumption, turn));
                (Connection::new(self.clone(), link), refused)
            }
            Ok((link, None)) => {
                let connection = Connection::new(self.clone(), link);
                let refused = connection.subscribe_named(&hello.subscribe).await;
                (connection, refused)
            }
            Err(transport) => refuse(transport, CloseCode::ContinuityLost),
        }
    }

    /// Registers a connection, as soon as what its user may see is known. `Err`: that cannot be told.
    async fn enter(
        &self,
        hello: &Hello,
        start: Option<Start>,
        transport: W,
    ) -> Result<(Arc<Link<W>>, Option<Resumption<W>>), W> {
        let shared = &self.0;
        let mut transport = transport;
        for _ in 0..LOAD_ATTEMPTS_MAX {
            let oldest = shared.upstream.oldest();
            let owned = self.load_owned(hello, start).await;
            let entered = |hub: &mut Hub<W>, link: Arc<Link<W>>, now| {
                owned.iter().for_each(|owned| owned.insert(hub));
                let resumption = start
                    .filter(|_| hub.is_registered(&link))
                    .map(|start| hub.begin_resume(hello, start, oldest, &link, now));
                owned.iter().for_each(|owned| owned.forget_unused(hub));
                (link, resumption)
            };
            let begun = shared.step(|hub, now| match hub.begin_connect(hello, transport, now) {
                Admission::Connected(link) => Ok(entered(hub, link, now)),
                Admission::Refused(link) => Ok((link, None)),
                Admission::Load { transport, load, known } => Err((transport, load, known)),
            });
            let (handed_back, load, known) = match begun {
                Ok(entered) => return Ok(entered),
                Err(to_load) => to_load,
            };
            let mut pending = PendingLoad { shared, load: Some(load), reserved: Some(hello.user_id) };
            let snapshot = async {
                let snapshot = shared.upstream.load_user(hello.user_id, hello.session_id, known).await?;
                shared.reached(snapshot.seq).await;
                Ok::<_, UpstreamError>(snapshot)
            };
            transport = handed_back;
            let snapshot = match timeout(LOAD_MAX, snapshot).await {
                Ok(Ok(snapshot)) => snapshot,
                Ok(Err(error)) => {
                    tracing::error!(%error, "access of a connecting user could not be loaded");
                    break;
                }
                Err(_) => break,
            };
            let finished = shared.step(|hub, now| {
                let finished = hub.finish_connect(load, hello, snapshot, transport, now);
                hub.end_load(load, hello.user_id);
                finished.map(|link| entered(hub, link, now))
            });
            pending.load = None;
            match finished {
                Ok(entered) => return Ok(entered),
                Err(handed_back) => transport = handed_back,
            }
        }
        Err(transport)
    }

    /// Loads the guilds that a server owner names and nobody here is in, for a connection that is to be resumed.
    async fn load_owned(&self, hello: &Hello, start: Option<Start>) -> Option<Owned<'_, W>> {
        if start.is_none() || !hello.is_server_owner {
            return None;
        }
        let shared = &self.0;
        let (load, _) = shared.hub().begin_load();
        let mut owned = Owned { load: PendingLoad { shared, load: Some(load), reserved: None }, guilds: Vec::new() };
        let named: BTreeSet<GuildId> = hello.subscribe.iter().map(|(guild_id, _)| *guild_id).collect();
        let unknown = |guild_id: &GuildId| !shared.hub().access.knows_guild(*guild_id);
        for guild_id in named.into_iter().filter(unknown) {
            // What cannot be loaded is refused.
            if let Ok(Ok(snapshot)) = timeout(LOAD_MAX, shared.upstream.load_guild(guild_id)).await {
                owned.guilds.push((guild_id, snapshot));
            }
        }
        let latest = owned.guilds.iter().map(|(_, (seq, _))| *seq).max().unwrap_or(0);
        timeout(LOAD_MAX, shared.reached(latest)).await.ok()?;
        Some(owned)
    }

    /// Completes when every access change of an entry is in force (FEN-5). After two seconds it closes those who may see less
    /// by it with 4009 instead, or everybody if that cannot be told, and completes.
    pub async fn fenced(&self, seq: Seq) {
        let shared = &self.0;
        if timeout(FENCE_MAX, shared.reached(seq)).await.is_ok() {
            return;
        }
        tracing::error!(seq, "fence not confirmed in time; closing whom it concerns");
        let entry = timeout(FENCE_MAX, self.entry(seq)).await.ok().flatten();
        shared.step(|hub, now| match entry {
            Some(entry) => hub.close_concerned(&entry, now),
            None => hub.close_all(CloseCode::ContinuityLost, now),
        });
    }

    async fn entry(&self, seq: Seq) -> Option<Arc<Entry>> {
        let entries = self.0.upstream.read_after(seq.checked_sub(1)?, std::num::NonZeroU16::MIN).await.ok()?;
        entries.into_iter().find(|entry| entry.seq == seq)
    }

    /// Refuses new connections, closes every connection with 1001 and a random wait of its own (GW-50), and completes when all
    /// are closed, at most four seconds later. [`run`](Self::run) must still be running. Nobody is told offline (PRE-8).
    pub async fn drain(&self) {
        let seed = RandomState::new().hash_one("drain");
        self.0.step(|hub, now| hub.drain(seed, now));
        let until = Instant::now() + DRAIN_MAX;
        while Instant::now() < until && !self.0.hub().closing.is_empty() {
            sleep(std::time::Duration::from_millis(TICK_MS)).await;
        }
    }

    /// The numbers of this moment (contract §15).
    #[must_use]
    pub fn stats(&self) -> FanoutStats {
        let head = self.0.upstream.head();
        let hub = self.0.hub();
        FanoutStats {
            connections: hub.registry.len() as u64,
            streams: hub.streams as u64,
            closing: hub.closing.len() as u64,
            subscriptions: hub.registry.subscription_count() as u64,
            relay_lag_entries: head.saturating_sub(hub.position),
            presence_online_users: hub.presence.online_users() as u64,
            voice_participants: hub.voice.tracking.participants() as u64,
            ..self.0.stats.snapshot()
        }
    }

    /// Panics if the state disagrees with itself or with the permission rules.
    #[cfg(feature = "testing")]
    pub fn check_invariants(&self) {
        self.0.hub().check_invariants();
    }
}

/// Guilds loaded for a server owner.
struct Owned<'s, W> {
    load: PendingLoad<'s, W>,
    guilds: Vec<(GuildId, GuildSnapshot)>,
}

impl<W: TransportWrite> Owned<'_, W> {
    /// Puts those into the table that are exact as of now.
    fn insert(&self, hub: &mut Hub<W>) {
        let Some(load) = self.load.load else { return };
        for (guild_id, snapshot) in &self.guilds {
            // One that is not is refused.
            let _ = hub.finish_guild(load, *guild_id, snapshot.clone());
        }
    }

    fn forget_unused(&self, hub: &mut Hub<W>) {
        self.guilds.iter().for_each(|(guild_id, _)| hub.forget_unused_guild(*guild_id));
    }
}

/// A load under way; ends it when dropped, so that a cancelled connect leaves nothing behind.
pub(crate) struct PendingLoad<'s, W> {
    pub(crate) shared: &'s Shared<W>,
    pub(crate) load: Option<LoadKey>,
    pub(crate) reserved: Option<UserId>,
}

impl<W> Drop for PendingLoad<'_, W> {
    fn drop(&mut self) {
        let Some(load) = self.load else { return };
        let mut hub = self.shared.hub();
        match self.reserved {
            Some(user_id) => hub.end_load(load, user_id),
            None => hub.loads.end(load),
        }
    }
}
