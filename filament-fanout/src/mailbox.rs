//! What waits for one connection, within bounds, and how far its end has come.
//!
//! Durable and live frames wait in one queue; a frame that does not fit is refused, and the hub closes the connection (GW-43).
//! Ephemeral frames wait in the lane, where the newest value per key wins (GW-44). The queue is written first. A frame of
//! which some bytes have been written is neither removed nor dropped: it is finished, whatever else happens.
//!
//! A connection that is not plain gets messages [composed](compose) of several frames; for those the same holds of a message.

mod compose;
mod ending;
mod hold;
mod lane;
mod owed;
mod queue;
mod text;
mod write;

use std::{mem, task::Waker};

use bytes::Bytes;
use filament_core::Place;
use filament_protocol::{EventKind, UserId};

use self::{compose::Composer, ending::Stage, lane::Lane, queue::Queue};
pub(crate) use self::{
    ending::Ending,
    write::{Flushed, Writing},
};
use crate::{
    clock::Now,
    config::Bounds,
    frame::{Frame, Reach},
    limits::{CONTROLS_QUEUED_MAX, PIECES_PER_FRAME, WRITE_STALL_MS},
    mode::Mode,
    observe::DropReason,
    transport::TransportWrite,
};

/// One connection's queue, lane and stage. No preallocation: an idle one owns no heap.
#[derive(Debug, Default)]
#[repr(C)] // what a put looks at lies together: ten thousand mailboxes do not fit a core's cache
pub(crate) struct Mailbox {
    stage: Stage,
    /// Whether a flush loop knows of this mailbox, or a task waits for its socket.
    dirty: bool,
    /// Whether the peer takes nothing.
    blocked: bool,
    /// Whether nothing was put in since the last [`trim`](Self::trim).
    idle: bool,
    controls: u8,
    /// Durable and live frames that wait.
    frames: u16,
    /// Those of them that carry their number.
    numbered: u16,
    /// What a connection needs besides that is not plain.
    composer: Option<Box<Composer>>,
    bytes: usize,
    /// Bytes of the first frame that were written already.
    skip: usize,
    /// Data messages written: the `s` of the next one, `ready` being frame 0 (GW-46).
    written: u64,
    /// When the peer last took a byte, or when it began to take none.
    progress_ms: u64,
    queue: Queue<Queued>,
    lane: Option<Box<Lane>>,
    /// Woken when there is room for the answers to another command (GW-26), or the connection closes.
    reader: Option<Waker>,
}

/// One thing to write.
#[derive(Debug)]
enum Queued {
    Event(Frame),
    Control(Box<Bytes>),
}

/// What became of a frame that was put into a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It waits, and nobody knows yet that the mailbox has something: tell a flush loop.
    Fresh,
    /// It waits behind others.
    Behind,
    /// It does not fit: the connection is to be closed with 4008.
    Overflow,
    /// The connection is closing: it was not taken.
    Closed,
}

/// Hears of every frame that is removed without being written.
pub(crate) type OnDrop<'a> = &'a mut dyn FnMut(EventKind, DropReason);

impl Mailbox {
    /// A mailbox of a connection of that form, of a user who was told everything up to `place`.
    pub(crate) fn new(mode: Mode, user_id: UserId, place: Place) -> Self {
        let composer = (!mode.is_plain()).then(|| Box::new(Composer::new(mode, user_id, place)));
        Self { composer, ..Self::default() }
    }

    /// Puts a durable or live frame behind all others.
    #[inline]
    pub(crate) fn put(&mut self, frame: Frame, bounds: &Bounds) -> Put {
        if self.stage != Stage::Open {
            return Put::Closed;
        }
        let frame = match &self.composer {
            None => frame,
            Some(_) => match self.put_held(frame, bounds) {
                Ok(put) => return put,
                Err(frame) => frame,
            },
        };
        if usize::from(self.frames) >= bounds.frames || self.bytes + frame.weight() > bounds.bytes {
            return Put::Overflow;
        }
        self.count(&frame);
        self.queue.push_back(Queued::Event(frame));
        self.mark_dirty()
    }

    /// Puts an ephemeral frame into the lane: in place of an older value of its key, or behind all other keys.
    pub(crate) fn put_ephemeral(&mut self, frame: Frame, on_drop: OnDrop<'_>) -> Put {
        if self.stage != Stage::Open {
            return Put::Closed;
        }
        self.lane.get_or_insert_default().put(frame, on_drop);
        if self.is_held() {
            self.idle = false;
            return Put::Behind;
        }
        self.mark_dirty()
    }

    #[inline]
    fn count(&mut self, frame: &Frame) {
        self.frames += 1;
        self.bytes += frame.weight();
        self.numbered += u16::from(frame.is_numbered());
    }

    #[inline]
    fn uncount(&mut self, frame: &Frame) {
        self.frames -= 1;
        self.bytes -= frame.weight();
        self.numbered -= u16::from(frame.is_numbered());
    }

    /// How many at the front of the queue have bytes that were written.
    fn started(&self) -> usize {
        match &self.composer {
            None => usize::from(self.skip > 0),
            Some(composer) => composer.begun_items(),
        }
    }

    /// Puts control bytes of the transport behind what waits. At most [`CONTROLS_QUEUED_MAX`] wait: a newer one then takes
    /// the place of the last, as RFC 6455 §5.5.3 allows for pongs.
    pub(crate) fn put_control(&mut self, bytes: Bytes) -> Put {
        if self.stage != Stage::Open {
            return Put::Closed;
        }
        if usize::from(self.controls) >= CONTROLS_QUEUED_MAX {
            let started = self.started();
            let waiting = self.queue.iter_mut().enumerate().filter(|(index, _)| *index >= started);
            if let Some(last) = waiting.filter_map(|(_, queued)| queued.control_mut()).last() {
                *last = bytes;
            }
            return Put::Behind;
        }
        self.push_control(bytes);
        self.mark_dirty()
    }

    fn push_control(&mut self, bytes: Bytes) {
        self.controls += 1;
        self.queue.push_back(Queued::Control(Box::new(bytes)));
    }

    fn mark_dirty(&mut self) -> Put {
        self.idle = false;
        if mem::replace(&mut self.dirty, true) { Put::Behind } else { Put::Fresh }
    }

    /// Whether frames are still taken.
    pub(crate) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Whether nothing of this connection is left to be done.
    pub(crate) fn is_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// Whether no event waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames == 0 && self.lane_is_empty()
    }

    /// Durable and live frames waiting, and their bytes.
    #[cfg(test)]
    pub(crate) fn depth(&self) -> (usize, usize) {
        (usize::from(self.frames), self.bytes)
    }

    /// Whether another command of the connection may be read (GW-26); if not, `waker` is woken when it may.
    pub(crate) fn poll_room(&mut self, bounds: &Bounds, waker: &Waker) -> bool {
        if !self.is_open() || self.has_room(bounds) {
            self.reader = None;
            return true;
        }
        self.reader = Some(waker.clone());
        false
    }

    fn has_room(&self, bounds: &Bounds) -> bool {
        usize::from(self.frames) <= bounds.input_frames && self.bytes <= bounds.input_bytes
    }

    /// Removes what waits and may no longer be had, except a frame of which bytes were written (DEL-2).
    pub(crate) fn purge(&mut self, mut may_have: impl FnMut(&Reach) -> bool, on_drop: OnDrop<'_>) {
        let mut started = self.started();
        let (mut frames, mut bytes, mut numbered) = (self.frames, self.bytes, self.numbered);
        let mut keep = |frame: &Frame| {
            if may_have(frame.reach()) {
                return true;
            }
            frames -= 1;
            bytes -= frame.weight();
            numbered -= u16::from(frame.is_numbered());
            on_drop(frame.kind(), DropReason::Revoked);
            false
        };
        self.queue.retain(|queued| {
            let is_started = started > 0;
            started = started.saturating_sub(1);
            let Queued::Event(frame) = queued else { return true };
            is_started || keep(frame)
        });
        if let Some(hold) = self.composer.as_mut().and_then(|composer| composer.hold.as_mut()) {
            hold.frames.retain(&mut keep);
            hold.bytes = hold.frames.iter().map(Frame::weight).sum();
        }
        (self.frames, self.bytes, self.numbered) = (frames, bytes, numbered);
        if let Some(lane) = &mut self.lane {
            lane.retain(|frame| may_have(frame.reach()), on_drop);
        }
    }

    /// Takes the actor back out of what waits and names one its receiver may not know any more (ACT-2), except a frame of which bytes were
    /// written. The event itself stays, in its place.
    pub(crate) fn withhold_actors(&mut self, mut may_know: impl FnMut(&Reach) -> bool) {
        let started = self.started();
        let mut bytes = self.bytes;
        let mut withhold = |frame: &mut Frame| {
            let Some(nameless) = frame.nameless().filter(|_| !may_know(frame.reach())).cloned() else { return };
            bytes = bytes - frame.weight() + nameless.weight();
            *frame = nameless;
        };
        for queued in self.queue.iter_mut().skip(started) {
            if let Queued::Event(frame) = queued {
                withhold(frame);
            }
        }
        if let Some(hold) = self.composer.as_mut().and_then(|composer| composer.hold.as_mut()) {
            hold.frames.iter_mut().for_each(&mut withhold);
            hold.bytes = hold.frames.iter().map(Frame::weight).sum();
        }
        self.bytes = bytes;
    }

    /// Whether the peer has taken nothing for ten seconds although something waits.
    pub(crate) fn is_stalled(&self, now: Now) -> bool {
        self.is_open() && self.blocked && now.ms() >= self.progress_ms + WRITE_STALL_MS
    }

    /// Gives back the heap of a mailbox that was empty since the last call.
    pub(crate) fn trim(&mut self) {
        if mem::replace(&mut self.idle, true) && !self.dirty && !self.is_held() {
            self.queue.trim();
            self.lane = None;
        }
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
        self.wake_feeder();
    }

    /// Panics if the counts disagree with what waits. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn check_invariants(&self, bounds: &Bounds) {
        self.queue.check_invariants();
        let hold = self.composer.as_ref().and_then(|composer| composer.hold.as_ref());
        let held = || hold.iter().flat_map(|hold| &hold.frames);
        let events = || self.queue.iter().filter_map(Queued::event).chain(held());
        assert_eq!(usize::from(self.frames), events().count(), "frames are counted");
        assert_eq!(self.bytes, events().map(Frame::weight).sum::<usize>(), "bytes are counted");
        assert_eq!(usize::from(self.numbered), events().filter(|frame| frame.is_numbered()).count());
        let controls = self.queue.iter().filter(|queued| queued.event().is_none()).count();
        assert_eq!(usize::from(self.controls), controls, "controls are counted");
        assert_eq!(hold.map_or(0, |hold| hold.bytes), held().map(Frame::weight).sum::<usize>());
        if let Some(composer) = &self.composer {
            return composer.check_invariants(self.skip);
        }
        // An ephemeral frame that is partly written may come on top of a queue that is filled behind it.
        let started = self.queue.front().and_then(Queued::event).filter(|_| self.skip > 0);
        let extra =
            started.filter(|frame| frame.class() == filament_protocol::Class::Ephemeral).map_or(0, Frame::weight);
        // A late number may be some digits longer than the zero it was put in with.
        let digits = usize::from(self.numbered) * 20;
        assert!(usize::from(self.frames) <= bounds.frames + usize::from(extra > 0), "frames are bounded");
        assert!(self.bytes <= bounds.bytes + extra + digits, "bytes are bounded");
        assert!(
            usize::from(self.controls) <= CONTROLS_QUEUED_MAX + 1,
            "controls are bounded, the farewell comes on top"
        );
        assert!(self.skip == 0 || !self.queue.is_empty(), "bytes were written of something that is still there");
        assert!(self.queue.is_empty() || self.dirty || !self.is_open(), "what waits is known to a flush loop");
        if let Some(lane) = &self.lane {
            lane.check_invariants();
        }
    }
}

impl Queued {
    fn pieces<W: TransportWrite>(&self, transport: &W) -> [&[u8]; PIECES_PER_FRAME] {
        match self {
            Self::Event(frame) => transport.pieces(frame),
            Self::Control(bytes) => [&bytes[..], &[], &[]],
        }
    }

    fn control_mut(&mut self) -> Option<&mut Bytes> {
        match self {
            Self::Control(bytes) => Some(bytes),
            Self::Event(_) => None,
        }
    }

    fn event(&self) -> Option<&Frame> {
        match self {
            Self::Event(frame) => Some(frame),
            Self::Control(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
