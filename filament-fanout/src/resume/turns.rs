//! Whose turn it is to be replayed to: a few at once in the process, fewer of one user, the others in order behind them (RES-16).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use filament_protocol::UserId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::limits::{REPLAY_WAIT_MAX, REPLAYS_MAX, REPLAYS_PER_USER_MAX, REPLAYS_WAITING_MAX};

/// See the module.
#[derive(Debug)]
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    /// Of users who have a turn or wait for one.
    users: Mutex<HashMap<UserId, Arc<Semaphore>>>,
    waiting: AtomicUsize,
}

impl Default for Turns {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(REPLAYS_MAX)), users: Mutex::default(), waiting: AtomicUsize::new(0) }
    }
}

/// One turn. Dropped when the replay is over.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Arc<Turns>,
    user_id: UserId,
    of_user: Option<OwnedSemaphorePermit>,
    _of_all: Option<OwnedSemaphorePermit>,
}

/// Counts somebody who waits, for as long as it lives.
struct Waiting<'t>(&'t AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    /// Waits for a turn, at most five seconds. `None`: too many wait already, or it took too long.
    pub(crate) async fn take(self: &Arc<Self>, user_id: UserId) -> Option<Turn> {
        let others = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if others >= REPLAYS_WAITING_MAX {
            return None;
        }
        // Made first, so that whatever becomes of the wait, the user is forgotten with it.
        let mut turn = Turn { turns: Arc::clone(self), user_id, of_user: None, _of_all: None };
        let of_user = Arc::clone(self.users().entry(user_id).or_insert_with(per_user));
        let both = async {
            // In this order, so that who waits for its own turns keeps nobody else waiting.
            turn.of_user = of_user.acquire_owned().await.ok();
            turn._of_all = Arc::clone(&self.all).acquire_owned().await.ok();
        };
        timeout(REPLAY_WAIT_MAX, both).await.ok()?;
        Some(turn)
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Arc<Semaphore>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn per_user() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(REPLAYS_PER_USER_MAX))
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut users = self.turns.users();
        self.of_user = None;
        // Whoever has a turn, or waits for one, holds a copy.
        if users.get(&self.user_id).is_some_and(|of_user| Arc::strong_count(of_user) == 1) {
            users.remove(&self.user_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn user(n: usize) -> UserId {
        UserId::from_u128(n as u128)
    }

    /// Proves RES-16: eight at once, two of one user, the next when one is done, nobody after five seconds.
    #[tokio::test(start_paused = true)]
    async fn turns_are_bounded_and_taken_in_order() {
        let turns = Arc::new(Turns::default());
        let mut taken = Vec::new();
        for n in [1, 1, 2, 2, 3, 4, 5] {
            taken.push(turns.take(user(n)).await.expect("there is room"));
        }
        let began = Instant::now();
        assert!(turns.take(user(1)).await.is_none(), "a third of one user");
        assert_eq!(began.elapsed(), REPLAY_WAIT_MAX);
        taken.push(turns.take(user(6)).await.expect("an eighth: who waited in vain took nothing"));
        assert!(turns.take(user(7)).await.is_none(), "a ninth");
        let waiting = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.take(user(1)).await }
        });
        tokio::task::yield_now().await;
        drop(taken.remove(0));
        assert!(waiting.await.expect("no panic").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_remembered_who_has_no_turn() {
        let turns = Arc::new(Turns::default());
        let taken: Vec<_> = [turns.take(user(1)).await, turns.take(user(1)).await].into();
        let in_vain =
            [turns.take(user(1)).await, timeout(REPLAY_WAIT_MAX / 2, turns.take(user(1))).await.ok().flatten()];
        assert!(taken.iter().all(Option::is_some) && in_vain.iter().all(Option::is_none));
        drop((taken, in_vain));
        assert!(turns.users().is_empty() && turns.waiting.load(Ordering::Relaxed) == 0);
        assert_eq!(turns.all.available_permits(), REPLAYS_MAX);
    }
}
