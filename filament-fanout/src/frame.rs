//! One event as bytes: encoded once, shared by every mailbox it waits in, never changed.

use std::{fmt, sync::Arc};

use filament_core::{Audience, Place};
use filament_protocol::{ChannelId, Class, EncodeError, Event, EventKind, GuildId, UserId, event::HeartbeatAck};

/// Bytes kept free before the payload for the longest head of RFC 6455.
const HEAD_BYTES_MAX: usize = 10;
/// First byte of an unfragmented text message.
const TEXT: u8 = 0x81;

/// An encoded event. Cloning shares it.
///
/// The RFC 6455 head of an unmasked text message lies directly before the payload, so that a WebSocket needs one piece.
#[derive(Clone)]
pub struct Frame(Arc<Inner>);

struct Inner {
    /// Room for a head, then the payload.
    bytes: Box<[u8]>,
    head_start: u8,
    kind: EventKind,
    class: Class,
    reach: Reach,
    origin_us: u64,
    place: Option<Place>,
    numbered: Option<Box<HeartbeatAck>>,
    /// The same event as those hear it who may not know its actor, if this one names it.
    nameless: Option<Frame>,
}

/// Who may have a frame. Asked again while it waits: what its receiver may no longer have is removed (DEL-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This connection, whatever happens: greetings, refusals, `unsubscribed` (DEL-3).
    Connection,
    /// This connection while its user is in the guild: `presence_sync`.
    Guild(GuildId),
    /// This connection while its user sees the channel: the other answers to a subscribe.
    Channel(GuildId, ChannelId),
    /// A `presence_update` about the user: members of the guild. Also the key of the ephemeral lane.
    Presence(GuildId, UserId),
    /// The audience a journalled event was sealed with.
    Audience(Audience),
}

impl Reach {
    /// The guild whose loss can remove a frame of this reach.
    #[must_use]
    pub const fn guild_id(&self) -> Option<GuildId> {
        match self {
            Self::Connection => None,
            Self::Guild(guild_id) | Self::Channel(guild_id, _) | Self::Presence(guild_id, _) => Some(*guild_id),
            Self::Audience(audience) => audience.guild_id(),
        }
    }

    /// The channel whose loss can remove a frame of this reach.
    #[must_use]
    pub const fn channel_id(&self) -> Option<ChannelId> {
        match self {
            Self::Connection | Self::Guild(_) | Self::Presence(..) => None,
            Self::Channel(_, channel_id) => Some(*channel_id),
            Self::Audience(audience) => audience.channel_id(),
        }
    }
}

impl Frame {
    /// A journalled event, as it was sealed. `origin_us` is when it was committed, for the delivery times; `place` is where its
    /// receivers stand when they have it.
    #[must_use]
    pub fn sealed(kind: EventKind, reach: Reach, text: &[u8], origin_us: u64, place: Place) -> Self {
        let mut bytes = Vec::with_capacity(HEAD_BYTES_MAX + text.len());
        bytes.resize(HEAD_BYTES_MAX, 0);
        bytes.extend_from_slice(text);
        Self::from_text(bytes, kind, reach, origin_us, Some(place), None)
    }

    /// An event that is not journalled, made at `now_us`.
    ///
    /// # Errors
    /// When it cannot be encoded or is too large (ENV-12).
    pub fn live(event: &Event, reach: Reach, now_us: u64) -> Result<Self, EncodeError> {
        let mut bytes = vec![0; HEAD_BYTES_MAX];
        event.encode_into(&mut bytes)?;
        let numbered = match event {
            Event::HeartbeatAck(ack) => Some(Box::new(ack.clone())),
            _ => None,
        };
        Ok(Self::from_text(bytes, event.kind(), reach, now_us, None, numbered))
    }

    /// A journalled event that was rendered for its receiver.
    ///
    /// # Errors
    /// As [`live`](Self::live).
    pub(crate) fn rendered(event: &Event, reach: Reach, origin_us: u64, place: Place) -> Result<Self, EncodeError> {
        let mut bytes = vec![0; HEAD_BYTES_MAX];
        event.encode_into(&mut bytes)?;
        Ok(Self::from_text(bytes, event.kind(), reach, origin_us, Some(place), None))
    }

    /// A frame that names an actor to those alone who may read the audit log, and can lose it while it waits; or one without (ACT-2).
    /// `frame` makes one of a text.
    pub(crate) fn by_audit(frame: impl Fn(&[u8]) -> Self, with: &[u8], without: &[u8], may_read: bool) -> Self {
        let nameless = frame(without);
        if may_read { frame(with).naming(nameless) } else { nameless }
    }

    /// The same frame as one that names an actor: `nameless` takes its place if its receiver may not know the actor any more while it
    /// waits (ACT-2).
    pub(crate) fn naming(mut self, nameless: Self) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.nameless = Some(nameless);
        }
        self
    }

    /// The frame without the actor, if this one names it to those alone who may read the audit log.
    pub(crate) fn nameless(&self) -> Option<&Self> {
        self.0.nameless.as_ref()
    }

    /// A message made of other frames: `write` appends its text, of `text_bytes` if that is known.
    pub(crate) fn composed(text_bytes: usize, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = Vec::with_capacity(HEAD_BYTES_MAX + text_bytes);
        bytes.resize(HEAD_BYTES_MAX, 0);
        write(&mut bytes);
        Self::from_text(bytes, EventKind::Batch, Reach::Connection, 0, None, None)
    }

    /// A live frame of any text.
    #[cfg(test)]
    pub(crate) fn unplaced(text: &[u8]) -> Self {
        let bytes = [&[0; HEAD_BYTES_MAX], text].concat();
        Self::from_text(bytes, EventKind::VoiceParticipantJoin, Reach::Connection, 0, None, None)
    }

    fn from_text(
        mut bytes: Vec<u8>,
        kind: EventKind,
        reach: Reach,
        origin_us: u64,
        place: Option<Place>,
        numbered: Option<Box<HeartbeatAck>>,
    ) -> Self {
        let head_start = write_head(&mut bytes);
        Self(Arc::new(Inner {
            bytes: bytes.into_boxed_slice(),
            head_start,
            kind,
            class: kind.class(),
            reach,
            origin_us,
            place,
            numbered,
            nameless: None,
        }))
    }

    /// The same `heartbeat_ack` with the number of the frame that carries it (GW-46); `None` for every other event.
    pub(crate) fn numbered(&self, s: u64) -> Option<Self> {
        let ack = self.0.numbered.as_ref()?;
        let event = Event::HeartbeatAck(HeartbeatAck { s, ..HeartbeatAck::clone(ack) });
        Self::live(&event, self.0.reach, self.0.origin_us).ok()
    }

    /// Whether the frame carries its own number and so is encoded when it is written.
    pub(crate) fn is_numbered(&self) -> bool {
        self.0.numbered.is_some()
    }

    /// Whether this is that frame, and not only one that says the same.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The whole WebSocket message: head and payload.
    #[must_use]
    pub fn websocket(&self) -> &[u8] {
        &self.0.bytes[usize::from(self.0.head_start)..]
    }

    /// The `{v,t,d}` text alone, for transports with a framing of their own.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.0.bytes[HEAD_BYTES_MAX..]
    }

    /// Bytes this frame counts in a mailbox.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.0.bytes.len() - usize::from(self.0.head_start)
    }

    /// Which event it is.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.0.kind
    }

    /// How it is delivered.
    #[must_use]
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// Who may have it.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.0.reach
    }

    /// Where its receiver stands when it has the frame, if it is journalled.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.0.place
    }

    /// When it was committed or made, in microseconds of the clock.
    #[must_use]
    pub fn origin_us(&self) -> u64 {
        self.0.origin_us
    }
}

impl fmt::Debug for Frame {
    /// Says which event and for whom, never what it says.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Frame");
        debug.field("kind", &self.kind()).field("reach", self.reach()).field("weight", &self.weight()).finish()
    }
}

/// Writes the head of a text message into the end of the room before the payload and returns where it starts.
fn write_head(bytes: &mut [u8]) -> u8 {
    let length = bytes.len() - HEAD_BYTES_MAX;
    let room = &mut bytes[..HEAD_BYTES_MAX];
    if let Ok(short @ 0..126) = u8::try_from(length) {
        room[8..].copy_from_slice(&[TEXT, short]);
        8
    } else if let Ok(medium) = u16::try_from(length) {
        room[6..8].copy_from_slice(&[TEXT, 126]);
        room[8..].copy_from_slice(&medium.to_be_bytes());
        6
    } else {
        room[..2].copy_from_slice(&[TEXT, 127]);
        room[2..].copy_from_slice(&(length as u64).to_be_bytes());
        0
    }
}

#[cfg(test)]
mod tests {
    use filament_protocol::Timestamp;

    use super::*;

    #[test]
    fn heads_are_those_of_rfc_6455_in_their_shortest_form() {
        let table: [(usize, &[u8]); 6] = [
            (0, &[0x81, 0]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 255, 255]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (70_000, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]),
        ];
        for (length, head) in table {
            let text = vec![b'x'; length];
            let frame = Frame::sealed(EventKind::MessageCreate, Reach::Connection, &text, 0, Place::after(1));
            assert_eq!(&frame.websocket()[..head.len()], head);
            assert_eq!(&frame.websocket()[head.len()..], &text[..]);
            assert_eq!(frame.payload(), &text[..]);
            assert_eq!(frame.weight(), head.len() + length);
        }
    }

    /// Proves GW-46 for `heartbeat_ack`: only it carries a number, and the number is given late.
    #[test]
    fn only_heartbeat_ack_is_encoded_again_with_its_number() {
        let ack = HeartbeatAck { s: 0, access_rev: 7, server_time_unix: Timestamp::MIN };
        let frame = Frame::live(&Event::HeartbeatAck(ack), Reach::Connection, 5).expect("small");
        assert!(frame.is_numbered());
        let numbered = frame.numbered(42).expect("a heartbeat_ack");
        assert_eq!(
            numbered.payload(),
            br#"{"v":1,"t":"heartbeat_ack","d":{"s":42,"access_rev":7,"server_time_unix":1}}"#
        );
        assert!(numbered.is_numbered() && numbered.origin_us() == 5);
        let other = Frame::sealed(EventKind::MessageCreate, Reach::Connection, b"{}", 0, Place::after(1));
        assert!(other.numbered(1).is_none());
    }

    #[test]
    fn debug_text_shows_no_payload() {
        let frame = Frame::sealed(EventKind::MessageCreate, Reach::Connection, b"secret", 0, Place::after(1));
        assert!(!format!("{frame:?}").contains("secret"));
    }
}
