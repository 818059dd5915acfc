//! Whether what a member may do differs between two states of a guild: what the access revision counts (contract §7.4).
//!
//! Effective access is the membership, the rights at guild level, and the rights in every visible channel. Names, places in the order
//! and the ownership of the server, which no mutation changes, are not part of it.

use std::collections::{HashMap, HashSet};

use filament_protocol::{ChannelId, Permissions, RoleId, SystemKey, UserId};

use super::{
    graph::{ChannelNode, GraphChange, GuildGraph, Membership, OverrideTarget, RoleNode},
    resolve::{Subject, channel_permissions, guild_permissions},
};

/// Whether the access of one user differs between two states of a guild; `None` where the user is no member.
#[must_use]
pub fn access_differs(before: Option<(&GuildGraph, &Membership)>, after: Option<(&GuildGraph, &Membership)>) -> bool {
    match (before, after) {
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
        (Some(before), Some(after)) => rights(before) != rights(after),
    }
}

/// Two states of a guild whose members are the same, and what lies between them.
///
/// The answer for one member holds for every other with the same roles and no override of their own, so it is found once for them.
#[derive(Debug)]
pub struct GuildDifference<'g> {
    before: &'g GuildGraph,
    after: &'g GuildGraph,
    roles_differ: bool,
    /// Channels in which somebody's rights may differ, in either state.
    channels: Vec<(Option<&'g ChannelNode>, Option<&'g ChannelNode>)>,
    with_own_override: HashSet<UserId>,
    by_roles: HashMap<Vec<RoleId>, bool>,
}

impl<'g> GuildDifference<'g> {
    /// Compares two states of one guild.
    #[must_use]
    pub fn between(before: &'g GuildGraph, after: &'g GuildGraph) -> Self {
        let roles_differ = granted(before) != granted(after);
        let removed = before.channels.iter().filter(|channel| after.channel(channel.channel_id).is_none());
        let kept = after.channels.iter().map(|channel| (before.channel(channel.channel_id), Some(channel)));
        let changed = |(before, after): &(Option<&ChannelNode>, Option<&ChannelNode>)| {
            roles_differ || before.map(|channel| &channel.overrides) != after.map(|channel| &channel.overrides)
        };
        let channels: Vec<_> = kept.chain(removed.map(|channel| (Some(channel), None))).filter(changed).collect();
        let overrides = channels.iter().flat_map(|(before, after)| [*before, *after]).flatten();
        let targets = overrides.flat_map(|channel| &channel.overrides).map(|other| other.target);
        let with_own_override = targets.filter_map(|target| match target {
            OverrideTarget::Member(user_id) => Some(user_id),
            OverrideTarget::Role(_) => None,
        });
        let with_own_override = with_own_override.collect();
        Self { before, after, roles_differ, channels, with_own_override, by_roles: HashMap::new() }
    }

    /// Whether nobody's access can differ.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !self.roles_differ && self.channels.is_empty()
    }

    /// Whether the access of a member with this membership, the same in both states, differs.
    pub fn concerns(&mut self, membership: &Membership) -> bool {
        if self.is_empty() {
            return false;
        }
        if self.with_own_override.contains(&membership.user_id) {
            return self.ask(membership);
        }
        if let Some(known) = self.by_roles.get(&membership.role_ids) {
            return *known;
        }
        let differs = self.ask(membership);
        self.by_roles.insert(membership.role_ids.clone(), differs);
        differs
    }

    fn ask(&self, membership: &Membership) -> bool {
        let subject = subject(membership);
        let rights = |graph, channel: Option<&ChannelNode>| {
            channel.map_or(Permissions::EMPTY, |channel| channel_permissions(graph, channel, subject))
        };
        guild_permissions(self.before, subject) != guild_permissions(self.after, subject)
            || self.channels.iter().any(|(before, after)| rights(self.before, *before) != rights(self.after, *after))
    }
}

impl GraphChange {
    /// Whether somebody's access may differ after it. Cheap; [`GuildDifference`] tells whose.
    #[must_use]
    pub const fn concerns_access(&self) -> bool {
        match self {
            Self::ChannelAdded(_)
            | Self::ChannelRemoved(_)
            | Self::OverrideSet { .. }
            | Self::RolePut(_)
            | Self::RoleRemoved(_) => true,
            // Ownership is held by a role, which is given by a change of its own.
            Self::Described { .. }
            | Self::ChannelRenamed { .. }
            | Self::ChannelsOrdered(_)
            | Self::DefaultRole(_)
            | Self::Owner(_) => false,
        }
    }
}

/// What the roles of a guild grant, in one order.
fn granted(graph: &GuildGraph) -> Vec<(RoleId, Permissions, Option<SystemKey>)> {
    let of = |role: &RoleNode| (role.role_id, role.permissions, role.system_key);
    let mut granted: Vec<_> = graph.roles.iter().map(of).collect();
    granted.sort_unstable_by_key(|(role_id, ..)| *role_id);
    granted
}

/// Everything a member may do: at guild level, and in every visible channel, in one order.
fn rights((graph, membership): (&GuildGraph, &Membership)) -> (Permissions, Vec<(ChannelId, Permissions)>) {
    let subject = subject(membership);
    let in_channel = |channel: &ChannelNode| (channel.channel_id, channel_permissions(graph, channel, subject));
    let mut visible: Vec<_> = graph.channels.iter().map(in_channel).filter(|(_, rights)| !rights.is_empty()).collect();
    visible.sort_unstable_by_key(|(channel_id, _)| *channel_id);
    (guild_permissions(graph, subject), visible)
}

const fn subject(membership: &Membership) -> Subject<'_> {
    Subject { user_id: membership.user_id, is_server_owner: false, membership: Some(membership) }
}
