//! The ephemeral lane of a mailbox: one frame per key, the newest (GW-44).

use std::collections::VecDeque;

use super::OnDrop;
use crate::{
    frame::{Frame, Reach},
    limits::{EPHEMERAL_KEYS_MAX, LANE_KEYS_KEPT},
    observe::DropReason,
};

/// Frames by age of their keys, oldest first. A newer value takes the place of the older one.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The number before each frame tells most keys apart without touching the frame.
    entries: VecDeque<(u64, Frame)>,
}

impl Lane {
    pub(super) fn put(&mut self, frame: Frame, on_drop: OnDrop<'_>) {
        let mark = mark(frame.reach());
        let same = |(other, waiting): &&mut (u64, Frame)| *other == mark && waiting.reach() == frame.reach();
        if let Some((_, waiting)) = self.entries.iter_mut().find(same) {
            on_drop(waiting.kind(), DropReason::Coalesced);
            *waiting = frame;
            return;
        }
        if self.entries.len() >= EPHEMERAL_KEYS_MAX
            && let Some((_, oldest)) = self.entries.pop_front()
        {
            on_drop(oldest.kind(), DropReason::FullQueue);
        }
        self.make_room();
        self.entries.push_back((mark, frame));
    }

    /// Grows by half: where many come online at once, as much waits for every connection, and what a process has taken it keeps.
    fn make_room(&mut self) {
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact(self.entries.len() / 2 + LANE_KEYS_KEPT / 2);
        }
    }

    /// Whether it holds more memory than an idle connection should.
    pub(super) fn is_roomy(&self) -> bool {
        self.entries.capacity() > LANE_KEYS_KEPT
    }

    pub(super) fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.entries.iter().map(|(_, frame)| frame)
    }

    pub(super) fn pop_oldest(&mut self) -> Option<Frame> {
        self.entries.pop_front().map(|(_, frame)| frame)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn retain(&mut self, mut may_have: impl FnMut(&Frame) -> bool, on_drop: OnDrop<'_>) {
        self.entries.retain(|(_, frame)| {
            let keep = may_have(frame);
            if !keep {
                on_drop(frame.kind(), DropReason::Revoked);
            }
            keep
        });
    }

    /// Keys it has room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.entries.capacity()
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn check_invariants(&self) {
        assert!(self.entries.len() <= EPHEMERAL_KEYS_MAX, "the lane is bounded");
        for (index, (_, frame)) in self.entries.iter().enumerate() {
            let later = self.entries.iter().skip(index + 1);
            assert!(later.into_iter().all(|(_, other)| other.reach() != frame.reach()), "one value per key");
        }
    }
}

/// A number that is equal for equal keys and seldom for others.
#[expect(clippy::cast_possible_truncation, reason = "only some bits are wanted")]
fn mark(key: &Reach) -> u64 {
    match key {
        Reach::Presence(guild_id, user_id) => (guild_id.as_u128().rotate_left(17) ^ user_id.as_u128()) as u64,
        Reach::Connection | Reach::Guild(_) | Reach::Channel(..) | Reach::Audience(_) => 0,
    }
}
