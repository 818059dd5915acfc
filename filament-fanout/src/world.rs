//! A small world for tests: a journal and access source, a fanout without tasks, time moved by hand.
//!
//! The journal is a [`Script`], which writes entries directly, also such as no command makes, or a store. Graphs are kept for
//! loading only; who sees what is the business of each test's own oracle.

mod script;

use std::{
    future::Future,
    num::NonZeroU16,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use filament_core::{AccessSource, Address, Entry, Journal, Seq, UserAccess};
use filament_protocol::{ChannelId, ConnectionId, GuildId, SessionId, UserId};

pub(crate) use self::script::{Script, event, token_expires_at};
use crate::{
    FanoutConfig, Hello, Mode,
    access::loads::LoadKey,
    admission::Admission,
    close::Cause,
    drive::apply,
    fanout::{Fanout, PendingLoad, Shared},
    flush::Together,
    limits::FLUSHES_TOGETHER_MAX,
    link::Link,
    mailbox::{Flushed, Writing},
    observe::Tally,
    resume::resume,
    subscribe::Subscribing,
    testing::{ManualClock, Peer, ReadableCursors, Received, Told, Wire},
};

/// Completes a future that has nothing to wait for.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

pub(crate) fn user(n: u128) -> UserId {
    UserId::from_u128(n)
}

/// The session of a user.
pub(crate) fn session(n: u128) -> SessionId {
    SessionId::from_u128(1_000 + n)
}

/// A user with one of its logins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Login {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) is_server_owner: bool,
}

/// A fanout over a script or a store, moved by hand.
pub(crate) struct World<S = Script> {
    pub(crate) script: Arc<S>,
    pub(crate) fanout: Fanout<Wire>,
    pub(crate) clock: ManualClock,
    parked: Vec<Arc<Link<Wire>>>,
    connections: u128,
    /// The form of the next connections.
    pub(crate) mode: Mode,
    /// Where the next connections come from.
    pub(crate) address: Option<Address>,
    /// Where the next connections go on, and the channels they name.
    pub(crate) cursor: Option<Box<str>>,
    pub(crate) named: Vec<(GuildId, ChannelId)>,
}

/// One connection of a world.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) user_id: UserId,
    pub(crate) link: Arc<Link<Wire>>,
    pub(crate) peer: Peer,
}

/// A connection whose access is being loaded.
pub(crate) struct Connecting {
    pub(crate) user_id: UserId,
    hello: Hello,
    wire: Wire,
    peer: Peer,
    load: LoadKey,
    known: Vec<GuildId>,
    pub(crate) snapshot: Option<UserAccess>,
}

/// How far a connect has come.
pub(crate) enum Connect {
    Done(Client),
    Loading(Box<Connecting>),
}

impl World {
    pub(crate) fn new(config: FanoutConfig) -> Self {
        Self::over(config, Script::default())
    }

    /// Begins to connect a user. User 0 owns the server.
    pub(crate) fn begin_connect(&mut self, n: u128) -> Connect {
        self.begin_connect_as(Login { user_id: user(n), session_id: session(n), is_server_owner: n == 0 })
    }

    /// Connects a user, letting the relay catch up.
    pub(crate) fn connect(&mut self, n: u128) -> Client {
        self.connect_as(Login { user_id: user(n), session_id: session(n), is_server_owner: n == 0 })
    }

    /// Connects a user and takes `ready` off.
    pub(crate) fn ready_client(&mut self, n: u128) -> Client {
        let client = self.connect(n);
        self.flush();
        let first = client.peer.take();
        assert!(matches!(&first[..], [Received::Text(text)] if text.contains(r#""t":"ready""#)), "{first:?}");
        client
    }
}

impl<S: Journal + AccessSource> World<S> {
    pub(crate) fn over(config: FanoutConfig, store: S) -> Self {
        Self::begun(config, Arc::new(store), ManualClock::default())
    }

    /// A fanout that begins anew over the same history.
    pub(crate) fn again(&self, config: FanoutConfig) -> Self {
        Self::begun(config, Arc::clone(&self.script), self.clock.clone())
    }

    fn begun(config: FanoutConfig, script: Arc<S>, clock: ManualClock) -> Self {
        let fanout = Fanout::with_clock(
            config,
            Arc::clone(&script),
            Arc::clone(&script),
            Arc::new(ReadableCursors::default()),
            clock.clone(),
        );
        Self {
            script,
            fanout,
            clock,
            parked: Vec::new(),
            connections: 0,
            mode: Mode::Plain,
            address: None,
            cursor: None,
            named: Vec::new(),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<Wire>> {
        &self.fanout.0
    }

    pub(crate) fn position(&self) -> Seq {
        self.shared().hub().position
    }

    /// Applies the next entry, if there is one.
    pub(crate) fn relay_one(&mut self) -> Option<Arc<Entry>> {
        let position = self.position();
        let entry = ready(self.script.read_after(position, NonZeroU16::MIN)).expect("readable").into_iter().next()?;
        ready(apply(&self.fanout.0, &entry)).expect("applied");
        self.step(|_| ());
        Some(entry)
    }

    /// Applies all entries.
    pub(crate) fn relay(&mut self) {
        while self.relay_one().is_some() {}
    }

    pub(crate) fn step<R>(&self, step: impl FnOnce(&mut crate::hub::Hub<Wire>) -> R) -> R {
        self.shared().step(|hub, _| step(hub))
    }

    pub(crate) fn begin_connect_as(&mut self, login: Login) -> Connect {
        self.connections += 1;
        let (wire, peer) = match self.mode {
            Mode::Plain | Mode::Batch { .. } => Wire::pair(),
            Mode::Stream => Wire::stream_pair(),
        };
        let hello = self.hello(login);
        let user_id = hello.user_id;
        match self.shared().step(|hub, now| hub.begin_connect(&hello, wire, now)) {
            Admission::Connected(link) | Admission::Refused(link) => Connect::Done(Client { user_id, link, peer }),
            Admission::Load { transport: wire, load, known } => {
                Connect::Loading(Box::new(Connecting { user_id, hello, wire, peer, load, known, snapshot: None }))
            }
        }
    }

    fn hello(&self, login: Login) -> Hello {
        Hello {
            connection_id: ConnectionId::from_u128(self.connections),
            user_id: login.user_id,
            session_id: login.session_id,
            is_server_owner: login.is_server_owner,
            mode: self.mode,
            features: Vec::new(),
            token_expires_at: token_expires_at(),
            address: self.address,
            cursor: self.cursor.clone(),
            subscribe: self.named.clone(),
        }
    }

    /// Connects a user, letting the relay catch up.
    pub(crate) fn connect_as(&mut self, login: Login) -> Client {
        loop {
            match self.begin_connect_as(login) {
                Connect::Done(client) => return client,
                Connect::Loading(mut connecting) => {
                    self.load(&mut connecting);
                    self.relay();
                    if let Some(client) = self.finish_connect(connecting) {
                        return client;
                    }
                }
            }
        }
    }

    /// Connects a user where it left, and carries the resume through. To be called on a runtime with time.
    pub(crate) fn resume_as(&mut self, login: Login, cursor: &str, named: Vec<(GuildId, ChannelId)>) -> Client {
        (self.cursor, self.named) = (Some(cursor.into()), named);
        self.relay();
        let client = self.connect_as(login);
        let hello = self.hello(login);
        (self.cursor, self.named) = (None, Vec::new());
        let shared = Arc::clone(self.shared());
        let start = shared.start(&hello).expect("it has a cursor");
        let oldest = shared.upstream.oldest();
        let resumption = shared.step(|hub, now| hub.begin_resume(&hello, start, oldest, &client.link, now));
        let mut resuming = pin!(resume(shared, hello, resumption, None));
        while resuming.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            self.flush();
        }
        client
    }

    /// Reads the snapshot of a connect at the journal's head.
    pub(crate) fn load(&self, connecting: &mut Connecting) {
        let loading = self.script.load_user(connecting.user_id, connecting.hello.session_id, connecting.known.clone());
        connecting.snapshot = Some(ready(loading).expect("loaded"));
    }

    /// Finishes a connect whose snapshot the relay has reached. `None`: it has to begin again.
    pub(crate) fn finish_connect(&mut self, connecting: Box<Connecting>) -> Option<Client> {
        let Connecting { user_id, hello, wire, peer, load, snapshot, .. } = *connecting;
        let snapshot = snapshot.expect("loaded before");
        let finished = self.shared().step(|hub, now| {
            let finished = hub.finish_connect(load, &hello, snapshot, wire, now);
            hub.end_load(load, user_id);
            finished
        });
        finished.ok().map(|link| Client { user_id, link, peer })
    }

    /// Gives up a connect.
    pub(crate) fn abandon(&self, connecting: &Connecting) {
        drop(PendingLoad { shared: self.shared(), load: Some(connecting.load), reserved: Some(connecting.user_id) });
    }

    pub(crate) fn subscribe(&self, client: &Client, guild_id: GuildId, channel_id: ChannelId) -> Subscribing {
        self.shared().step(|hub, now| hub.subscribe(&client.link, guild_id, channel_id, None, now))
    }

    /// Subscribes and takes the three answers off.
    pub(crate) fn subscribed(&mut self, client: &Client, guild_id: GuildId, channel_id: ChannelId) {
        assert_eq!(self.subscribe(client, guild_id, channel_id), Subscribing::Done);
        self.flush();
        let answers = events(&client.peer);
        let kinds: Vec<_> = answers.iter().map(|text| kind(text)).collect();
        assert_eq!(kinds, ["presence_sync", "subscribed", "voice_participant_sync"]);
    }

    pub(crate) fn unsubscribe(&self, client: &Client, guild_id: GuildId, channel_id: ChannelId) {
        self.shared().step(|hub, now| hub.unsubscribe(&client.link, guild_id, channel_id, None, now));
    }

    pub(crate) fn end(&self, client: &Client, cause: Cause) {
        self.shared().step(|hub, now| hub.end(&client.link, cause, now));
    }

    /// Moves time on in ticks, flushing after each.
    pub(crate) fn pass(&mut self, ms: u64) {
        let mut left = ms;
        while left > 0 {
            let step = left.min(crate::limits::TICK_MS);
            left -= step;
            self.clock.advance_ms(step);
            self.shared().step(|hub, now| hub.tick(now));
            self.tell_shifts();
            while self.shared().step(|hub, now| hub.tell_presence(now)) {}
            self.flush();
        }
    }

    /// Tells everybody whose access has changed.
    pub(crate) fn tell_shifts(&self) {
        while self.shared().step(|hub, now| hub.tell_shifts(now)) {}
    }

    /// Writes whatever can be written.
    pub(crate) fn flush(&mut self) {
        let mut links = std::mem::take(&mut self.parked);
        loop {
            for shard in &self.shared().shards {
                let mut more = Vec::new();
                shard.take(&mut more);
                links.append(&mut more);
            }
            if links.is_empty() {
                break;
            }
            self.flush_links(&std::mem::take(&mut links));
        }
    }

    /// Writes once what waits in one shard.
    pub(crate) fn flush_shard(&mut self, nth: usize) {
        let mut links = Vec::new();
        self.shared().shards[nth].take(&mut links);
        self.flush_links(&links);
    }

    fn flush_links(&mut self, links: &[Arc<Link<Wire>>]) {
        let shared = Arc::clone(self.shared());
        let mut tally = Tally::default();
        let now = crate::clock::Clock::now(&self.clock);
        let position = *shared.position.borrow();
        let cursors = &*shared.cursors;
        let mut writing = Writing { bounds: &shared.bounds, cursors, position, now, tally: &mut tally };
        let (parked, mut together) = (&mut self.parked, Together::default());
        for some in links.chunks(FLUSHES_TOGETHER_MAX) {
            together.flush(some, &mut writing, |link, flushed| match flushed {
                Flushed::Drained => {}
                Flushed::Blocked => parked.push(Arc::clone(link)),
                Flushed::Failed => shared.step(|hub, now| hub.end(link, Cause::Lost, now)),
                Flushed::Ended(ending) => link.shut_down(Some(ending)),
            });
        }
        shared.stats.merge(&mut tally);
    }

    pub(crate) fn check(&self) {
        let hub = self.shared().hub();
        hub.check_invariants();
    }
}

/// The events a peer received, whatever the form.
pub(crate) fn events(peer: &Peer) -> Vec<String> {
    texts(peer).iter().flat_map(|text| Told::read(text).events).collect()
}

/// The messages a peer received.
pub(crate) fn texts(peer: &Peer) -> Vec<String> {
    let text = |received| match received {
        Received::Text(text) => Some(text),
        Received::Ping | Received::Pong(_) | Received::Close(..) => None,
    };
    peer.take().into_iter().filter_map(text).collect()
}

/// The name of an event the server made itself.
pub(crate) fn kind(text: &str) -> &str {
    text.strip_prefix(r#"{"v":1,"t":""#).and_then(|rest| rest.split('"').next()).unwrap_or(text)
}
