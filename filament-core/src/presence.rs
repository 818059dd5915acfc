//! Who is online, and what is told about it: contract §13 as a synchronous state machine. Time is an argument, in milliseconds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use filament_protocol::{GuildId, UserId};

use crate::limits::{
    PRESENCE_ABRUPT_GRACE_MS, PRESENCE_CLEAN_GRACE_MS, PRESENCE_FLUSH_MS, PRESENCE_IDS_MAX, PRESENCE_LISTS_MAX,
};

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

/// What happened in a guild since the last flush.
///
/// Who hears what depends on nobody else: a list that one user is given changes nothing for the others (DEL-6).
#[derive(Debug, Default)]
struct Pending {
    /// Who was given a list, in order, since the first move.
    listed: Vec<UserId>,
    /// More lists were given than are kept: everybody is told of all who moved.
    is_crowded: bool,
    /// Of each member that moved: how many lists had been given at each move. A pair of moves without a list in between is none.
    moves: BTreeMap<UserId, Vec<usize>>,
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
            for (user_id, moves) in &pending.moves {
                let Some(receivers) = pending.receivers(moves) else { continue };
                let is_online = self.is_online(guild_id, *user_id);
                diffs.push(PresenceDiff { guild_id, user_id: *user_id, is_online, receivers });
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
        let Some(pending) = self.pending.get_mut(&guild_id) else { return };
        if pending.listed.len() < PRESENCE_LISTS_MAX {
            pending.listed.push(receiver);
        } else {
            pending.is_crowded = true;
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

impl Pending {
    fn moved(&mut self, user_id: UserId) {
        let lists = self.listed.len();
        let moves = self.moves.entry(user_id).or_default();
        // Once lists are not counted any more, everybody is told in any case.
        if moves.last() == Some(&lists) {
            moves.pop();
        } else {
            moves.push(lists);
        }
    }

    /// Who is to be told the present state of a member that moved so; `None`: nobody, `Some(None)`: everybody.
    fn receivers(&self, moves: &[usize]) -> Option<Option<Vec<UserId>>> {
        let is_back = moves.len().is_multiple_of(2);
        if self.is_crowded || !is_back {
            return Some(None);
        }
        let misled = moves.chunks(2).filter_map(|away| self.listed.get(away[0]..away[1])).flatten();
        let misled: BTreeSet<UserId> = misled.copied().collect();
        (!misled.is_empty()).then(|| Some(misled.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: u128) -> UserId {
        UserId::from_u128(n)
    }

    fn guild(n: u128) -> GuildId {
        GuildId::from_u128(n)
    }

    fn diff(guild_id: GuildId, user_id: UserId, is_online: bool) -> PresenceDiff {
        PresenceDiff { guild_id, user_id, is_online, receivers: None }
    }

    fn only(receiver: UserId, mut diff: PresenceDiff) -> PresenceDiff {
        diff.receivers = Some(vec![receiver]);
        diff
    }

    /// Proves PRE-1, PRE-3, PRE-4.
    #[test]
    fn graces_end_as_the_kind_of_end_says() {
        for (end, silent_at, told_at) in [(ConnectionEnd::Clean, 999, 1_000), (ConnectionEnd::Abrupt, 9_999, 10_000)] {
            let mut presence = Presence::default();
            presence.connected(user(1), &[guild(1)]);
            assert_eq!(presence.flush(0).diffs, [diff(guild(1), user(1), true)]);
            presence.disconnected(user(1), end, 0);
            assert_eq!(presence.flush(silent_at), PresenceFlush::default(), "{end:?}");
            let flush = presence.flush(told_at);
            assert_eq!(flush.diffs, [diff(guild(1), user(1), false)], "{end:?}");
            assert_eq!(flush.forgotten, [user(1)]);
            presence.check_invariants();
        }
        let mut presence = Presence::default();
        presence.connected(user(1), &[guild(1)]);
        presence.flush(0);
        presence.disconnected(user(1), ConnectionEnd::Gone, 5);
        assert_eq!(presence.flush(5).diffs, [diff(guild(1), user(1), false)]);
    }

    /// Proves PRE-3 and PRE-4: a connection within the grace, in either order of open and close, tells nothing.
    #[test]
    fn changing_sockets_never_flickers() {
        let mut presence = Presence::default();
        presence.connected(user(1), &[guild(1)]);
        presence.flush(0);
        for round in 0..50_u64 {
            let now = round * 700;
            if round % 2 == 0 {
                presence.connected(user(1), &[guild(1)]);
                presence.disconnected(user(1), ConnectionEnd::Clean, now);
            } else {
                presence.disconnected(user(1), ConnectionEnd::Clean, now);
                presence.connected(user(1), &[guild(1)]);
            }
            assert_eq!(presence.flush(now), PresenceFlush::default());
            presence.check_invariants();
        }
    }

    /// Proves PRE-4: within one flush the last state wins, and the state last told is not told again.
    #[test]
    fn back_at_the_told_state_within_a_flush_says_nothing() {
        let mut presence = Presence::default();
        presence.connected(user(1), &[guild(1)]);
        presence.disconnected(user(1), ConnectionEnd::Gone, 10);
        assert_eq!(presence.flush(10), PresenceFlush { diffs: vec![], forgotten: vec![user(1)] });
    }

    /// Proves PRE-4: whoever was given a list between two flushes hears of what that list says no longer rightly.
    #[test]
    fn a_list_given_within_a_flush_is_put_right_by_it() {
        let mut presence = Presence::default();
        presence.connected(user(1), &[guild(1), guild(2)]);
        assert_eq!(presence.snapshot(guild(1), user(2)).user_ids, [user(1)]);
        presence.disconnected(user(1), ConnectionEnd::Gone, 10);
        let put_right = only(user(2), diff(guild(1), user(1), false));
        assert_eq!(presence.flush(10).diffs, [put_right], "and nothing in the other guild, and to nobody else");
        presence.connected(user(1), &[guild(1)]);
        presence.flush(1_000);
        presence.left(user(1), guild(1));
        assert!(presence.snapshot(guild(1), user(2)).user_ids.is_empty());
        presence.joined(user(1), guild(1));
        assert_eq!(presence.flush(2_000).diffs, [only(user(2), diff(guild(1), user(1), true))]);
        presence.left(user(1), guild(1));
        presence.joined(user(1), guild(1));
        assert_eq!(presence.snapshot(guild(1), user(2)).user_ids, [user(1)]);
        assert_eq!(presence.flush(3_000).diffs, [], "a list that says what was told last adds nothing to tell");
    }

    #[test]
    fn more_lists_than_are_kept_make_everybody_hear() {
        let mut presence = Presence::default();
        presence.connected(user(1), &[guild(1)]);
        (0..=PRESENCE_LISTS_MAX as u128).for_each(|n| drop(presence.snapshot(guild(1), user(n))));
        presence.disconnected(user(1), ConnectionEnd::Gone, 10);
        assert_eq!(presence.flush(10).diffs, [diff(guild(1), user(1), false)]);
    }

    /// Proves PRE-2, PRE-6.
    #[test]
    fn memberships_move_presence_between_guilds() {
        let mut presence = Presence::default();
        presence.connected(user(1), &[guild(1)]);
        presence.joined(user(2), guild(1)); // not connected: nothing to tell
        presence.flush(0);
        presence.joined(user(1), guild(2));
        presence.left(user(1), guild(1));
        assert_eq!(presence.flush(1).diffs, [diff(guild(1), user(1), false), diff(guild(2), user(1), true)]);
        assert!(presence.snapshot(guild(1), user(1)).user_ids.is_empty());
        presence.check_invariants();
    }

    /// Proves PRE-5.
    #[test]
    fn snapshot_is_cut_at_the_bound_with_the_receiver_first() {
        let mut presence = Presence::default();
        for n in 1..=1_100 {
            presence.connected(user(n), &[guild(1)]);
        }
        let snapshot = presence.snapshot(guild(1), user(1_099));
        assert_eq!(snapshot.online_count, Some(1_100));
        assert_eq!(snapshot.user_ids.len(), 1_024);
        assert_eq!(snapshot.user_ids[..3], [user(1_099), user(1), user(2)]);
        assert_eq!(snapshot.user_ids.iter().collect::<BTreeSet<_>>().len(), 1_024);
        assert_eq!(presence.snapshot(guild(2), user(1)), PresenceSnapshot { user_ids: vec![], online_count: None });
    }
}
