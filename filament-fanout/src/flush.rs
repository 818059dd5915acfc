//! One flush loop's list of mailboxes that have something to write.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::link::Link;

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
    pub(crate) async fn marked(&self) {
        self.wake.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Link<W>>>> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
