//! Which connections there are, whose they are, and what they are subscribed to. Knows nothing of permissions.
//!
//! The subscribers of a channel stand in one dense list, each connection once, so that a broadcast walks memory in order. Each
//! connection knows its place in every list it stands in, so that leaving a list costs no search through it.

use std::collections::HashMap;

use filament_core::Address;
use filament_protocol::{ChannelId, GuildId, SessionId, Timestamp, UserId};
use slab::Slab;

/// A connection's place in the registry while it is there; reused afterwards.
pub(crate) type ConnectionKey = u32;

/// Connections by key, user, guild and channel. `H` is the shared handle of a connection.
#[derive(Debug)]
pub(crate) struct Registry<H> {
    connections: Slab<Registered<H>>,
    users: HashMap<UserId, Vec<ConnectionKey>>,
    channels: Slab<ChannelSubscribers<H>>,
    channels_by_id: HashMap<ChannelId, u32>,
    guilds: Slab<GuildSubscribers>,
    guilds_by_id: HashMap<GuildId, u32>,
    subscription_count: usize,
}

/// What the registry keeps of one connection.
#[derive(Debug)]
pub(crate) struct Registered<H> {
    pub(crate) handle: H,
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    /// Expiry of the newest access token of the session (GW-42).
    pub(crate) token_expires_at: Timestamp,
    pub(crate) next_ping_ms: u64,
    /// Where it comes from, for the address gate (DEL-5).
    pub(crate) address: Option<Address>,
    subscriptions: Vec<Place>,
    guilds: Vec<GuildPlace>,
}

/// Where a connection stands in a list of channel subscribers.
#[derive(Clone, Copy, Debug)]
struct Place {
    channel: u32,
    index: u32,
}

/// Where a connection stands in a list of guild subscribers, and how many of its subscriptions are in that guild.
#[derive(Clone, Copy, Debug)]
struct GuildPlace {
    guild: u32,
    index: u32,
    subscriptions: u32,
}

#[derive(Debug)]
struct ChannelSubscribers<H> {
    channel_id: ChannelId,
    guild_id: GuildId,
    handles: Vec<H>,
    keys: Vec<ConnectionKey>,
}

#[derive(Debug)]
struct GuildSubscribers {
    guild_id: GuildId,
    keys: Vec<ConnectionKey>,
}

impl<H> Default for Registry<H> {
    fn default() -> Self {
        Self {
            connections: Slab::new(),
            users: HashMap::new(),
            channels: Slab::new(),
            channels_by_id: HashMap::new(),
            guilds: Slab::new(),
            guilds_by_id: HashMap::new(),
            subscription_count: 0,
        }
    }
}

impl<H: Clone> Registry<H> {
    /// The key the next connection gets.
    pub(crate) fn next_key(&self) -> ConnectionKey {
        place(self.connections.vacant_key())
    }

    /// Takes in a connection under [`next_key`](Self::next_key).
    pub(crate) fn insert(
        &mut self,
        handle: H,
        user_id: UserId,
        session_id: SessionId,
        token_expires_at: Timestamp,
        next_ping_ms: u64,
        address: Option<Address>,
    ) -> ConnectionKey {
        let registered = Registered {
            handle,
            user_id,
            session_id,
            token_expires_at,
            next_ping_ms,
            address,
            subscriptions: Vec::new(),
            guilds: Vec::new(),
        };
        let key = place(self.connections.insert(registered));
        self.users.entry(user_id).or_default().push(key);
        key
    }

    /// Removes a connection with its subscriptions. Returns it, and the guilds it was subscribed in.
    pub(crate) fn remove(&mut self, key: ConnectionKey) -> Option<(Registered<H>, Vec<GuildId>)> {
        let subscribed = self.subscribed_guilds(key);
        for channel_id in self.subscriptions(key) {
            self.unsubscribe(key, channel_id);
        }
        let registered = self.connections.try_remove(slot(key))?;
        if let Some(keys) = self.users.get_mut(&registered.user_id) {
            keys.retain(|other| *other != key);
            if keys.is_empty() {
                self.users.remove(&registered.user_id);
            }
        }
        Some((registered, subscribed))
    }

    pub(crate) fn get(&self, key: ConnectionKey) -> Option<&Registered<H>> {
        self.connections.get(slot(key))
    }

    pub(crate) fn get_mut(&mut self, key: ConnectionKey) -> Option<&mut Registered<H>> {
        self.connections.get_mut(slot(key))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Registered<H>> {
        self.connections.iter().map(|(_, registered)| registered)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Registered<H>> {
        self.connections.iter_mut().map(|(_, registered)| registered)
    }

    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }

    pub(crate) fn subscription_count(&self) -> usize {
        self.subscription_count
    }

    /// The keys of a user's connections, oldest first.
    pub(crate) fn connections_of(&self, user_id: UserId) -> &[ConnectionKey] {
        self.users.get(&user_id).map_or(&[], Vec::as_slice)
    }

    /// A user's connections, oldest first.
    pub(crate) fn registered_of(&self, user_id: UserId) -> impl Iterator<Item = &Registered<H>> {
        self.connections_of(user_id).iter().filter_map(|key| self.get(*key))
    }

    /// The handles of a user's connections, oldest first.
    pub(crate) fn handles_of(&self, user_id: UserId) -> impl Iterator<Item = &H> {
        self.registered_of(user_id).map(|registered| &registered.handle)
    }

    /// The handles of the connections subscribed to a channel, each once.
    #[inline]
    pub(crate) fn subscribers(&self, channel_id: ChannelId) -> &[H] {
        self.channel(channel_id).map_or(&[], |channel| &channel.handles)
    }

    /// The keys of the same connections, in the same order.
    pub(crate) fn subscriber_keys(&self, channel_id: ChannelId) -> &[ConnectionKey] {
        self.channel(channel_id).map_or(&[], |channel| &channel.keys)
    }

    /// The keys of the connections with at least one subscription in a guild, each once.
    pub(crate) fn guild_subscriber_keys(&self, guild_id: GuildId) -> &[ConnectionKey] {
        self.guilds_by_id.get(&guild_id).map_or(&[], |guild| &self.guilds[slot(*guild)].keys)
    }

    /// Whether a connection is subscribed to a channel.
    pub(crate) fn is_subscribed(&self, key: ConnectionKey, channel_id: ChannelId) -> bool {
        let Some(channel) = self.channels_by_id.get(&channel_id) else { return false };
        self.get(key).is_some_and(|registered| registered.subscriptions.iter().any(|place| place.channel == *channel))
    }

    /// Whether a connection has a subscription in a guild.
    pub(crate) fn is_subscribed_in(&self, key: ConnectionKey, guild_id: GuildId) -> bool {
        let Some(guild) = self.guilds_by_id.get(&guild_id) else { return false };
        self.get(key).is_some_and(|registered| registered.guilds.iter().any(|place| place.guild == *guild))
    }

    /// How many subscriptions a connection has.
    pub(crate) fn subscriptions_of(&self, key: ConnectionKey) -> usize {
        self.get(key).map_or(0, |registered| registered.subscriptions.len())
    }

    /// Subscribes a connection. Returns whether it was not subscribed before (GW-22).
    pub(crate) fn subscribe(&mut self, key: ConnectionKey, guild_id: GuildId, channel_id: ChannelId) -> bool {
        if self.is_subscribed(key, channel_id) {
            return false;
        }
        let channel = self.channel_slot(guild_id, channel_id);
        let guild = self.guilds_by_id[&guild_id];
        let Some(registered) = self.connections.get_mut(slot(key)) else { return false };
        let subscribers = &mut self.channels[slot(channel)];
        registered.subscriptions.push(Place { channel, index: place(subscribers.keys.len()) });
        subscribers.keys.push(key);
        subscribers.handles.push(registered.handle.clone());
        match registered.guilds.iter_mut().find(|known| known.guild == guild) {
            Some(known) => known.subscriptions += 1,
            None => {
                let keys = &mut self.guilds[slot(guild)].keys;
                registered.guilds.push(GuildPlace { guild, index: place(keys.len()), subscriptions: 1 });
                keys.push(key);
            }
        }
        self.subscription_count += 1;
        true
    }

    /// Ends a subscription. Returns whether there was one.
    pub(crate) fn unsubscribe(&mut self, key: ConnectionKey, channel_id: ChannelId) -> bool {
        let Some(channel) = self.channels_by_id.get(&channel_id).copied() else { return false };
        let Some(registered) = self.connections.get_mut(slot(key)) else { return false };
        let Some(at) = registered.subscriptions.iter().position(|place| place.channel == channel) else { return false };
        let index = registered.subscriptions.swap_remove(at).index;
        if registered.subscriptions.is_empty() {
            registered.subscriptions = Vec::new();
        }
        let subscribers = &mut self.channels[slot(channel)];
        let guild_id = subscribers.guild_id;
        subscribers.handles.swap_remove(slot(index));
        subscribers.keys.swap_remove(slot(index));
        if let Some(moved) = subscribers.keys.get(slot(index)).copied() {
            let moved = self.connections.get_mut(slot(moved)).into_iter().flat_map(|other| &mut other.subscriptions);
            moved.filter(|place| place.channel == channel).for_each(|place| place.index = index);
        }
        self.subscription_count -= 1;
        if subscribers.keys.is_empty() {
            self.channels.remove(slot(channel));
            self.channels_by_id.remove(&channel_id);
        }
        self.leave_guild(key, guild_id);
        true
    }

    /// Ends every subscription of a connection in a guild. Returns whether there was one.
    pub(crate) fn unsubscribe_guild(&mut self, key: ConnectionKey, guild_id: GuildId) -> bool {
        let channels: Vec<ChannelId> = self
            .subscriptions(key)
            .into_iter()
            .filter(|channel_id| self.guild_of(*channel_id) == Some(guild_id))
            .collect();
        for channel_id in &channels {
            self.unsubscribe(key, *channel_id);
        }
        !channels.is_empty()
    }

    /// The channels a connection is subscribed to.
    pub(crate) fn subscriptions(&self, key: ConnectionKey) -> Vec<ChannelId> {
        let places = self.get(key).into_iter().flat_map(|registered| &registered.subscriptions);
        places.map(|place| self.channels[slot(place.channel)].channel_id).collect()
    }

    fn subscribed_guilds(&self, key: ConnectionKey) -> Vec<GuildId> {
        let places = self.get(key).into_iter().flat_map(|registered| &registered.guilds);
        places.map(|place| self.guilds[slot(place.guild)].guild_id).collect()
    }

    pub(crate) fn guild_of(&self, channel_id: ChannelId) -> Option<GuildId> {
        self.channel(channel_id).map(|channel| channel.guild_id)
    }

    fn channel(&self, channel_id: ChannelId) -> Option<&ChannelSubscribers<H>> {
        self.channels_by_id.get(&channel_id).map(|channel| &self.channels[slot(*channel)])
    }

    fn channel_slot(&mut self, guild_id: GuildId, channel_id: ChannelId) -> u32 {
        if let Some(channel) = self.channels_by_id.get(&channel_id) {
            return *channel;
        }
        let channel = place(self.channels.insert(ChannelSubscribers {
            channel_id,
            guild_id,
            handles: Vec::new(),
            keys: Vec::new(),
        }));
        self.channels_by_id.insert(channel_id, channel);
        let guilds = &mut self.guilds;
        self.guilds_by_id
            .entry(guild_id)
            .or_insert_with(|| place(guilds.insert(GuildSubscribers { guild_id, keys: Vec::new() })));
        channel
    }

    fn leave_guild(&mut self, key: ConnectionKey, guild_id: GuildId) {
        let Some(guild) = self.guilds_by_id.get(&guild_id).copied() else { return };
        let Some(registered) = self.connections.get_mut(slot(key)) else { return };
        let Some(at) = registered.guilds.iter().position(|known| known.guild == guild) else { return };
        registered.guilds[at].subscriptions -= 1;
        if registered.guilds[at].subscriptions > 0 {
            return;
        }
        let index = registered.guilds.swap_remove(at).index;
        let keys = &mut self.guilds[slot(guild)].keys;
        keys.swap_remove(slot(index));
        if let Some(moved) = keys.get(slot(index)).copied() {
            let moved = self.connections.get_mut(slot(moved)).into_iter().flat_map(|other| &mut other.guilds);
            moved.filter(|known| known.guild == guild).for_each(|known| known.index = index);
        }
        if keys.is_empty() {
            self.guilds.remove(slot(guild));
            self.guilds_by_id.remove(&guild_id);
        }
    }

    /// Panics if the indexes disagree. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn check_invariants(&self) {
        let mut subscriptions = 0;
        for (at, registered) in &self.connections {
            let key = place(at);
            assert!(self.connections_of(registered.user_id).contains(&key), "a connection is listed with its user");
            subscriptions += registered.subscriptions.len();
            for place in &registered.subscriptions {
                assert_eq!(self.channels[slot(place.channel)].keys[slot(place.index)], key, "it stands where it says");
            }
            for known in &registered.guilds {
                assert_eq!(self.guilds[slot(known.guild)].keys[slot(known.index)], key, "it stands where it says");
                let here = registered.subscriptions.iter().filter(|place| {
                    self.channels[slot(place.channel)].guild_id == self.guilds[slot(known.guild)].guild_id
                });
                assert_eq!(here.count(), slot(known.subscriptions), "subscriptions in a guild are counted");
                assert!(known.subscriptions > 0, "guilds without subscriptions are forgotten");
            }
        }
        assert_eq!(subscriptions, self.subscription_count, "subscriptions are counted");
        assert_eq!(subscriptions, self.channels.iter().map(|(_, channel)| channel.keys.len()).sum::<usize>());
        for (at, channel) in &self.channels {
            assert!(!channel.keys.is_empty(), "channels without subscribers are forgotten");
            assert_eq!(channel.keys.len(), channel.handles.len());
            assert_eq!(self.channels_by_id[&channel.channel_id], place(at));
            let distinct: std::collections::HashSet<_> = channel.keys.iter().collect();
            assert_eq!(distinct.len(), channel.keys.len(), "each connection stands in a channel once (DEL-1)");
            assert!(self.guilds_by_id.contains_key(&channel.guild_id), "its guild is there");
        }
        let listed = self.connections.iter().map(|(_, registered)| registered.guilds.len()).sum::<usize>();
        assert_eq!(listed, self.guilds.iter().map(|(_, guild)| guild.keys.len()).sum::<usize>());
        for (user_id, keys) in &self.users {
            assert!(!keys.is_empty(), "users without connections are forgotten");
            assert!(keys.iter().all(|key| self.connections[slot(*key)].user_id == *user_id));
        }
        assert_eq!(self.users.values().map(Vec::len).sum::<usize>(), self.connections.len());
    }
}

/// An index as it is kept. Connections and channels are far fewer than 2³².
fn place(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 connections, channels and guilds")
}

/// A kept index as it is used.
const fn slot(place: u32) -> usize {
    place as usize
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Connect { user: u8 },
        Disconnect { nth: usize },
        Subscribe { nth: usize, channel: u8 },
        Unsubscribe { nth: usize, channel: u8 },
        UnsubscribeGuild { nth: usize, guild: u8 },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3_u8).prop_map(|user| Step::Connect { user }),
            (0..8_usize).prop_map(|nth| Step::Disconnect { nth }),
            (0..8_usize, 0..6_u8).prop_map(|(nth, channel)| Step::Subscribe { nth, channel }),
            (0..8_usize, 0..6_u8).prop_map(|(nth, channel)| Step::Subscribe { nth, channel }),
            (0..8_usize, 0..6_u8).prop_map(|(nth, channel)| Step::Unsubscribe { nth, channel }),
            (0..8_usize, 0..3_u8).prop_map(|(nth, guild)| Step::UnsubscribeGuild { nth, guild }),
        ]
    }

    fn channel(n: u8) -> ChannelId {
        ChannelId::from_u128(u128::from(n))
    }

    /// Channels 0 and 1 are in guild 0, 2 and 3 in guild 1, 4 and 5 in guild 2.
    fn guild(channel: u8) -> GuildId {
        GuildId::from_u128(u128::from(channel / 2))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Proves DEL-1 and GW-22 for the indexes: they say what plain sets say, whatever happened.
        #[test]
        fn indexes_agree_with_plain_sets(steps in vec(step(), 1..80)) {
            let mut registry = Registry::<u32>::default();
            let mut model = BTreeMap::<ConnectionKey, (u8, BTreeSet<u8>)>::new();
            for (serial, step) in steps.into_iter().enumerate() {
                let nth = |nth: usize, model: &BTreeMap<ConnectionKey, _>| {
                    (!model.is_empty()).then(|| *model.keys().nth(nth % model.len()).expect("one of them"))
                };
                match step {
                    Step::Connect { user } => {
                        let user_id = UserId::from_u128(u128::from(user));
                        let expected = registry.next_key();
                        let handle = u32::try_from(serial).expect("few");
                        let key = registry.insert(handle, user_id, SessionId::from_u128(1), Timestamp::MIN, 0, None);
                        prop_assert_eq!(key, expected);
                        model.insert(key, (user, BTreeSet::new()));
                    }
                    Step::Disconnect { nth: n } => if let Some(key) = nth(n, &model) {
                        let (_, subscribed) = registry.remove(key).expect("there");
                        let (_, channels) = model.remove(&key).expect("there");
                        let subscribed: BTreeSet<_> = subscribed.into_iter().collect();
                        prop_assert_eq!(subscribed, channels.iter().map(|n| guild(*n)).collect());
                    },
                    Step::Subscribe { nth: n, channel: c } => if let Some(key) = nth(n, &model) {
                        let fresh = model.get_mut(&key).expect("there").1.insert(c);
                        prop_assert_eq!(registry.subscribe(key, guild(c), channel(c)), fresh);
                    },
                    Step::Unsubscribe { nth: n, channel: c } => if let Some(key) = nth(n, &model) {
                        let was = model.get_mut(&key).expect("there").1.remove(&c);
                        prop_assert_eq!(registry.unsubscribe(key, channel(c)), was);
                    },
                    Step::UnsubscribeGuild { nth: n, guild: g } => if let Some(key) = nth(n, &model) {
                        let channels = &mut model.get_mut(&key).expect("there").1;
                        let before = channels.len();
                        channels.retain(|c| guild(*c) != GuildId::from_u128(u128::from(g)));
                        let ended = registry.unsubscribe_guild(key, GuildId::from_u128(u128::from(g)));
                        prop_assert_eq!(ended, channels.len() < before);
                    },
                }
                registry.check_invariants();
                for c in 0..6 {
                    let expected: BTreeSet<_> =
                        model.iter().filter(|(_, (_, channels))| channels.contains(&c)).map(|(key, _)| *key).collect();
                    let keys: BTreeSet<_> = registry.subscriber_keys(channel(c)).iter().copied().collect();
                    prop_assert_eq!(keys, expected);
                }
            }
        }
    }
}
