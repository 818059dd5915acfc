//! Writing to the transports: one flush loop, and its list of mailboxes that have something to write.

mod together;

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::{sync::Notify, task::yield_now};

pub(crate) use self::together::Together;
use crate::{
    close::Cause,
    fanout::Shared,
    limits::{FLUSHES_PER_TURN_MAX, FLUSHES_TOGETHER_MAX},
    link::Link,
    mailbox::{Flushed, Writing},
    observe::Tally,
    transport::TransportWrite,
};

/// The mailboxes one flush loop has to write. Bounded by the connections: a mailbox stands in it once, until it is drained.
#[derive(Debug)]
pub(crate) struct Shard<W> {
    dirty: Mutex<Vec<Arc<Link<W>>>>,
    wake: Notify,
}

impl<W> Default for Shard<W> {
    fn default() -> Self {
        Self { dirty: Mutex::default(), wake: Notify::new() }
    }
}

impl<W> Shard<W> {
    /// Adds one mailbox.
    pub(crate) fn mark(&self, link: Arc<Link<W>>) {
        self.lock().push(link);
        self.wake.notify_one();
    }

    /// Adds many, and empties `links`.
    pub(crate) fn mark_all(&self, links: &mut Vec<Arc<Link<W>>>) {
        self.lock().append(links);
        self.wake.notify_one();
    }

    /// Takes what there is into `links`, which is empty.
    pub(crate) fn take(&self, links: &mut Vec<Arc<Link<W>>>) {
        mem::swap(&mut *self.lock(), links);
    }

    /// Waits until something was added since the last wait.
    async fn marked(&self) {
        self.wake.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Link<W>>>> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what is marked in one shard, for ever.
pub(crate) async fn flush_loop<W: TransportWrite>(shared: Arc<Shared<W>>, index: usize) {
    let shard = &shared.shards[index];
    let mut links = Vec::new();
    let mut tally = Tally::default();
    let mut together = Together::default();
    loop {
        shard.marked().await;
        loop {
            shard.take(&mut links);
            if links.is_empty() {
                break;
            }
            let mut turns = links.chunks(FLUSHES_PER_TURN_MAX).peekable();
            while let Some(turn) = turns.next() {
                for some in turn.chunks(FLUSHES_TOGETHER_MAX) {
                    let (position, now) = (*shared.position.borrow(), shared.clock.now());
                    let (bounds, cursors) = (&shared.bounds, &*shared.cursors);
                    let mut writing = Writing { bounds, cursors, position, now, tally: &mut tally };
                    together.flush(some, &mut writing, |link, flushed| follow(&shared, link, flushed));
                }
                if turns.peek().is_some() && together.is_bursting() {
                    thread::yield_now();
                }
                yield_now().await;
            }
            links.clear();
            shared.stats.merge(&mut tally);
        }
        together.forget();
    }
}

fn follow<W: TransportWrite>(shared: &Arc<Shared<W>>, link: &Arc<Link<W>>, flushed: Flushed) {
    match flushed {
        Flushed::Drained => {}
        Flushed::Blocked => {
            tokio::spawn(park(Arc::clone(shared), Arc::clone(link)));
        }
        Flushed::Failed => shared.step(|hub, now| hub.end(link, Cause::Lost, now)),
        Flushed::Ended(ending) => link.shut_down(Some(ending)),
    }
}

/// Waits until a transport takes bytes again. At most one such task per connection: it stays marked meanwhile.
async fn park<W: TransportWrite>(shared: Arc<Shared<W>>, link: Arc<Link<W>>) {
    if link.transport.writable().await.is_ok() {
        shared.shards[usize::from(link.shard)].mark(link);
    } else {
        shared.step(|hub, now| hub.end(&link, Cause::Lost, now));
    }
}
