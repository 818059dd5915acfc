//! Presence against an oracle that recomputes everything from the history at each flush.

use std::collections::{BTreeMap, BTreeSet};

use filament_core::presence::{ConnectionEnd, Presence};
use filament_protocol::{GuildId, UserId};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Input {
    Connect(u8),
    End(u8, ConnectionEnd),
    Join(u8, u8),
    Leave(u8, u8),
    Subscribe(u8),
    Wait(u64),
}

fn input() -> impl Strategy<Value = Input> {
    let end = prop_oneof![Just(ConnectionEnd::Clean), Just(ConnectionEnd::Abrupt), Just(ConnectionEnd::Gone)];
    prop_oneof![
        3 => (0..3_u8).prop_map(Input::Connect),
        3 => (0..3_u8, end).prop_map(|(user, end)| Input::End(user, end)),
        1 => (0..3_u8, 0..2_u8).prop_map(|(user, guild)| Input::Join(user, guild)),
        1 => (0..3_u8, 0..2_u8).prop_map(|(user, guild)| Input::Leave(user, guild)),
        2 => (0..2_u8).prop_map(Input::Subscribe),
        4 => prop_oneof![1..400_u64, 900..1_100_u64, 9_000..11_000_u64].prop_map(Input::Wait),
    ]
}

fn user(n: u8) -> UserId {
    UserId::from_u128(u128::from(n) + 1)
}

fn guild(n: u8) -> GuildId {
    GuildId::from_u128(u128::from(n) + 1)
}

/// Who is a member, who is connected, until when a grace runs; and which states of a user the subscribers of a guild were told
/// last: more than one, if a list was given to some of them since the last flush.
#[derive(Default)]
struct Oracle {
    members: BTreeSet<(u8, u8)>,
    connections: BTreeMap<u8, u32>,
    grace_until_ms: BTreeMap<u8, u64>,
    told: BTreeMap<(u8, u8), BTreeSet<bool>>,
}

impl Oracle {
    /// What a flush at `now_ms` has to say: the difference between what is and what was told.
    fn flush(&mut self, now_ms: u64) -> BTreeSet<(GuildId, UserId, bool)> {
        self.grace_until_ms.retain(|_, until| *until > now_ms);
        let mut said = BTreeSet::new();
        for (u, g) in (0..3).flat_map(|u| (0..2).map(move |g| (u, g))) {
            let online = self.is_online(u, g);
            let told = self.told.insert((g, u), BTreeSet::from([online]));
            if told.unwrap_or_else(|| BTreeSet::from([false])) != BTreeSet::from([online]) {
                said.insert((guild(g), user(u), online));
            }
        }
        said
    }

    fn is_online(&self, u: u8, g: u8) -> bool {
        let connected = self.connections.get(&u).is_some_and(|count| *count > 0);
        self.members.contains(&(u, g)) && (connected || self.grace_until_ms.contains_key(&u))
    }

    /// A list is given: who is in it is told online, who is not is told offline.
    fn list(&mut self, g: u8) -> Vec<UserId> {
        for u in 0..3 {
            let online = self.is_online(u, g);
            self.told.entry((g, u)).or_insert_with(|| BTreeSet::from([false])).insert(online);
        }
        (0..3).filter(|u| self.is_online(*u, g)).map(user).collect()
    }

    fn guilds_of(&self, u: u8) -> Vec<GuildId> {
        self.members.iter().filter(|(member, _)| *member == u).map(|(_, g)| guild(*g)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Proves PRE-1, PRE-3, PRE-4, PRE-5, PRE-6: what is told is exactly what differs from what somebody was told last, so that
    /// every subscriber knows the truth after each flush.
    #[test]
    fn flushes_tell_exactly_what_changed(inputs in prop::collection::vec(input(), 1..80)) {
        let mut presence = Presence::default();
        let mut oracle = Oracle::default();
        let mut subscribers: Vec<(u8, BTreeSet<UserId>)> = Vec::new();
        let mut now_ms = 0;
        for input in inputs {
            match input {
                Input::Connect(u) => {
                    *oracle.connections.entry(u).or_default() += 1;
                    oracle.grace_until_ms.remove(&u);
                    presence.connected(user(u), &oracle.guilds_of(u));
                }
                Input::End(u, end) => {
                    let count = oracle.connections.entry(u).or_default();
                    if *count == 0 {
                        continue;
                    }
                    *count -= 1;
                    let grace_ms = match end {
                        ConnectionEnd::Clean => 1_000,
                        ConnectionEnd::Abrupt => 10_000,
                        ConnectionEnd::Gone => 0,
                    };
                    if *count == 0 {
                        oracle.grace_until_ms.insert(u, now_ms + grace_ms);
                    }
                    presence.disconnected(user(u), end, now_ms);
                }
                Input::Join(u, g) => {
                    oracle.members.insert((u, g));
                    presence.joined(user(u), guild(g));
                }
                Input::Leave(u, g) => {
                    oracle.members.remove(&(u, g));
                    presence.left(user(u), guild(g));
                }
                Input::Subscribe(g) => {
                    let listed = presence.snapshot(guild(g), user(0)).user_ids;
                    prop_assert_eq!(&listed, &oracle.list(g));
                    subscribers.push((g, listed.into_iter().collect()));
                }
                Input::Wait(ms) => {
                    now_ms += ms;
                    let said: BTreeSet<_> =
                        presence.flush(now_ms).diffs.iter().map(|diff| (diff.guild_id, diff.user_id, diff.is_online)).collect();
                    prop_assert_eq!(&said, &oracle.flush(now_ms));
                    for (g, knows) in &mut subscribers {
                        for (_, user_id, is_online) in said.iter().filter(|(guild_id, _, _)| *guild_id == guild(*g)) {
                            if *is_online { knows.insert(*user_id) } else { knows.remove(user_id) };
                        }
                        prop_assert_eq!(&*knows, &(0..3).filter(|u| oracle.is_online(*u, *g)).map(user).collect());
                    }
                }
            }
            presence.check_invariants();
        }
    }
}
