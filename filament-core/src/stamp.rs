//! Time and identity of one decision: handed in by the store, never read from the world here.

use filament_protocol::{Id, Timestamp};

use crate::limits::IDS_PER_STAMP_MAX;

/// The moment and the id range of one decision. A store hands each decision a stamp of its own.
///
/// Ids of a later stamp are greater than every id of an earlier one, and [`Stamp::now`] never decreases, so message ids ascend in
/// commit order and `created_at_unix` with them (ORD-6, ORD-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    now: Timestamp,
    base: u128,
}

impl Stamp {
    /// The whole unix second of the decision.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The `n`-th id of this decision, `n` in `0..IDS_PER_STAMP_MAX`. The same `n` gives the same id, whatever its kind.
    ///
    /// # Panics
    /// When `n` is out of range: a decision that mints more ids than its stamp holds is a defect of this crate.
    #[must_use]
    pub const fn id<K>(&self, n: u8) -> Id<K> {
        assert!(n < IDS_PER_STAMP_MAX, "a stamp holds a bounded number of ids");
        Id::from_u128(self.base + n as u128)
    }
}

/// Makes stamps that never run backwards from a wall clock that may.
///
/// ```
/// use filament_core::StampSource;
/// let mut source = StampSource::after(0);
/// let first = source.next(1_700_000_000_500, 7);
/// let second = source.next(1_600_000_000_000, 7); // the wall clock was set back
/// assert_eq!(first.now(), second.now());
/// assert!(second.id::<()>(0) > first.id::<()>(31));
/// ```
#[derive(Clone, Debug)]
pub struct StampSource {
    last: u128,
}

const RANDOM_BITS: u32 = 80;

impl StampSource {
    /// Continues after `last`, the highest id ever minted in this database ([`StampSource::last`]); 0 for a new one.
    #[must_use]
    pub const fn after(last: u128) -> Self {
        Self { last }
    }

    /// The highest id handed out so far: what a store keeps so that a restart continues above it.
    #[must_use]
    pub const fn last(&self) -> u128 {
        self.last
    }

    /// The next stamp, for a wall clock of `wall_ms` unix milliseconds and 64 fresh random bits.
    ///
    /// Within one millisecond ids step by a random distance, so that a neighbour cannot be guessed.
    pub fn next(&mut self, wall_ms: u64, entropy: u64) -> Stamp {
        let fresh = (u128::from(wall_ms.max(1_000)) << RANDOM_BITS) | (u128::from(entropy) << 8);
        let base = if fresh > self.last {
            fresh
        } else {
            // The low 40 bits of entropy keep 2^40 stamps apart inside the 80 random bits of a ULID; a carry moves the millisecond on.
            self.last + 1 + u128::from(entropy & 0xFF_FFFF_FFFF)
        };
        self.last = base + u128::from(IDS_PER_STAMP_MAX) - 1;
        let secs = u64::try_from((base >> RANDOM_BITS) / 1_000).unwrap_or(u64::MAX);
        Stamp { now: Timestamp::new(secs).unwrap_or(Timestamp::MIN), base }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves ORD-7, and the half of ORD-6 that is about ids: whatever the wall clock does, ids ascend and seconds do not fall.
    #[test]
    fn ids_ascend_and_seconds_never_fall_whatever_the_wall_clock_does() {
        let walls = [5_000_u64, 5_000, 4_999, 0, 5_001, 90_000, 89_000, 90_000, 90_001];
        let mut source = StampSource::after(0);
        let mut previous: Option<Stamp> = None;
        for (step, wall) in walls.into_iter().cycle().take(2_000).enumerate() {
            let stamp = source.next(wall, (step as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            if let Some(previous) = previous {
                assert!(stamp.id::<()>(0) > previous.id::<()>(IDS_PER_STAMP_MAX - 1));
                assert!(stamp.now() >= previous.now());
            }
            previous = Some(stamp);
        }
    }

    /// Proves ORD-7 across a restart.
    #[test]
    fn restarted_source_continues_above_the_last_id() {
        let mut source = StampSource::after(0);
        let before = source.next(10_000_000, u64::MAX);
        let mut restarted = StampSource::after(source.last());
        let after = restarted.next(1_000, 0);
        assert!(after.id::<()>(0) > before.id::<()>(IDS_PER_STAMP_MAX - 1));
        assert!(after.now() >= before.now());
    }
}
