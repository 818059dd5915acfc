//! Reactions as a viewer sees them: bytewise by emoji, reactors ascending and within the bounds of `Reaction` (contract §4.1).

use filament_core::limits::{REACTORS_PER_MESSAGE_MAX, REACTORS_SHOWN_MAX};
use filament_protocol::{ChannelId, Emoji, MessageId, Reaction, UserId};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::{
    limits::REACTORS_SCANNED_MAX,
    row::{id, key, small, text},
    sql,
};

/// How many users reacted with an emoji to a message.
pub(crate) struct Count {
    message_id: MessageId,
    pub(crate) emoji: Emoji,
    pub(crate) count: u32,
}

/// The reactions of one message whose channel is not known.
pub(crate) fn of_message(connection: &Connection, message_id: MessageId, viewer: UserId) -> Result<Vec<Reaction>> {
    let Some(channel_id) = channel_of(connection, message_id)? else {
        return Ok(Vec::new());
    };
    let reactions = between(connection, channel_id, (message_id, message_id), viewer)?;
    Ok(reactions.into_iter().map(|(_, reaction)| reaction).collect())
}

/// The counts of one message whose channel is not known.
pub(crate) fn counts_of_message(connection: &Connection, message_id: MessageId) -> Result<Vec<Count>> {
    match channel_of(connection, message_id)? {
        Some(channel_id) => counts_between(connection, channel_id, (message_id, message_id)),
        None => Ok(Vec::new()),
    }
}

/// The reactions of all messages of a channel from the first id to the second, by message.
pub(crate) fn between(
    connection: &Connection,
    channel_id: ChannelId,
    range: (MessageId, MessageId),
    viewer: UserId,
) -> Result<Vec<(MessageId, Reaction)>> {
    let counts = counts_between(connection, channel_id, range)?;
    let reactors: u64 = counts.iter().map(|count| u64::from(count.count)).sum();
    let unfilled = |Count { message_id, emoji, count }| {
        (message_id, Reaction { emoji, count, reacted_by_me: false, reactor_user_ids: Vec::new() })
    };
    let mut reactions: Vec<(MessageId, Reaction)> = counts.into_iter().map(unfilled).collect();
    if reactors <= REACTORS_SCANNED_MAX {
        scan_all(connection, channel_id, range, viewer, &mut reactions)?;
    } else {
        ask_each(connection, viewer, &mut reactions)?;
    }
    Ok(reactions)
}

/// Fills in the reactors of a page emoji by emoji, so that a message everybody reacted to costs no more than what is shown of it.
fn ask_each(connection: &Connection, viewer: UserId, reactions: &mut [(MessageId, Reaction)]) -> Result<()> {
    let mut left = Left::default();
    for (message_id, reaction) in reactions {
        let shown_max = left.of(*message_id);
        reaction.reactor_user_ids = lowest(connection, *message_id, &reaction.emoji, shown_max)?;
        left.take(reaction.reactor_user_ids.len());
        reaction.reacted_by_me = reaction.reactor_user_ids.binary_search(&viewer).is_ok()
            || held(connection, *message_id, &reaction.emoji, viewer)?;
    }
    Ok(())
}

/// Fills in the reactors of a page with one statement: reading them all is cheaper than asking for each emoji, if they are few.
fn scan_all(
    connection: &Connection,
    channel_id: ChannelId,
    (oldest, newest): (MessageId, MessageId),
    viewer: UserId,
    reactions: &mut [(MessageId, Reaction)],
) -> Result<()> {
    if reactions.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(sql::REACTORS_BETWEEN)?;
    let mut rows = statement.query([key(channel_id), key(oldest), key(newest)])?;
    let (mut next, mut left) = (0, Left::default());
    while let Some(row) = rows.next()? {
        let message_id: MessageId = id(row, 0)?;
        let emoji = row.get_ref(1)?.as_str()?;
        // Both come by message and emoji: what does not fit any more is behind.
        while reactions
            .get(next)
            .is_some_and(|(other, reaction)| *other != message_id || reaction.emoji.as_str() != emoji)
        {
            next += 1;
        }
        let Some((_, reaction)) = reactions.get_mut(next) else { break };
        let user_id = id(row, 2)?;
        reaction.reacted_by_me |= user_id == viewer;
        if reaction.reactor_user_ids.len() < REACTORS_SHOWN_MAX && left.of(message_id) > 0 {
            reaction.reactor_user_ids.push(user_id);
            left.take(1);
        }
    }
    Ok(())
}

/// How many more reactors the message at hand may show.
struct Left {
    message_id: Option<MessageId>,
    reactors: usize,
}

impl Default for Left {
    fn default() -> Self {
        Self { message_id: None, reactors: REACTORS_PER_MESSAGE_MAX }
    }
}

impl Left {
    /// For one emoji of the message.
    fn of(&mut self, message_id: MessageId) -> usize {
        if self.message_id != Some(message_id) {
            *self = Self { message_id: Some(message_id), reactors: REACTORS_PER_MESSAGE_MAX };
        }
        self.reactors.min(REACTORS_SHOWN_MAX)
    }

    fn take(&mut self, reactors: usize) {
        self.reactors -= reactors;
    }
}

/// The lowest ids among the reactors of one emoji, ascending.
pub(crate) fn lowest(
    connection: &Connection,
    message_id: MessageId,
    emoji: &Emoji,
    reactors_max: usize,
) -> Result<Vec<UserId>> {
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

fn channel_of(connection: &Connection, message_id: MessageId) -> Result<Option<ChannelId>> {
    connection.prepare_cached(sql::REACTION_CHANNEL)?.query_row([key(message_id)], |row| id(row, 0)).optional()
}

fn counts_between(
    connection: &Connection,
    channel_id: ChannelId,
    (oldest, newest): (MessageId, MessageId),
) -> Result<Vec<Count>> {
    let mut statement = connection.prepare_cached(sql::REACTION_COUNTS)?;
    let rows = statement.query_map([key(channel_id), key(oldest), key(newest)], |row| {
        Ok(Count { message_id: id(row, 0)?, emoji: text(row, 1)?, count: small(row, 2)? })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use filament_protocol::Id;
    use rusqlite::params;

    use super::*;

    type Stored = BTreeMap<(u128, &'static str), Vec<u128>>;

    fn database(stored: &Stored) -> Connection {
        let mut connection = Connection::open_in_memory().expect("opens");
        crate::migrate::migrate(&mut connection, &crate::StoreConfig::new("unused")).expect("migrates");
        connection.pragma_update(None, "foreign_keys", false).expect("settable");
        let bytes = |id: u128| id.to_be_bytes();
        for ((message_id, emoji), users) in stored {
            let count = params![bytes(7), bytes(*message_id), emoji, users.len() as i64];
            connection.execute(sql::REACTION_COUNT_PUT, count).expect("writable");
            for user_id in users {
                connection
                    .execute(sql::REACTION_ADD, params![bytes(*message_id), emoji, bytes(*user_id), bytes(7)])
                    .expect("writable");
            }
        }
        connection
    }

    fn expected(stored: &Stored, viewer: u128) -> Vec<(MessageId, Reaction)> {
        let mut shown: BTreeMap<u128, usize> = BTreeMap::new();
        let reaction = |((message_id, emoji), users): (&(u128, &'static str), &Vec<u128>)| {
            let shown = shown.entry(*message_id).or_default();
            let mut lowest = users.clone();
            lowest.sort_unstable();
            lowest.truncate(32.min(256 - *shown));
            *shown += lowest.len();
            let reaction = Reaction {
                emoji: emoji.parse().expect("an emoji"),
                count: u32::try_from(users.len()).expect("few"),
                reacted_by_me: users.contains(&viewer),
                reactor_user_ids: lowest.into_iter().map(Id::from_u128).collect(),
            };
            (Id::from_u128(*message_id), reaction)
        };
        stored.iter().map(reaction).collect()
    }

    #[test]
    fn both_ways_of_reading_reactors_agree_with_the_rule() {
        let everybody: Vec<u128> = (100..200).rev().collect();
        let mut stored = Stored::from([((1, "a"), vec![150, 3]), ((1, "é"), vec![9]), ((2, "👍"), everybody.clone())]);
        for emoji in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] {
            stored.insert((3, emoji), everybody.clone());
        }
        stored.insert((4, "z"), vec![150]);
        let connection = database(&stored);
        let range = (Id::from_u128(1), Id::from_u128(4));
        for viewer in [150, 199, 9, 1] {
            let wanted = expected(&stored, viewer);
            let unfilled = || {
                let empty = wanted.iter().cloned().map(|(message_id, reaction)| {
                    (message_id, Reaction { reacted_by_me: false, reactor_user_ids: vec![], ..reaction })
                });
                empty.collect::<Vec<_>>()
            };
            let viewer = Id::from_u128(viewer);
            let (mut scanned, mut asked) = (unfilled(), unfilled());
            scan_all(&connection, Id::from_u128(7), range, viewer, &mut scanned).expect("readable");
            ask_each(&connection, viewer, &mut asked).expect("readable");
            assert_eq!(scanned, wanted);
            assert_eq!(asked, wanted);
            assert_eq!(between(&connection, Id::from_u128(7), range, viewer).expect("readable"), wanted);
            let of_third = of_message(&connection, Id::from_u128(3), viewer).expect("readable");
            assert_eq!(
                of_third,
                wanted.iter().filter(|(id, _)| id.as_u128() == 3).map(|(_, own)| own.clone()).collect::<Vec<_>>()
            );
        }
        assert!(of_message(&connection, Id::from_u128(5), Id::from_u128(1)).expect("readable").is_empty());
    }
}
