//! What is wrong with the entries of a channel, and putting it right.
//!
//! Looking is a reader's work, in one snapshot: every word of every entry is counted for, every word of every message against, each as a hash
//! in one of a few thousand sums. Sums that are not zero hold what differs; only their entries are then looked at one by one. So a sound
//! channel costs one walk over index and messages and no memory to speak of, however large it is. What the messages' words are is asked of
//! the same tokenizer, on a table in memory.
//!
//! Repairing is the writer's, some entries per transaction. It trusts of the snapshot only what it found in the index; what an entry has to
//! say is what the message says by then.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use filament_protocol::ChannelId;
use rusqlite::{Connection, OptionalExtension, Result, Transaction};

use super::{
    entries::Place,
    words::{range, tag, tagged},
};
use crate::{
    limits::{COMPARED_MESSAGES, COMPARED_SUMS, FAULTY_WORDS_MAX},
    row::{Key, id, key},
    sql,
};

/// An entry that is not what it should be: there without a message, missing, or with other words.
#[derive(Debug)]
pub(crate) struct Fault {
    place: Place,
    /// The words found in the index.
    words: Vec<String>,
}

/// What was found, and whether there may be more.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) faults: Vec<Fault>,
    pub(crate) more: bool,
}

/// Looks for entries of a channel that differ from its messages.
pub(crate) fn faults(connection: &Connection, channel_id: ChannelId) -> Result<Faults> {
    let mut sums = vec![Sum::default(); COMPARED_SUMS];
    walk_entries(connection, channel_id, |word| {
        let sum = &mut sums[word.sum()];
        sum.difference = sum.difference.wrapping_add(word.hash());
        sum.words += 1;
    })?;
    walk_messages(connection, channel_id, |word| {
        let sum = &mut sums[word.sum()];
        sum.difference = sum.difference.wrapping_sub(word.hash());
        sum.words += 1;
    })?;
    let mut left = FAULTY_WORDS_MAX;
    let mut more = false;
    let is_looked_at: Vec<bool> = sums.iter().map(|sum| sum.is_next(&mut left, &mut more)).collect();
    if !is_looked_at.contains(&true) {
        return Ok(Faults::default());
    }
    let mut entries: BTreeMap<Place, (u64, Vec<String>)> = BTreeMap::new();
    walk_entries(connection, channel_id, |word| {
        if is_looked_at[word.sum()] {
            let (difference, words) = entries.entry(word.place).or_default();
            *difference = difference.wrapping_add(word.hash());
            words.push(word.text.to_owned());
        }
    })?;
    walk_messages(connection, channel_id, |word| {
        if is_looked_at[word.sum()] {
            let (difference, _) = entries.entry(word.place).or_default();
            *difference = difference.wrapping_sub(word.hash());
        }
    })?;
    let differing = entries.into_iter().filter(|(_, (difference, _))| *difference != 0);
    Ok(Faults { faults: differing.map(|(place, (_, words))| Fault { place, words }).collect(), more })
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    difference: u64,
    words: usize,
}

impl Sum {
    /// Whether its entries are to be looked at in this round: if they differ and there is room for their words, at least for the first.
    fn is_next(&self, left: &mut usize, more: &mut bool) -> bool {
        if self.difference == 0 {
            return false;
        }
        let fits = *left == FAULTY_WORDS_MAX || self.words <= *left;
        *left = if fits { left.saturating_sub(self.words) } else { 0 };
        *more |= !fits;
        fits
    }
}

/// A word of a message or an entry, and where it stands in it.
struct Word<'a> {
    text: &'a str,
    place: Place,
    offset: i64,
}

impl Word<'_> {
    fn sum(&self) -> usize {
        usize::try_from(self.place.rem_euclid(COMPARED_SUMS as i64)).unwrap_or(0)
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.text, self.place, self.offset).hash(&mut hasher);
        hasher.finish()
    }
}

/// Every word that the index has of a channel.
fn walk_entries(connection: &Connection, channel_id: ChannelId, each: impl FnMut(Word<'_>)) -> Result<()> {
    let (first, beyond) = range(channel_id);
    walk(connection, sql::ENTRY_WORDS, (&first, &beyond), each)
}

fn walk(
    connection: &Connection,
    sql: &str,
    (first, beyond): (&str, &str),
    mut each: impl FnMut(Word<'_>),
) -> Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((first, beyond))?;
    while let Some(row) = rows.next()? {
        each(Word { text: row.get_ref(0)?.as_str()?, place: row.get(1)?, offset: row.get(2)? });
    }
    Ok(())
}

const TOKENIZER: &str = "CREATE VIRTUAL TABLE message_search USING
        fts5(text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE message_search_words USING fts5vocab('message_search', 'instance');";

/// Every word that the index should have of a channel.
fn walk_messages(connection: &Connection, channel_id: ChannelId, mut each: impl FnMut(Word<'_>)) -> Result<()> {
    let tokenizer = Connection::open_in_memory()?;
    tokenizer.execute_batch(TOKENIZER)?;
    let mut last: Key = [0; 16];
    loop {
        let mut count = 0;
        let batch = tokenizer.unchecked_transaction()?;
        {
            let mut add = batch.prepare_cached(sql::ENTRY_ADD)?;
            let mut messages = connection.prepare_cached(sql::TEXTS_AFTER)?;
            let mut rows = messages.query((key(channel_id), last, COMPARED_MESSAGES))?;
            while let Some(row) = rows.next()? {
                last = row.get(0)?;
                add.execute((row.get::<_, Place>(1)?, tagged(channel_id, row.get_ref(2)?.as_str()?)))?;
                count += 1;
            }
        }
        walk_entries(&batch, channel_id, &mut each)?;
        batch.prepare_cached(sql::ENTRIES_CLEAR)?.execute(())?;
        batch.commit()?;
        if count < COMPARED_MESSAGES {
            return Ok(());
        }
    }
}

/// Puts entries right: how many messages were put into the index, and how many entries without a message were taken out.
pub(crate) fn repair(transaction: &Transaction<'_>, channel_id: ChannelId, faults: &[Fault]) -> Result<(u64, u64)> {
    let mut add = transaction.prepare_cached(sql::ENTRY_ADD)?;
    let mut remove = transaction.prepare_cached(sql::ENTRY_REMOVE)?;
    let found =
        || faults.iter().filter(|fault| !fault.words.is_empty()).map(|fault| (fault.place, fault.words.join(" ")));
    // FTS5 keeps count of all words and refuses to take out more than were put in. What is taken out here may never have been put in by
    // way of a message, so it is put in first: that changes nothing but the count.
    for entry in found() {
        add.execute(entry)?;
    }
    for entry in found() {
        remove.execute(entry)?;
    }
    let (mut upserted, mut deleted) = (0, 0);
    let mut text = transaction.prepare_cached(sql::TEXT_AT)?;
    for fault in faults {
        let says: Option<String> = text.query_row((fault.place, key(channel_id)), |row| row.get(0)).optional()?;
        let Some(says) = says else {
            deleted += 1;
            continue;
        };
        let tagged = tagged(channel_id, &says);
        if !tagged.is_empty() {
            add.execute((fault.place, tagged))?;
        }
        upserted += 1;
    }
    Ok((upserted, deleted))
}

/// Writes the entries of some messages of a channel anew, those after an id; the last of them, nothing at the end. What is added a second
/// time takes the place of what was there.
pub(crate) fn refresh(
    transaction: &Transaction<'_>,
    channel_id: ChannelId,
    after: Key,
    rows_max: u32,
) -> Result<Option<Key>> {
    let mut add = transaction.prepare_cached(sql::ENTRY_ADD)?;
    let mut messages = transaction.prepare_cached(sql::TEXTS_AFTER)?;
    let mut rows = messages.query((key(channel_id), after, rows_max))?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        let tagged = tagged(channel_id, row.get_ref(2)?.as_str()?);
        if !tagged.is_empty() {
            add.execute((row.get::<_, Place>(1)?, tagged))?;
        }
    }
    Ok(last)
}

/// What is wrong with the whole index, as text for people.
pub(crate) fn findings(connection: &Connection) -> Result<Vec<String>> {
    let ids = |sql| -> Result<Vec<ChannelId>> { connection.prepare(sql)?.query_map((), |row| id(row, 0))?.collect() };
    let channels = ids(sql::CHECK_CHANNELS)?;
    let mut findings = Vec::new();
    for channel_id in &channels {
        let wrong = faults(connection, *channel_id)?.faults.len();
        if wrong > 0 {
            findings
                .push(format!("{wrong} search entries of channel {channel_id} differ from its messages: reconcile"));
        }
    }
    let purged = ids(sql::CHECK_PURGED_CHANNELS)?;
    let tags: Vec<String> =
        channels.iter().chain(&purged).map(|channel_id| format!("\"{}\"", tag(*channel_id))).collect();
    let known = format!("[{}]", tags.join(","));
    let unknown: i64 = connection.query_row(sql::CHECK_TAGS, [known], |row| row.get(0))?;
    if unknown > 0 {
        findings.push(format!("{unknown} deleted channels whose search entries nobody removes"));
    }
    Ok(findings)
}
