//! Who is online, and what is told about it: contract §13 as a synchronous state machine. Time is an argument, in milliseconds.

mod pending;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use filament_protocol::{GuildId, UserId};

use pending::Pending;

use crate::limits::{PRESENCE_ABRUPT_GRACE_MS, PRESENCE_CLEAN_GRACE_MS, PRESENCE_FLUSH_MS, PRESENCE_IDS_MAX};

/// How a connection ended: what decides the grace of PRE-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// The client sent a close frame.
    Clean,
    /// EOF, reset, or a close decided by the server.
    Abrupt,
    /// Idle timeout or session revocation: nobody is there any more.
    Gone,
}

impl ConnectionEnd {
    const fn grace_ms(self) -> u64 {
        match self {
            Self::Clean => PRESENCE_CLEAN_GRACE_MS,
            Self::Abrupt => PRESENCE_ABRUPT_GRACE_MS,
            Self::Gone => 0,
        }
    }
}

/// One `presence_update` to be told to `PRES(guild_id)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceDiff {
    /// The guild whose subscribers hear it.
    pub guild_id: GuildId,
    /// The member.
    pub user_id: UserId,
    /// The state now.
    pub is_online: bool,
    /// To whom alone it is to be told, ascending: those who were given a list since the last flush that says something else, while all
    /// others were told this state last. `None`: to everybody.
    pub receivers: Option<Vec<UserId>>,
}

/// What a `presence_sync` says (PRE-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceSnapshot {
    /// Online members, at most 1,024; the receiver first if the list was cut, else ascending.
    pub user_ids: Vec<UserId>,
    /// How many are online, if the list was cut.
    pub online_count: Option<usize>,
}

/// Presence of every user with a live connection or within its grace, in every guild they are a member of.
///
/// Call [`connected`](Self::connected) and [`disconnected`](Self::disconnected) once per connection,
/// [`joined`](Self::joined) and [`left`](Self::left) for membership changes of users that [`is_tracked`](Self::is_tracked), and
/// [`flush`](Self::flush) once per [`PRESENCE_FLUSH_MS`]. Users whose grace ran out are forgotten by `flush`, which names them.
#[derive(Debug, Default)]
pub struct Presence {
    users: HashMap<UserId, Tracked>,
    online: HashMap<GuildId, BTreeSet<UserId>>,
    /// Per guild: what has to be known to say the least at the next flush.
    pending: BTreeMap<GuildId, Pending>,
}

#[derive(Debug)]
struct Tracked {
    connections: u32,
    /// When the grace after the last connection ends; `None` while there is one.
    offline_at_ms: Option<u64>,
    guild_ids: Vec<GuildId>,
}

/// What one flush says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresenceFlush {
    /// Changes to be told, by guild and user.
    pub diffs: Vec<PresenceDiff>,
    /// Users that are offline now and no longer tracked.
    pub forgotten: Vec<UserId>,
}

impl Presence {
    /// How often [`flush`](Self::flush) is to be called, milliseconds (PRE-4).
    pub const FLUSH_MS: u64 = PRESENCE_FLUSH_MS;

    /// A connection of the user is live. `guild_ids` are the user's memberships; they count only if the user was not tracked yet.
    pub fn connected(&mut self, user_id: UserId, guild_ids: &[GuildId]) {
        if let Some(tracked) = self.users.get_mut(&user_id) {
            tracked.connections += 1;
            tracked.offline_at_ms = None;
            return;
        }
        self.users.insert(user_id, Tracked { connections: 1, offline_at_ms: None, guild_ids: guild_ids.to_vec() });
        for guild_id in guild_ids {
            self.set(*guild_id, user_id, true);
        }
    }

    /// A connection of the user ended.
    pub fn disconnected(&mut self, user_id: UserId, end: ConnectionEnd, now_ms: u64) {
        let Some(tracked) = self.users.get_mut(&user_id) else {
            return;
        };
        tracked.connections = tracked.connections.saturating_sub(1);
        if tracked.connections == 0 {
            tracked.offline_at_ms = Some(now_ms + end.grace_ms());
        }
    }

    /// The user became a member of the guild (PRE-6).
    pub fn joined(&mut self, user_id: UserId, guild_id: GuildId) {
        let Some(tracked) = self.users.get_mut(&user_id) else {
            return;
        };
        if !tracked.guild_ids.contains(&guild_id) {
            tracked.guild_ids.push(guild_id);
            self.set(guild_id, user_id, true);
        }
    }

    /// The user is no member of the guild any more (PRE-6).
    pub fn left(&mut self, user_id: UserId, guild_id: GuildId) {
        let Some(tracked) = self.users.get_mut(&user_id) else {
            return;
        };
        if let Some(at) = tracked.guild_ids.iter().position(|known| *known == guild_id) {
            tracked.guild_ids.swap_remove(at);
            self.set(guild_id, user_id, false);
        }
    }

    /// Whether the user has a live connection or is within its grace.
    #[must_use]
    pub fn is_tracked(&self, user_id: UserId) -> bool {
        self.users.contains_key(&user_id)
    }

    /// Users online now, grace included.
    #[must_use]
    pub fn online_users(&self) -> usize {
        self.users.len()
    }

    /// The online members of a guild as one receiver is told them: the next [`flush`](Self::flush) says what of it is no longer
    /// so by then.
    #[must_use]
    pub fn snapshot(&mut self, guild_id: GuildId, receiver: UserId) -> PresenceSnapshot {
        self.listed(guild_id, receiver);
        let Some(online) = self.online.get(&guild_id) else {
            return PresenceSnapshot { user_ids: Vec::new(), online_count: None };
        };
        if online.len() <= PRESENCE_IDS_MAX {
            return PresenceSnapshot { user_ids: online.iter().copied().collect(), online_count: None };
        }
        let own = online.contains(&receiver).then_some(receiver);
        let others = online.iter().copied().filter(|user_id| *user_id != receiver);
        PresenceSnapshot {
            user_ids: own.into_iter().chain(others).take(PRESENCE_IDS_MAX).collect(),
            online_count: Some(online.len()),
        }
    }

    /// Ends the graces that ran out and says what changed since the last flush; a user back at the state that everybody was told
    /// last says nothing.
    pub fn flush(&mut self, now_ms: u64) -> PresenceFlush {
        let expired = self.users.iter().filter(|(_, tracked)| tracked.offline_at_ms.is_some_and(|at| at <= now_ms));
        let mut forgotten: Vec<UserId> = expired.map(|(user_id, _)| *user_id).collect();
        forgotten.sort_unstable();
        for user_id in &forgotten {
            for guild_id in self.users.remove(user_id).into_iter().flat_map(|tracked| tracked.guild_ids) {
                self.set(guild_id, *user_id, false);
            }
        }
        let mut diffs = Vec::new();
        for (guild_id, pending) in std::mem::take(&mut self.pending) {
            for (user_id, receivers) in pending.told() {
                let is_online = self.is_online(guild_id, user_id);
                diffs.push(PresenceDiff { guild_id, user_id, is_online, receivers });
            }
        }
        PresenceFlush { diffs, forgotten }
    }

    /// Panics if the indexes disagree. For tests.
    pub fn check_invariants(&self) {
        for (user_id, tracked) in &self.users {
            assert_eq!(
                tracked.connections == 0,
                tracked.offline_at_ms.is_some(),
                "a grace runs exactly without connections"
            );
            for guild_id in &tracked.guild_ids {
                assert!(self.is_online(*guild_id, *user_id), "a tracked member is online in its guilds");
            }
        }
        for (guild_id, online) in &self.online {
            assert!(!online.is_empty(), "guilds without online members are not kept");
            for user_id in online {
                assert!(self.users[user_id].guild_ids.contains(guild_id), "only tracked members are online");
            }
        }
    }

    fn is_online(&self, guild_id: GuildId, user_id: UserId) -> bool {
        self.online.get(&guild_id).is_some_and(|online| online.contains(&user_id))
    }

    /// Notes that somebody was given the present list of a guild again: [`snapshot`](Self::snapshot) does so itself.
    pub fn listed(&mut self, guild_id: GuildId, receiver: UserId) {
        if let Some(pending) = self.pending.get_mut(&guild_id) {
            pending.listed(receiver);
        }
    }

    fn set(&mut self, guild_id: GuildId, user_id: UserId, is_online: bool) {
        if self.is_online(guild_id, user_id) == is_online {
            return;
        }
        self.pending.entry(guild_id).or_default().moved(user_id);
        if is_online {
            self.online.entry(guild_id).or_default().insert(user_id);
        } else if let Some(online) = self.online.get_mut(&guild_id) {
            online.remove(&user_id);
            if online.is_empty() {
                self.online.remove(&guild_id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
