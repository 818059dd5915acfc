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
    /// To a guild, by a user.
    Subscribe(u8, u8),
    Wait(u64),
}

fn input() -> impl Strategy<Value = Input> {
    let end = prop_oneof![Just(ConnectionEnd::Clean), Just(ConnectionEnd::Abrupt), Just(ConnectionEnd::Gone)];
    prop_oneof![
        3 => (0..3_u8).prop_map(Input::Connect),
        3 => (0..3_u8, end).prop_map(|(user, end)| Input::End(user, end)),
        1 => (0..3_u8, 0..2_u8).prop_map(|(user, guild)| Input::Join(user, guild)),
        1 => (0..3_u8, 0..2_u8).prop_map(|(user, guild)| Input::Leave(user, guild)),
        2 => (0..2_u8, 0..3_u8).prop_map(|(guild, user)| Input::Subscribe(guild, user)),
        4 => prop_oneof![1..400_u64, 900..1_100_u64, 9_000..11_000_u64].prop_map(Input::Wait),
    ]
}

fn user(n: u8) -> UserId {
    UserId::from_u128(u128::from(n) + 1)
}

fn guild(n: u8) -> GuildId {
    GuildId::from_u128(u128::from(n) + 1)
}

/// What is said of a user in a guild, and to whom alone, if not to everybody.
type Saying = (GuildId, UserId, bool, Option<Vec<UserId>>);

/// Who is a member, who is connected, until when a grace runs; what everybody was told of a user in a guild at the last flush, and which
/// lists were given since.
#[derive(Default)]
struct Oracle {
    members: BTreeSet<(u8, u8)>,
    connections: BTreeMap<u8, u32>,
    grace_until_ms: BTreeMap<u8, u64>,
    told: BTreeSet<(u8, u8)>,
    lists: Vec<(u8, u8, Vec<UserId>)>,
}

impl Oracle {
    /// What a flush at `now_ms` has to say: the difference between what is and what each was told last.
    fn flush(&mut self, now_ms: u64) -> BTreeSet<Saying> {
        self.grace_until_ms.retain(|_, until| *until > now_ms);
        let mut said = BTreeSet::new();
        let lists = std::mem::take(&mut self.lists);
        for (u, g) in (0..3).flat_map(|u| (0..2).map(move |g| (u, g))) {
            let online = self.is_online(u, g);
            let was_told = if online { !self.told.insert((g, u)) } else { self.told.remove(&(g, u)) };
            if was_told != online {
                said.insert((guild(g), user(u), online, None));
                continue;
            }
            let misleading = lists.iter().filter(|(of, _, list)| *of == g && list.contains(&user(u)) != online);
            let misled: BTreeSet<UserId> = misleading.map(|(_, receiver, _)| user(*receiver)).collect();
            if !misled.is_empty() {
                said.insert((guild(g), user(u), online, Some(misled.into_iter().collect())));
            }
        }
        said
    }

    fn is_online(&self, u: u8, g: u8) -> bool {
        let connected = self.connections.get(&u).is_some_and(|count| *count > 0);
        self.members.contains(&(u, g)) && (connected || self.grace_until_ms.contains_key(&u))
    }

    /// A list is given: who is in it is told online, who is not is told offline.
    fn list(&mut self, g: u8, receiver: u8) -> Vec<UserId> {
        let list: Vec<UserId> = (0..3).filter(|u| self.is_online(*u, g)).map(user).collect();
        self.lists.push((g, receiver, list.clone()));
        list
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
        let mut subscribers: Vec<(u8, UserId, BTreeSet<UserId>)> = Vec::new();
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
                Input::Subscribe(g, receiver) => {
                    let listed = presence.snapshot(guild(g), user(receiver)).user_ids;
                    prop_assert_eq!(&listed, &oracle.list(g, receiver));
                    subscribers.push((g, user(receiver), listed.into_iter().collect()));
                }
                Input::Wait(ms) => {
                    now_ms += ms;
                    let diffs = presence.flush(now_ms).diffs.into_iter();
                    let said: BTreeSet<Saying> =
                        diffs.map(|diff| (diff.guild_id, diff.user_id, diff.is_online, diff.receivers)).collect();
                    prop_assert_eq!(&said, &oracle.flush(now_ms));
                    for (g, receiver, knows) in &mut subscribers {
                        for (guild_id, user_id, is_online, receivers) in &said {
                            let is_meant = receivers.as_ref().is_none_or(|receivers| receivers.contains(receiver));
                            if *guild_id != guild(*g) || !is_meant {
                                continue;
                            }
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
