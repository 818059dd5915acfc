//! What time alone brings about: pings, idle and expired and stalled connections, overdue closes (contract §6.6, GW-35).

use std::sync::Arc;

use filament_protocol::{CloseCode, Timestamp};

use crate::{clock::Now, close::Cause, hub::Hub, limits::SWEEP_MS, link::Link, transport::TransportWrite};

const MS_PER_SEC: u64 = 1_000;

impl<W: TransportWrite> Hub<W> {
    /// To be called every [`TICK_MS`](crate::limits::TICK_MS).
    pub(crate) fn tick(&mut self, now: Now) {
        self.end_overdue(now);
        if now.ms() >= self.next_sweep_ms {
            self.next_sweep_ms = now.ms() + SWEEP_MS;
            self.sweep(now);
        }
        self.flush_presence(now);
        self.tick_voice(now);
    }

    /// Resets the sockets of those who did not do their part of the close, and forgets those that are done.
    fn end_overdue(&mut self, now: Now) {
        let stats = Arc::clone(&self.stats);
        self.closing.retain(|link| {
            let mut mailbox = link.lock();
            let ending = mailbox.end_overdue(now, &mut |kind, reason| stats.dropped(kind, reason));
            let is_ended = mailbox.is_ended();
            drop(mailbox);
            link.shut_down(ending);
            !is_ended
        });
        if self.closing.is_empty() {
            self.closing = Vec::new();
        }
    }

    /// Looks at every connection once.
    fn sweep(&mut self, now: Now) {
        let (grace, idle_ms) = (self.config.token_grace_secs, self.config.idle_secs * MS_PER_SEC);
        let mut due: Vec<(Arc<Link<W>>, CloseCode)> = Vec::new();
        for registered in self.registry.iter_mut() {
            let link = &registered.handle;
            let mut mailbox = link.lock();
            let code = if link.silent_ms(now) >= idle_ms && link.talks_back() {
                Some(CloseCode::IdleTimeout)
            } else if is_expired(registered.token_expires_at, grace, now) {
                Some(CloseCode::TokenExpired)
            } else if mailbox.is_stalled(now) {
                Some(CloseCode::SlowConsumer)
            } else {
                None
            };
            if let Some(code) = code {
                due.push((Arc::clone(link), code));
                continue;
            }
            mailbox.trim();
            if now.ms() < registered.next_ping_ms {
                continue;
            }
            registered.next_ping_ms = now.ms() + self.config.ping_ms(link.mode);
            if let Some(ping) = link.transport.ping() {
                let put = mailbox.put_control(ping);
                drop(mailbox);
                self.outbox.note(link, put);
            }
        }
        for (link, code) in due {
            self.end(&link, Cause::Server { code, retry_after_ms: None }, now);
        }
    }
}

/// Whether the newest access token of a session ended longer ago than the grace (GW-42).
fn is_expired(token_expires_at: Timestamp, grace_secs: u64, now: Now) -> bool {
    token_expires_at.plus_secs(grace_secs) <= now.wall
}

#[cfg(test)]
mod tests;
