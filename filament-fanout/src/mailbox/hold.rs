//! The hold of a connection that is being resumed: what happens meanwhile waits behind what is replayed (RES-12).

use std::{collections::VecDeque, task::Waker};

use super::{Mailbox, Put, Queued};
use crate::{
    config::Bounds,
    frame::Frame,
    limits::{REPLAY_BYTES_WAITING_MAX, REPLAY_FRAMES_WAITING_MAX},
};

/// Frames that wait behind a replay, within the bounds of a queue.
#[derive(Debug, Default)]
pub(super) struct Hold {
    pub(super) frames: VecDeque<Frame>,
    /// Bytes of those frames.
    pub(super) bytes: usize,
    /// Woken when there is room for more of the replay, or the connection closes.
    pub(super) feeder: Option<Waker>,
}

impl Mailbox {
    /// Holds back everything put from now on, controls apart, until [`release`](Self::release). Only connections that are not
    /// plain can be held.
    pub(crate) fn hold(&mut self) {
        debug_assert!(self.composer.is_some(), "a plain connection is never replayed to");
        if let Some(composer) = &mut self.composer {
            composer.hold.get_or_insert_default();
        }
    }

    /// Puts a frame before everything that is held, whatever the bounds of the queue: to be done only while there is
    /// [room](Self::poll_replay_room), a step of bounded size at a time.
    pub(crate) fn put_replay(&mut self, frame: Frame) -> Put {
        if !self.is_open() {
            return Put::Closed;
        }
        self.count(&frame);
        self.queue.push_back(Queued::Event(frame));
        self.mark_dirty()
    }

    /// Whether more of a replay may be put; if not, `waker` is woken when it may. Also true when the connection is closing.
    pub(crate) fn poll_replay_room(&mut self, waker: &Waker) -> bool {
        let has_room = !self.is_open() || self.has_replay_room();
        if let Some(hold) = self.hold_mut() {
            hold.feeder = (!has_room).then(|| waker.clone());
        }
        has_room
    }

    fn has_replay_room(&self) -> bool {
        let held = self.composer.as_ref().and_then(|composer| composer.hold.as_ref());
        let (frames, bytes) = held.map_or((0, 0), |hold| (hold.frames.len(), hold.bytes));
        usize::from(self.frames) - frames < REPLAY_FRAMES_WAITING_MAX && self.bytes - bytes < REPLAY_BYTES_WAITING_MAX
    }

    /// Lets go what is held, behind everything put so far.
    pub(crate) fn release(&mut self) -> Put {
        let Some(hold) = self.composer.as_mut().and_then(|composer| composer.hold.take()) else { return Put::Behind };
        hold.frames.into_iter().for_each(|frame| self.queue.push_back(Queued::Event(frame)));
        match (self.is_open(), self.queue.is_empty() && self.lane_is_empty()) {
            (false, _) => Put::Closed,
            (true, true) => Put::Behind,
            (true, false) => self.mark_dirty(),
        }
    }

    /// Puts a frame behind the hold, if there is one; else gives it back.
    pub(super) fn put_held(&mut self, frame: Frame, bounds: &Bounds) -> Result<Put, Frame> {
        let weight = frame.weight();
        let Some(hold) = self.hold_mut() else { return Err(frame) };
        if hold.frames.len() >= bounds.frames || hold.bytes + weight > bounds.bytes {
            return Ok(Put::Overflow);
        }
        hold.bytes += weight;
        hold.frames.push_back(frame.clone());
        self.count(&frame);
        self.idle = false;
        Ok(Put::Behind)
    }

    pub(super) fn is_held(&self) -> bool {
        self.composer.as_ref().is_some_and(|composer| composer.hold.is_some())
    }

    pub(super) fn hold_mut(&mut self) -> Option<&mut Hold> {
        self.composer.as_mut()?.hold.as_deref_mut()
    }

    /// Wakes who replays, if there is room.
    pub(super) fn wake_feeder(&mut self) {
        let has_room = !self.is_open() || self.has_replay_room();
        if let Some(feeder) = self.hold_mut().filter(|_| has_room).and_then(|hold| hold.feeder.take()) {
            feeder.wake();
        }
    }
}
