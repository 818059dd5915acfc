//! Profiles, images and friends of the in-memory store.

use std::collections::BTreeMap;

use filament_protocol::{About, FriendRequestId, GuildId, Timestamp, UserId, Username, rest::Friend};

use crate::{
    entry::Peers,
    facts::User,
    friend::{PendingFriendRequest, StoredFriendRequest},
    mutation::{ImageChange, ProfileChange},
    profile::{ImageKind, StoredImage, StoredProfile},
};

/// A pair of users, whichever way round it was given.
fn pair(one: UserId, other: UserId) -> (UserId, UserId) {
    (one.min(other), one.max(other))
}

/// Accounts and what binds them. FRD-1 holds by the keys of the maps.
#[derive(Debug, Default)]
pub(super) struct People {
    profiles: BTreeMap<UserId, StoredProfile>,
    friendships: BTreeMap<(UserId, UserId), Timestamp>,
    /// By pair: sender, request, and when it was made.
    requests: BTreeMap<(UserId, UserId), (UserId, FriendRequestId, Timestamp)>,
}

impl People {
    pub(super) fn create(&mut self, user_id: UserId, username: Username) {
        let about = About::new("").expect("an empty text");
        let profile = StoredProfile { user_id, username, about, avatar: None, banner: None };
        self.profiles.insert(user_id, profile);
    }

    pub(super) fn profile(&self, user_id: UserId) -> Option<&StoredProfile> {
        self.profiles.get(&user_id)
    }

    pub(super) fn user(&self, user_id: UserId) -> Option<User> {
        self.profile(user_id).map(|profile| User { user_id, username: profile.username.clone() })
    }

    pub(super) fn by_name(&self, name: &Username) -> Option<UserId> {
        self.profiles.values().find(|profile| profile.username.eq_ignore_ascii_case(name)).map(|found| found.user_id)
    }

    pub(super) fn update(&mut self, change: &ProfileChange) {
        if let Some(profile) = self.profiles.get_mut(&change.user_id) {
            let ProfileChange { username, about, .. } = change;
            profile.username = username.clone().unwrap_or_else(|| profile.username.clone());
            profile.about = about.clone().unwrap_or_else(|| profile.about.clone());
        }
    }

    pub(super) fn set_image(&mut self, change: &ImageChange) {
        if let Some(profile) = self.profiles.get_mut(&change.user_id) {
            profile.set_image(change.kind, change.image);
        }
    }

    pub(super) fn image(&self, user_id: UserId, kind: ImageKind) -> Option<StoredImage> {
        self.profile(user_id)?.image(kind).copied()
    }

    pub(super) fn friends_since(&self, one: UserId, other: UserId) -> Option<Timestamp> {
        self.friendships.get(&pair(one, other)).copied()
    }

    pub(super) fn friends(&self, user_id: UserId) -> Vec<Friend> {
        let found = self.friend_ids(user_id).into_iter().filter_map(|friend_id| {
            let User { user_id: friend, username } = self.user(friend_id)?;
            Some(Friend { user_id: friend, username, created_at_unix: self.friends_since(user_id, friend_id)? })
        });
        found.collect()
    }

    pub(super) fn friend_count(&self, user_id: UserId) -> u64 {
        self.friend_ids(user_id).len() as u64
    }

    fn friend_ids(&self, user_id: UserId) -> Vec<UserId> {
        let of = |(one, other): &(UserId, UserId)| match user_id {
            _ if *one == user_id => Some(*other),
            _ if *other == user_id => Some(*one),
            _ => None,
        };
        let mut friend_ids: Vec<UserId> = self.friendships.keys().filter_map(of).collect();
        friend_ids.sort_unstable();
        friend_ids
    }

    pub(super) fn peers(&self, user_id: UserId, guild_ids: Vec<GuildId>) -> Peers {
        Peers { guild_ids, friend_ids: self.friend_ids(user_id) }
    }

    pub(super) fn request(&mut self, request: &StoredFriendRequest) {
        let StoredFriendRequest { request_id, sender, recipient, created_at } = request;
        let earlier =
            self.requests.insert(pair(sender.user_id, recipient.user_id), (sender.user_id, *request_id, *created_at));
        assert!(earlier.is_none(), "FRD-1: one pending request per pair");
    }

    pub(super) fn accept(&mut self, request: &StoredFriendRequest, accepted_at: Timestamp) {
        self.end_request(request);
        let both = pair(request.sender.user_id, request.recipient.user_id);
        assert!(self.friendships.insert(both, accepted_at).is_none(), "FRD-1: one friendship per pair");
    }

    pub(super) fn end_request(&mut self, request: &StoredFriendRequest) {
        self.requests.remove(&pair(request.sender.user_id, request.recipient.user_id));
    }

    pub(super) fn part(&mut self, one: UserId, other: UserId) {
        self.friendships.remove(&pair(one, other));
    }

    pub(super) fn is_pending(&self, one: UserId, other: UserId) -> bool {
        self.requests.contains_key(&pair(one, other))
    }

    pub(super) fn pending(&self, request_id: FriendRequestId) -> Option<PendingFriendRequest> {
        let request = self.all_requests().find(|request| request.request_id == request_id)?;
        let counts = [&request.sender, &request.recipient].map(|side| self.friend_count(side.user_id));
        Some(PendingFriendRequest { request, most_friends: counts[0].max(counts[1]) })
    }

    pub(super) fn incoming(&self, user_id: UserId) -> Vec<StoredFriendRequest> {
        newest_first(self.all_requests().filter(|request| request.recipient.user_id == user_id))
    }

    pub(super) fn outgoing(&self, user_id: UserId) -> Vec<StoredFriendRequest> {
        newest_first(self.all_requests().filter(|request| request.sender.user_id == user_id))
    }

    fn all_requests(&self) -> impl Iterator<Item = StoredFriendRequest> {
        self.requests.iter().filter_map(|((one, other), (sender_id, request_id, created_at))| {
            let recipient_id = if one == sender_id { other } else { one };
            Some(StoredFriendRequest {
                request_id: *request_id,
                sender: self.user(*sender_id)?,
                recipient: self.user(*recipient_id)?,
                created_at: *created_at,
            })
        })
    }
}

fn newest_first(requests: impl Iterator<Item = StoredFriendRequest>) -> Vec<StoredFriendRequest> {
    let mut requests: Vec<_> = requests.collect();
    requests.sort_unstable_by_key(|request| std::cmp::Reverse(request.request_id));
    requests
}
