//! The newest entries in memory, for the relay, and the head everybody may wait for.

use std::{
    collections::VecDeque,
    num::NonZeroU16,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use filament_core::{Entry, Position, SealedBody, Seq};
use tokio::sync::watch;

use crate::limits::{TAIL_BYTES_MAX, TAIL_ENTRIES_MAX, TAIL_ENTRY_BYTES};

/// The end of the journal. Written by the writer after each commit.
#[derive(Debug)]
pub(crate) struct Tail {
    epoch: u128,
    head: watch::Sender<Seq>,
    /// The oldest entry of the whole journal.
    oldest: AtomicU64,
    ring: Mutex<Ring>,
}

/// What [`Tail::after`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// These, possibly none at the head.
    Entries(Vec<Arc<Entry>>),
    /// The next entry is older than what is in memory.
    Older,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    entry: Arc<Entry>,
    committed_at: Instant,
}

impl Tail {
    pub(crate) fn new(epoch: u128, oldest: Seq, head: Seq) -> Self {
        Self { epoch, head: watch::Sender::new(head), oldest: AtomicU64::new(oldest), ring: Mutex::default() }
    }

    pub(crate) fn oldest(&self) -> Seq {
        self.oldest.load(Ordering::Acquire)
    }

    /// Notes that older entries are gone from the database.
    pub(crate) fn forget_before(&self, oldest: Seq) {
        self.oldest.store(oldest, Ordering::Release);
    }

    pub(crate) fn head(&self) -> Position {
        Position { epoch: self.epoch, seq: *self.head.borrow() }
    }

    /// Adds committed entries and moves the head, without waking anybody yet: answering the callers comes first.
    pub(crate) fn append(&self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        let committed_at = Instant::now();
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            ring.push(entry, committed_at);
        }
        let newest = ring.entries.back().map(|kept| kept.entry.seq);
        drop(ring);
        if let Some(newest) = newest {
            self.head.send_if_modified(|head| {
                *head = newest;
                false
            });
        }
    }

    /// Wakes who waits for the head to move.
    pub(crate) fn wake(&self) {
        self.head.send_modify(|_| {});
    }

    pub(crate) async fn wait_past(&self, seq: Seq) -> Seq {
        let mut head = self.head.subscribe();
        // The sender lives as long as this borrow, so waiting cannot fail.
        head.wait_for(|head| *head > seq).await.map_or(seq, |head| *head)
    }

    pub(crate) fn after(&self, seq: Seq, entries_max: NonZeroU16) -> Found {
        if seq >= *self.head.borrow() {
            return Found::Entries(Vec::new());
        }
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        match ring.place(seq + 1) {
            Some(skipped) => {
                let wanted = ring.entries.iter().skip(skipped).take(entries_max.get().into());
                Found::Entries(wanted.map(|kept| Arc::clone(&kept.entry)).collect())
            }
            None => Found::Older,
        }
    }

    /// How long ago an entry was appended, if it is in memory.
    pub(crate) fn age(&self, seq: Seq) -> Option<Duration> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = ring.place(seq).and_then(|place| ring.entries.get(place))?;
        Some(kept.committed_at.elapsed())
    }
}

impl Ring {
    fn push(&mut self, entry: Arc<Entry>, committed_at: Instant) {
        self.bytes += weight(&entry);
        self.entries.push_back(Kept { entry, committed_at });
        while self.entries.len() > TAIL_ENTRIES_MAX || self.bytes > TAIL_BYTES_MAX {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= weight(&oldest.entry);
        }
    }

    /// Where an entry would stand, unless it is older than all that are here.
    fn place(&self, seq: Seq) -> Option<usize> {
        let oldest = self.entries.front()?.entry.seq;
        usize::try_from(seq.checked_sub(oldest)?).ok()
    }
}

/// What an entry counts for in byte bounds.
pub(super) fn weight(entry: &Entry) -> usize {
    let bodies = entry.events.iter().map(|event| match &event.body {
        SealedBody::Shared(bytes) => bytes.len(),
        SealedBody::ByAudit { with_actor, without_actor } => with_actor.len() + without_actor.len(),
        SealedBody::OwnRemoval(_) => 0,
        SealedBody::Peers { text, peers } => {
            text.len() + (peers.guild_ids.len() + peers.friend_ids.len()) * size_of::<u128>()
        }
        SealedBody::ChannelOrder(order) => (order.before.len() + order.after.len()) * size_of::<u128>(),
    });
    bodies.sum::<usize>() + TAIL_ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use filament_core::{Audience, SealedEvent};
    use filament_protocol::{EventKind, Id, Timestamp};

    use super::*;

    fn entry(seq: Seq, bytes: usize) -> Arc<Entry> {
        let body = SealedBody::Shared(Bytes::from(vec![b'x'; bytes]));
        let event = SealedEvent {
            kind: EventKind::MessageCreate,
            audience: Audience::User(Id::from_u128(1)),
            plain_only: false,
            body,
        };
        Arc::new(Entry { seq, at: Timestamp::MIN, access: vec![], undo: vec![], events: vec![event] })
    }

    fn seqs(found: Found) -> Option<Vec<Seq>> {
        match found {
            Found::Entries(entries) => Some(entries.iter().map(|entry| entry.seq).collect()),
            Found::Older => None,
        }
    }

    #[test]
    fn tail_serves_what_it_holds_and_says_what_is_older() {
        let tail = Tail::new(7, 1, 10);
        let two = NonZeroU16::new(2).expect("not zero");
        assert_eq!(seqs(tail.after(9, two)), None, "after a restart everything is older");
        tail.append((11..=15).map(|seq| entry(seq, 10)));
        assert_eq!(tail.head(), Position { epoch: 7, seq: 15 });
        assert_eq!(seqs(tail.after(9, two)), None);
        assert_eq!(seqs(tail.after(10, two)), Some(vec![11, 12]));
        assert_eq!(seqs(tail.after(14, two)), Some(vec![15]));
        assert_eq!(seqs(tail.after(15, two)), Some(vec![]));
        assert_eq!(seqs(tail.after(99, two)), Some(vec![]), "nothing is after a position beyond the head");
        assert_eq!((tail.age(10), tail.age(16)), (None, None));
        let first = tail.age(11).expect("in memory");
        tail.append([entry(16, 10)]);
        assert!(tail.age(16).expect("in memory") <= tail.age(15).expect("in memory") && tail.age(11) >= Some(first));
    }

    #[test]
    fn tail_is_bounded_in_entries_and_in_bytes() {
        let mut ring = Ring::default();
        for seq in 1..=TAIL_ENTRIES_MAX as u64 + 3 {
            ring.push(entry(seq, 1), Instant::now());
        }
        assert_eq!((ring.entries.len(), ring.entries[0].entry.seq), (TAIL_ENTRIES_MAX, 4));
        let mut ring = Ring::default();
        for seq in 1..=40 {
            ring.push(entry(seq, 1_000_000), Instant::now());
        }
        assert!(ring.bytes <= TAIL_BYTES_MAX && ring.entries.len() == 16, "{} entries", ring.entries.len());
        assert_eq!(ring.bytes, ring.entries.iter().map(|kept| weight(&kept.entry)).sum::<usize>());
    }
}
