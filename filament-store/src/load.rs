//! Facts: what a plan needs, read in the transaction or snapshot that the decision or gate belongs to.

use filament_core::{
    Address, Fact, FactPlan, Facts, LiveSessions, Need, ReactionState, Remembered, SessionState, Stamp, StoredMessage,
    User,
    limits::{ADDRESS_MEMORY_SECS, ADDRESSES_PER_USER_MAX, IDEMPOTENCY_SECS, REACTORS_SHOWN_MAX},
};
use filament_protocol::{ChannelId, Emoji, GuildId, IdempotencyKey, MessageId, SessionId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Params, Result, Row};

use crate::{
    attachments,
    graph_cache::GraphSource,
    people, reactions, revisions,
    row::{address, id, key, optional_time, rotations, secs, signed, text, time, unsigned},
    sql,
};

/// Loads every fact of a plan, in its order.
pub(crate) fn facts(
    connection: &Connection,
    graphs: &mut impl GraphSource,
    plan: FactPlan,
    stamp: Stamp,
) -> Result<Facts> {
    let loaded =
        plan.needs().iter().map(|need| fact(connection, graphs, need, stamp.now())).collect::<Result<Vec<_>>>()?;
    Ok(Facts::new(stamp, plan, loaded))
}

fn fact(connection: &Connection, graphs: &mut impl GraphSource, need: &Need, now: Timestamp) -> Result<Fact> {
    Ok(match need {
        Need::Guild(guild_id) => Fact::Guild(graphs.graph(connection, *guild_id)?),
        Need::Member(guild_id, user_id) => Fact::Member(graphs.membership(connection, *guild_id, *user_id)?),
        Need::Owner(guild_id) => Fact::Member(match graphs.graph(connection, *guild_id)? {
            Some(graph) => graphs.membership(connection, *guild_id, graph.owner_id)?,
            None => None,
        }),
        Need::MemberIds(guild_id) => {
            let mut statement = connection.prepare_cached(sql::MEMBER_IDS)?;
            Fact::MemberIds(statement.query_map([key(*guild_id)], |row| id(row, 0))?.collect::<Result<_>>()?)
        }
        Need::MemberCount(guild_id) => Fact::Count(member_count(connection, *guild_id)?),
        Need::GuildCount(user_id) => Fact::Count(count(connection, sql::MEMBER_OF_COUNT, [key(*user_id)])?),
        Need::GuildsCreated(user_id) => Fact::Count(count(connection, sql::GUILDS_CREATED, [key(*user_id)])?),
        Need::AccessRevision(user_id) => Fact::Count(revisions::of(connection, *user_id)?),
        Need::Ban(guild_id, user_id) => {
            Fact::Flag(connection.prepare_cached(sql::BANNED)?.exists([key(*guild_id), key(*user_id)])?)
        }
        Need::LastAddressHit(guild_id, user_id, surface) => {
            let mut statement = connection.prepare_cached(sql::AUDIT_LAST_HIT)?;
            Fact::Time(
                statement.query_row((key(*guild_id), key(*user_id), surface.name()), |row| optional_time(row, 0))?,
            )
        }
        Need::Addresses(user_id) => Fact::Addresses(addresses(connection, *user_id, now)?),
        Need::AddressSeen(user_id, seen) => {
            let mut statement = connection.prepare_cached(sql::ADDRESS_SEEN)?;
            let columns = (key(*user_id), seen.bits().to_be_bytes());
            Fact::Time(statement.query_row(columns, |row| time(row, 0)).optional()?)
        }
        Need::LastRefusal(guild_id, user_id, action) => {
            let mut statement = connection.prepare_cached(sql::AUDIT_LAST_REFUSAL)?;
            Fact::Time(
                statement.query_row((key(*guild_id), key(*user_id), action.name()), |row| optional_time(row, 0))?,
            )
        }
        Need::User(user_id) => Fact::User(user(connection, *user_id)?),
        Need::Username(name) => {
            Fact::User(connection.prepare_cached(sql::USER_BY_NAME)?.query_row([name.as_str()], user_row).optional()?)
        }
        Need::Profile(user_id) => Fact::Profile(people::profile(connection, *user_id)?),
        Need::Peers(user_id) => Fact::Peers(people::peers(connection, *user_id)?),
        Need::Friendship(one, other) => Fact::Time(people::friends_since(connection, *one, *other)?),
        Need::FriendCount(user_id) => Fact::Count(people::friend_count(connection, *user_id)?),
        Need::FriendRequest(request_id) => Fact::FriendRequest(people::pending_request(connection, *request_id)?),
        Need::FriendRequestBetween(one, other) => Fact::Flag(people::is_request_pending(connection, *one, *other)?),
        Need::IncomingFriendRequests(user_id) => {
            Fact::Count(count(connection, sql::FRIEND_REQUESTS_IN_COUNT, [key(*user_id)])?)
        }
        Need::OutgoingFriendRequests(user_id) => {
            Fact::Count(count(connection, sql::FRIEND_REQUESTS_OUT_COUNT, [key(*user_id)])?)
        }
        Need::Message(channel_id, message_id) => Fact::Message(message_of(connection, *channel_id, *message_id)?),
        Need::Reactions(message_id, viewer) => {
            Fact::Reactions(reactions::of_message(connection, *message_id, *viewer)?)
        }
        Need::Reaction(message_id, emoji, user_id) => {
            Fact::Reaction(reaction(connection, *message_id, emoji, *user_id)?)
        }
        Need::Idempotency(user_id, channel_id, idempotency_key) => {
            Fact::Idempotency(remembered(connection, (*user_id, *channel_id, idempotency_key), now)?)
        }
        Need::Attachment(channel_id, attachment_id) => {
            Fact::Attachment(attachments::find(connection, *channel_id, *attachment_id)?.map(Box::new))
        }
        Need::AttachmentMessage(channel_id, attachment_id) => {
            Fact::Message(attachments::carrier(connection, *channel_id, *attachment_id)?)
        }
        Need::AttachmentBytes(user_id) => Fact::Count(attachments::bytes_of(connection, *user_id)?),
        Need::Session(session_id) => Fact::Session(session(connection, *session_id)?),
        Need::LiveSessions(user_id) => Fact::LiveSessions(live_sessions(connection, *user_id, now)?),
    })
}

/// A user by id.
pub(crate) fn user(connection: &Connection, user_id: UserId) -> Result<Option<User>> {
    connection.prepare_cached(sql::USER)?.query_row([key(user_id)], user_row).optional()
}

/// A session, ended ones included.
pub(crate) fn session(connection: &Connection, session_id: SessionId) -> Result<Option<SessionState>> {
    let read = |row: &Row<'_>| {
        Ok(SessionState {
            session_id,
            user_id: id(row, 0)?,
            generation: row.get(1)?,
            rotations: rotations(row, 2)?,
            expires_at: time(row, 3)?,
            token_expires_at: time(row, 4)?,
            ended: optional_time(row, 5)?.is_some(),
        })
    };
    connection.prepare_cached(sql::SESSION)?.query_row([key(session_id)], read).optional()
}

/// A message from a row of the columns that `MESSAGE` and `MESSAGES_BEFORE` share; what it carries is added by `attachments::fill`.
pub(crate) fn message_row(row: &Row<'_>) -> Result<StoredMessage> {
    Ok(StoredMessage {
        guild_id: id(row, 0)?,
        channel_id: id(row, 1)?,
        message_id: id(row, 2)?,
        author_id: id(row, 3)?,
        content: text(row, 4)?,
        attachments: Vec::new(),
        created_at: time(row, 5)?,
        edited_at: optional_time(row, 6)?,
    })
}

/// A message with what it carries.
pub(crate) fn message_of(
    connection: &Connection,
    channel_id: ChannelId,
    message_id: MessageId,
) -> Result<Option<StoredMessage>> {
    let mut statement = connection.prepare_cached(sql::MESSAGE)?;
    let mut found = statement.query_row([key(channel_id), key(message_id)], message_row).optional()?;
    attachments::fill(connection, found.as_mut_slice())?;
    Ok(found)
}

fn addresses(connection: &Connection, user_id: UserId, now: Timestamp) -> Result<Vec<Address>> {
    let mut statement = connection.prepare_cached(sql::ADDRESSES_OF)?;
    let too_old = secs(now).saturating_sub(signed(ADDRESS_MEMORY_SECS));
    let rows =
        statement.query_map((key(user_id), too_old, signed(ADDRESSES_PER_USER_MAX as u64)), |row| address(row, 0))?;
    rows.collect()
}

fn user_row(row: &Row<'_>) -> Result<User> {
    Ok(User { user_id: id(row, 0)?, username: text(row, 1)? })
}

/// A number that a statement counts.
pub(crate) fn count(connection: &Connection, sql: &str, params: impl Params) -> Result<u64> {
    connection.prepare_cached(sql)?.query_row(params, |row| unsigned(row, 0))
}

fn member_count(connection: &Connection, guild_id: GuildId) -> Result<u64> {
    let found = connection.prepare_cached(sql::MEMBER_COUNT)?.query_row([key(guild_id)], |row| unsigned(row, 0));
    Ok(found.optional()?.unwrap_or(0))
}

fn reaction(connection: &Connection, message_id: MessageId, emoji: &Emoji, user_id: UserId) -> Result<ReactionState> {
    let counts = reactions::counts_of_message(connection, message_id)?;
    let count = counts.iter().find(|other| other.emoji == *emoji).map_or(0, |found| found.count);
    if count == 0 {
        return Ok(ReactionState { distinct_emoji: distinct(counts.len()), ..ReactionState::default() });
    }
    Ok(ReactionState {
        held: reactions::held(connection, message_id, emoji, user_id)?,
        count,
        distinct_emoji: distinct(counts.len()),
        lowest_reactors: reactions::lowest(connection, message_id, emoji, REACTORS_SHOWN_MAX + 1)?,
    })
}

fn distinct(emoji: usize) -> u32 {
    u32::try_from(emoji).unwrap_or(u32::MAX)
}

fn remembered(
    connection: &Connection,
    (user_id, channel_id, idempotency_key): (UserId, ChannelId, &IdempotencyKey),
    now: Timestamp,
) -> Result<Option<Remembered>> {
    let forgotten = signed(now.as_secs().saturating_sub(IDEMPOTENCY_SECS));
    let mut statement = connection.prepare_cached(sql::REMEMBERED)?;
    let found = statement
        .query_row((key(user_id), key(channel_id), idempotency_key.as_str(), forgotten), |row| {
            Ok((id(row, 0)?, row.get(1)?))
        })
        .optional()?;
    let Some((message_id, body)) = found else {
        return Ok(None);
    };
    let message = match message_of(connection, channel_id, message_id)? {
        Some(message) => Some((message, reactions::of_message(connection, message_id, user_id)?)),
        None => None,
    };
    Ok(Some(Remembered { body, message }))
}

fn live_sessions(connection: &Connection, user_id: UserId, now: Timestamp) -> Result<LiveSessions> {
    let mut oldest = connection.prepare_cached(sql::SESSION_LEAST_RECENT)?;
    Ok(LiveSessions {
        count: count(connection, sql::SESSIONS_LIVE, (key(user_id), secs(now)))?,
        least_recently_used: oldest.query_row((key(user_id), secs(now)), |row| id(row, 0)).optional()?,
    })
}
