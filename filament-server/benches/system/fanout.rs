//! Fanout alone: an event that a journal in memory holds, through relay, broadcaster and flush loops, to bare sockets.

use std::{
    convert::Infallible,
    future::{Future, pending, ready},
    hint::black_box,
    io::{self, ErrorKind, IoSlice},
    num::NonZeroU16,
    os::fd::AsRawFd,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use filament_core::{
    AccessSource, Audience, Entry, Journal, Position, SealedBody, SealedEvent, Seq, StampSource, UserAccess,
    permission::{ChannelNode, GuildGraph, Membership, seeded_roles},
};
use filament_fanout::{Fanout, FanoutConfig, Frame, Hello, Mode, NoCursors, TransportWrite};
use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, CloseCode, ConnectionId, EventKind, GuildId, GuildName, SessionId, SystemKey,
    Timestamp, UserId, Visibility,
};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::watch,
};

use crate::{
    SUBSCRIBERS, bare,
    load::{Subject, Trigger},
    process::Server,
};

/// Bytes of the head of a text frame of this size.
const HEAD_BYTES: usize = 4;

/// Entries kept: more than any window.
const ENTRIES_KEPT: usize = 1_024;

const GUILD: GuildId = GuildId::from_u128(1);
const CHANNEL: ChannelId = ChannelId::from_u128(2);
const USER: UserId = UserId::from_u128(3);
const SESSION: SessionId = SessionId::from_u128(4);

/// A journal in memory that only ever holds message events of one channel.
struct Tape {
    head: watch::Sender<Seq>,
    kept: Mutex<std::collections::VecDeque<Arc<Entry>>>,
    text: Bytes,
}

impl Tape {
    fn append(&self) {
        let mut kept = self.kept.lock().expect("no panic");
        let seq = *self.head.borrow() + 1;
        let event = SealedEvent {
            kind: EventKind::MessageCreate,
            audience: Audience::Subscribers(GUILD, CHANNEL),
            plain_only: false,
            body: SealedBody::Shared(self.text.clone()),
        };
        kept.push_back(Arc::new(Entry { seq, at: at(), access: Vec::new(), undo: Vec::new(), events: vec![event] }));
        if kept.len() > ENTRIES_KEPT {
            kept.pop_front();
        }
        drop(kept);
        self.head.send_replace(seq);
    }
}

impl Journal for Tape {
    type Error = Infallible;

    fn head(&self) -> Position {
        Position { epoch: 1, seq: *self.head.borrow() }
    }

    async fn wait_past(&self, seq: Seq) -> Seq {
        *self.head.subscribe().wait_for(|head| *head > seq).await.expect("the tape lives")
    }

    fn read_after(
        &self,
        seq: Seq,
        max: NonZeroU16,
    ) -> impl Future<Output = Result<Vec<Arc<Entry>>, Infallible>> + Send {
        let kept = self.kept.lock().expect("no panic");
        let after = kept.iter().filter(|entry| entry.seq > seq);
        ready(Ok(after.take(usize::from(max.get())).cloned().collect()))
    }
}

/// One user in one guild with one channel.
struct OneGuild(Arc<GuildGraph>);

impl OneGuild {
    fn new() -> Self {
        let stamp = StampSource::after(0).next(1_700_000_000_000, 1);
        Self(Arc::new(GuildGraph {
            guild_id: GUILD,
            name: GuildName::new("bench").expect("a name"),
            visibility: Visibility::Public,
            owner_id: USER,
            default_role_id: None,
            created_at: at(),
            roles: seeded_roles(&stamp, 0).into(),
            address_bans: Vec::new(),
            channels: vec![ChannelNode {
                channel_id: CHANNEL,
                name: ChannelName::new("bench").expect("a name"),
                kind: ChannelKind::Text,
                overrides: Vec::new(),
            }],
        }))
    }
}

impl AccessSource for OneGuild {
    type Error = Infallible;

    fn load_user(
        &self,
        user_id: UserId,
        _: SessionId,
        _: Vec<GuildId>,
    ) -> impl Future<Output = Result<UserAccess, Infallible>> + Send {
        let role_ids = self.0.seeded(SystemKey::Member).map(|role| role.role_id).into_iter().collect();
        let membership = Membership { user_id, role_ids, joined_at: at() };
        ready(Ok(UserAccess {
            seq: 0,
            access_rev: 1,
            token_expires_at: Timestamp::new(9_000_000_000),
            memberships: vec![(GUILD, membership)],
            graphs: vec![Arc::clone(&self.0)],
        }))
    }

    fn load_guild(
        &self,
        _: GuildId,
    ) -> impl Future<Output = Result<(Seq, Option<Arc<GuildGraph>>), Infallible>> + Send {
        ready(Ok((0, Some(Arc::clone(&self.0)))))
    }
}

/// A bare socket that is written what a WebSocket would be, as the server does it.
struct Socket(OwnedWriteHalf);

fn send(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [one] => SockRef::from(stream).send(one),
        many => SockRef::from(stream).send_vectored(many),
    }
}

impl TransportWrite for Socket {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; 3] {
        [frame.websocket(), &[], &[]]
    }

    fn writes_websocket(&self) -> bool {
        true
    }

    fn prefetch(&self) {
        black_box(self.0.as_ref().as_raw_fd());
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let stream = self.0.as_ref();
        match send(stream, slices) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                stream.try_io(Interest::WRITABLE, || send(stream, slices))
            }
            outcome => outcome,
        }
    }

    async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }

    fn closing(&self, _: CloseCode, _: Option<u32>) -> Bytes {
        Bytes::new()
    }

    fn ping(&self) -> Option<Bytes> {
        None
    }

    fn shutdown(&self, _: bool) {}
}

fn at() -> Timestamp {
    Timestamp::new(1_700_000_000).expect("in range")
}

/// The server: the first connection triggers, a byte a message; the others are subscribers. One thread, as the bare loop has.
pub(crate) fn serve(frame_bytes: usize) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("fanout {}", listener.local_addr().expect("an address"));
        let text = Bytes::from(vec![b'x'; frame_bytes - HEAD_BYTES]);
        let tape = Arc::new(Tape { head: watch::Sender::new(0), kept: Mutex::default(), text });
        let config = FanoutConfig { connections_per_user: SUBSCRIBERS, idle_secs: 7_201, ..FanoutConfig::default() };
        let fanout = Fanout::new(config, Arc::clone(&tape), Arc::new(OneGuild::new()), Arc::new(NoCursors));
        let driven = fanout.clone();
        tokio::spawn(async move { driven.run(pending()).await });
        let (mut control, _) = listener.accept().await.expect("the load");
        let mut connections = Vec::new();
        for n in 0..SUBSCRIBERS {
            let (stream, _) = listener.accept().await.expect("a subscriber");
            stream.set_nodelay(true).expect("TCP");
            let (read_half, write_half) = stream.into_split();
            let hello = Hello {
                connection_id: ConnectionId::from_u128(n as u128 + 1),
                user_id: USER,
                session_id: SESSION,
                is_server_owner: false,
                mode: Mode::Plain,
                features: Vec::new(),
                token_expires_at: Timestamp::new(9_000_000_000).expect("in range"),
                address: None,
                cursor: None,
                subscribe: Vec::new(),
            };
            let connection = fanout.connect(hello, Socket(write_half)).await;
            connection.subscribe(GUILD, CHANNEL, None).await.expect("visible");
            connections.push((connection, read_half));
        }
        control.write_all(b"!").await.expect("the load listens");
        let mut triggers = [0; 64];
        while let Ok(count @ 1..) = control.read(&mut triggers).await {
            (0..count).for_each(|_| tape.append());
        }
        drop(connections);
    });
}

/// A fanout with its subscribers.
pub(crate) async fn start(frame_bytes: usize) -> Subject {
    let server = Server::this("--role-fanout", frame_bytes);
    let (received, control) = bare::connect(&server).await;
    Subject { name: "fanout", server, received, trigger: Trigger::Byte(control) }
}
