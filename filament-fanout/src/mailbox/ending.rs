//! How far the end of a connection has come, and what moves it on (GW-35).
//!
//! ```text
//!        begin_close              farewell written               peer closed or gone
//! open ─────────────► closing ───────────────────────► waiting ─────────────────────► ended (finish)
//!   │                   │ 1,000 ms ─► ended (reset)      │ 2,000 ms ─► ended (reset)
//!   └─ peer gone ─► ended (finish)      a peer that closed first is not waited for
//! ```

use std::mem;

use bytes::Bytes;

use super::{Mailbox, OnDrop, Put, Queued, write::Flushed};
use crate::{
    clock::Now,
    limits::{CLOSE_ANSWER_MS, CLOSE_TAKE_MS},
    observe::DropReason,
};

/// How far the end of a connection has come (GW-35).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
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

/// How a transport is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In good order.
    Finish,
    /// At once: the peer did not do its part in time.
    Reset,
}

impl Mailbox {
    /// Begins the end: drops what waits, unless `keep` (1001 lets it go first), and puts the farewell behind it. A frame of
    /// which bytes were written is finished first. With `peer_closed` the peer's close is not waited for. The first cause wins; later ones change nothing.
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
        // What is held was never to be told before the rest of the replay.
        self.drop_held(on_drop);
        self.push_control(farewell);
        self.stage = Stage::Closing { deadline_ms: now.ms() + CLOSE_TAKE_MS, peer_closed };
        self.wake_reader();
        self.mark_dirty()
    }

    fn drop_waiting(&mut self, on_drop: OnDrop<'_>) {
        let started = self.started();
        self.drop_held(on_drop);
        for (index, queued) in mem::take(&mut self.queue).into_iter().enumerate() {
            if index < started {
                self.queue.push_back(queued);
            } else if let Queued::Event(frame) = queued {
                on_drop(frame.kind(), DropReason::Closed);
            }
        }
        if let Some(mut lane) = self.lane.take() {
            lane.retain(|_| false, &mut |kind, _| on_drop(kind, DropReason::Closed));
        }
        (self.frames, self.bytes, self.controls, self.numbered) = (0, 0, 0, 0);
        for queued in self.queue.iter() {
            match queued {
                Queued::Event(frame) => {
                    self.frames += 1;
                    self.bytes += frame.weight();
                    self.numbered += u16::from(frame.is_numbered());
                }
                Queued::Control(_) => self.controls += 1,
            }
        }
    }

    /// Drops what waits behind a replay.
    fn drop_held(&mut self, on_drop: OnDrop<'_>) {
        let Some(hold) = self.composer.as_mut().and_then(|composer| composer.hold.take()) else { return };
        for frame in hold.frames {
            self.uncount(&frame);
            on_drop(frame.kind(), DropReason::Closed);
        }
        if let Some(feeder) = hold.feeder {
            feeder.wake();
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
        if let Some(composer) = &mut self.composer {
            composer.abandon(on_drop);
        }
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

    /// Moves on when everything is written.
    pub(super) fn drained(&mut self, now: Now) -> Flushed {
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
}
