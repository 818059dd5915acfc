//! Pages: the reads that are more than facts, each from the snapshot in which its gate granted.

use filament_core::{Credentials, Page, Query, StoredMessage};
use filament_protocol::{ChannelId, DirectoryQuery, Guild, MessageId, Reaction, UserId, Visibility};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::{
    load::{message_row, user},
    reactions,
    row::{KEY_MAX, id, key, text, word},
    sql,
};

/// Reads a page.
pub(crate) fn page(connection: &Connection, query: Query) -> Result<Page> {
    Ok(match query {
        Query::FactsOnly => Page::FactsOnly,
        Query::Messages { channel_id, before, limit, viewer } => {
            messages(connection, channel_id, before, limit, viewer)?
        }
        Query::GuildsOf(user_id) => Page::Guilds(guilds_of(connection, user_id)?),
        Query::PublicGuilds { text, limit } => Page::Guilds(public_guilds(connection, &text, limit)?),
        Query::Users(user_ids) => {
            let found = user_ids.into_iter().filter_map(|user_id| user(connection, user_id).transpose());
            Page::Users(found.collect::<Result<_>>()?)
        }
        Query::Credentials(username) => {
            let read = |row: &rusqlite::Row<'_>| Ok(Credentials { user_id: id(row, 0)?, password_hash: row.get(1)? });
            Page::Credentials(
                connection.prepare_cached(sql::CREDENTIALS)?.query_row([username.as_str()], read).optional()?,
            )
        }
    })
}

/// One row more than wanted tells whether older ones exist.
fn messages(
    connection: &Connection,
    channel_id: ChannelId,
    before: Option<MessageId>,
    limit: u16,
    viewer: UserId,
) -> Result<Page> {
    let mut statement = connection.prepare_cached(sql::MESSAGES_BEFORE)?;
    let before = before.map_or(KEY_MAX, key);
    let rows = statement.query_map((key(channel_id), before, i64::from(limit) + 1), message_row)?;
    let mut stored = rows.collect::<Result<Vec<_>>>()?;
    let more = stored.len() > usize::from(limit);
    stored.truncate(limit.into());
    Ok(Page::Messages { messages: with_reactions(connection, channel_id, stored, viewer)?, more })
}

fn with_reactions(
    connection: &Connection,
    channel_id: ChannelId,
    stored: Vec<StoredMessage>,
    viewer: UserId,
) -> Result<Vec<(StoredMessage, Vec<Reaction>)>> {
    let (Some(newest), Some(oldest)) = (stored.first(), stored.last()) else {
        return Ok(Vec::new());
    };
    let mut reactions = reactions::between(connection, channel_id, (oldest.message_id, newest.message_id), viewer)?;
    let pair = |message: StoredMessage| {
        // Reactions ascend by message, messages descend: those of this message are at the end.
        let first = reactions.partition_point(|(message_id, _)| *message_id < message.message_id);
        let own = reactions.drain(first..).map(|(_, reaction)| reaction).collect();
        (message, own)
    };
    Ok(stored.into_iter().map(pair).collect())
}

fn guilds_of(connection: &Connection, user_id: UserId) -> Result<Vec<Guild>> {
    let mut statement = connection.prepare_cached(sql::GUILDS_OF)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Guild { guild_id: id(row, 0)?, name: text(row, 1)?, visibility: word(row, 2, Visibility::from_name)? })
    };
    statement.query_map([key(user_id)], read)?.collect()
}

fn public_guilds(connection: &Connection, wanted: &DirectoryQuery, limit: u16) -> Result<Vec<Guild>> {
    let mut statement = connection.prepare_cached(sql::GUILDS_PUBLIC)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Guild { guild_id: id(row, 0)?, name: text(row, 1)?, visibility: Visibility::Public })
    };
    statement.query_map((wanted.to_ascii_lowercase(), limit), read)?.collect()
}
