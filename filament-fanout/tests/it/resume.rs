//! Resuming a stream (contract §7.2), over the in-memory store with real tasks.

mod cuts;
mod oracle;
mod order;
mod random;

use filament_core::{Actor, Place};
use filament_fanout::{
    Cursors as _, Fanout, Hello, Mode, Reached,
    testing::{Peer, ReadableCursors, Received, Told, Wire},
};
use filament_protocol::{
    ChannelId, Class, ConnectionId, Event, GuildId, Received as Decoded, Timestamp, UserId, decode_event,
    event::{CaughtUp, ResetReason},
};
use tokio::time::timeout;

use crate::harness::PATIENCE;

const BATCH: Mode = Mode::Batch { resume: true };

/// A cursor at that place.
fn cursor(user_id: UserId, place: Place) -> Box<str> {
    let mut text = Vec::new();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let now = Timestamp::new(now.as_secs()).expect("a time");
    ReadableCursors::default().seal(user_id, Reached::all(place), now, &mut text);
    String::from_utf8(text).expect("ASCII").into()
}

/// What a client says that comes back.
fn hello(actor: Actor, mode: Mode, cursor: Option<Box<str>>, subscribe: &[(GuildId, ChannelId)]) -> Hello {
    Hello {
        connection_id: ConnectionId::from_u128(1),
        user_id: actor.user_id,
        session_id: actor.session_id,
        is_server_owner: actor.is_server_owner,
        mode,
        features: Vec::new(),
        token_expires_at: Timestamp::MIN,
        address: None,
        cursor,
        subscribe: subscribe.to_vec(),
    }
}

/// One event as it came, and where the stream stands if a cursor came with it.
#[derive(Clone, Debug)]
struct Heard {
    event: Event,
    text: String,
    cursor: Option<Box<str>>,
}

/// A stream of a user, event by event.
struct Stream {
    peer: Peer,
    waiting: std::collections::VecDeque<Heard>,
    /// The newest cursor.
    cursor: Option<Box<str>>,
    /// Kept: dropping it ends the connection.
    _connection: filament_fanout::Connection<Wire>,
}

impl Stream {
    async fn open(fanout: &Fanout<Wire>, hello: Hello) -> Self {
        let (wire, peer) = if hello.mode == Mode::Stream { Wire::stream_pair() } else { Wire::pair() };
        let connection = fanout.connect(hello, wire).await;
        Self { peer, waiting: std::collections::VecDeque::new(), cursor: None, _connection: connection }
    }

    /// The next event that is not ephemeral. A cursor counts for the last event that came with it.
    async fn next(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.waiting.pop_front() {
                self.cursor = heard.cursor.clone().or(self.cursor.take());
                if heard.event.kind().class() != Class::Ephemeral {
                    return heard;
                }
                continue;
            }
            match timeout(PATIENCE, self.peer.next()).await.expect("something comes in time") {
                Some(Received::Text(text)) => self.unpack(&text),
                Some(Received::Ping) => {}
                other => panic!("ended: {other:?}"),
            }
        }
    }

    fn unpack(&mut self, text: &str) {
        let told = Told::read(text);
        let last = told.events.len().saturating_sub(1);
        for (index, text) in told.events.into_iter().enumerate() {
            let Ok(Decoded::Event(event)) = decode_event(text.as_bytes()) else { panic!("not an event: {text}") };
            let cursor = told.cursor.clone().filter(|_| index == last).map(Into::into);
            self.waiting.push_back(Heard { event, text, cursor });
        }
    }

    async fn through(&mut self, is_last: impl Fn(&Event) -> bool) -> Vec<Heard> {
        let mut heard = Vec::new();
        loop {
            heard.push(self.next().await);
            if heard.last().is_some_and(|heard| is_last(&heard.event)) {
                return heard;
            }
        }
    }
}

/// The frames of a resume, sorted, their order having been checked (RES-12).
#[derive(Debug)]
struct Resumed {
    subscribed: Vec<ChannelId>,
    refused: Vec<ChannelId>,
    gaps: Vec<ChannelId>,
    reset: Option<ResetReason>,
    replayed: Vec<String>,
    presence: Vec<GuildId>,
    voice: Vec<ChannelId>,
    access: Vec<GuildId>,
    caught_up: CaughtUp,
}

impl Resumed {
    /// Reads the frames of a stream up to `caught_up`.
    async fn read(stream: &mut Stream) -> Self {
        let heard = stream.through(|event| matches!(event, Event::CaughtUp(_))).await;
        Self::of(heard)
    }

    fn of(heard: Vec<Heard>) -> Self {
        let caught_up = CaughtUp { replayed: 0, reset: false };
        let (subscribed, refused, gaps, replayed) = (vec![], vec![], vec![], vec![]);
        let (presence, voice, access) = (vec![], vec![], vec![]);
        let mut sorted = Self { subscribed, refused, gaps, reset: None, replayed, presence, voice, access, caught_up };
        let mut ranks = Vec::new();
        for Heard { event, text, .. } in heard {
            ranks.push(match event {
                Event::Ready(ready) => {
                    assert!(ready.resume.is_some(), "{text}");
                    0
                }
                Event::Subscribed(event) => {
                    sorted.subscribed.push(event.channel_id);
                    1
                }
                Event::Error(event) => {
                    sorted.refused.extend(event.channel_id);
                    1
                }
                Event::Reset(event) if event.channel_id.is_some() => {
                    assert_eq!(event.reason, ResetReason::VisibilityGap);
                    sorted.gaps.extend(event.channel_id);
                    2
                }
                Event::Reset(event) => {
                    sorted.reset = Some(event.reason);
                    3
                }
                Event::PresenceSync(event) => {
                    sorted.presence.push(event.guild_id);
                    4
                }
                Event::VoiceParticipantSync(event) => {
                    sorted.voice.push(event.channel_id);
                    5
                }
                Event::WorkspaceAccessUpdate(event) => {
                    sorted.access.push(event.guild_id);
                    6
                }
                Event::CaughtUp(event) => {
                    sorted.caught_up = event;
                    7
                }
                event => {
                    assert_eq!(event.kind().class(), Class::Durable, "{text}");
                    sorted.replayed.push(text);
                    3
                }
            });
        }
        assert!(ranks.is_sorted() && ranks.first() == Some(&0), "RES-12: {ranks:?}");
        assert_eq!(sorted.caught_up.replayed as usize, sorted.replayed.len());
        assert_eq!(sorted.caught_up.reset, sorted.reset.is_some());
        assert!(sorted.reset.is_none() || sorted.replayed.is_empty(), "RES-12: events or a reset");
        sorted
    }
}
