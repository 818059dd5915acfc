//! Facts of people: accounts, profiles, friends.

use filament_protocol::{FriendRequestId, Timestamp, UserId, Username};

use super::{Fact, Facts, Need};
use crate::{denial::Denial, entry::Peers, friend::PendingFriendRequest, profile::StoredProfile};

/// An account as decisions and answers need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account.
    pub user_id: UserId,
    /// Its name.
    pub username: Username,
}

impl Facts {
    /// A user by id or by name.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn user(&self, need: &Need) -> Result<Option<&User>, Denial> {
        match self.find(need)? {
            Fact::User(user) => Ok(user.as_ref()),
            _ => Err(Denial::Unplanned("user")),
        }
    }

    /// A profile.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn profile(&self, user_id: UserId) -> Result<Option<&StoredProfile>, Denial> {
        match self.find(&Need::Profile(user_id))? {
            Fact::Profile(profile) => Ok(profile.as_ref()),
            _ => Err(Denial::Unplanned("profile")),
        }
    }

    /// Where those are who hear of a user.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn peers(&self, user_id: UserId) -> Result<&Peers, Denial> {
        match self.find(&Need::Peers(user_id))? {
            Fact::Peers(peers) => Ok(peers),
            _ => Err(Denial::Unplanned("peers")),
        }
    }

    /// Since when two users are friends, in the order they were planned.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn friends_since(&self, one: UserId, other: UserId) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::Friendship(one, other))
    }

    /// A pending request to become friends.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn friend_request(&self, request_id: FriendRequestId) -> Result<Option<&PendingFriendRequest>, Denial> {
        match self.find(&Need::FriendRequest(request_id))? {
            Fact::FriendRequest(pending) => Ok(pending.as_ref()),
            _ => Err(Denial::Unplanned("friend request")),
        }
    }

    /// Whether a request between two users is pending, in the order they were planned.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn is_friend_request_pending(&self, one: UserId, other: UserId) -> Result<bool, Denial> {
        match self.find(&Need::FriendRequestBetween(one, other))? {
            Fact::Flag(pending) => Ok(*pending),
            _ => Err(Denial::Unplanned("pending friend request")),
        }
    }
}
