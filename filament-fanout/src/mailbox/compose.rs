//! What a connection has besides that is not plain: its messages are composed of several frames when they are written.
//!
//! A composed message is made under the mailbox's lock right before it is written, and is thrown away if the peer takes no byte of
//! it. Its frames stay in the queue until all of it is written: those of a message that has begun are kept by a purge and by a
//! close, as a plain frame is of which bytes were written.

use std::{
    io::{self, ErrorKind, IoSlice},
    mem,
};

use bytes::Bytes;
use filament_core::Place;
use filament_protocol::UserId;

use super::{Mailbox, OnDrop, Queued, ending::Stage, hold::Hold, owed::Owed, text, write::Flushed, write::Writing};
use crate::{
    frame::Frame,
    limits::{BLOCKS_PER_WRITE_MAX, PIECES_PER_FRAME},
    mode::Mode,
    observe::DropReason,
    transport::TransportWrite,
};

/// The form of one connection and how far it has been told.
#[derive(Debug)]
pub(super) struct Composer {
    pub(super) mode: Mode,
    pub(super) user_id: UserId,
    /// Where the connection stands: it was told everything up to here. Never goes back.
    pub(super) place: Place,
    /// The message of which some bytes were written, if there is one.
    begun: Option<Box<Message>>,
    pub(super) hold: Option<Box<Hold>>,
    pub(super) owed: Option<Owed>,
}

/// What is written in one piece: one control, `ready`, a batch, or a block of a stream.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) body: Queued,
    /// How many at the front of the queue it is made of.
    pub(super) items: usize,
    /// How many of the lane.
    pub(super) from_lane: usize,
    /// Those of the lane, once it has begun.
    pub(super) taken: Vec<Frame>,
    /// Where the connection stands when it has the message.
    pub(super) place: Place,
}

impl Composer {
    pub(super) const fn new(mode: Mode, user_id: UserId, place: Place) -> Self {
        Self { mode, user_id, place, begun: None, hold: None, owed: None }
    }

    /// Items at the front of the queue that belong to a message that has begun.
    pub(super) fn begun_items(&self) -> usize {
        self.begun.as_ref().map_or(0, |message| message.items)
    }

    /// Forgets a message that has begun: the peer is gone.
    pub(super) fn abandon(&mut self, on_drop: OnDrop<'_>) {
        for frame in self.begun.take().into_iter().flat_map(|message| message.taken) {
            on_drop(frame.kind(), DropReason::Closed);
        }
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn check_invariants(&self, skip: usize) {
        assert_eq!(self.begun.is_some(), skip > 0, "a message is kept once it has begun");
    }
}

impl Mailbox {
    /// Writes message after message. Returns whether the peer took a byte.
    #[inline(never)] // most connections are plain: the way of theirs stays small
    pub(super) fn write_composed<W: TransportWrite>(
        &mut self,
        transport: &W,
        writing: &mut Writing<'_>,
    ) -> (Flushed, bool) {
        let mut moved = false;
        loop {
            let messages = match self.composer.as_mut().and_then(|composer| composer.begun.take()) {
                Some(begun) => vec![*begun],
                None => self.compose(writing),
            };
            if messages.is_empty() {
                return (self.drained(writing.now), moved);
            }
            let wrote = write_behind(transport, &messages, self.skip);
            if let Ok(1..) = wrote {
                moved = true;
            }
            self.consume_composed(messages, wrote.as_ref().copied().unwrap_or(0), transport, writing);
            self.wake_feeder();
            match wrote {
                Ok(0) => return (Flushed::Failed, moved),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return (Flushed::Blocked, moved),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return (Flushed::Failed, moved),
            }
        }
    }

    /// Removes what the messages were made of that are written, and keeps the one that has begun. Those that have not are made
    /// anew when the peer takes bytes again.
    fn consume_composed<W: TransportWrite>(
        &mut self,
        messages: Vec<Message>,
        count: usize,
        transport: &W,
        writing: &mut Writing<'_>,
    ) {
        let mut rest = mem::take(&mut self.skip) + count;
        for mut message in messages {
            if rest == 0 {
                return;
            }
            self.begin(&mut message);
            let length = message.body.pieces(transport).iter().map(|piece| piece.len()).sum();
            if rest < length {
                self.skip = rest;
                if let Some(composer) = &mut self.composer {
                    composer.begun = Some(Box::new(message));
                }
                return;
            }
            rest -= length;
            self.complete(&message, writing);
        }
    }

    /// Takes the frames of the lane out of it when the first byte of their message is written.
    fn begin(&mut self, message: &mut Message) {
        let count = mem::take(&mut message.from_lane);
        if let Some(lane) = self.lane.as_mut().filter(|_| count > 0) {
            message.taken.extend(std::iter::from_fn(|| lane.pop_oldest()).take(count));
        }
    }

    /// Removes what a message was made of.
    fn complete(&mut self, message: &Message, writing: &mut Writing<'_>) {
        let mut is_data = !message.taken.is_empty();
        for _ in 0..message.items {
            match self.queue.pop_front() {
                Some(Queued::Event(frame)) => {
                    self.uncount(&frame);
                    writing.delivered(&frame);
                    is_data = true;
                }
                Some(Queued::Control(_)) => self.controls -= 1,
                None => {}
            }
        }
        message.taken.iter().for_each(|frame| writing.delivered(frame));
        self.written += u64::from(is_data);
        if let Some(composer) = &mut self.composer {
            composer.place = message.place;
        }
        self.settle_access();
    }

    /// Makes messages of what waits first: of a stream some blocks, else one. None if nothing is to be written.
    fn compose(&self, writing: &Writing<'_>) -> Vec<Message> {
        let Some(composer) = self.composer.as_ref() else { return Vec::new() };
        let front = self.queue.iter().next();
        match (front, composer.mode) {
            (Some(Queued::Control(bytes)), _) => vec![self.compose_control(bytes, composer, writing)],
            (None, _) if self.lane_is_empty() || composer.hold.is_some() => Vec::new(),
            (_, Mode::Stream) => self.compose_blocks(composer, writing),
            // `ready` goes alone.
            (Some(Queued::Event(frame)), _) if self.written == 0 => {
                vec![Message::new(Queued::Event(frame.clone()), 1, 0, composer.place)]
            }
            (_, Mode::Plain | Mode::Batch { .. }) => vec![self.compose_batch(composer, writing)],
        }
    }

    /// A control goes as it is; on a stream the cursor goes with it, moved or not: that it moved would tell of what is not for the
    /// receiver (DEL-6).
    fn compose_control(&self, bytes: &Bytes, composer: &Composer, writing: &Writing<'_>) -> Message {
        if composer.mode == Mode::Stream && self.is_open() {
            let place = self.moved_on(composer.place, 0, writing);
            let control = text::control_with_id(bytes, composer, self.reached(composer, place, 1), writing);
            return Message::new(Queued::Control(Box::new(control)), 1, 0, place);
        }
        Message::new(Queued::Control(Box::new(bytes.clone())), 1, 0, composer.place)
    }

    /// One block for each of the first frames.
    fn compose_blocks(&self, composer: &Composer, writing: &Writing<'_>) -> Vec<Message> {
        let queued = self.queue.iter().map_while(Queued::event);
        let queued_count = queued.clone().take(BLOCKS_PER_WRITE_MAX).count();
        let is_all =
            queued_count == self.queue.iter().take(BLOCKS_PER_WRITE_MAX + 1).count() && composer.hold.is_none();
        let lane = self.lane.iter().filter(|_| is_all).flat_map(|lane| lane.frames());
        let mut messages = Vec::new();
        let mut place = composer.place;
        for (index, frame) in queued.chain(lane).take(BLOCKS_PER_WRITE_MAX).enumerate() {
            place = frame.place().map_or(place, |of_frame| place.max(of_frame));
            place = self.moved_on(place, index + 1, writing);
            let is_first = self.written == 0 && index == 0;
            let (items, from_lane) = if index < queued_count { (1, 0) } else { (0, 1) };
            let reached = self.reached(composer, place, (index + 1).min(queued_count));
            let block = text::block(frame, reached, is_first, composer, writing);
            messages.push(Message::new(Queued::Event(block), items, from_lane, place));
        }
        messages
    }

    fn compose_batch(&self, composer: &Composer, writing: &Writing<'_>) -> Message {
        let Chosen { items, from_lane, text_bytes, place } = self.choose(composer);
        let place = self.moved_on(place, items, writing);
        let queued = self.queue.iter().take(items).filter_map(Queued::event);
        let lane = self.lane.iter().flat_map(|lane| lane.frames()).take(from_lane);
        let reached = self.reached(composer, place, items);
        let batch = text::batch(queued.chain(lane), composer, self.written, text_bytes, reached, writing);
        Message::new(Queued::Event(batch), items, from_lane, place)
    }

    /// Where somebody stands who is told up to `place` with the first `events` that wait. Everything the relay has delivered, if
    /// nothing waits behind them and nothing was kept from the mailbox because it is closing.
    fn moved_on(&self, place: Place, events: usize, writing: &Writing<'_>) -> Place {
        let is_all = usize::from(self.frames) <= events && self.stage == Stage::Open && !self.is_held();
        if is_all { place.max(Place::after(writing.position)) } else { place }
    }

    /// As many of the frames that wait as fit one batch. Controls keep their place.
    fn choose(&self, composer: &Composer) -> Chosen {
        let mut chosen = Chosen { items: 0, from_lane: 0, text_bytes: 0, place: composer.place };
        for queued in self.queue.iter() {
            let Queued::Event(frame) = queued else { return chosen };
            if !chosen.add(frame, self.written) {
                return chosen;
            }
            chosen.items += 1;
        }
        if composer.hold.is_none() {
            for frame in self.lane.iter().flat_map(|lane| lane.frames()) {
                if !chosen.add(frame, self.written) {
                    break;
                }
                chosen.from_lane += 1;
            }
        }
        chosen
    }

    pub(super) fn lane_is_empty(&self) -> bool {
        self.lane.as_ref().is_none_or(|lane| lane.is_empty())
    }
}

impl Message {
    const fn new(body: Queued, items: usize, from_lane: usize, place: Place) -> Self {
        Self { body, items, from_lane, taken: Vec::new(), place }
    }
}

/// The frames of one batch.
struct Chosen {
    items: usize,
    from_lane: usize,
    /// Bytes of their texts, and one more for each: a comma, or the bracket behind the last.
    text_bytes: usize,
    /// Where a receiver stands who has them.
    place: Place,
}

impl Chosen {
    /// Takes one more, if it fits.
    fn add(&mut self, frame: &Frame, s: u64) -> bool {
        let count = self.items + self.from_lane;
        let bytes = self.text_bytes + text::of(frame, s).len() + 1;
        if count > 0 && !text::fits(count + 1, bytes) {
            return false;
        }
        self.text_bytes = bytes;
        self.place = frame.place().map_or(self.place, |place| self.place.max(place));
        true
    }
}

/// Makes one write of what lies behind the first `skip` bytes of the messages.
fn write_behind<W: TransportWrite>(transport: &W, messages: &[Message], mut skip: usize) -> io::Result<usize> {
    let mut slices = [IoSlice::new(&[]); BLOCKS_PER_WRITE_MAX * PIECES_PER_FRAME];
    let mut count = 0;
    for piece in messages.iter().flat_map(|message| message.body.pieces(transport)) {
        if skip >= piece.len() {
            skip -= piece.len();
            continue;
        }
        slices[count] = IoSlice::new(&piece[mem::take(&mut skip)..]);
        count += 1;
    }
    transport.try_write(&slices[..count])
}
