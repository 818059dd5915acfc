//! What a connection was not told yet of the access of its user. Access is told a moment after the events that changed it, so a
//! cursor may be beyond a change whose `workspace_access_update` was never written: it says so, and who comes back with it is told
//! (RES-12).

use filament_core::{Place, Seq};
use filament_protocol::EventKind;

use super::{Mailbox, Queued, compose::Composer, ending::Stage};
use crate::cursor::Reached;

/// Changes of access that no update was written for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    /// The entry of the first of them.
    since: Seq,
    /// Whether all updates for them were put.
    is_put: bool,
}

impl Mailbox {
    /// Notes that an entry changes the access of the user. To be called before any event of that entry is put.
    pub(crate) fn owe_access(&mut self, seq: Seq) {
        if let Some(composer) = &mut self.composer {
            composer.owed.get_or_insert(Owed { since: seq, is_put: false }).is_put = false;
        }
    }

    /// Notes that the updates for all changes noted so far were put, or are not for this connection.
    pub(crate) fn put_all_access(&mut self) {
        if let Some(owed) = self.composer.as_mut().and_then(|composer| composer.owed.as_mut()) {
            owed.is_put = true;
        }
    }

    /// Lets the connection stand elsewhere. To be called before anything is written; what is owed since then is put by whoever
    /// resumes it.
    pub(crate) fn start_at(&mut self, reached: Reached) {
        debug_assert!(self.written == 0, "a cursor never goes back");
        if let Some(composer) = &mut self.composer {
            composer.place = reached.place;
            composer.owed = Some(Owed { since: reached.access + 1, is_put: false });
        }
    }

    /// How far somebody has been told who stands at `place` and has the first `items` that wait.
    pub(super) fn reached(&self, composer: &Composer, place: Place, items: usize) -> Reached {
        let all = Reached::all(place);
        match composer.owed {
            Some(owed) if !self.is_settled(owed, items) => Reached { access: all.access.min(owed.since - 1), ..all },
            Some(_) | None => all,
        }
    }

    /// Forgets what is owed, if it was written.
    pub(super) fn settle_access(&mut self) {
        let owed = self.composer.as_ref().and_then(|composer| composer.owed);
        if owed.is_some_and(|owed| self.is_settled(owed, 0))
            && let Some(composer) = &mut self.composer
        {
            composer.owed = None;
        }
    }

    /// Whether nothing of it waits behind the first `items`. What is put before a hold is over is not all, and what is put into a
    /// mailbox that is closing is not taken.
    fn is_settled(&self, owed: Owed, items: usize) -> bool {
        let waits =
            |queued: &Queued| queued.event().is_some_and(|frame| frame.kind() == EventKind::WorkspaceAccessUpdate);
        owed.is_put && self.stage == Stage::Open && !self.is_held() && !self.queue.iter().skip(items).any(waits)
    }
}
