//! Finding messages: newest first, within the channels the facts allow, for a bounded time (SEA-3, SEA-5).

use std::time::{Duration, Instant};

use filament_core::{Page, StoredMessage, read::MessageSearch};
use filament_protocol::{ChannelId, MessageId};
use rusqlite::{Connection, OptionalExtension, Result};

use super::{entries::Place, words::expression};
use crate::{attachments, limits::SEARCH_STEPS, load::message_row, reactions, row::key, sql};

/// Reads a page of matches among the messages of `channels`.
pub(crate) fn find(connection: &Connection, search: &MessageSearch, channels: &[ChannelId]) -> Result<Page> {
    let wanted = search.search();
    let empty = Page::Messages { messages: Vec::new(), more: false };
    let Some(expression) = expression(&wanted.terms, channels) else { return Ok(empty) };
    let Some(newest) = newest(connection, channels, wanted.before)? else { return Ok(empty) };
    let mut matching = connection.prepare_cached(sql::SEARCH)?;
    let mut places = matching.query((expression, newest))?;
    let mut found: Vec<StoredMessage> = Vec::new();
    let mut more = false;
    while let Some(row) = places.next()? {
        let place: Place = row.get(0)?;
        let message = connection.prepare_cached(sql::MESSAGE_AT)?.query_row([place], message_row).optional()?;
        let Some(message) = message.filter(|message| channels.contains(&message.channel_id)) else {
            tracing::error!(place, "an entry of the search index has no message in its channel; reconcile the index");
            continue;
        };
        if found.len() == usize::from(wanted.limit) {
            more = true;
            break;
        }
        found.push(message);
    }
    let viewer = search.actor().user_id;
    let whole = |mut message: StoredMessage| {
        attachments::fill(connection, std::slice::from_mut(&mut message))?;
        let reactions = reactions::of_message(connection, message.message_id, viewer)?;
        Ok((message, reactions))
    };
    Ok(Page::Messages { messages: found.into_iter().map(whole).collect::<Result<_>>()?, more })
}

/// The place of the newest message of the channels, or of the newest before a cursor. It bounds all of them: places grow with ids.
fn newest(connection: &Connection, channels: &[ChannelId], before: Option<MessageId>) -> Result<Option<Place>> {
    let Some(before) = before else { return Ok(Some(Place::MAX)) };
    let mut statement = connection.prepare_cached(sql::PLACE_BEFORE)?;
    let mut newest = None;
    for channel_id in channels {
        let place = statement.query_row((key(*channel_id), key(before)), |row| row.get(0)).optional()?;
        newest = newest.max(place);
    }
    Ok(newest)
}

/// Stops what a connection does once a time is over. While it lasts; the next one starts anew.
#[derive(Debug)]
pub(crate) struct TimeCap<'a>(&'a Connection);

impl<'a> TimeCap<'a> {
    /// Starts the time.
    pub(crate) fn start(connection: &'a Connection, time: Duration) -> Result<Self> {
        let started = Instant::now();
        connection.progress_handler(SEARCH_STEPS, Some(move || started.elapsed() >= time))?;
        Ok(Self(connection))
    }
}

impl Drop for TimeCap<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.progress_handler(0, None::<fn() -> bool>) {
            tracing::error!(%error, "the time cap of a search stays");
        }
    }
}
