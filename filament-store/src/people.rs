//! Profiles, images and friends in rows. That a pair stands there once is said by the schema; here pairs are only put in its order.

use filament_core::{
    BlobName, FriendshipEnd, ImageChange, ImageKind, ImageType, Peers, PendingFriendRequest, ProfileChange,
    StoredFriendRequest, StoredImage, StoredProfile, User,
};
use filament_protocol::{FriendRequestId, Timestamp, UserId, UserSummary, rest::Friend};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::{
    load::{count, user},
    row::{Key, blob_key, blob_name, id, key, secs, signed, text, time, unsigned, word},
    sql::{self, one_row},
};

/// A pair of users as it is stored: the lower id first.
fn pair(one: UserId, other: UserId) -> [Key; 2] {
    [key(one.min(other)), key(one.max(other))]
}

const fn kind_column(kind: ImageKind) -> i64 {
    match kind {
        ImageKind::Avatar => 0,
        ImageKind::Banner => 1,
    }
}

// What is read.

/// A profile.
pub(crate) fn profile(connection: &Connection, user_id: UserId) -> Result<Option<StoredProfile>> {
    let read = |row: &Row<'_>| Ok((text(row, 0)?, text(row, 1)?));
    let found = connection.prepare_cached(sql::PROFILE)?.query_row([key(user_id)], read).optional()?;
    let Some((username, about)) = found else {
        return Ok(None);
    };
    Ok(Some(StoredProfile {
        user_id,
        username,
        about,
        avatar: image(connection, user_id, ImageKind::Avatar)?,
        banner: image(connection, user_id, ImageKind::Banner)?,
    }))
}

/// One of a user's images.
pub(crate) fn image(connection: &Connection, user_id: UserId, kind: ImageKind) -> Result<Option<StoredImage>> {
    let read = |row: &Row<'_>| {
        let (version, media) = (unsigned(row, 0)?, word(row, 1, ImageType::from_name)?);
        Ok(StoredImage { version, media, blob: blob_name(row, 2)? })
    };
    connection.prepare_cached(sql::IMAGE)?.query_row((key(user_id), kind_column(kind)), read).optional()
}

/// Those of some files that an image has.
pub(crate) fn named_images(connection: &Connection, names: Vec<BlobName>) -> Result<Vec<BlobName>> {
    let mut statement = connection.prepare_cached(sql::IMAGE_NAMED)?;
    let mut named = Vec::new();
    for name in names {
        if statement.exists([blob_key(name)])? {
            named.push(name);
        }
    }
    Ok(named)
}

/// A user as a lookup shows it.
pub(crate) fn summary(connection: &Connection, user_id: UserId) -> Result<Option<UserSummary>> {
    let read = |row: &Row<'_>| Ok(UserSummary { user_id, username: text(row, 0)?, avatar_version: unsigned(row, 1)? });
    connection.prepare_cached(sql::USER_SUMMARY)?.query_row([key(user_id)], read).optional()
}

/// Where those are who hear of a user.
pub(crate) fn peers(connection: &Connection, user_id: UserId) -> Result<Peers> {
    let mut statement = connection.prepare_cached(sql::GUILD_IDS_OF)?;
    let guild_ids = statement.query_map([key(user_id)], |row| id(row, 0))?.collect::<Result<Vec<_>>>()?;
    let mut peers =
        Peers { guild_ids, friend_ids: friend_rows(connection, user_id)?.into_iter().map(|row| row.0).collect() };
    peers.guild_ids.sort_unstable();
    peers.friend_ids.sort_unstable();
    Ok(peers)
}

/// Since when two users are friends.
pub(crate) fn friends_since(connection: &Connection, one: UserId, other: UserId) -> Result<Option<Timestamp>> {
    connection.prepare_cached(sql::FRIENDSHIP)?.query_row(pair(one, other), |row| time(row, 0)).optional()
}

/// How many friends a user has.
pub(crate) fn friend_count(connection: &Connection, user_id: UserId) -> Result<u64> {
    count(connection, sql::FRIEND_COUNT, [key(user_id)])
}

/// The friends of a user.
pub(crate) fn friends(connection: &Connection, user_id: UserId) -> Result<Vec<Friend>> {
    let mut friends = Vec::new();
    for (friend_id, created_at_unix) in friend_rows(connection, user_id)? {
        if let Some(User { user_id, username }) = user(connection, friend_id)? {
            friends.push(Friend { user_id, username, created_at_unix });
        }
    }
    Ok(friends)
}

fn friend_rows(connection: &Connection, user_id: UserId) -> Result<Vec<(UserId, Timestamp)>> {
    let mut statement = connection.prepare_cached(sql::FRIENDS)?;
    statement.query_map([key(user_id)], |row| Ok((id(row, 0)?, time(row, 1)?)))?.collect()
}

/// A pending request, with what accepting it depends on.
pub(crate) fn pending_request(
    connection: &Connection,
    request_id: FriendRequestId,
) -> Result<Option<PendingFriendRequest>> {
    let found = connection.prepare_cached(sql::FRIEND_REQUEST)?.query_row([key(request_id)], request_row).optional()?;
    let Some(request) = found else {
        return Ok(None);
    };
    let sender_friends = friend_count(connection, request.sender.user_id)?;
    let most_friends = sender_friends.max(friend_count(connection, request.recipient.user_id)?);
    Ok(Some(PendingFriendRequest { request, most_friends }))
}

/// Whether a request between two users is pending.
pub(crate) fn is_request_pending(connection: &Connection, one: UserId, other: UserId) -> Result<bool> {
    connection.prepare_cached(sql::FRIEND_REQUEST_BETWEEN)?.exists(pair(one, other))
}

/// The pending requests to a user and of a user, newest first.
pub(crate) fn requests(
    connection: &Connection,
    user_id: UserId,
) -> Result<(Vec<StoredFriendRequest>, Vec<StoredFriendRequest>)> {
    let read = |sql| -> Result<Vec<StoredFriendRequest>> {
        connection.prepare_cached(sql)?.query_map([key(user_id)], request_row)?.collect()
    };
    Ok((read(sql::FRIEND_REQUESTS_IN)?, read(sql::FRIEND_REQUESTS_OUT)?))
}

fn request_row(row: &Row<'_>) -> Result<StoredFriendRequest> {
    Ok(StoredFriendRequest {
        request_id: id(row, 0)?,
        sender: User { user_id: id(row, 1)?, username: text(row, 2)? },
        recipient: User { user_id: id(row, 3)?, username: text(row, 4)? },
        created_at: time(row, 5)?,
    })
}

// What is written.

/// Writes another name or about text.
pub(crate) fn update_profile(connection: &Connection, change: &ProfileChange) -> Result<()> {
    let user_id = key(change.user_id);
    if let Some(username) = &change.username {
        one_row(connection, sql::USER_RENAME, (user_id, username.as_str()))?;
    }
    if let Some(about) = &change.about {
        one_row(connection, sql::ABOUT_PUT, (user_id, about.as_str()))?;
    }
    Ok(())
}

/// Names other bytes as a user's image.
pub(crate) fn set_image(connection: &Connection, change: &ImageChange) -> Result<()> {
    let StoredImage { version, media, blob } = change.image;
    let columns = (key(change.user_id), kind_column(change.kind), signed(version), media.name(), blob_key(blob));
    one_row(connection, sql::IMAGE_PUT, columns)
}

/// Writes a request.
pub(crate) fn add_request(connection: &Connection, request: &StoredFriendRequest) -> Result<()> {
    let StoredFriendRequest { request_id, sender, recipient, created_at } = request;
    let columns = (key(*request_id), key(sender.user_id), key(recipient.user_id), secs(*created_at));
    one_row(connection, sql::FRIEND_REQUEST_ADD, columns)
}

/// Makes a friendship of a request.
pub(crate) fn accept_request(connection: &Connection, request: &StoredFriendRequest, at: Timestamp) -> Result<()> {
    remove_request(connection, request.request_id)?;
    let [low, high] = pair(request.sender.user_id, request.recipient.user_id);
    one_row(connection, sql::FRIENDSHIP_ADD, (low, high, secs(at)))
}

/// Removes a request.
pub(crate) fn remove_request(connection: &Connection, request_id: FriendRequestId) -> Result<()> {
    one_row(connection, sql::FRIEND_REQUEST_REMOVE, [key(request_id)])
}

/// Removes a friendship.
pub(crate) fn end_friendship(connection: &Connection, end: &FriendshipEnd) -> Result<()> {
    let columns = pair(end.actor_user_id, end.friend_user_id);
    one_row(connection, sql::FRIENDSHIP_REMOVE, columns)
}
