//! Cursors anybody can read.

use filament_core::Place;
use filament_protocol::{Timestamp, UserId};

use crate::cursor::{CursorError, Cursors};

/// Makes cursors such as `1_00000000000000000000000000000002_00000000000000000007_00003_1700000000`: the epoch, the user in
/// hexadecimal, `seq`, `part`, and when it was issued, in unix seconds. They expire after a day.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadableCursors {
    /// The one digit of the epoch, 0..=9.
    pub epoch: u8,
}

impl ReadableCursors {
    /// How long a cursor leads somewhere, seconds.
    pub const LIFETIME_SECS: u64 = 86_400;

    /// What a cursor says: the user and the place.
    #[must_use]
    pub fn read(text: &str) -> Option<(UserId, Place)> {
        let (_, user_id, place, _) = Self::parts(text)?;
        Some((user_id, place))
    }

    fn parts(text: &str) -> Option<(u8, UserId, Place, u64)> {
        let mut parts = text.split('_');
        let epoch = parts.next()?.parse().ok()?;
        let user_id = UserId::from_u128(u128::from_str_radix(parts.next()?, 16).ok()?);
        let place = Place { seq: parts.next()?.parse().ok()?, part: parts.next()?.parse().ok()? };
        let issued_secs = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some((epoch, user_id, place, issued_secs))
    }
}

impl Cursors for ReadableCursors {
    fn seal(&self, user_id: UserId, place: Place, now: Timestamp, into: &mut Vec<u8>) {
        let (user, Place { seq, part }, secs) = (user_id.as_u128(), place, now.as_secs());
        into.extend(format!("{}_{user:032x}_{seq:020}_{part:05}_{secs:010}", self.epoch).into_bytes());
    }

    fn open(&self, text: &str, user_id: UserId, now: Timestamp) -> Result<Place, CursorError> {
        let (epoch, of, place, issued_secs) = Self::parts(text).ok_or(CursorError::Invalid)?;
        if of != user_id {
            return Err(CursorError::Invalid);
        }
        if epoch != self.epoch {
            return Err(CursorError::Epoch);
        }
        if now.as_secs() >= issued_secs + Self::LIFETIME_SECS { Err(CursorError::Expired) } else { Ok(place) }
    }
}
