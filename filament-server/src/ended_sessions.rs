//! Sessions that ended while access tokens of theirs may still be valid: every request asks here (AUT-12).

use std::collections::{HashMap, VecDeque};
use std::sync::{PoisonError, RwLock};

use filament_protocol::{SessionId, Timestamp};

use crate::limits::ENDED_SESSIONS_MAX;

/// The ended sessions of the last access-token life; one per process, shared.
#[derive(Debug)]
pub struct EndedSessions {
    ended: RwLock<Ended>,
    sessions_max: usize,
}

#[derive(Debug, Default)]
struct Ended {
    /// When the last token of the session expires.
    until: HashMap<SessionId, Timestamp>,
    /// In the order they ended, for forgetting.
    order: VecDeque<SessionId>,
}

impl Default for EndedSessions {
    fn default() -> Self {
        Self::with_sessions_max(ENDED_SESSIONS_MAX)
    }
}

impl EndedSessions {
    fn with_sessions_max(sessions_max: usize) -> Self {
        Self { ended: RwLock::default(), sessions_max }
    }

    /// Remembers that `session` ended and that its tokens are void at latest from `until` on.
    pub fn insert(&self, session: SessionId, until: Timestamp, now: Timestamp) {
        // Plain values: a panic elsewhere leaves nothing half done.
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        while let Some(first) = ended.order.front().copied() {
            let expired = ended.until.get(&first).is_none_or(|until| *until <= now);
            if !expired && ended.order.len() < self.sessions_max {
                break;
            }
            if !expired {
                tracing::error!(
                    "more sessions ended than are remembered; tokens of the first one may pass until they expire"
                );
            }
            ended.order.pop_front();
            ended.until.remove(&first);
        }
        if ended.until.insert(session, until).is_none() {
            ended.order.push_back(session);
        }
    }

    /// Returns whether the session is known to have ended.
    #[must_use]
    pub fn contains(&self, session: SessionId) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).until.contains_key(&session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u128) -> SessionId {
        SessionId::from_u128(number)
    }

    fn second(number: u64) -> Timestamp {
        Timestamp::new(number).expect("not zero")
    }

    /// Proves AUT-12 for as long as a token can live.
    #[test]
    fn an_ended_session_is_known_until_its_tokens_have_expired() {
        let ended = EndedSessions::default();
        ended.insert(session(1), second(100), second(1));
        ended.insert(session(1), second(100), second(2));
        assert!(ended.contains(session(1)));
        assert!(!ended.contains(session(2)));
        ended.insert(session(2), second(200), second(100));
        assert!(!ended.contains(session(1)));
        assert!(ended.contains(session(2)));
    }

    #[test]
    fn at_the_bound_the_first_is_forgotten() {
        let ended = EndedSessions::with_sessions_max(2);
        for number in 1..=3 {
            ended.insert(session(number), second(100), second(1));
        }
        assert_eq!([1, 2, 3].map(|number| ended.contains(session(number))), [false, true, true]);
    }
}
