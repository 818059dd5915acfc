//! Cursors: where a connection stands, as opaque text that only the server reads (RES-10).

use std::fmt;

use filament_core::{Place, Seq};
use filament_protocol::{Timestamp, UserId, event::ResetReason};
use thiserror::Error;

/// How far a connection has been told, which is what a cursor says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Every durable event up to here.
    pub place: Place,
    /// The effect of every entry up to this one on the access of the user. Access is told a moment after the events that changed
    /// it (§4.8), so this may lie behind `place`; it is never beyond the entry that `place` is in.
    pub access: Seq,
}

impl Reached {
    /// Everything up to `place`, access included.
    #[must_use]
    pub fn all(place: Place) -> Self {
        Self { place, access: place.seq + Seq::from(place.part > 0) }
    }

    /// The entry behind which something may have been missed.
    #[must_use]
    pub fn after(&self) -> Seq {
        self.place.seq.min(self.access)
    }
}

/// Makes and reads cursors. Implementations hold the key and the epoch of the journal.
///
/// Called under the lock of a connection's queue: it must not wait, nor call back into the fanout.
pub trait Cursors: fmt::Debug + Send + Sync + 'static {
    /// Appends the cursor of a user who was told so much, issued at `now`: 1..=256 characters of
    /// `[A-Za-z0-9_-]`, always equally many.
    fn seal(&self, user_id: UserId, reached: Reached, now: Timestamp, into: &mut Vec<u8>);

    /// Reads a cursor that a user presents at `now`.
    ///
    /// # Errors
    /// [`CursorError`]: why the stream cannot go on there.
    fn open(&self, text: &str, user_id: UserId, now: Timestamp) -> Result<Reached, CursorError>;
}

/// Why a cursor leads nowhere (RES-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CursorError {
    /// It cannot be read, was forged, or is another user's.
    #[error("the cursor is not valid")]
    Invalid,
    /// It was issued too long ago.
    #[error("the cursor has expired")]
    Expired,
    /// It belongs to another history of the journal.
    #[error("the cursor belongs to another journal")]
    Epoch,
}

impl CursorError {
    /// What the client is told.
    #[must_use]
    pub const fn reset_reason(self) -> ResetReason {
        match self {
            Self::Invalid => ResetReason::CursorInvalid,
            Self::Expired => ResetReason::CursorExpired,
            Self::Epoch => ResetReason::EpochChanged,
        }
    }
}

/// For an embedder who never agrees on `resume`: no cursor leads anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCursors;

impl Cursors for NoCursors {
    fn seal(&self, _user_id: UserId, _reached: Reached, _now: Timestamp, into: &mut Vec<u8>) {
        into.push(b'-');
    }

    fn open(&self, _text: &str, _user_id: UserId, _now: Timestamp) -> Result<Reached, CursorError> {
        Err(CursorError::Invalid)
    }
}
