//! What the hub, the flush loops and the read side share of one connection: its mailbox, its transport, its sign of life.

use std::{
    hint::black_box,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    clock::Now,
    mailbox::{Ending, Mailbox},
    mode::Mode,
    registry::ConnectionKey,
    transport::TransportWrite,
};

/// One connection. The registry holds it while it is open, the closing list until its socket is done with.
#[derive(Debug)]
#[repr(C)] // what a broadcast looks at lies together
pub(crate) struct Link<W> {
    heard_ms: AtomicU64,
    /// Its place in the registry while it is open.
    pub(crate) key: ConnectionKey,
    /// The flush loop that writes to it.
    pub(crate) shard: u16,
    /// In which form it is told of events.
    pub(crate) mode: Mode,
    pub(crate) transport: W,
    mailbox: Mutex<Mailbox>,
}

impl<W> Link<W> {
    pub(crate) fn new(
        transport: W,
        key: ConnectionKey,
        shard: u16,
        mode: Mode,
        mailbox: Mailbox,
        now: Now,
    ) -> Arc<Self> {
        Arc::new(Self { mailbox: Mutex::new(mailbox), transport, heard_ms: AtomicU64::new(now.ms()), key, shard, mode })
    }

    /// The mailbox. Taken after the hub's lock or without it, never before; held across at most one write of each of some
    /// connections.
    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The mailbox, unless somebody else has it right now.
    #[inline]
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, Mailbox>> {
        match self.mailbox.try_lock() {
            Ok(mailbox) => Some(mailbox),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Has in the cache what a put or a flush looks at first. Called for some links in a row, whose memory is then waited for side by
    /// side and not one after another.
    #[inline]
    pub(crate) fn prefetch(&self) {
        black_box(self.heard_ms.load(Ordering::Relaxed));
    }

    /// Notes an inbound byte.
    pub(crate) fn touch(&self, now: Now) {
        self.heard_ms.store(now.ms(), Ordering::Relaxed);
    }

    /// For how many milliseconds nothing was heard.
    pub(crate) fn silent_ms(&self, now: Now) -> u64 {
        now.ms().saturating_sub(self.heard_ms.load(Ordering::Relaxed))
    }
}

impl<W: TransportWrite> Link<W> {
    /// Whether the peer says something: if not, nothing it should have said is waited for.
    pub(crate) fn talks_back(&self) -> bool {
        self.mode.talks_back() && self.transport.talks_back()
    }

    /// Shuts the transport down as the end asks for, if it came to one.
    pub(crate) fn shut_down(&self, ending: Option<Ending>) {
        match ending {
            Some(Ending::Finish) => self.transport.shutdown(false),
            Some(Ending::Reset) => self.transport.shutdown(true),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registered;

    /// What one idle connection may take in this crate, bytes, allocation overhead and index entries apart.
    const IDLE_CONNECTION_BYTES_MAX: usize = 320;

    #[test]
    fn an_idle_connection_is_small() {
        let counts_of_the_arc = 2 * size_of::<usize>();
        let link = counts_of_the_arc + size_of::<Link<()>>();
        let registered = size_of::<Registered<Arc<Link<()>>>>();
        assert!(link + registered <= IDLE_CONNECTION_BYTES_MAX, "{link} + {registered} bytes");
    }
}
