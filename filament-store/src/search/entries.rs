//! Changes of the index: what a message said before and what it says now.
//!
//! They are gathered while the commands of a group are carried out and written as the last thing before its commit, in one go and in the
//! order of places. FTS5 turns what one go writes into one piece of its index, but begins another at every savepoint and at every step
//! back to an earlier row: written command by command, a group of a hundred messages would be a hundred pieces to be merged again.

use filament_protocol::ChannelId;
use rusqlite::{Connection, Result};

use super::words::tagged;
use crate::sql;

/// Where a message stands among all messages: a number that grows with its id, and its row in the index.
pub(crate) type Place = i64;

/// What a message said and says; nothing before it was written and after it is deleted.
#[derive(Debug)]
struct Change {
    place: Place,
    channel_id: ChannelId,
    before: Option<String>,
    after: Option<String>,
}

/// Changes still to be written.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<Change>);

impl Changes {
    /// A message was written.
    pub(crate) fn added(&mut self, place: Place, channel_id: ChannelId, text: &str) {
        self.0.push(Change { place, channel_id, before: None, after: Some(text.to_owned()) });
    }

    /// A message says something else.
    pub(crate) fn replaced(&mut self, place: Place, channel_id: ChannelId, before: String, text: &str) {
        self.0.push(Change { place, channel_id, before: Some(before), after: Some(text.to_owned()) });
    }

    /// A message was deleted.
    pub(crate) fn removed(&mut self, place: Place, channel_id: ChannelId, before: String) {
        self.0.push(Change { place, channel_id, before: Some(before), after: None });
    }

    /// Writes them to the index and forgets them.
    pub(crate) fn write(&mut self, connection: &Connection) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut remove = connection.prepare_cached(sql::ENTRY_REMOVE)?;
        let mut add = connection.prepare_cached(sql::ENTRY_ADD)?;
        // Stable: changes of one message stay in their order, and only the first text and the last one count.
        self.0.sort_by_key(|change| change.place);
        for changes in self.0.chunk_by(|one, other| one.place == other.place) {
            let (Some(first), Some(last)) = (changes.first(), changes.last()) else { continue };
            if first.before == last.after {
                continue;
            }
            let tagged = |text: &Option<String>| text.as_deref().map(|text| tagged(first.channel_id, text));
            // A text without a word has no entry.
            if let Some(text) = tagged(&first.before).filter(|text| !text.is_empty()) {
                remove.execute((first.place, text))?;
            }
            if let Some(text) = tagged(&last.after).filter(|text| !text.is_empty()) {
                add.execute((first.place, text))?;
            }
        }
        self.0.clear();
        Ok(())
    }
}

/// The writer's changes and the place of the newest message.
#[derive(Debug)]
pub(crate) struct Pending {
    changes: Changes,
    last: Place,
}

/// A point to return to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    changes: usize,
    last: Place,
}

impl Pending {
    /// Continues after the newest message there is.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let last: Option<Place> = connection.query_row(sql::PLACE_LAST, (), |row| row.get(0))?;
        Ok(Self { changes: Changes::default(), last: last.unwrap_or(0) })
    }

    /// The place of a new message: ids ascend in commit order (ORD-6), so places do too.
    pub(crate) const fn next_place(&mut self) -> Place {
        self.last += 1;
        self.last
    }

    /// What is still to be written.
    pub(crate) const fn changes(&mut self) -> &mut Changes {
        &mut self.changes
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark { changes: self.changes.0.len(), last: self.last }
    }

    /// Forgets what came after the mark.
    pub(crate) fn return_to(&mut self, mark: Mark) {
        self.changes.0.truncate(mark.changes);
        self.last = mark.last;
    }
}
