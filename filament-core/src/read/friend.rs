//! The caller's friends and pending requests, complete (contract §9.5).

use filament_protocol::rest::{Friend, FriendRequest, FriendRequestList};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts},
    friend::StoredFriendRequest,
    permission::Granted,
    query::{Page, Query},
};

/// The caller's friends, by name, ASCII case ignored as everywhere with names.
#[derive(Clone, Copy, Debug)]
pub struct ListFriends;

impl Read for ListFriends {
    type Answer = Vec<Friend>;

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::default()
    }

    fn query(&self, actor: Actor) -> Query {
        Query::Friends(actor.user_id)
    }

    fn gate(&self, _: Actor, _: &Facts) -> Result<Granted, Denial> {
        Ok(Granted::to_everyone())
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<Vec<Friend>, Denial> {
        let Page::Friends(mut friends) = page else {
            return Err(Denial::Unplanned("friends"));
        };
        friends.sort_by_cached_key(|friend| friend.username.folded());
        Ok(friends)
    }
}

/// The caller's pending requests, newest first.
#[derive(Clone, Copy, Debug)]
pub struct ListFriendRequests;

impl Read for ListFriendRequests {
    type Answer = FriendRequestList;

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::default()
    }

    fn query(&self, actor: Actor) -> Query {
        Query::FriendRequests(actor.user_id)
    }

    fn gate(&self, _: Actor, _: &Facts) -> Result<Granted, Denial> {
        Ok(Granted::to_everyone())
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<FriendRequestList, Denial> {
        let Page::FriendRequests { incoming, outgoing } = page else {
            return Err(Denial::Unplanned("friend requests"));
        };
        let records = |requests: Vec<StoredFriendRequest>| -> Vec<FriendRequest> {
            requests.iter().map(StoredFriendRequest::record).collect()
        };
        Ok(FriendRequestList { incoming: records(incoming), outgoing: records(outgoing) })
    }
}
