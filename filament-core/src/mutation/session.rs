//! Sessions that begin, and those that go on.

use filament_protocol::{SessionId, Timestamp, UserId};

use crate::facts::Rotation;

/// A session to be opened, at generation 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Its id.
    pub session_id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it ends without a refresh.
    pub expires_at: Timestamp,
    /// Expiry of its first access token.
    pub token_expires_at: Timestamp,
}

/// A session after a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotatedSession {
    /// The session.
    pub session_id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// The generation now.
    pub generation: u32,
    /// The rotations to remember, oldest first.
    pub rotations: Vec<Rotation>,
    /// When.
    pub rotated_at: Timestamp,
    /// When it ends without another refresh.
    pub expires_at: Timestamp,
    /// Expiry of its newest access token.
    pub token_expires_at: Timestamp,
}
