//! Facts of sessions.

use filament_protocol::{SessionId, Timestamp, UserId};

use super::{Fact, Facts, Need};
use crate::denial::Denial;

/// A session as stored (§11.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionState {
    /// The session.
    pub session_id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// The current refresh generation, 1 for the first.
    pub generation: u32,
    /// Recent rotations, oldest first: the generation that was replaced, and when.
    pub rotations: Vec<Rotation>,
    /// When it ends without another refresh.
    pub expires_at: Timestamp,
    /// Expiry of its newest access token.
    pub token_expires_at: Timestamp,
    /// Whether it was ended.
    pub ended: bool,
}

/// One rotation of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The generation that was replaced.
    pub generation: u32,
    /// When.
    pub at: Timestamp,
}

/// The live sessions of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LiveSessions {
    /// How many.
    pub count: u64,
    /// The one whose last use is longest ago.
    pub least_recently_used: Option<SessionId>,
}

impl Facts {
    /// A session.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn session(&self, session_id: SessionId) -> Result<Option<&SessionState>, Denial> {
        match self.find(&Need::Session(session_id))? {
            Fact::Session(session) => Ok(session.as_ref()),
            _ => Err(Denial::Unplanned("session")),
        }
    }

    /// The live sessions of a user.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn live_sessions(&self, user_id: UserId) -> Result<LiveSessions, Denial> {
        match self.find(&Need::LiveSessions(user_id))? {
            Fact::LiveSessions(live) => Ok(*live),
            _ => Err(Denial::Unplanned("live sessions")),
        }
    }
}
