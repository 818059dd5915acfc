//! Cursors anybody can read.

use filament_core::{Place, Seq};
use filament_protocol::{Timestamp, UserId};

use crate::cursor::{CursorError, Cursors, Reached};

/// Makes cursors such as `1_00000000000000000000000000000002_00000000000000000007_00003_00000000000000000007_1700000000`: the
/// epoch, the user in hexadecimal, `seq`, `part`, `access`, and when it was issued, in unix seconds. They expire after a day.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadableCursors {
    /// The one digit of the epoch, 0..=9.
    pub epoch: u8,
}

impl ReadableCursors {
    /// How long a cursor leads somewhere, seconds.
    pub const LIFETIME_SECS: u64 = 86_400;

    /// What a cursor says: the user and how far it was told.
    #[must_use]
    pub fn read(text: &str) -> Option<(UserId, Reached)> {
        let (_, user_id, reached, _) = Self::parts(text)?;
        Some((user_id, reached))
    }

    fn parts(text: &str) -> Option<(u8, UserId, Reached, u64)> {
        let mut parts = text.split('_');
        let epoch = parts.next()?.parse().ok()?;
        let user_id = UserId::from_u128(u128::from_str_radix(parts.next()?, 16).ok()?);
        let place = Place { seq: parts.next()?.parse().ok()?, part: parts.next()?.parse().ok()? };
        let access: Seq = parts.next()?.parse().ok()?;
        let issued_secs = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some((epoch, user_id, Reached { place, access }, issued_secs))
    }
}

impl Cursors for ReadableCursors {
    fn seal(&self, user_id: UserId, reached: Reached, now: Timestamp, into: &mut Vec<u8>) {
        let (user, Reached { place: Place { seq, part }, access }, secs) = (user_id.as_u128(), reached, now.as_secs());
        into.extend(format!("{}_{user:032x}_{seq:020}_{part:05}_{access:020}_{secs:010}", self.epoch).into_bytes());
    }

    fn open(&self, text: &str, user_id: UserId, now: Timestamp) -> Result<Reached, CursorError> {
        let (epoch, of, reached, issued_secs) = Self::parts(text).ok_or(CursorError::Invalid)?;
        if of != user_id {
            return Err(CursorError::Invalid);
        }
        if epoch != self.epoch {
            return Err(CursorError::Epoch);
        }
        if now.as_secs() >= issued_secs + Self::LIFETIME_SECS { Err(CursorError::Expired) } else { Ok(reached) }
    }
}
