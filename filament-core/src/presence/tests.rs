//! What is told of presence, and when.

use super::*;
use crate::limits::PRESENCE_LISTS_MAX;

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
