//! The handle an embedder holds: admits connections, waits for fences, drains, counts.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use filament_core::{AccessSource, Entry, Journal, Seq};
use filament_protocol::{CloseCode, UserId};
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
    limits::{DRAIN_MAX, FENCE_MAX, LOAD_ATTEMPTS_MAX, LOAD_MAX, TICK_MS},
    observe::{FanoutStats, Stats},
    transport::TransportWrite,
    upstream::{Ports, Upstream, UpstreamError},
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
    /// else (GW-10, GW-11).
    ///
    /// A connection that cannot be taken in is returned as well, closing already: with 4401 if a cap is reached, 4510 if its
    /// session has ended, 4009 if what it may see cannot be told. Treat it like one that was closed later.
    pub async fn connect(&self, hello: Hello, transport: W) -> Connection<W> {
        let shared = &self.0;
        let mut transport = transport;
        for _ in 0..LOAD_ATTEMPTS_MAX {
            let (handed_back, load, known) = match shared.step(|hub, now| hub.begin_connect(&hello, transport, now)) {
                Admission::Connected(link) | Admission::Refused(link) => return Connection::new(self.clone(), link),
                Admission::Load { transport, load, known } => (transport, load, known),
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
                let finished = hub.finish_connect(load, &hello, snapshot, transport, now);
                hub.end_load(load, hello.user_id);
                finished
            });
            pending.load = None;
            match finished {
                Ok(link) => return Connection::new(self.clone(), link),
                Err(handed_back) => transport = handed_back,
            }
        }
        let link = shared.step(|hub, now| hub.refuse(transport, CloseCode::ContinuityLost, now));
        Connection::new(self.clone(), link)
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
            closing: hub.closing.len() as u64,
            subscriptions: hub.registry.subscription_count() as u64,
            relay_lag_entries: head.saturating_sub(hub.position),
            presence_online_users: hub.presence.online_users() as u64,
            ..self.0.stats.snapshot()
        }
    }

    /// Panics if the state disagrees with itself or with the permission rules.
    #[cfg(feature = "testing")]
    pub fn check_invariants(&self) {
        self.0.hub().check_invariants();
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
