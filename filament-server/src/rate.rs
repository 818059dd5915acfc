//! How often somebody may ask: bounded, keyed limiters with time as an argument (HTTP-17).
//!
//! | limiter | key | allowance |
//! | --- | --- | --- |
//! | requests | user, or address without a valid token | token bucket: 600, refilled 10 per second |
//! | auth routes | route and address | 60 per window of 60 s |
//! | voice tokens | user and channel | 60 per window of 60 s, of which 60 with camera or screen |
//! | joins | address; user | 60 per window of 60 s; 30 per window of 60 s |
//!
//! A limiter is a map of at most [`RATE_KEYS_MAX`] keys in [`RATE_SHARDS`] independently locked parts. A key with its full
//! allowance is the same as no key, so a full part first drops those; if too few went, it also drops the keys nearest to a
//! full allowance. Somebody who floods the map with fresh keys therefore pushes out other fresh keys, not those that are
//! held back.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use filament_protocol::{ChannelId, UserId};
use thiserror::Error;

use crate::address::AddressBlock;
use crate::config::RateConfig;
use crate::limits::{RATE_KEYS_MAX, RATE_SHARDS};

const MINUTE: Duration = Duration::from_secs(60);
const SECOND_NANOS: u64 = 1_000_000_000;
/// How much of a full part goes at once: a quarter, so that the search for it is paid for by many insertions.
const EVICTED_FRACTION: usize = 4;

/// The refusal of a limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("over the limit; free again in {seconds} s")]
pub struct Limited {
    seconds: NonZeroU32,
}

impl Limited {
    /// Whole seconds, at least one, after which one more request is allowed if none came in between (`Retry-After`).
    pub fn retry_after_secs(self) -> u32 {
        self.seconds.get()
    }

    fn after_nanos(nanos: u64) -> Self {
        let seconds = u32::try_from(nanos.div_ceil(SECOND_NANOS)).unwrap_or(u32::MAX);
        Self { seconds: NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN) }
    }
}

/// An allowance and how it comes back. Times are nanoseconds since the limiter was made.
trait Allowance {
    type State: Copy + Send;
    /// The state of a key that was not seen before.
    fn full(&self, now: u64) -> Self::State;
    /// Takes one, or tells in how many nanoseconds one is free.
    fn take(&self, state: &mut Self::State, now: u64) -> Result<(), u64>;
    /// How far the state is from full: 0 when it is full.
    fn used(&self, state: &Self::State, now: u64) -> u64;
}

/// A bucket of tokens refilled evenly, kept as the one moment at which it will be full again.
#[derive(Clone, Copy, Debug)]
struct TokenBucket {
    /// Nanoseconds in which one token comes back.
    refill: u64,
    /// Nanoseconds in which an empty bucket fills.
    whole: u64,
}

impl TokenBucket {
    fn per_minute(tokens: NonZeroU32) -> Self {
        let tokens = u64::from(tokens.get());
        // Rounded up: never more than what is allowed.
        let refill = (60 * SECOND_NANOS).div_ceil(tokens);
        Self { refill, whole: refill * tokens }
    }
}

impl Allowance for TokenBucket {
    type State = u64;

    fn full(&self, now: u64) -> u64 {
        now
    }

    fn take(&self, full_at: &mut u64, now: u64) -> Result<(), u64> {
        let after = (*full_at).max(now).saturating_add(self.refill);
        match after.saturating_sub(now).checked_sub(self.whole) {
            None | Some(0) => {
                *full_at = after;
                Ok(())
            }
            Some(wait) => Err(wait),
        }
    }

    fn used(&self, full_at: &u64, now: u64) -> u64 {
        full_at.saturating_sub(now)
    }
}

/// So many in a window that begins with the first one.
///
/// Unlike a bucket of the same size it never lets more than that through in the first window.
#[derive(Clone, Copy, Debug)]
struct Window {
    requests: u32,
    length: u64,
}

#[derive(Clone, Copy, Debug)]
struct WindowState {
    ends_at: u64,
    taken: u32,
}

impl Window {
    fn per_minute(requests: NonZeroU32) -> Self {
        Self { requests: requests.get(), length: nanos(MINUTE) }
    }
}

impl Allowance for Window {
    type State = WindowState;

    fn full(&self, now: u64) -> WindowState {
        WindowState { ends_at: now.saturating_add(self.length), taken: 0 }
    }

    fn take(&self, state: &mut WindowState, now: u64) -> Result<(), u64> {
        if now >= state.ends_at {
            *state = self.full(now);
        }
        if state.taken >= self.requests {
            return Err(state.ends_at - now);
        }
        state.taken += 1;
        Ok(())
    }

    fn used(&self, state: &WindowState, now: u64) -> u64 {
        if now >= state.ends_at { 0 } else { state.taken.into() }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A part of the map with a lock of its own.
type Shard<K, S> = Mutex<HashMap<K, S>>;

/// One allowance for each of a bounded number of keys.
struct Keyed<K, A: Allowance> {
    allowance: A,
    began: Instant,
    hasher: RandomState,
    shards: Box<[Shard<K, A::State>]>,
    shard_keys_max: usize,
}

impl<K: Hash + Eq, A: Allowance> Keyed<K, A> {
    fn new(allowance: A, began: Instant) -> Self {
        Self::with_keys_max(allowance, began, RATE_KEYS_MAX)
    }

    fn with_keys_max(allowance: A, began: Instant, keys_max: usize) -> Self {
        Self {
            allowance,
            began,
            hasher: RandomState::new(),
            shards: (0..RATE_SHARDS).map(|_| Mutex::default()).collect(),
            shard_keys_max: keys_max / RATE_SHARDS,
        }
    }

    fn take(&self, key: K, now: Instant) -> Result<(), Limited> {
        let now = nanos(now.saturating_duration_since(self.began));
        #[expect(clippy::cast_possible_truncation, reason = "any of the bits pick a part equally well")]
        let shard = &self.shards[self.hasher.hash_one(&key) as usize % RATE_SHARDS];
        // A map of plain values is whole between any two statements, so a panic elsewhere does not spoil it.
        let mut states = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.get_mut(&key) {
            return self.allowance.take(state, now).map_err(Limited::after_nanos);
        }
        if states.len() >= self.shard_keys_max {
            self.make_room(&mut states, now);
        }
        let state = states.entry(key).or_insert(self.allowance.full(now));
        self.allowance.take(state, now).map_err(Limited::after_nanos)
    }

    /// Drops what is full again, and then what is nearest to it, until a quarter of the part is free.
    fn make_room(&self, states: &mut HashMap<K, A::State>, now: u64) {
        states.retain(|_, state| self.allowance.used(state, now) > 0);
        let kept_max = self.shard_keys_max - self.shard_keys_max.div_ceil(EVICTED_FRACTION);
        let mut surplus = states.len().saturating_sub(kept_max);
        if surplus == 0 {
            return;
        }
        let mut used: Vec<u64> = states.values().map(|state| self.allowance.used(state, now)).collect();
        let (_, &mut most_dropped, _) = used.select_nth_unstable(surplus - 1);
        let less = |state: &A::State| self.allowance.used(state, now) < most_dropped;
        surplus -= states.values().filter(|state| less(state)).count();
        states.retain(|_, state| {
            let equal = self.allowance.used(state, now) == most_dropped;
            let dropped = less(state) || (equal && surplus > 0);
            surplus -= usize::from(dropped && equal);
            !dropped
        });
    }

    #[cfg(test)]
    fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().expect("no panic").len()).sum()
    }
}

/// Whom a request is charged to (HTTP-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// The user of a valid token.
    User(UserId),
    /// The address of a request without one.
    Address(AddressBlock),
}

/// The routes that have an allowance of their own for each address (HTTP-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthRoute {
    /// `POST /auth/login`
    Login,
    /// `POST /auth/register`
    Register,
    /// `POST /auth/refresh`
    Refresh,
}

/// All limiters of the HTTP surface; one per process, shared.
pub struct RateLimits {
    requests: Keyed<Payer, TokenBucket>,
    auth_routes: Keyed<(AuthRoute, AddressBlock), Window>,
    join_addresses: Keyed<AddressBlock, Window>,
    join_users: Keyed<UserId, Window>,
    voice_tokens: Keyed<(UserId, ChannelId), Window>,
    voice_publishes: Keyed<(UserId, ChannelId), Window>,
}

impl RateLimits {
    /// Makes the limiters with every allowance full. No later `now` may precede this one.
    pub fn new(config: &RateConfig, now: Instant) -> Self {
        Self {
            requests: Keyed::new(TokenBucket::per_minute(config.requests_per_minute), now),
            auth_routes: Keyed::new(Window::per_minute(config.auth_route_requests_per_minute), now),
            join_addresses: Keyed::new(Window::per_minute(config.join_requests_per_minute_per_address), now),
            join_users: Keyed::new(Window::per_minute(config.join_requests_per_minute_per_user), now),
            voice_tokens: Keyed::new(Window::per_minute(config.media_token_requests_per_minute), now),
            voice_publishes: Keyed::new(Window::per_minute(config.media_publish_requests_per_minute), now),
        }
    }

    /// Charges one request of any route (HTTP-17).
    ///
    /// # Errors
    /// [`Limited`] if the bucket is empty; nothing is charged then.
    pub fn request(&self, payer: Payer, now: Instant) -> Result<(), Limited> {
        self.requests.take(payer, now)
    }

    /// Charges one login, registration or refresh to the address, on top of [`Self::request`] (HTTP-17).
    ///
    /// # Errors
    /// [`Limited`] if the window is used up; nothing is charged then.
    pub fn auth_route(&self, route: AuthRoute, address: AddressBlock, now: Instant) -> Result<(), Limited> {
        self.auth_routes.take((route, address), now)
    }

    /// Charges one attempt to join a guild to the user and to the address, on top of [`Self::request`].
    ///
    /// # Errors
    /// [`Limited`] if either window is used up. The user's is charged first, so an attempt that only the address had no room
    /// for still counts for the user.
    pub fn join(&self, user: UserId, address: AddressBlock, now: Instant) -> Result<(), Limited> {
        self.join_users.take(user, now)?;
        self.join_addresses.take(address, now)
    }
}

impl RateLimits {
    /// Charges one voice token to the user in that channel, on top of [`Self::request`] (§12.2).
    ///
    /// # Errors
    /// [`Limited`] if the window is used up; nothing is charged then.
    pub fn voice_token(&self, user: UserId, channel: ChannelId, now: Instant) -> Result<(), Limited> {
        self.voice_tokens.take((user, channel), now)
    }

    /// Charges one voice token with camera or screen, on top of [`Self::voice_token`].
    ///
    /// # Errors
    /// [`Limited`] if the window is used up; nothing is charged then.
    pub fn voice_publish(&self, user: UserId, channel: ChannelId, now: Instant) -> Result<(), Limited> {
        self.voice_publishes.take((user, channel), now)
    }
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimits").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    fn limits(began: Instant) -> RateLimits {
        RateLimits::new(&crate::config::Config::for_data_dir("unused").rates, began)
    }

    fn block(number: u32) -> AddressBlock {
        IpAddr::V4(number.into()).into()
    }

    fn bucket(per_minute: u32) -> TokenBucket {
        TokenBucket::per_minute(NonZeroU32::new(per_minute).expect("not zero"))
    }

    fn window(per_minute: u32) -> Window {
        Window::per_minute(NonZeroU32::new(per_minute).expect("not zero"))
    }

    /// Proves HTTP-17: a bucket of 600, refilled 10 per second.
    #[test]
    fn s096_a_burst_of_700_passes_600_and_ten_seconds_later_100_more() {
        let began = Instant::now();
        let limits = limits(began);
        let payer = Payer::Address(block(1));
        let passed = |at: Duration| (0..700).filter(|_| limits.request(payer, began + at).is_ok()).count();
        assert_eq!(passed(Duration::ZERO), 600);
        assert_eq!(limits.request(payer, began).map_err(Limited::retry_after_secs), Err(1));
        assert_eq!(passed(Duration::from_secs(10)), 100);
        assert_eq!(passed(Duration::from_secs(1_000)), 600);
        assert_eq!(limits.request(Payer::Address(block(2)), began), Ok(()));
        assert_eq!(limits.request(Payer::User(UserId::from_u128(1)), began), Ok(()));
    }

    /// Proves HTTP-17: 60 per 60 s for each route and address.
    #[test]
    fn an_auth_route_takes_60_in_60_seconds_from_an_address() {
        let began = Instant::now();
        let limits = limits(began);
        let take = |route, address, secs| limits.auth_route(route, block(address), began + Duration::from_secs(secs));
        for second in 0..60 {
            assert_eq!(take(AuthRoute::Login, 1, second / 2), Ok(()), "{second}");
        }
        assert_eq!(take(AuthRoute::Login, 1, 30).map_err(Limited::retry_after_secs), Err(30));
        assert_eq!(take(AuthRoute::Login, 1, 59).map_err(Limited::retry_after_secs), Err(1));
        assert_eq!(take(AuthRoute::Register, 1, 59), Ok(()));
        assert_eq!(take(AuthRoute::Login, 2, 59), Ok(()));
        assert_eq!(take(AuthRoute::Login, 1, 60), Ok(()));
    }

    #[test]
    fn joins_are_limited_by_user_and_by_address() {
        let began = Instant::now();
        let limits = limits(began);
        let join = |user, address| limits.join(UserId::from_u128(user), block(address), began);
        assert_eq!((0..100).filter(|_| join(1, 1).is_ok()).count(), 30, "one user");
        assert_eq!((2..102).filter(|&user| join(user, 1).is_ok()).count(), 30, "the rest of the address");
        assert_eq!(join(200, 2), Ok(()));
    }

    #[test]
    fn an_allowance_is_never_exceeded_by_rounding() {
        let wide = bucket(7);
        assert!(wide.refill * 7 >= 60 * SECOND_NANOS);
        assert_eq!(bucket(1_000_000).whole, 60 * SECOND_NANOS);
    }

    #[test]
    fn a_flood_of_keys_stays_within_the_bound_and_does_not_free_the_one_held_back() {
        fn check<A: Allowance>(allowance: A, spent: u32) {
            let began = Instant::now();
            let keyed = Keyed::with_keys_max(allowance, began, 64 * RATE_SHARDS);
            for _ in 0..spent {
                keyed.take(0_u64, began).expect("within the allowance");
            }
            keyed.take(0, began).expect_err("used up");
            for key in 1..20_000 {
                let now = began + Duration::from_micros(key);
                keyed.take(key, now).expect("a fresh key");
                assert!(keyed.keys() <= 64 * RATE_SHARDS);
            }
            keyed.take(0, began + Duration::from_millis(20)).expect_err("still used up");
        }
        check(bucket(60), 60);
        check(window(60), 60);
    }

    #[test]
    fn keys_that_are_full_again_are_the_first_to_go() {
        let began = Instant::now();
        let keyed = Keyed::with_keys_max(bucket(60), began, 64 * RATE_SHARDS);
        for key in 0..2_000_u64 {
            let _ = keyed.take(key, began);
        }
        let held = keyed.keys();
        // One token comes back in one second: by then every key is full and the next insertions drop them all.
        let later = began + Duration::from_secs(2);
        for key in 10_000..10_400 {
            let _ = keyed.take(key, later);
        }
        assert!(keyed.keys() < held, "{} of {held}", keyed.keys());
    }

    /// A bucket counted the plain way: tokens as a fraction of nanoseconds, refilled at every step.
    struct Model {
        tokens_times_refill: u128,
        last: u64,
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_bucket_agrees_with_plain_counting(
            per_minute in 1_u32..2_000,
            pauses in proptest::collection::vec(prop_oneof![0_u64..10, 0..2 * SECOND_NANOS, 0..120 * SECOND_NANOS], 1..300),
        ) {
            let bucket = bucket(per_minute);
            let whole = u128::from(bucket.whole);
            let mut model = Model { tokens_times_refill: whole, last: 0 };
            let mut state = bucket.full(0);
            let mut now = 0;
            for pause in pauses {
                now += pause;
                model.tokens_times_refill = (model.tokens_times_refill + u128::from(now - model.last)).min(whole);
                model.last = now;
                let expected = model.tokens_times_refill.checked_sub(bucket.refill.into());
                match (bucket.take(&mut state, now), expected) {
                    (Ok(()), Some(left)) => model.tokens_times_refill = left,
                    (Err(wait), None) => {
                        prop_assert_eq!(u128::from(wait), u128::from(bucket.refill) - model.tokens_times_refill);
                        let mut early = state;
                        prop_assert!(bucket.take(&mut early, now + wait - 1).is_err());
                        prop_assert!(bucket.take(&mut early, now + wait).is_ok());
                    }
                    (got, expected) => prop_assert!(false, "{got:?} but {expected:?}"),
                }
            }
        }

        #[test]
        fn waiting_as_told_is_always_enough(
            per_minute in 1_u32..100,
            pauses in proptest::collection::vec(0_u64..3_000, 1..300),
        ) {
            fn check<A: Allowance>(allowance: A, pauses: &[u64]) -> Result<(), TestCaseError> {
                let began = Instant::now();
                let keyed = Keyed::new(allowance, began);
                let mut now = began;
                for &pause in pauses {
                    now += Duration::from_millis(pause);
                    if let Err(limited) = keyed.take((), now) {
                        now += Duration::from_secs(limited.retry_after_secs().into());
                        prop_assert_eq!(keyed.take((), now), Ok(()));
                    }
                }
                Ok(())
            }
            check(bucket(per_minute), &pauses)?;
            check(window(per_minute), &pauses)?;
        }
    }
}
