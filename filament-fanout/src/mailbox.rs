//! What waits for one connection, within bounds, and how far its end has come.
//!
//! Durable and live frames wait in one queue; a frame that does not fit is refused, and the hub closes the connection (GW-43).
//! Ephemeral frames wait in the lane, where the newest value per key wins (GW-44). The queue is written first. A frame of
//! which some bytes have been written is neither removed nor dropped: it is finished, whatever else happens.
//!
//! ```text
//!        begin_close              farewell written               peer closed or gone
//! open ─────────────► closing ───────────────────────► waiting ─────────────────────► ended (finish)
//!   │                   │ 1,000 ms ─► ended (reset)      │ 2,000 ms ─► ended (reset)
//!   └─ peer gone ─► ended (finish)      a peer that closed first is not waited for
//! ```

mod lane;
mod queue;

use std::{io::IoSlice, mem, task::Waker};

use bytes::Bytes;
use filament_protocol::EventKind;

use self::{lane::Lane, queue::Queue};
use crate::{
    clock::Now,
    config::Bounds,
    frame::{Frame, Reach},
    limits::{
        CLOSE_ANSWER_MS, CLOSE_TAKE_MS, CONTROLS_QUEUED_MAX, PIECES_PER_FRAME, SLICES_PER_WRITE_MAX, WRITE_STALL_MS,
    },
    observe::{DropReason, Tally},
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
    controls: u16,
    numbered: u16,
    frames: usize,
    bytes: usize,
    /// Bytes of the first frame that were written already.
    skip: usize,
    /// Data frames written: the `s` of the next one, `ready` being frame 0 (GW-46).
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

/// How far the end of a connection has come (GW-35).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    Closing {
        deadline_ms: u64,
        peer_closed: bool,
    },
    Waiting {
        deadline_ms: u64,
    },
    Ended,
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

/// What a flush left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Nothing waits.
    Drained,
    /// The peer takes no more: flush again when the transport is writable.
    Blocked,
    /// The transport failed.
    Failed,
    /// The connection is at its end: shut the transport down.
    Ended(Ending),
}

/// How a transport is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In good order.
    Finish,
    /// At once: the peer did not do its part in time.
    Reset,
}

/// Hears of every frame that is removed without being written.
pub(crate) type OnDrop<'a> = &'a mut dyn FnMut(EventKind, DropReason);

impl Mailbox {
    /// Puts a durable or live frame behind all others.
    #[inline]
    pub(crate) fn put(&mut self, frame: Frame, bounds: &Bounds) -> Put {
        if self.stage != Stage::Open {
            return Put::Closed;
        }
        let weight = frame.weight();
        if self.frames >= bounds.frames || self.bytes + weight > bounds.bytes {
            return Put::Overflow;
        }
        self.frames += 1;
        self.bytes += weight;
        self.numbered += u16::from(frame.is_numbered());
        self.queue.push_back(Queued::Event(frame));
        self.mark_dirty()
    }

    /// Puts an ephemeral frame into the lane: in place of an older value of its key, or behind all other keys.
    pub(crate) fn put_ephemeral(&mut self, frame: Frame, on_drop: OnDrop<'_>) -> Put {
        if self.stage != Stage::Open {
            return Put::Closed;
        }
        self.lane.get_or_insert_default().put(frame, on_drop);
        self.mark_dirty()
    }

    /// Puts control bytes of the transport behind what waits. At most [`CONTROLS_QUEUED_MAX`] wait: a newer one then takes
    /// the place of the last, as RFC 6455 §5.5.3 allows for pongs.
    pub(crate) fn put_control(&mut self, bytes: Bytes) -> Put {
        if self.stage != Stage::Open {
            return Put::Closed;
        }
        if usize::from(self.controls) >= CONTROLS_QUEUED_MAX {
            let started = usize::from(self.skip > 0);
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
        self.frames == 0 && self.lane.as_ref().is_none_or(|lane| lane.is_empty())
    }

    /// Durable and live frames waiting, and their bytes.
    #[cfg(test)]
    pub(crate) fn depth(&self) -> (usize, usize) {
        (self.frames, self.bytes)
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
        self.frames <= bounds.input_frames && self.bytes <= bounds.input_bytes
    }

    /// Removes what waits and may no longer be had, except a frame of which bytes were written (DEL-2).
    pub(crate) fn purge(&mut self, mut may_have: impl FnMut(&Reach) -> bool, on_drop: OnDrop<'_>) {
        let mut started = self.skip > 0;
        let (mut frames, mut bytes, mut numbered) = (self.frames, self.bytes, self.numbered);
        self.queue.retain(|queued| {
            let is_started = mem::take(&mut started);
            let Queued::Event(frame) = queued else { return true };
            if is_started || may_have(frame.reach()) {
                return true;
            }
            frames -= 1;
            bytes -= frame.weight();
            numbered -= u16::from(frame.is_numbered());
            on_drop(frame.kind(), DropReason::Revoked);
            false
        });
        (self.frames, self.bytes, self.numbered) = (frames, bytes, numbered);
        if let Some(lane) = &mut self.lane {
            lane.retain(|frame| may_have(frame.reach()), on_drop);
        }
    }

    /// Writes everything that waits, or until the peer takes no more.
    pub(crate) fn flush<W: TransportWrite>(
        &mut self,
        transport: &W,
        bounds: &Bounds,
        now: Now,
        tally: &mut Tally,
    ) -> Flushed {
        if self.stage == Stage::Ended {
            return Flushed::Drained;
        }
        tally.depth(self.frames, self.bytes);
        let mut moved = false;
        let flushed = loop {
            if self.queue.is_empty() && self.lane.as_ref().is_none_or(|lane| lane.is_empty()) {
                break self.drained(now);
            }
            self.number_acks();
            let is_single = self.queue.is_single() && self.lane.is_none();
            let wrote = match is_single {
                true => self.write_once::<W, PIECES_PER_FRAME>(transport),
                false => self.write_once::<W, SLICES_PER_WRITE_MAX>(transport),
            };
            match wrote {
                Ok(0) => break Flushed::Failed,
                Ok(count) => {
                    moved = true;
                    self.consume(count, transport, now, tally);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break Flushed::Blocked,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break Flushed::Failed,
            }
        };
        let blocked = flushed == Flushed::Blocked;
        if moved || (blocked && !self.blocked) {
            self.progress_ms = now.ms();
        }
        self.blocked = blocked;
        self.dirty = blocked || flushed == Flushed::Failed;
        if self.reader.is_some() && self.has_room(bounds) {
            self.wake_reader();
        }
        flushed
    }

    /// Makes one write of at most `SLICES` pieces.
    fn write_once<W: TransportWrite, const SLICES: usize>(&self, transport: &W) -> std::io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        let mut skip = self.skip;
        let lane = self.lane.iter().flat_map(|lane| lane.frames());
        let queued = self.queue.iter().map(|queued| queued.pieces(transport));
        for piece in queued.chain(lane.map(|frame| transport.pieces(frame))).flatten() {
            if skip >= piece.len() {
                skip -= piece.len();
                continue;
            }
            slices[count] = IoSlice::new(&piece[mem::take(&mut skip)..]);
            count += 1;
            if count == SLICES {
                break;
            }
        }
        transport.try_write(&slices[..count])
    }

    /// Removes `count` written bytes from the front of the queue, then of the lane.
    fn consume<W: TransportWrite>(&mut self, count: usize, transport: &W, now: Now, tally: &mut Tally) {
        let mut rest = mem::take(&mut self.skip) + count;
        while rest > 0 {
            let Some(first) = self.next_written() else { return };
            let length = first.pieces(transport).iter().map(|piece| piece.len()).sum();
            if rest < length {
                self.skip = rest;
                self.queue.push_front(first);
                return;
            }
            rest -= length;
            match first {
                Queued::Event(frame) => {
                    self.frames -= 1;
                    self.bytes -= frame.weight();
                    self.numbered -= u16::from(frame.is_numbered());
                    self.written += 1;
                    tally.delivered_after_us(frame.class(), now.us.saturating_sub(frame.origin_us()));
                }
                Queued::Control(_) => self.controls -= 1,
            }
        }
    }

    /// Takes what is first in the order of writing; a frame of the lane counts in the queue from then on.
    fn next_written(&mut self) -> Option<Queued> {
        self.queue.pop_front().or_else(|| {
            let frame = self.lane.as_mut()?.pop_oldest()?;
            self.frames += 1;
            self.bytes += frame.weight();
            Some(Queued::Event(frame))
        })
    }

    /// Gives every waiting `heartbeat_ack` the number it will have, unless bytes of it were written (GW-46).
    fn number_acks(&mut self) {
        if self.numbered == 0 {
            return;
        }
        let mut s = self.written;
        for (index, queued) in self.queue.iter_mut().enumerate() {
            let Queued::Event(frame) = queued else { continue };
            if frame.is_numbered()
                && !(index == 0 && self.skip > 0)
                && let Some(numbered) = frame.numbered(s)
            {
                self.bytes = self.bytes - frame.weight() + numbered.weight();
                *frame = numbered;
            }
            s += 1;
        }
    }

    fn drained(&mut self, now: Now) -> Flushed {
        match self.stage {
            Stage::Closing { peer_closed: true, .. } => {
                self.stage = Stage::Ended;
                Flushed::Ended(Ending::Finish)
            }
            Stage::Closing { peer_closed: false, .. } => {
                self.stage = Stage::Waiting { deadline_ms: now.ms() + CLOSE_ANSWER_MS };
                Flushed::Drained
            }
            Stage::Open | Stage::Waiting { .. } | Stage::Ended => Flushed::Drained,
        }
    }

    /// Whether the peer has taken nothing for ten seconds although something waits.
    pub(crate) fn is_stalled(&self, now: Now) -> bool {
        self.is_open() && self.blocked && now.ms() >= self.progress_ms + WRITE_STALL_MS
    }

    /// Begins the end: drops what waits, unless `keep` (1001 lets it go first), and puts the farewell behind it. A frame of
    /// which bytes were written is finished first. The first cause wins; later ones change nothing.
    pub(crate) fn begin_close(
        &mut self,
        farewell: Bytes,
        keep: bool,
        peer_closed: bool,
        now: Now,
        on_drop: OnDrop<'_>,
    ) -> Put {
        if self.stage != Stage::Open {
            return Put::Closed;
        }
        if !keep {
            self.drop_waiting(on_drop);
        }
        self.push_control(farewell);
        self.stage = Stage::Closing { deadline_ms: now.ms() + CLOSE_TAKE_MS, peer_closed };
        self.wake_reader();
        self.mark_dirty()
    }

    fn drop_waiting(&mut self, on_drop: OnDrop<'_>) {
        let started = (self.skip > 0).then(|| self.queue.pop_front()).flatten();
        for queued in mem::take(&mut self.queue) {
            if let Queued::Event(frame) = queued {
                on_drop(frame.kind(), DropReason::Closed);
            }
        }
        if let Some(mut lane) = self.lane.take() {
            lane.retain(|_| false, &mut |kind, _| on_drop(kind, DropReason::Closed));
        }
        (self.frames, self.bytes, self.controls, self.numbered) = (0, 0, 0, 0);
        match &started {
            Some(Queued::Event(frame)) => {
                (self.frames, self.bytes) = (1, frame.weight());
                self.numbered = u16::from(frame.is_numbered());
            }
            Some(Queued::Control(_)) => self.controls = 1,
            None => {}
        }
        if let Some(started) = started {
            self.queue.push_back(started);
        }
    }

    /// The peer's close arrived while the connection was closing already.
    pub(crate) fn peer_closed(&mut self) -> Option<Ending> {
        match &mut self.stage {
            Stage::Closing { peer_closed, .. } => {
                *peer_closed = true;
                None
            }
            Stage::Waiting { .. } => {
                self.stage = Stage::Ended;
                Some(Ending::Finish)
            }
            Stage::Open | Stage::Ended => None,
        }
    }

    /// The peer is gone, or nothing can be written to it any more: everything that waits is dropped.
    pub(crate) fn peer_gone(&mut self, on_drop: OnDrop<'_>) -> Option<Ending> {
        if mem::replace(&mut self.stage, Stage::Ended) == Stage::Ended {
            return None;
        }
        self.skip = 0;
        self.drop_waiting(on_drop);
        self.wake_reader();
        Some(Ending::Finish)
    }

    /// Ends a connection whose peer did not do its part of the close in time (GW-35).
    pub(crate) fn end_overdue(&mut self, now: Now, on_drop: OnDrop<'_>) -> Option<Ending> {
        match self.stage {
            Stage::Closing { deadline_ms, .. } | Stage::Waiting { deadline_ms } if now.ms() >= deadline_ms => {
                self.peer_gone(on_drop).map(|_| Ending::Reset)
            }
            Stage::Open | Stage::Closing { .. } | Stage::Waiting { .. } | Stage::Ended => None,
        }
    }

    /// Gives back the heap of a mailbox that was empty since the last call.
    pub(crate) fn trim(&mut self) {
        if mem::replace(&mut self.idle, true) && !self.dirty {
            self.queue.trim();
            self.lane = None;
        }
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    /// Panics if the counts disagree with what waits. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn check_invariants(&self, bounds: &Bounds) {
        self.queue.check_invariants();
        let events = || self.queue.iter().filter_map(Queued::event);
        assert_eq!(self.frames, events().count(), "frames are counted");
        assert_eq!(self.bytes, events().map(Frame::weight).sum::<usize>(), "bytes are counted");
        assert_eq!(usize::from(self.numbered), events().filter(|frame| frame.is_numbered()).count());
        assert_eq!(usize::from(self.controls), self.queue.len() - self.frames, "controls are counted");
        // An ephemeral frame that is partly written may come on top of a queue that is filled behind it.
        let started = self.queue.front().and_then(Queued::event).filter(|_| self.skip > 0);
        let extra =
            started.filter(|frame| frame.class() == filament_protocol::Class::Ephemeral).map_or(0, Frame::weight);
        // A late number may be some digits longer than the zero it was put in with.
        let digits = usize::from(self.numbered) * 20;
        assert!(self.frames <= bounds.frames + usize::from(extra > 0), "frames are bounded");
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

    #[cfg(any(test, feature = "testing"))]
    fn event(&self) -> Option<&Frame> {
        match self {
            Self::Event(frame) => Some(frame),
            Self::Control(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
