//! In which form a connection is told of events (contract §7).

/// The form agreed on with one connection. It never changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Each event is a message of its own. Hears the compatibility notices (contract §4.11).
    #[default]
    Plain,
    /// Every message after `ready` is a `batch` (RES-1).
    Batch {
        /// Whether each batch carries a cursor (RES-3).
        resume: bool,
    },
    /// Server-Sent Events: each event is a block of text, with the cursor before it (SSE-2).
    Stream,
}

impl Mode {
    /// Whether the compatibility notices are heard.
    #[must_use]
    pub const fn is_plain(self) -> bool {
        match self {
            Self::Plain => true,
            Self::Batch { .. } | Self::Stream => false,
        }
    }

    /// Whether a peer can say something on a connection of that form.
    pub(crate) const fn talks_back(self) -> bool {
        match self {
            Self::Plain | Self::Batch { .. } => true,
            Self::Stream => false,
        }
    }

    /// Whether the connection is given cursors, by which it can be resumed.
    #[must_use]
    pub const fn has_cursor(self) -> bool {
        match self {
            Self::Plain => false,
            Self::Batch { resume } => resume,
            Self::Stream => true,
        }
    }
}
