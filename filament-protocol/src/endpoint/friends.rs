//! Friends (`/friends…`, §9.5).

use super::build::{ACCEPTED, EMPTY, delete, event, event_with, get, invalid, json, not_found, post, quota};
use super::{Endpoint, Family};

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Friends, "9.5")
}

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(get("/friends", "list_friends", "Lists the caller's friends by name: at most 500, complete."))
        .answers(&[json("FriendList")])
        .served(),
    row(get("/friends/requests", "list_friend_requests", "Lists pending requests, newest first, complete."))
        .answers(&[json("FriendRequestList")])
        .served(),
    row(post("/friends/requests", "request_friend", "Asks a user to become a friend."))
        .json("CreateFriendRequest")
        .answers(&[json("FriendRequestCreated")])
        .refuses(&[
            invalid("oneself, an unknown user, a friend already, or a request is pending in either direction"),
            quota("500 friends or 100 pending requests on either side"),
        ])
        .causes(&[event("friend_request_create")])
        .served(),
    row(post("/friends/requests/{request_id}/accept", "accept_friend", "Accepts a request made to the caller."))
        .no_body()
        .answers(ACCEPTED)
        .refuses(&[not_found("no such request to the caller"), quota("500 friends on either side")])
        .causes(&[event_with("friend_request_update", "to the acceptor, then to the sender, each their own")])
        .served(),
    row(delete("/friends/requests/{request_id}", "delete_friend_request", "Declines or withdraws a request."))
        .answers(EMPTY)
        .refuses(&[not_found("no such request from or to the caller")])
        .causes(&[event("friend_request_delete")])
        .served(),
    row(delete("/friends/{user_id}", "remove_friend", "Ends a friendship."))
        .answers(EMPTY)
        .refuses(&[invalid("oneself")])
        .notes("Without a friendship the answer is the same and nothing happens.")
        .causes(&[event_with("friend_remove", "to the caller, then to the other, each their own")])
        .served(),
];
