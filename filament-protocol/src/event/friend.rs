//! Events of friends (§4.9), for the two sides.

use crate::id::{FriendRequestId, UserId};
use crate::object::record;
use crate::rest::FriendRequest;
use crate::text::Username;
use crate::timestamp::Timestamp;
use crate::word::words;

/// `friend_request_create`: somebody asks to become friends. The payload is the request itself, the same for both sides.
pub type FriendRequestCreate = FriendRequest;

record! {
    /// `friend_request_update`: a request was accepted. Each side gets its own payload.
    pub struct FriendRequestUpdate {
        /// The request.
        pub request_id: FriendRequestId,
        /// What became of it.
        pub state: FriendRequestState,
        /// The receiver of this event.
        pub user_id: UserId,
        /// The new friend.
        pub friend_user_id: UserId,
        /// Their name.
        pub friend_username: Username,
        /// When the friendship began.
        pub friendship_created_at_unix: Timestamp,
        /// When.
        pub updated_at_unix: Timestamp,
        /// Who accepted.
        pub actor_user_id: UserId,
    }
}

words! {
    /// What became of a friend request.
    pub enum FriendRequestState {
        /// The two are friends.
        Accepted = "accepted",
    }
}

record! {
    /// `friend_request_delete`: a request was declined or cancelled. The same payload for both sides.
    pub struct FriendRequestDelete: Copy {
        /// The request.
        pub request_id: FriendRequestId,
        /// When.
        pub deleted_at_unix: Timestamp,
        /// Who declined or cancelled it.
        pub actor_user_id: UserId,
    }
}

record! {
    /// `friend_remove`: a friendship ended. Each side gets its own payload.
    pub struct FriendRemove: Copy {
        /// The receiver of this event.
        pub user_id: UserId,
        /// The former friend.
        pub friend_user_id: UserId,
        /// When.
        pub removed_at_unix: Timestamp,
        /// Who ended it.
        pub actor_user_id: UserId,
    }
}
