//! Pages: the reads that are more than facts, each from the snapshot in which its gate granted.

use filament_core::{
    AuditAction, AuditRow, BannedUser, Credentials, ListedAddressBan, Page, Query, StoredMessage, User,
    permission::Membership,
};
use filament_protocol::{
    AuditId, ChannelId, DirectoryQuery, Guild, GuildId, IpBanId, MessageId, Reaction, Timestamp, UserId, Visibility,
};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::{
    attachments, graph_rows,
    load::message_row,
    people, reactions,
    row::{KEY_MAX, id, key, optional_id, optional_text, optional_time, secs, text, time, word},
    sql, stays,
};

/// Reads a page.
pub(crate) fn page(connection: &Connection, query: Query, now: Timestamp) -> Result<Page> {
    Ok(match query {
        Query::Messages { channel_id, before, limit, viewer } => {
            messages(connection, channel_id, before, limit, viewer)?
        }
        // A search needs the facts as well: the store asks `search::find`.
        Query::FactsOnly | Query::Search(_) => Page::FactsOnly,
        Query::GuildsOf(user_id) => Page::Guilds(guilds_of(connection, user_id)?),
        Query::PublicGuilds { text, limit } => Page::Guilds(public_guilds(connection, &text, limit)?),
        Query::Users(user_ids) => {
            let found = user_ids.into_iter().filter_map(|user_id| people::summary(connection, user_id).transpose());
            Page::Users(found.collect::<Result<_>>()?)
        }
        Query::Members { guild_id, after, limit } => {
            let (members, more) = members(connection, guild_id, after, limit)?;
            Page::Members { members, more }
        }
        Query::Bans { guild_id, after, limit } => {
            let (bans, more) = bans(connection, guild_id, after, limit)?;
            Page::Bans { bans, more }
        }
        Query::AddressBans { guild_id, before, limit } => {
            let (bans, more) = address_bans(connection, (guild_id, before), limit, now)?;
            Page::AddressBans { bans, more }
        }
        Query::Audit { guild_id, before, actions, limit } => {
            let (rows, more) = audit(connection, guild_id, before, actions.as_deref(), limit)?;
            Page::Audit { rows, more }
        }
        Query::Friends(user_id) => Page::Friends(people::friends(connection, user_id)?),
        Query::FriendRequests(user_id) => {
            let (incoming, outgoing) = people::requests(connection, user_id)?;
            Page::FriendRequests { incoming, outgoing }
        }
        Query::Image(user_id, kind) => Page::Image(people::image(connection, user_id, kind)?),
        Query::Stays => Page::Stays(stays::all(connection)?),
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
    attachments::fill(connection, &mut stored)?;
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

/// The first so many, and whether one more was found.
fn cut<T>(mut rows: Vec<T>, limit: u16) -> (Vec<T>, bool) {
    let more = rows.len() > usize::from(limit);
    rows.truncate(limit.into());
    (rows, more)
}

fn members(
    connection: &Connection,
    guild_id: GuildId,
    after: Option<UserId>,
    limit: u16,
) -> Result<(Vec<Membership>, bool)> {
    let mut statement = connection.prepare_cached(sql::MEMBERS_AFTER)?;
    let after = after.map_or([0; 16], key);
    let rows = statement.query_map((key(guild_id), after, i64::from(limit) + 1), |row| id(row, 0))?;
    let (user_ids, more) = cut(rows.collect::<Result<Vec<UserId>>>()?, limit);
    let found = user_ids.into_iter().map(|user_id| graph_rows::membership(connection, guild_id, user_id));
    Ok((found.filter_map(Result::transpose).collect::<Result<_>>()?, more))
}

fn bans(
    connection: &Connection,
    guild_id: GuildId,
    after: Option<(Timestamp, UserId)>,
    limit: u16,
) -> Result<(Vec<BannedUser>, bool)> {
    let mut statement = connection.prepare_cached(sql::BANS_BEFORE)?;
    let (at, user_id) = after.map_or((i64::MAX, KEY_MAX), |(at, user_id)| (secs(at), key(user_id)));
    let read = |row: &Row<'_>| {
        let user = User { user_id: id(row, 0)?, username: text(row, 1)? };
        Ok(BannedUser { user, banned_at: time(row, 2)?, actor_user_id: id(row, 3)? })
    };
    let rows = statement.query_map((key(guild_id), at, user_id, i64::from(limit) + 1), read)?;
    Ok(cut(rows.collect::<Result<Vec<_>>>()?, limit))
}

fn address_bans(
    connection: &Connection,
    (guild_id, before): (GuildId, Option<IpBanId>),
    limit: u16,
    now: Timestamp,
) -> Result<(Vec<ListedAddressBan>, bool)> {
    let mut statement = connection.prepare_cached(sql::ADDRESS_BANS_BEFORE)?;
    let read = |row: &Row<'_>| {
        Ok(ListedAddressBan {
            ban_id: id(row, 0)?,
            source_user_id: id(row, 1)?,
            reason: optional_text(row, 2)?,
            created_at: time(row, 3)?,
            expires_at: optional_time(row, 4)?,
        })
    };
    let columns = (key(guild_id), before.map_or(KEY_MAX, key), secs(now), i64::from(limit) + 1);
    Ok(cut(statement.query_map(columns, read)?.collect::<Result<Vec<_>>>()?, limit))
}

/// With a choice of actions, the newest rows of each: together they hold the newest of all.
fn audit(
    connection: &Connection,
    guild_id: GuildId,
    before: Option<AuditId>,
    actions: Option<&[AuditAction]>,
    limit: u16,
) -> Result<(Vec<AuditRow>, bool)> {
    let (guild, before, rows_max) = (key(guild_id), before.map_or(KEY_MAX, key), i64::from(limit) + 1);
    let Some(actions) = actions else {
        let mut statement = connection.prepare_cached(sql::AUDIT_BEFORE)?;
        let rows = statement.query_map((guild, before, rows_max), audit_row)?;
        return Ok(cut(rows.collect::<Result<Vec<_>>>()?, limit));
    };
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(sql::AUDIT_OF_ACTION_BEFORE)?;
    for action in actions {
        for row in statement.query_map((guild, action.name(), before, rows_max), audit_row)? {
            found.push(row?);
        }
    }
    found.sort_unstable_by_key(|row| std::cmp::Reverse(row.audit_id));
    Ok(cut(found, limit))
}

fn audit_row(row: &Row<'_>) -> Result<AuditRow> {
    Ok(AuditRow {
        audit_id: id(row, 0)?,
        actor_user_id: id(row, 1)?,
        target_user_id: optional_id(row, 2)?,
        action: word(row, 3, AuditAction::from_name)?,
        created_at: time(row, 4)?,
    })
}
