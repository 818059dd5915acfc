//! Messages, what the search index holds of them, and reactions.

use filament_core::{IdempotencyRecord, ReactionChange, StoredMessage};
use filament_protocol::{ChannelId, MessageId, Timestamp};
use rusqlite::{Connection, Result};

use crate::{
    row::{key, secs},
    search::{Pending, Place},
    sql::{self, one_row},
};

pub(super) fn create_message(
    connection: &Connection,
    index: &mut Pending,
    message: &StoredMessage,
    idempotency: Option<&IdempotencyRecord>,
) -> Result<()> {
    let (channel_id, message_id, author_id) =
        (key(message.channel_id), key(message.message_id), key(message.author_id));
    let created_at = secs(message.created_at);
    let (place, text) = (index.next_place(), message.content.as_str());
    one_row(connection, sql::MESSAGE_ADD, (channel_id, message_id, author_id, text, created_at, place))?;
    index.changes().added(place, message.channel_id, text);
    for attachment in &message.attachments {
        // Finds none that another message carries, so no id is ever bound twice (ATT-1).
        one_row(connection, sql::ATTACHMENT_BIND, (key(attachment.attachment_id), channel_id, author_id, message_id))?;
    }
    match idempotency {
        Some(record) => {
            let columns = (author_id, channel_id, record.key.as_str(), message_id, record.body.as_str(), created_at);
            one_row(connection, sql::REMEMBER, columns)
        }
        None => Ok(()),
    }
}

pub(super) fn edit_message(
    connection: &Connection,
    index: &mut Pending,
    message: &StoredMessage,
    updated_at: Timestamp,
) -> Result<()> {
    let (place, before) = entry(connection, message.channel_id, message.message_id)?;
    let text = message.content.as_str();
    index.changes().replaced(place, message.channel_id, before, text);
    one_row(connection, sql::MESSAGE_EDIT, (key(message.channel_id), key(message.message_id), text, secs(updated_at)))
}

pub(super) fn delete_message(
    connection: &Connection,
    index: &mut Pending,
    channel_id: ChannelId,
    message_id: MessageId,
) -> Result<()> {
    let (place, before) = entry(connection, channel_id, message_id)?;
    index.changes().removed(place, channel_id, before);
    one_row(connection, sql::MESSAGE_REMOVE, [key(channel_id), key(message_id)])
}

/// What the search index holds of a message.
fn entry(connection: &Connection, channel_id: ChannelId, message_id: MessageId) -> Result<(Place, String)> {
    let mut statement = connection.prepare_cached(sql::MESSAGE_TEXT)?;
    statement.query_row([key(channel_id), key(message_id)], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The count stored is the count announced (MSG-1).
pub(super) fn add_reaction(connection: &Connection, change: &ReactionChange) -> Result<()> {
    let (channel_id, message_id, emoji) = (key(change.channel_id), key(change.message_id), change.emoji.as_str());
    one_row(connection, sql::REACTION_COUNT_PUT, (channel_id, message_id, emoji, change.count))?;
    one_row(connection, sql::REACTION_ADD, (message_id, emoji, key(change.user_id), channel_id))
}

pub(super) fn remove_reaction(connection: &Connection, change: &ReactionChange) -> Result<()> {
    let (channel_id, message_id, emoji) = (key(change.channel_id), key(change.message_id), change.emoji.as_str());
    one_row(connection, sql::REACTION_REMOVE, (message_id, emoji, key(change.user_id)))?;
    match change.count {
        0 => one_row(connection, sql::REACTION_COUNT_REMOVE, (channel_id, message_id, emoji)),
        count => one_row(connection, sql::REACTION_COUNT_PUT, (channel_id, message_id, emoji, count)),
    }
}
