//! Where users were seen, and who was kept out by a ban of an address (contract §10.6). What is written here never leaves the server.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use filament_core::decide::address::{NoteAddressHit, ObserveAddress};
use filament_core::limits::ADDRESS_WRITE_SECS;
use filament_core::{Actor, Address, Anonymous, Surface};
use filament_protocol::{GuildId, UserId};
use tracing::Instrument as _;

use crate::app::App;
use crate::limits::SIGHTINGS_MAX;

/// How long a pair of user and address need not be written again (IPB-1).
const FRESH: Duration = Duration::from_secs(ADDRESS_WRITE_SECS);

/// Which users were written down in this minute, and where: existing clients connect at every click, and the one writer need not hear
/// of it each time. Core judges what is not found here.
///
/// Only a hash of each pair is kept, with a key of this process: it is a note to save work, and there are as many as users.
#[derive(Debug, Default)]
pub struct Sightings {
    hasher: RandomState,
    minute: Mutex<Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    began: Option<Instant>,
    written: HashSet<u64>,
}

impl Minute {
    /// The pairs written in the minute of `now`; begins a new one when it is over.
    fn at(&mut self, now: Instant) -> &mut HashSet<u64> {
        if self.began.is_none_or(|began| now.saturating_duration_since(began) >= FRESH) {
            *self = Self { began: Some(now), written: HashSet::new() };
        }
        &mut self.written
    }
}

impl Sightings {
    fn is_fresh(&self, user_id: UserId, address: IpAddr, now: Instant) -> bool {
        let pair = self.hasher.hash_one((user_id, address));
        self.minute().at(now).contains(&pair)
    }

    /// Notes that a pair was written. When there is no room, all are forgotten.
    fn note(&self, user_id: UserId, address: IpAddr, now: Instant) {
        let pair = self.hasher.hash_one((user_id, address));
        let mut minute = self.minute();
        let written = minute.at(now);
        if written.len() >= SIGHTINGS_MAX {
            *written = HashSet::new();
        }
        written.insert(pair);
    }

    fn minute(&self) -> MutexGuard<'_, Minute> {
        self.minute.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Remembers that `user_id` was seen at `address` (IPB-1).
    ///
    /// What the user asked for does not depend on it: a store that has no room at the moment is no reason to refuse a login.
    pub async fn remember_address(&self, user_id: UserId, address: IpAddr) {
        if self.sightings.is_fresh(user_id, address, Instant::now()) {
            return;
        }
        let seen = ObserveAddress { user_id, address: Address::from(address) };
        match self.engine.execute(Anonymous, seen).await {
            Ok(_) => self.sightings.note(user_id, address, Instant::now()),
            Err(error) => tracing::debug!(%error, "an address was not remembered"),
        }
    }

    /// Like [`Self::remember_address`], in the background and when it has its turn: where somebody waits who need not.
    pub fn remember_address_soon(self: &Arc<Self>, user_id: UserId, address: IpAddr) {
        if self.sightings.is_fresh(user_id, address, Instant::now()) {
            return;
        }
        let app = Arc::clone(self);
        let remember = async move {
            // The semaphore is never closed.
            let _turn = app.background.acquire().await;
            app.remember_address(user_id, address).await;
        };
        tokio::spawn(remember.in_current_span());
    }

    /// Notes in the background that the gate kept a member out; core writes it at most once a minute (IPB-3). Without a turn the note
    /// is left out: who is kept out soon tries again.
    pub fn note_address_hit(self: &Arc<Self>, actor: Actor, guild_id: GuildId, surface: Surface) {
        let app = Arc::clone(self);
        let note = async move {
            let Ok(_turn) = app.background.try_acquire() else { return };
            if let Err(error) = app.engine.execute(actor, NoteAddressHit { guild_id, surface }).await {
                tracing::debug!(%error, "a closed gate was not noted");
            }
        };
        tokio::spawn(note.in_current_span());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn a_pair_is_fresh_until_the_minute_is_over() {
        let (sightings, user, start) = (Sightings::default(), UserId::from_u128(1), Instant::now());
        assert!(!sightings.is_fresh(user, HERE, start));
        sightings.note(user, HERE, start);
        assert!(sightings.is_fresh(user, HERE, start + FRESH - Duration::from_millis(1)));
        assert!(!sightings.is_fresh(user, THERE, start), "another address");
        assert!(!sightings.is_fresh(UserId::from_u128(2), HERE, start), "another user");
        assert!(!sightings.is_fresh(user, HERE, start + FRESH));
    }

    #[test]
    fn only_so_many_pairs_are_kept() {
        let (sightings, start) = (Sightings::default(), Instant::now());
        for n in 0..=SIGHTINGS_MAX as u128 {
            sightings.note(UserId::from_u128(n), HERE, start);
        }
        assert_eq!(sightings.minute().written.len(), 1, "all went, and the newest is kept");
        assert!(sightings.is_fresh(UserId::from_u128(SIGHTINGS_MAX as u128), HERE, start));
    }
}
