//! A running fanout over the in-memory store, and clients that wait for what they are to hear.

use std::{
    convert::Infallible,
    num::NonZeroU16,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use filament_core::{
    AccessSource, Actor, Command, Committed, Engine, Entry, Journal, Limits, Position, Seq, UserAccess,
    decide::{channel::InitialOverride, message::CreateMessage},
    permission::{GuildGraph, OverrideTarget},
    testing::{Cast, MemoryStore},
};
use filament_fanout::{
    Connection, Fanout, FanoutConfig, Hello, Mode,
    testing::{Peer, ReadableCursors, Received, Wire},
};
use filament_protocol::{
    ConnectionId, Event, GuildId, MessageContent, Permission, Permissions, Received as Decoded, SessionId, SystemKey,
    Timestamp, UserId, decode_event,
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

/// How long anything a test waits for may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The store's journal and access source behind switches: it can be held back, fail, and forget an entry.
#[derive(Debug)]
pub(crate) struct Gate {
    store: MemoryStore,
    is_held: watch::Sender<bool>,
    is_broken: AtomicBool,
    /// An entry that is left out when read, 0 for none.
    missing: AtomicU64,
}

/// A fault of the gate's making.
#[derive(Debug, thiserror::Error)]
#[error("switched off")]
pub(crate) struct SwitchedOff;

impl Gate {
    /// Keeps the relay from hearing of commits, or no longer.
    pub(crate) fn hold(&self, is_held: bool) {
        self.is_held.send_replace(is_held);
    }

    /// Lets every read fail, or no longer.
    pub(crate) fn break_off(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::Relaxed);
    }

    /// Leaves one entry out of what is read.
    pub(crate) fn lose(&self, seq: Seq) {
        self.missing.store(seq, Ordering::Relaxed);
    }

    async fn opened(&self) {
        let mut held = self.is_held.subscribe();
        held.wait_for(|held| !held).await.expect("the sender lives in self");
    }
}

impl Journal for Gate {
    type Error = SwitchedOff;

    fn head(&self) -> Position {
        self.store.head()
    }

    async fn wait_past(&self, seq: Seq) -> Seq {
        let head = self.store.wait_past(seq).await;
        self.opened().await;
        head
    }

    async fn read_after(&self, seq: Seq, entries_max: NonZeroU16) -> Result<Vec<Arc<Entry>>, SwitchedOff> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(SwitchedOff);
        }
        let Ok(mut entries) = self.store.read_after(seq, entries_max).await;
        let missing = self.missing.load(Ordering::Relaxed);
        entries.retain(|entry| entry.seq != missing);
        Ok(entries)
    }
}

impl AccessSource for Gate {
    type Error = Infallible;

    async fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> Result<UserAccess, Infallible> {
        self.store.load_user(user_id, session_id, known).await
    }

    async fn load_guild(&self, guild_id: GuildId) -> Result<(Seq, Option<Arc<GuildGraph>>), Infallible> {
        self.store.load_guild(guild_id).await
    }
}

/// A fanout that runs.
pub(crate) struct Running {
    pub(crate) engine: Engine<MemoryStore>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) fanout: Fanout<Wire>,
    pub(crate) cast: Cast,
    connections: AtomicU64,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connected client.
pub(crate) struct Client {
    pub(crate) connection: Connection<Wire>,
    pub(crate) peer: Peer,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::with(FanoutConfig::default()).await
    }

    pub(crate) async fn with(config: FanoutConfig) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let store = MemoryStore::at(u64::try_from(wall.as_millis()).expect("not that late"));
        let engine = Engine::new(store.clone(), Limits::default());
        let cast = Cast::in_store(&engine, "t").await;
        let gate = Arc::new(Gate {
            store,
            is_held: watch::Sender::new(false),
            is_broken: AtomicBool::new(false),
            missing: AtomicU64::new(0),
        });
        let fanout = Fanout::new(config, Arc::clone(&gate), Arc::clone(&gate), Arc::new(ReadableCursors::default()));
        let running = fanout.clone();
        let task = tokio::spawn(async move { running.run(std::future::pending()).await });
        Self { engine, gate, fanout, cast, connections: AtomicU64::new(0), task }
    }

    /// Executes a command that must not be refused.
    pub(crate) async fn done<C: Command<Caller = Actor>>(&self, actor: Actor, command: C) -> Committed<C::Reply> {
        self.engine.execute(actor, command).await.unwrap_or_else(|error| panic!("refused: {error}"))
    }

    /// Posts a text to the cast's channel and returns its entry.
    pub(crate) async fn post(&self, actor: Actor, text: &str) -> Seq {
        let Cast { guild_id, channel_id, .. } = self.cast;
        let content = MessageContent::new(text).expect("a message text");
        let post = CreateMessage { guild_id, channel_id, content, attachment_ids: vec![], idempotency_key: None };
        self.done(actor, post).await.seq.expect("a message has an entry")
    }

    pub(crate) async fn connect(&self, actor: Actor) -> Client {
        self.connect_as(actor, Mode::Plain).await
    }

    /// Connects with whatever is said.
    pub(crate) async fn come(&self, hello: Hello) -> Client {
        let (wire, peer) = Wire::pair();
        Client { connection: self.fanout.connect(hello, wire).await, peer }
    }

    /// Connects somebody who reads nothing.
    pub(crate) async fn stalled(&self, hello: Hello) -> Client {
        let (wire, peer) = Wire::pair();
        peer.stall();
        Client { connection: self.fanout.connect(hello, wire).await, peer }
    }

    /// An override that hides a channel from everybody.
    pub(crate) async fn everyone(&self) -> InitialOverride {
        let (_, graph) = self.gate.load_guild(self.cast.guild_id).await.expect("readable");
        let graph = graph.expect("the guild");
        let everyone = graph.seeded(SystemKey::Everyone).expect("seeded").role_id;
        let deny = Permissions::EMPTY.with(Permission::CreateMessage);
        InitialOverride { target: OverrideTarget::Role(everyone), allow: Permissions::EMPTY, deny }
    }

    pub(crate) async fn connect_as(&self, actor: Actor, mode: Mode) -> Client {
        let (wire, peer) = match mode {
            Mode::Plain | Mode::Batch { .. } => Wire::pair(),
            Mode::Stream => Wire::stream_pair(),
        };
        let n = self.connections.fetch_add(1, Ordering::Relaxed);
        let hello = Hello {
            connection_id: ConnectionId::from_u128(u128::from(n)),
            user_id: actor.user_id,
            session_id: actor.session_id,
            is_server_owner: actor.is_server_owner,
            mode,
            features: Vec::new(),
            token_expires_at: Timestamp::MIN,
            address: None,
            cursor: None,
            subscribe: Vec::new(),
        };
        Client { connection: self.fanout.connect(hello, wire).await, peer }
    }

    /// Connects and takes `ready` off.
    pub(crate) async fn ready(&self, actor: Actor) -> Client {
        let client = self.connect(actor).await;
        let first = client.event().await;
        assert!(matches!(first, Event::Ready(_)), "{first:?}");
        client
    }

    /// Connects and subscribes to the cast's channel.
    pub(crate) async fn subscribed(&self, actor: Actor) -> Client {
        let client = self.ready(actor).await;
        self.subscribe(&client).await;
        client
    }

    /// Subscribes to the cast's channel and takes the answers off.
    pub(crate) async fn subscribe(&self, client: &Client) {
        let Cast { guild_id, channel_id, .. } = self.cast;
        client.connection.subscribe(guild_id, channel_id, None).await.expect("the channel is visible");
        client.until(|event| matches!(event, Event::VoiceParticipantSync(_))).await;
    }
}

impl Client {
    /// The next thing, whatever it is.
    pub(crate) async fn received(&self) -> Option<Received> {
        timeout(PATIENCE, self.peer.next()).await.expect("something comes in time")
    }

    /// The next event that is not about presence.
    pub(crate) async fn event(&self) -> Event {
        loop {
            match self.received().await {
                Some(Received::Text(text)) => match decode_event(text.as_bytes()) {
                    Ok(Decoded::Event(Event::PresenceUpdate(_))) => {}
                    Ok(Decoded::Event(event)) => return event,
                    other => panic!("not an event: {text}: {other:?}"),
                },
                Some(Received::Ping) => {}
                other => panic!("ended instead of an event: {other:?}"),
            }
        }
    }

    /// Takes events off until one is wanted, and returns it.
    pub(crate) async fn until(&self, is_wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.event().await;
            if is_wanted(&event) {
                return event;
            }
        }
    }

    /// The content of the next message.
    pub(crate) async fn message(&self) -> String {
        match self.until(|event| matches!(event, Event::MessageCreate(_))).await {
            Event::MessageCreate(message) => message.content.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// The close frame, whatever came before it.
    pub(crate) async fn closed(&self) -> (u16, String) {
        loop {
            match self.received().await {
                Some(Received::Close(code, reason)) => return (code, reason),
                Some(Received::Text(_) | Received::Ping | Received::Pong(_)) => {}
                None => panic!("ended without a close frame"),
            }
        }
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}
