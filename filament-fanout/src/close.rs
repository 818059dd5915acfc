//! How a connection ends. Whatever the cause, everything it holds is released at once; only its socket stays until the close
//! frame is taken and answered, or one of the two took too long (GW-35).

use std::sync::Arc;

use filament_core::{AccessChange, Entry, presence::ConnectionEnd};
use filament_protocol::{CloseCode, EventKind, UserId};

use crate::{
    clock::Now,
    hub::Hub,
    limits::{OVERLOADED_RETRY_AFTER_MS_MAX, OVERLOADED_RETRY_AFTER_MS_MIN, RETRY_AFTER_MS_MAX},
    link::Link,
    mode::Mode,
    observe::{DisconnectReason, DropReason},
    transport::TransportWrite,
};

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server closes it.
    Server { code: CloseCode, retry_after_ms: Option<u32> },
    /// The client sent a close frame of that code.
    Client { code: Option<u16> },
    /// The transport ended or failed.
    Lost,
}

impl Cause {
    const fn disconnect_reason(self) -> DisconnectReason {
        match self {
            Self::Server { code, .. } => DisconnectReason::Closed(code),
            Self::Client { .. } => DisconnectReason::ClientClose,
            Self::Lost => DisconnectReason::SocketError,
        }
    }

    /// Which grace presence gives (PRE-3).
    const fn presence_end(self) -> ConnectionEnd {
        match self {
            Self::Client { .. } => ConnectionEnd::Clean,
            Self::Server { code: CloseCode::IdleTimeout | CloseCode::SessionRevoked, .. } => ConnectionEnd::Gone,
            Self::Server { .. } | Self::Lost => ConnectionEnd::Abrupt,
        }
    }
}

impl<W: TransportWrite> Hub<W> {
    /// Ends a connection, or moves its end on if it was decided before: the first cause wins.
    pub(crate) fn end(&mut self, link: &Arc<Link<W>>, cause: Cause, now: Now) {
        if self.release(link, cause, now) {
            self.stats.disconnected(cause.disconnect_reason());
        }
        self.begin_end(link, cause, now);
    }

    /// Closes a connection that does not take what is sent to it (GW-43).
    pub(crate) fn close_slow(&mut self, link: &Arc<Link<W>>, now: Now) {
        self.end(link, Cause::Server { code: CloseCode::SlowConsumer, retry_after_ms: None }, now);
    }

    /// Closes all connections of a user.
    pub(crate) fn close_user(&mut self, user_id: UserId, code: CloseCode, now: Now) {
        let links: Vec<_> = self.registry.handles_of(user_id).map(Arc::clone).collect();
        for link in links {
            self.end(&link, Cause::Server { code, retry_after_ms: None }, now);
        }
    }

    /// Closes every connection.
    pub(crate) fn close_all(&mut self, code: CloseCode, now: Now) {
        let links: Vec<_> = self.registry.iter().map(|registered| Arc::clone(&registered.handle)).collect();
        for link in links {
            self.end(&link, Cause::Server { code, retry_after_ms: None }, now);
        }
    }

    /// Closes those who may see less after an entry that was not applied in time (FEN-5).
    pub(crate) fn close_concerned(&mut self, entry: &Entry, now: Now) {
        let mut users = Vec::new();
        for change in entry.access.iter().filter(|change| change.narrows()) {
            match change {
                AccessChange::MemberLeft { user_id, .. } | AccessChange::SessionEnded { user_id, .. } => {
                    users.push(*user_id);
                }
                AccessChange::MemberRoles { membership, .. } => users.push(membership.user_id),
                AccessChange::Guild(guild_id, _) | AccessChange::GuildDeleted { guild_id, .. } => {
                    users.extend(self.access.members(*guild_id));
                    let subscribed = self.registry.guild_subscriber_keys(*guild_id).iter();
                    users.extend(subscribed.filter_map(|key| self.registry.get(*key)).map(|other| other.user_id));
                }
                AccessChange::GuildCreated(_)
                | AccessChange::MemberJoined { .. }
                | AccessChange::SessionRenewed { .. } => {}
            }
        }
        for user_id in users {
            self.close_user(user_id, CloseCode::ContinuityLost, now);
        }
    }

    /// Stops delivery: nothing that is known can be trusted any more (FEN-6).
    pub(crate) fn go_down(&mut self, now: Now) {
        self.is_down = true;
        self.close_all(CloseCode::ContinuityLost, now);
        self.loads.clear();
        self.suspend_voice();
        self.access.clear();
        self.forget_presence();
        self.shifts_due.clear();
    }

    /// Closes every connection with 1001 and a wait of its own (GW-50). `seed` is a random number.
    pub(crate) fn drain(&mut self, seed: u64, now: Now) {
        self.is_draining = true;
        let links: Vec<_> = self.registry.iter().map(|registered| Arc::clone(&registered.handle)).collect();
        let mut random = seed;
        for link in links {
            random = scramble(random);
            let retry_after_ms = u32::try_from(random % u64::from(RETRY_AFTER_MS_MAX + 1)).unwrap_or(0);
            let cause = Cause::Server { code: CloseCode::GoingAway, retry_after_ms: Some(retry_after_ms) };
            self.end(&link, cause, now);
        }
    }

    /// Takes a connection out of every index. Returns whether it was in them.
    fn release(&mut self, link: &Arc<Link<W>>, cause: Cause, now: Now) -> bool {
        let is_it = |registered: &crate::registry::Registered<Arc<Link<W>>>| Arc::ptr_eq(&registered.handle, link);
        if !self.registry.get(link.key).is_some_and(is_it) {
            return false;
        }
        let Some((registered, subscribed)) = self.registry.remove(link.key) else { return false };
        let user_id = registered.user_id;
        self.streams -= usize::from(link.mode == Mode::Stream);
        self.presence_changed().disconnected(user_id, cause.presence_end(), now.ms());
        let is_revoked = matches!(cause, Cause::Server { code: CloseCode::SessionRevoked, .. });
        self.voice_disconnected(user_id, is_revoked, now);
        if self.registry.connections_of(user_id).is_empty() {
            self.shifts_due.forget(user_id);
        }
        self.forget_unneeded_user(user_id);
        for guild_id in subscribed {
            self.forget_unused_guild(guild_id);
        }
        true
    }

    /// Brings the mailbox to its end and keeps the socket in the closing list until that is reached.
    pub(crate) fn begin_end(&mut self, link: &Arc<Link<W>>, cause: Cause, now: Now) {
        let stats = Arc::clone(&self.stats);
        let on_drop = &mut |kind: EventKind, reason: DropReason| stats.dropped(kind, reason);
        let mut mailbox = link.lock();
        let was_open = mailbox.is_open();
        let (put, ending) = match cause {
            Cause::Server { code, retry_after_ms } if was_open => {
                let farewell = link.transport.closing(code, retry_after_ms);
                let keep = matches!(code, CloseCode::GoingAway);
                (Some(mailbox.begin_close(farewell, keep, !link.talks_back(), now, on_drop)), None)
            }
            Cause::Client { code } if was_open => {
                let farewell = link.transport.close_answer(code);
                (Some(mailbox.begin_close(farewell, false, true, now, on_drop)), None)
            }
            Cause::Server { .. } => (None, None),
            Cause::Client { .. } => (None, mailbox.peer_closed()),
            Cause::Lost => (None, mailbox.peer_gone(on_drop)),
        };
        let is_closing = !mailbox.is_ended();
        drop(mailbox);
        link.shut_down(ending);
        if let Some(put) = put {
            self.outbox.note(link, put);
        }
        if was_open && is_closing {
            self.closing.push(Arc::clone(link));
        }
    }
}

impl<W> Hub<W> {
    /// How long the next connection that finds no place is told to wait: each a time of its own.
    pub(crate) fn overloaded_retry_after_ms(&mut self) -> u32 {
        self.turned_away += 1;
        let span = u64::from(OVERLOADED_RETRY_AFTER_MS_MAX - OVERLOADED_RETRY_AFTER_MS_MIN + 1);
        OVERLOADED_RETRY_AFTER_MS_MIN + u32::try_from(scramble(self.turned_away) % span).unwrap_or(0)
    }
}

/// The next of a sequence of evenly spread numbers (SplitMix64).
const fn scramble(state: u64) -> u64 {
    let mixed = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
