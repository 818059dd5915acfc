//! On which kind of connection a scenario runs: most say the same on all of them.

use std::cell::Cell;

/// A kind of connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A plain WebSocket: each event is a message.
    Plain,
    /// A WebSocket with batches and cursors: R of §18.10.
    Resumable,
    /// A stream of Server-Sent Events.
    Stream,
}

thread_local! {
    static FORM: Cell<Form> = const { Cell::new(Form::Plain) };
}

impl Form {
    /// The kind that [`User::connect`](super::User::connect) opens on this thread.
    pub(crate) fn current() -> Self {
        FORM.get()
    }

    /// Runs a scenario on connections of this kind.
    pub(crate) fn during(self, scenario: impl FnOnce()) {
        eprintln!("--- on {self:?} ---");
        FORM.set(self);
        scenario();
        FORM.set(Self::Plain);
    }

    /// What of a sequence of events is heard on this kind: compatibility notices are for plain connections (§4.11).
    pub(crate) fn hears<'t>(self, events: &[&'t str]) -> Vec<&'t str> {
        let is_notice = |t: &&str| *t == "workspace_channel_role_override_update";
        events.iter().copied().filter(|t| self == Self::Plain || !is_notice(t)).collect()
    }
}
