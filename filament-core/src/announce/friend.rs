//! Friends: told to the two sides and nobody else; who acts hears first (contract §4.9).

use filament_protocol::{
    Event, Timestamp, UserId,
    event::{FriendRemove, FriendRequestDelete, FriendRequestState, FriendRequestUpdate},
};

use super::{Announced, Announcement};
use crate::{
    audience::Audience, audit::AuditDecision, facts::User, friend::StoredFriendRequest, mutation::FriendshipEnd,
};

/// The same payload for both: the sender, who acts, hears first.
pub(super) fn requested(request: &StoredFriendRequest) -> Announcement {
    both([request.sender.user_id, request.recipient.user_id], |_| Event::FriendRequestCreate(request.record()))
}

/// To each side its own: the acceptor first, then the sender.
pub(super) fn accepted(request: &StoredFriendRequest, accepted_at: Timestamp) -> Announcement {
    let StoredFriendRequest { request_id, sender, recipient, .. } = request;
    both([recipient.user_id, sender.user_id], |receiver| {
        let User { user_id, username } = request.other_than(receiver).clone();
        Event::FriendRequestUpdate(FriendRequestUpdate {
            request_id: *request_id,
            state: FriendRequestState::Accepted,
            user_id: receiver,
            friend_user_id: user_id,
            friend_username: username,
            friendship_created_at_unix: accepted_at,
            updated_at_unix: accepted_at,
            actor_user_id: recipient.user_id,
        })
    })
}

/// The same payload for both.
pub(super) fn request_ended(request: &StoredFriendRequest, actor: UserId, deleted_at: Timestamp) -> Announcement {
    let event =
        FriendRequestDelete { request_id: request.request_id, deleted_at_unix: deleted_at, actor_user_id: actor };
    both([actor, request.other_than(actor).user_id], |_| Event::FriendRequestDelete(event))
}

/// To each side its own.
pub(super) fn ended(end: &FriendshipEnd) -> Announcement {
    let FriendshipEnd { actor_user_id, friend_user_id, removed_at } = *end;
    both([actor_user_id, friend_user_id], |receiver| {
        let friend = if receiver == actor_user_id { friend_user_id } else { actor_user_id };
        Event::FriendRemove(FriendRemove {
            user_id: receiver,
            friend_user_id: friend,
            removed_at_unix: removed_at,
            actor_user_id,
        })
    })
}

fn both(receivers: [UserId; 2], event: impl Fn(UserId) -> Event) -> Announcement {
    Announcement {
        events: receivers.into_iter().map(|user_id| Announced::to(Audience::User(user_id), event(user_id))).collect(),
        access: vec![],
        audit: AuditDecision::Silent("friends are no guild's business, and audit logs are of guilds"),
    }
}
