//! Which channels of one guild many users see, asked once per set of roles instead of once per user.
//!
//! Two members with the same roles and no override of their own see the same channels, so the answer for one holds for the
//! other. The answers come from [`filament_core::permission::sees`] alone.

use std::collections::{HashMap, HashSet};

use filament_core::permission::{GuildGraph, OverrideTarget, Subject, sees};
use filament_protocol::{ChannelId, RoleId, UserId, limits::CHANNELS_PER_GUILD_MAX};

/// A set of channels of one guild, by their place in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ChannelSet([u64; WORDS]);

const WORDS: usize = CHANNELS_PER_GUILD_MAX.div_ceil(64);

impl ChannelSet {
    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    fn contains(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }
}

/// See the module. Lives as long as one step: the graph does not change under it.
pub(crate) struct Views<'g> {
    graph: &'g GuildGraph,
    places: HashMap<ChannelId, usize>,
    with_own_override: HashSet<UserId>,
    by_roles: HashMap<Vec<RoleId>, ChannelSet>,
}

impl<'g> Views<'g> {
    pub(crate) fn of(graph: &'g GuildGraph) -> Self {
        let overrides = graph.channels.iter().flat_map(|channel| &channel.overrides);
        let with_own_override = overrides.filter_map(|other| match other.target {
            OverrideTarget::Member(user_id) => Some(user_id),
            OverrideTarget::Role(_) => None,
        });
        Self {
            graph,
            places: graph.channels.iter().enumerate().map(|(place, channel)| (channel.channel_id, place)).collect(),
            with_own_override: with_own_override.collect(),
            by_roles: HashMap::new(),
        }
    }

    /// Every channel the subject sees.
    pub(crate) fn visible(&mut self, subject: Subject<'_>) -> ChannelSet {
        match subject.membership {
            Some(membership) if !subject.is_server_owner && !self.with_own_override.contains(&subject.user_id) => {
                if let Some(known) = self.by_roles.get(&membership.role_ids) {
                    return *known;
                }
                let set = self.ask(subject);
                self.by_roles.insert(membership.role_ids.clone(), set);
                set
            }
            Some(_) | None => self.ask(subject),
        }
    }

    /// Whether the set holds the channel; a channel that does not exist is in no set.
    pub(crate) fn holds(&self, set: &ChannelSet, channel_id: ChannelId) -> bool {
        self.places.get(&channel_id).is_some_and(|place| set.contains(*place))
    }

    fn ask(&self, subject: Subject<'_>) -> ChannelSet {
        let mut set = ChannelSet::default();
        for (place, channel) in self.graph.channels.iter().enumerate() {
            if sees(self.graph, channel, subject) {
                set.insert(place);
            }
        }
        set
    }
}
