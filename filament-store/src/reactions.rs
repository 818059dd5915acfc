//! Reactions as a viewer sees them: bytewise by emoji, reactors ascending and within the bounds of `Reaction` (contract §4.1).

use filament_core::limits::{REACTORS_PER_MESSAGE_MAX, REACTORS_SHOWN_MAX};
use filament_protocol::{ChannelId, Emoji, MessageId, Reaction, UserId};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::{
    row::{id, key, small, text},
    sql,
};

/// How many users reacted with which emoji to one message, bytewise by emoji.
pub(crate) type Counts = Vec<(Emoji, u32)>;

/// The reactions of one message.
pub(crate) fn of_message(connection: &Connection, message_id: MessageId, viewer: UserId) -> Result<Vec<Reaction>> {
    shown(connection, message_id, counts_of_message(connection, message_id)?, viewer)
}

/// The counts of one message whose channel is not known.
pub(crate) fn counts_of_message(connection: &Connection, message_id: MessageId) -> Result<Counts> {
    let mut statement = connection.prepare_cached(sql::REACTION_CHANNEL)?;
    let Some(channel_id) = statement.query_row([key(message_id)], |row| id(row, 0)).optional()? else {
        return Ok(Counts::new());
    };
    let counts = counts_between(connection, channel_id, message_id, message_id)?;
    Ok(counts.into_iter().map(|(_, emoji, count)| (emoji, count)).collect())
}

/// The counts of all messages of a channel between two ids, both included, by message.
pub(crate) fn counts_between(
    connection: &Connection,
    channel_id: ChannelId,
    oldest: MessageId,
    newest: MessageId,
) -> Result<Vec<(MessageId, Emoji, u32)>> {
    let mut statement = connection.prepare_cached(sql::REACTION_COUNTS)?;
    let rows = statement.query_map([key(channel_id), key(oldest), key(newest)], |row| Ok((id(row, 0)?, text(row, 1)?, small(row, 2)?)))?;
    rows.collect()
}

/// Adds to each count who reacted, as far as the bounds allow, and whether the viewer did.
pub(crate) fn shown(connection: &Connection, message_id: MessageId, counts: Counts, viewer: UserId) -> Result<Vec<Reaction>> {
    let mut left = REACTORS_PER_MESSAGE_MAX;
    let mut reactions = Vec::with_capacity(counts.len());
    for (emoji, count) in counts {
        let reactor_user_ids = lowest(connection, message_id, &emoji, REACTORS_SHOWN_MAX.min(left))?;
        left -= reactor_user_ids.len();
        let all_shown = reactor_user_ids.len() >= count as usize;
        let reacted_by_me =
            reactor_user_ids.binary_search(&viewer).is_ok() || (!all_shown && held(connection, message_id, &emoji, viewer)?);
        reactions.push(Reaction { emoji, count, reacted_by_me, reactor_user_ids });
    }
    Ok(reactions)
}

/// The lowest ids among the reactors of one emoji, ascending.
pub(crate) fn lowest(connection: &Connection, message_id: MessageId, emoji: &Emoji, reactors_max: usize) -> Result<Vec<UserId>> {
    if reactors_max == 0 {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(sql::REACTORS_LOWEST)?;
    let limit = i64::try_from(reactors_max).unwrap_or(i64::MAX);
    statement.query_map((key(message_id), emoji.as_str(), limit), |row| id(row, 0))?.collect()
}

/// Whether the user reacted with the emoji.
pub(crate) fn held(connection: &Connection, message_id: MessageId, emoji: &Emoji, user_id: UserId) -> Result<bool> {
    connection.prepare_cached(sql::REACTION_HELD)?.exists((key(message_id), emoji.as_str(), key(user_id)))
}
