//! Friendships that end.

use filament_protocol::{Timestamp, UserId};

/// Two users are no friends any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FriendshipEnd {
    /// Who ended it.
    pub actor_user_id: UserId,
    /// The other.
    pub friend_user_id: UserId,
    /// When.
    pub removed_at: Timestamp,
}
