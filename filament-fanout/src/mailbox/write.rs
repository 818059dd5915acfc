//! Writing what waits: the queue first, then the lane, as many pieces in one system call as there are.

use std::{
    hint::black_box,
    io::{self, ErrorKind, IoSlice},
    mem,
};

use filament_core::Seq;

use super::{Ending, Mailbox, Queued, ending::Stage};
use crate::{
    clock::Now,
    config::Bounds,
    cursor::Cursors,
    frame::Frame,
    limits::{PIECES_PER_FRAME, SLICES_PER_WRITE_MAX},
    observe::Tally,
    transport::TransportWrite,
};

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

/// What a flush needs besides the mailbox and its transport.
pub(crate) struct Writing<'a> {
    pub(crate) bounds: &'a Bounds,
    pub(crate) cursors: &'a dyn Cursors,
    /// An entry the relay had applied *before* the mailbox was locked: what of it the connection is to hear was put by then.
    pub(crate) position: Seq,
    pub(crate) now: Now,
    pub(crate) tally: &'a mut Tally,
}

impl Writing<'_> {
    /// Notes that a frame was handed over.
    #[inline]
    pub(super) fn delivered(&mut self, frame: &Frame) {
        let waited_us = self.now.us.saturating_sub(frame.origin_us());
        self.tally.delivered_after_us(frame.class(), waited_us);
    }
}

impl Mailbox {
    /// Writes everything that waits, or until the peer takes no more.
    pub(crate) fn flush<W: TransportWrite>(&mut self, transport: &W, writing: &mut Writing<'_>) -> Flushed {
        self.flush_after(None, transport, writing)
    }

    /// Has in the cache what a flush looks at, as [`Link::prefetch`](crate::link::Link::prefetch) does for what can be read without the lock.
    #[inline]
    pub(crate) fn prefetch(&self) {
        black_box((self.written, self.reader.is_some()));
    }

    /// What waits, if it is one piece and can be written as it is.
    #[inline]
    pub(crate) fn only_piece<W: TransportWrite>(&self, transport: &W) -> Option<&[u8]> {
        if !self.is_ready() {
            return None;
        }
        match self.queue.single()?.pieces(transport) {
            [piece, [], []] => piece.get(self.skip..),
            _ => None,
        }
    }

    /// The frames that wait, if they are several and nothing else, and can be written as they are.
    #[inline]
    pub(crate) fn run(&self) -> Option<impl Iterator<Item = &Frame>> {
        let is_run = self.is_ready() && self.frames > 1 && self.controls == 0 && self.skip == 0;
        is_run.then(|| self.queue.iter().filter_map(Queued::event))
    }

    /// Whether these frames wait and can be written as they are, and nothing else waits.
    #[inline]
    pub(crate) fn waits_for(&self, frames: &[Frame]) -> bool {
        usize::from(self.frames) == frames.len()
            && self.run().is_some_and(|run| run.zip(frames).all(|(waiting, frame)| waiting.is(frame)))
    }

    /// Whether what waits in the queue is all that waits, in the form in which it is written.
    #[inline]
    fn is_ready(&self) -> bool {
        self.composer.is_none() && self.lane.is_none() && self.numbered == 0 && self.stage != Stage::Ended
    }

    /// The same as [`flush`](Self::flush), if all that waits was handed to the transport already, which answered `wrote`.
    #[inline]
    pub(crate) fn flush_after<W: TransportWrite>(
        &mut self,
        wrote: Option<io::Result<usize>>,
        transport: &W,
        writing: &mut Writing<'_>,
    ) -> Flushed {
        if self.stage == Stage::Ended {
            return Flushed::Drained;
        }
        writing.tally.depth(usize::from(self.frames), self.bytes);
        let (flushed, moved) = match &self.composer {
            None => self.write_plain(wrote, transport, writing),
            Some(_) => self.write_composed(transport, writing),
        };
        if flushed == Flushed::Drained && self.lane.as_ref().is_some_and(|lane| lane.is_roomy()) {
            self.lane = None;
        }
        let blocked = flushed == Flushed::Blocked;
        if moved || (blocked && !self.blocked) {
            self.progress_ms = writing.now.ms();
        }
        self.blocked = blocked;
        self.dirty = blocked || flushed == Flushed::Failed;
        if self.reader.is_some() && self.has_room(writing.bounds) {
            self.wake_reader();
        }
        flushed
    }

    /// Writes frame after frame. Returns whether the peer took a byte.
    #[inline]
    fn write_plain<W: TransportWrite>(
        &mut self,
        mut wrote: Option<io::Result<usize>>,
        transport: &W,
        writing: &mut Writing<'_>,
    ) -> (Flushed, bool) {
        let mut moved = false;
        loop {
            if self.queue.is_empty() && self.lane_is_empty() {
                return (self.drained(writing.now), moved);
            }
            match wrote.take().unwrap_or_else(|| self.write_next(transport)) {
                Ok(0) => return (Flushed::Failed, moved),
                Ok(count) => {
                    moved = true;
                    self.consume(count, transport, writing);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return (Flushed::Blocked, moved),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return (Flushed::Failed, moved),
            }
        }
    }

    /// Makes one write of what is first.
    fn write_next<W: TransportWrite>(&mut self, transport: &W) -> io::Result<usize> {
        self.number_acks();
        match self.queue.single().is_some() && self.lane.is_none() {
            true => self.write_once::<W, PIECES_PER_FRAME>(transport),
            false => self.write_once::<W, SLICES_PER_WRITE_MAX>(transport),
        }
    }

    /// Makes one write of at most `SLICES` pieces.
    fn write_once<W: TransportWrite, const SLICES: usize>(&self, transport: &W) -> io::Result<usize> {
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
    fn consume<W: TransportWrite>(&mut self, count: usize, transport: &W, writing: &mut Writing<'_>) {
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
                    self.uncount(&frame);
                    self.written += 1;
                    writing.delivered(&frame);
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
}
