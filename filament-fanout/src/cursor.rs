//! Cursors: where a connection stands, as opaque text that only the server reads (RES-10).

use std::fmt;

use filament_core::Place;
use filament_protocol::{Timestamp, UserId, event::ResetReason};
use thiserror::Error;

/// Makes and reads cursors. Implementations hold the key and the epoch of the journal.
///
/// Called under the lock of a connection's queue: it must not wait, nor call back into the fanout.
pub trait Cursors: fmt::Debug + Send + Sync + 'static {
    /// Appends the cursor of a user who was told everything up to `place`, issued at `now`: 1..=256 characters of
    /// `[A-Za-z0-9_-]`, always equally many.
    fn seal(&self, user_id: UserId, place: Place, now: Timestamp, into: &mut Vec<u8>);

    /// Reads a cursor that a user presents at `now`.
    ///
    /// # Errors
    /// [`CursorError`]: why the stream cannot go on there.
    fn open(&self, text: &str, user_id: UserId, now: Timestamp) -> Result<Place, CursorError>;
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
    fn seal(&self, _user_id: UserId, _place: Place, _now: Timestamp, into: &mut Vec<u8>) {
        into.push(b'-');
    }

    fn open(&self, _text: &str, _user_id: UserId, _now: Timestamp) -> Result<Place, CursorError> {
        Err(CursorError::Invalid)
    }
}
