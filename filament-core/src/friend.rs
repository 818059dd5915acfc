//! Friends and requests to become friends as they are stored (contract §9.5, §10.5).

use filament_protocol::{
    FriendRequestId, Timestamp, UserId,
    rest::{FriendRequest, FriendRequestCreated},
};

use crate::facts::User;

/// A pending request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFriendRequest {
    /// The request.
    pub request_id: FriendRequestId,
    /// Who asks.
    pub sender: User,
    /// Who is asked.
    pub recipient: User,
    /// When.
    pub created_at: Timestamp,
}

impl StoredFriendRequest {
    /// The record of lists and of `friend_request_create`.
    #[must_use]
    pub fn record(&self) -> FriendRequest {
        FriendRequest {
            request_id: self.request_id,
            sender_user_id: self.sender.user_id,
            sender_username: self.sender.username.clone(),
            recipient_user_id: self.recipient.user_id,
            recipient_username: self.recipient.username.clone(),
            created_at_unix: self.created_at,
        }
    }

    /// The answer to whoever asked.
    #[must_use]
    pub const fn created(&self) -> FriendRequestCreated {
        FriendRequestCreated {
            request_id: self.request_id,
            sender_user_id: self.sender.user_id,
            recipient_user_id: self.recipient.user_id,
            created_at_unix: self.created_at,
        }
    }

    /// Whether the user is one of the two.
    #[must_use]
    pub fn concerns(&self, user_id: UserId) -> bool {
        [self.sender.user_id, self.recipient.user_id].contains(&user_id)
    }

    /// The side that the user is not.
    #[must_use]
    pub fn other_than(&self, user_id: UserId) -> &User {
        if self.sender.user_id == user_id { &self.recipient } else { &self.sender }
    }
}

/// A request with what accepting it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingFriendRequest {
    /// The request.
    pub request: StoredFriendRequest,
    /// Friends of whichever of the two has more.
    pub most_friends: u64,
}
