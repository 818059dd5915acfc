//! `/friends` (§9.5).

use crate::field::{Distinct, all_differ};
use crate::id::{FriendRequestId, UserId};
use crate::limits::{FRIEND_REQUESTS_MAX, FRIENDS_MAX};
use crate::object::{body, record};
use crate::text::Username;
use crate::timestamp::Timestamp;

record! {
    /// Answer of `GET /friends`: complete, by user name.
    pub struct FriendList {
        /// The friends, at most 500.
        pub friends: Vec<Friend> [0..=FRIENDS_MAX, unique by],
    }
}

record! {
    /// A friend.
    pub struct Friend {
        /// The user.
        pub user_id: UserId,
        /// Name as registered.
        pub username: Username,
        /// When the friendship began.
        pub created_at_unix: Timestamp,
    }
}

impl Distinct for Friend {
    const KEYS: &'static [&'static [&'static str]] = &[&["user_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.user_id))
    }
}

record! {
    /// Answer of `GET /friends/requests`: complete, newest first.
    pub struct FriendRequestList {
        /// Requests to the caller, at most 100.
        pub incoming: Vec<FriendRequest> [0..=FRIEND_REQUESTS_MAX, unique by],
        /// Requests of the caller, at most 100.
        pub outgoing: Vec<FriendRequest> [0..=FRIEND_REQUESTS_MAX, unique by],
    }
}

record! {
    /// A pending request to become friends.
    pub struct FriendRequest {
        /// Its id.
        pub request_id: FriendRequestId,
        /// Who asks.
        pub sender_user_id: UserId,
        /// Their name.
        pub sender_username: Username,
        /// Who is asked.
        pub recipient_user_id: UserId,
        /// Their name.
        pub recipient_username: Username,
        /// When.
        pub created_at_unix: Timestamp,
    }
}

impl Distinct for FriendRequest {
    const KEYS: &'static [&'static [&'static str]] = &[&["request_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.request_id))
    }
}

body! {
    /// Body of `POST /friends/requests`.
    pub struct CreateFriendRequest: Copy {
        /// Whom to ask.
        pub recipient_user_id: UserId,
    }
}

record! {
    /// Answer of `POST /friends/requests`.
    pub struct FriendRequestCreated: Copy {
        /// The id of the request.
        pub request_id: FriendRequestId,
        /// Who asks.
        pub sender_user_id: UserId,
        /// Who is asked.
        pub recipient_user_id: UserId,
        /// When.
        pub created_at_unix: Timestamp,
    }
}
