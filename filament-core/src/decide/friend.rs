//! Friends: asking, accepting, declining or withdrawing, parting (contract §9.5, §10.5).
//!
//! FRD-1 One friendship per pair and one pending request per pair in either direction: decided here on facts of the same
//! transaction, and constrained in every store besides. FRD-2 At most 500 friends and 100 pending requests each way. FRD-3 Only
//! the recipient accepts.

use filament_protocol::{
    FriendRequestId, UserId,
    limits::{FRIEND_REQUESTS_MAX, FRIENDS_MAX},
    rest::FriendRequestCreated,
};

use super::{Command, Limits};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    friend::{PendingFriendRequest, StoredFriendRequest},
    mutation::{FriendshipEnd, Mutation},
    permission::Granted,
};

/// Asks a user to become a friend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFriend {
    /// Whom.
    pub recipient_id: UserId,
}

impl Command for RequestFriend {
    type Caller = Actor;
    type Reply = FriendRequestCreated;

    fn plan(&self, actor: Actor) -> FactPlan {
        let (sender, recipient) = (actor.user_id, self.recipient_id);
        FactPlan::of([
            Need::User(sender),
            Need::User(recipient),
            Need::Friendship(sender, recipient),
            Need::FriendRequestBetween(sender, recipient),
            Need::FriendCount(sender),
            Need::FriendCount(recipient),
            Need::OutgoingFriendRequests(sender),
            Need::IncomingFriendRequests(recipient),
        ])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<FriendRequestCreated>, Denial> {
        let (sender_id, recipient_id) = (actor.user_id, self.recipient_id);
        if sender_id == recipient_id {
            return Err(Denial::Invalid("nobody is their own friend"));
        }
        let sender = facts.user(&Need::User(sender_id))?.ok_or(Denial::NotFound("user"))?;
        let recipient = facts.user(&Need::User(recipient_id))?.ok_or(Denial::Invalid("there is no such user"))?;
        if facts.friends_since(sender_id, recipient_id)?.is_some() {
            return Err(Denial::Invalid("you are friends already"));
        }
        if facts.is_friend_request_pending(sender_id, recipient_id)? {
            return Err(Denial::Invalid("a request between you is pending"));
        }
        for (need, most) in [
            (Need::FriendCount(sender_id), FRIENDS_MAX),
            (Need::FriendCount(recipient_id), FRIENDS_MAX),
            (Need::OutgoingFriendRequests(sender_id), FRIEND_REQUESTS_MAX),
            (Need::IncomingFriendRequests(recipient_id), FRIEND_REQUESTS_MAX),
        ] {
            if facts.count(&need)? >= most as u64 {
                return Err(Denial::Quota("too many friends or pending requests on either side"));
            }
        }
        let request = StoredFriendRequest {
            request_id: facts.stamp().id(0),
            sender: sender.clone(),
            recipient: recipient.clone(),
            created_at: facts.stamp().now(),
        };
        let reply = request.created();
        Ok(Decision::change(Granted::to_everyone(), [Mutation::RequestFriend(request)], reply))
    }
}

/// Accepts a request made to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptFriendRequest {
    /// The request.
    pub request_id: FriendRequestId,
}

impl Command for AcceptFriendRequest {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::of([Need::FriendRequest(self.request_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let to_caller = |request: &StoredFriendRequest| request.recipient.user_id == actor.user_id;
        let pending = pending(facts, self.request_id, to_caller)?;
        if pending.most_friends >= FRIENDS_MAX as u64 {
            return Err(Denial::Quota("too many friends on either side"));
        }
        let (request, accepted_at) = (pending.request.clone(), facts.stamp().now());
        let accept = Mutation::AcceptFriendRequest { request, accepted_at };
        Ok(Decision::change(Granted::to_everyone(), [accept], ()))
    }
}

/// Declines a request to the caller, or withdraws one of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteFriendRequest {
    /// The request.
    pub request_id: FriendRequestId,
}

impl Command for DeleteFriendRequest {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::of([Need::FriendRequest(self.request_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let pending = pending(facts, self.request_id, |request| request.concerns(actor.user_id))?;
        let delete = Mutation::DeleteFriendRequest {
            request: pending.request.clone(),
            actor_user_id: actor.user_id,
            deleted_at: facts.stamp().now(),
        };
        Ok(Decision::change(Granted::to_everyone(), [delete], ()))
    }
}

/// Ends a friendship; where there is none, nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoveFriend {
    /// The friend.
    pub user_id: UserId,
}

impl Command for RemoveFriend {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Friendship(actor.user_id, self.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let granted = Granted::to_everyone();
        if actor.user_id == self.user_id {
            return Err(Denial::Invalid("nobody is their own friend"));
        }
        if facts.friends_since(actor.user_id, self.user_id)?.is_none() {
            return Ok(Decision::unchanged(granted, ()));
        }
        let (actor_user_id, friend_user_id) = (actor.user_id, self.user_id);
        let end = FriendshipEnd { actor_user_id, friend_user_id, removed_at: facts.stamp().now() };
        Ok(Decision::change(granted, [Mutation::EndFriendship(end)], ()))
    }
}

/// The pending request, if it is the caller's business: of others' nobody learns whether they exist.
fn pending(
    facts: &Facts,
    request_id: FriendRequestId,
    is_theirs: impl Fn(&StoredFriendRequest) -> bool,
) -> Result<&PendingFriendRequest, Denial> {
    let pending = facts.friend_request(request_id)?.filter(|pending| is_theirs(&pending.request));
    pending.ok_or(Denial::NotFound("friend request"))
}
