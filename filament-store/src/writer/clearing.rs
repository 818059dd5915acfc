//! When the writer clears away what goes by itself, and what that changes for others.

use std::sync::atomic::Ordering;

use filament_core::Seq;

use super::Writer;
use crate::chores;

pub(super) struct Chores {
    pub(super) journal_retention_secs: u64,
    pub(super) oldest: Seq,
    /// The head when they were last done.
    pub(super) done_at: Seq,
    pub(super) unfinished: bool,
}

impl Writer {
    pub(super) fn do_chores(&mut self) {
        self.chores.done_at = self.head;
        let moment = chores::Moment {
            now_secs: self.next_stamp().now().as_secs(),
            head: self.head,
            journal_retention_secs: self.chores.journal_retention_secs,
        };
        match chores::step(&mut self.connection, moment) {
            Ok(step) => {
                self.chores.unfinished = step.unfinished;
                if let Some(last) = step.trimmed_to {
                    self.chores.oldest = last + 1;
                    self.shared.tail.forget_before(last + 1);
                    self.shared.stats.journal_entries.store(self.head - last, Ordering::Relaxed);
                }
            }
            Err(error) => {
                self.chores.unfinished = false;
                tracing::warn!(%error, "clearing away failed; it is tried again");
            }
        }
    }
}
