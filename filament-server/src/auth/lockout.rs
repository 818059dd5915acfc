//! Too many wrong passwords of one name from one address: the pair waits (AUT-3).
//!
//! Every attempt does its full hash work first and is then settled here, so a locked pair costs and answers the same as a
//! wrong password, and guesses that were under way together cannot slip past the lock.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::address::AddressBlock;
use crate::limits::{LOCKOUT, LOCKOUT_FAILURES, LOCKOUT_PAIRS_MAX};

/// What became of a login attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The password was right and the pair is not locked.
    Admitted,
    /// The password was wrong, or the pair is locked; the answer is the same.
    Refused,
}

/// The consecutive failures of every pair of name and address; one per process, shared.
///
/// Names are matched ignoring ASCII case and kept only as a keyed hash; addresses count by [`AddressBlock`]. At most
/// [`LOCKOUT_PAIRS_MAX`] pairs are remembered; beyond that the one whose last failure is oldest is forgotten.
#[derive(Debug)]
pub struct Lockout {
    hasher: RandomState,
    pairs: Mutex<HashMap<Pair, Failures>>,
    pairs_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    name: u64,
    address: AddressBlock,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    consecutive: u32,
    last_at: Instant,
}

impl Failures {
    /// When the lock ends, if there is one: locked attempts are not counted, so the failure that locked is the last one.
    fn locked_until(&self) -> Option<Instant> {
        (self.consecutive >= LOCKOUT_FAILURES).then(|| self.last_at + LOCKOUT)
    }
}

impl Default for Lockout {
    fn default() -> Self {
        Self::new()
    }
}

impl Lockout {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::with_pairs_max(LOCKOUT_PAIRS_MAX)
    }

    fn with_pairs_max(pairs_max: usize) -> Self {
        Self { hasher: RandomState::new(), pairs: Mutex::default(), pairs_max }
    }

    /// Settles one attempt whose password was compared, right or wrong (AUT-3).
    ///
    /// Must be called for every attempt, unknown names included, after the hash work. Five failures in a row lock the pair
    /// for 30 s from the fifth; attempts while locked are refused and change nothing; after it counting starts anew.
    pub fn settle(&self, name: &str, address: AddressBlock, password_right: bool, now: Instant) -> Settled {
        let pair = Pair { name: self.hasher.hash_one(name.to_ascii_lowercase()), address };
        // Plain values: a panic elsewhere leaves nothing half done.
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut consecutive = 0;
        if let Some(failures) = pairs.get(&pair) {
            match failures.locked_until() {
                Some(until) if now < until => return Settled::Refused,
                Some(_) => {}
                None => consecutive = failures.consecutive,
            }
        }
        if password_right {
            pairs.remove(&pair);
            return Settled::Admitted;
        }
        if pairs.len() >= self.pairs_max && !pairs.contains_key(&pair) {
            Self::forget_oldest(&mut pairs);
        }
        pairs.insert(pair, Failures { consecutive: consecutive + 1, last_at: now });
        Settled::Refused
    }

    /// A scan is affordable: behind each insertion stands a whole password hash.
    fn forget_oldest(pairs: &mut HashMap<Pair, Failures>) {
        let oldest = pairs.iter().min_by_key(|(_, failures)| failures.last_at).map(|(pair, _)| *pair);
        if let Some(oldest) = oldest {
            pairs.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::*;

    const HERE: [u8; 4] = [192, 0, 2, 1];
    const ELSEWHERE: [u8; 4] = [192, 0, 2, 2];

    struct Fixture {
        lockout: Lockout,
        began: Instant,
    }

    impl Fixture {
        fn new() -> Self {
            Self { lockout: Lockout::new(), began: Instant::now() }
        }

        fn attempt(&self, name: &str, address: [u8; 4], right: bool, millis: u64) -> bool {
            let now = self.began + Duration::from_millis(millis);
            self.lockout.settle(name, IpAddr::from(address).into(), right, now) == Settled::Admitted
        }

        fn fail(&self, times: u32) {
            for _ in 0..times {
                assert!(!self.attempt("ada", HERE, false, 0));
            }
        }
    }

    /// Proves AUT-3.
    #[test]
    fn five_failures_lock_the_pair_for_30_seconds_even_for_the_right_password() {
        let fixture = Fixture::new();
        fixture.fail(5);
        assert!(!fixture.attempt("ada", HERE, true, 0));
        assert!(!fixture.attempt("ADA", HERE, true, 29_999));
        assert!(fixture.attempt("ada", HERE, true, 30_000));
        assert!(fixture.attempt("ada", HERE, true, 30_001));
    }

    /// Proves AUT-3: a stranger cannot lock a user out.
    #[test]
    fn other_addresses_and_other_names_are_not_affected() {
        let fixture = Fixture::new();
        fixture.fail(5);
        assert!(fixture.attempt("ada", ELSEWHERE, true, 0));
        assert!(fixture.attempt("bob", HERE, true, 0));
        assert!(!fixture.attempt("ada", HERE, true, 0), "success elsewhere does not unlock");
    }

    #[test]
    fn four_failures_do_not_lock_and_success_resets() {
        let fixture = Fixture::new();
        fixture.fail(4);
        assert!(fixture.attempt("ada", HERE, true, 0));
        fixture.fail(4);
        assert!(fixture.attempt("ada", HERE, true, 0));
    }

    #[test]
    fn attempts_while_locked_do_not_prolong_the_lock_and_counting_starts_anew_after_it() {
        let fixture = Fixture::new();
        fixture.fail(5);
        assert!(!fixture.attempt("ada", HERE, false, 29_000));
        for _ in 0..4 {
            assert!(!fixture.attempt("ada", HERE, false, 30_000));
        }
        assert!(fixture.attempt("ada", HERE, true, 30_000));
    }

    #[test]
    fn a_full_map_forgets_the_oldest_failure() {
        let fixture = Fixture { lockout: Lockout::with_pairs_max(8), began: Instant::now() };
        fixture.fail(5);
        for number in 0..7_u32 {
            fixture.attempt(&format!("name{number}"), HERE, false, 1);
        }
        assert!(!fixture.attempt("ada", HERE, true, 2), "still remembered when the map is just full");
        fixture.attempt("one_more", HERE, false, 3);
        assert!(fixture.attempt("ada", HERE, true, 4));
        assert!(fixture.lockout.pairs.lock().expect("no panic").len() <= 8);
    }
}
