//! Many connections subscribed to one channel, for measuring a broadcast without sockets, tasks or a journal.

use std::{
    io::{self, IoSlice},
    sync::Arc,
};

use bytes::Bytes;
use filament_core::{
    AccessChange, Audience, Entry, SealedBody, SealedEvent, StampSource, UserAccess,
    permission::{ChannelNode, GuildGraph, Membership, seeded_roles},
};
use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, CloseCode, ConnectionId, EventKind, GuildId, GuildName, SessionId, Timestamp,
    UserId, Visibility,
};

use crate::{
    Clock, FanoutConfig, Frame, Hello, Mode, NoCursors, SystemClock, TransportWrite,
    admission::Admission,
    flush::{Shard, Together},
    hub::Hub,
    limits::{FLUSHES_TOGETHER_MAX, INPUT_FRAMES_MAX, PIECES_PER_FRAME},
    link::Link,
    mailbox::Writing,
    observe::{Stats, Tally},
};

const GUILD: GuildId = GuildId::from_u128(1);
const CHANNEL: ChannelId = ChannelId::from_u128(2);

/// A transport that takes everything and keeps nothing.
#[derive(Debug)]
struct Sink;

impl TransportWrite for Sink {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; PIECES_PER_FRAME] {
        [frame.websocket(), &[], &[]]
    }

    fn writes_websocket(&self) -> bool {
        true
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    async fn writable(&self) -> io::Result<()> {
        Ok(())
    }

    fn closing(&self, _: CloseCode, _: Option<u32>) -> Bytes {
        Bytes::new()
    }

    fn ping(&self) -> Option<Bytes> {
        None
    }

    fn shutdown(&self, _: bool) {}
}

/// See the module.
pub struct Crowd {
    hub: Hub<Sink>,
    shards: Box<[Shard<Sink>]>,
    clock: SystemClock,
    tally: Tally,
    together: Together,
    text: Bytes,
    waiting: usize,
}

impl std::fmt::Debug for Crowd {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Crowd").field("connections", &self.hub.registry.len()).finish_non_exhaustive()
    }
}

impl Crowd {
    /// How many broadcasts a crowd takes before it is to be flushed.
    pub const BROADCASTS_MAX: usize = INPUT_FRAMES_MAX;

    /// Connects so many users, one connection each, all subscribed; messages have `text_bytes` bytes.
    ///
    /// # Panics
    /// Never, as long as the permission rules let members see a channel without overrides.
    #[must_use]
    pub fn subscribed(connections: usize, text_bytes: usize, mode: Mode) -> Self {
        let config = FanoutConfig { connections_max: usize::MAX, ..FanoutConfig::default() };
        let mut crowd = Self {
            hub: Hub::new(config, Arc::new(Stats::default()), 0),
            shards: (0..config.shard_count()).map(|_| Shard::default()).collect(),
            clock: SystemClock::default(),
            tally: Tally::default(),
            together: Together::default(),
            text: vec![b'x'; text_bytes].into(),
            waiting: 0,
        };
        let graph = graph();
        for n in 0..connections {
            crowd.connect(n as u128, &graph, mode);
        }
        crowd.flush();
        crowd
    }

    fn connect(&mut self, n: u128, graph: &Arc<GuildGraph>, mode: Mode) {
        let now = self.clock.now();
        let user_id = UserId::from_u128(n);
        let hello = Hello {
            connection_id: ConnectionId::from_u128(n),
            user_id,
            session_id: SessionId::from_u128(n),
            is_server_owner: false,
            mode,
            features: Vec::new(),
            token_expires_at: Timestamp::MAX,
            address: None,
            cursor: None,
            subscribe: Vec::new(),
        };
        let membership = Membership { user_id, role_ids: Vec::new(), joined_at: Timestamp::MIN };
        let snapshot = UserAccess {
            seq: 0,
            token_expires_at: Some(Timestamp::MAX),
            access_rev: 0,
            memberships: vec![(GUILD, membership)],
            graphs: vec![Arc::clone(graph)],
        };
        let Admission::Load { transport, load, .. } = self.hub.begin_connect(&hello, Sink, now) else { return };
        let link = self.hub.finish_connect(load, &hello, snapshot, transport, now).expect("nothing changed meanwhile");
        self.hub.end_load(load, user_id);
        self.hub.subscribe(&link, GUILD, CHANNEL, None, now);
        self.flush();
    }

    /// Applies one entry with one message: puts it into every mailbox and marks what is to be flushed. To be flushed after
    /// [`BROADCASTS_MAX`](Self::BROADCASTS_MAX) of them.
    pub fn broadcast(&mut self) {
        let event = SealedEvent {
            kind: EventKind::MessageCreate,
            audience: Audience::Subscribers(GUILD, CHANNEL),
            plain_only: false,
            body: SealedBody::Shared(self.text.clone()),
        };
        let access = Vec::<AccessChange>::new();
        let entry = Arc::new(Entry {
            seq: self.hub.position + 1,
            at: Timestamp::MIN,
            access,
            undo: vec![],
            events: vec![event],
        });
        let now = self.clock.now();
        self.hub.apply(&entry, Vec::new(), now.us, now);
        self.hub.outbox.publish(&self.shards);
        self.waiting += 1;
        assert!(self.waiting <= Self::BROADCASTS_MAX, "flush in between");
    }

    /// Writes everything that waits. Returns how many mailboxes had something.
    pub fn flush(&mut self) -> usize {
        self.hub.outbox.publish(&self.shards);
        self.waiting = 0;
        let mut links: Vec<Arc<Link<Sink>>> = Vec::new();
        let mut flushed = 0;
        for shard in &self.shards {
            shard.take(&mut links);
            let now = self.clock.now();
            let (bounds, position) = (&self.hub.config.bounds(), self.hub.position);
            let mut writing = Writing { bounds, cursors: &NoCursors, position, now, tally: &mut self.tally };
            for some in links.chunks(FLUSHES_TOGETHER_MAX) {
                self.together.flush(some, &mut writing, |_, _| {});
            }
            flushed += links.len();
            links.clear();
        }
        flushed
    }
}

fn graph() -> Arc<GuildGraph> {
    let stamp = StampSource::after(0).next(1_000, 0);
    Arc::new(GuildGraph {
        guild_id: GUILD,
        name: GuildName::new("crowd").expect("a name"),
        visibility: Visibility::Public,
        owner_id: UserId::from_u128(u128::MAX),
        default_role_id: None,
        created_at: Timestamp::MIN,
        roles: seeded_roles(&stamp, 0).into(),
        address_bans: Vec::new(),
        channels: vec![ChannelNode {
            channel_id: CHANNEL,
            name: ChannelName::new("crowded").expect("a name"),
            kind: ChannelKind::Text,
            overrides: Vec::new(),
        }],
    })
}
