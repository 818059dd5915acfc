//! Whether what a member may do differs between two states of a guild: what the access revision counts (contract §7.4).
//!
//! Effective access is the membership, the rights at guild level, and the rights in every visible channel. Names, places in the order
//! and the ownership of the server, which no mutation changes, are not part of it.

use std::collections::{HashMap, HashSet};

use filament_protocol::{ChannelId, Permissions, RoleId, SystemKey, UserId};

use super::{
    graph::{ChannelNode, GraphChange, GuildGraph, Membership, OverrideTarget, RoleNode},
    resolve::{Standing, Subject},
};
use crate::limits::GAIN_NOTICES_MAX;

/// Whether the access of one user differs between two states of a guild; `None` where the user is no member.
#[must_use]
pub fn access_differs(before: Option<(&GuildGraph, &Membership)>, after: Option<(&GuildGraph, &Membership)>) -> bool {
    match (before, after) {
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
        (Some(before), Some(after)) => effective_rights(before.0, before.1) != effective_rights(after.0, after.1),
    }
}

/// The channels a member sees after and did not see before, in list order, at most [`GAIN_NOTICES_MAX`]: none for who was no member before.
#[must_use]
pub fn newly_visible(
    before: Option<(&GuildGraph, &Membership)>,
    after: Option<(&GuildGraph, &Membership)>,
) -> Vec<ChannelId> {
    let (Some((graph_before, before)), Some((graph, after))) = (before, after) else { return Vec::new() };
    let before = Standing::of(graph_before, subject(before));
    let after = Standing::of(graph, subject(after));
    let saw = |channel_id| graph_before.channel(channel_id).is_some_and(|channel| before.sees(channel));
    let gained = graph.channels.iter().filter(|channel| after.sees(channel) && !saw(channel.channel_id));
    gained.map(|channel| channel.channel_id).take(GAIN_NOTICES_MAX).collect()
}

/// Two states of a guild whose members are the same, and what lies between them.
///
/// The answer for one member holds for every other with the same roles and no override of their own, so it is found once for them. A role
/// that changed is looked at for its holders alone.
#[derive(Debug)]
pub struct GuildDifference<'g> {
    before: &'g GuildGraph,
    after: &'g GuildGraph,
    /// Roles that grant something else than before, or that came or went.
    changed_roles: HashSet<RoleId>,
    everyone_changed: bool,
    /// Every channel there was or is, in the order of now.
    channels: Vec<Pair<'g>>,
    /// Those of them whose overrides differ.
    changed_channels: Vec<Pair<'g>>,
    with_own_override: HashSet<UserId>,
    by_roles: HashMap<Vec<RoleId>, bool>,
    gained_by_roles: HashMap<Vec<RoleId>, Vec<ChannelId>>,
}

/// A channel before and after.
type Pair<'g> = (Option<&'g ChannelNode>, Option<&'g ChannelNode>);

impl<'g> GuildDifference<'g> {
    /// Compares two states of one guild.
    #[must_use]
    pub fn between(before: &'g GuildGraph, after: &'g GuildGraph) -> Self {
        let (was, is) = (granted(before), granted(after));
        let changed_roles: HashSet<RoleId> = was.symmetric_difference(&is).map(|(role_id, ..)| *role_id).collect();
        let is_everyone = |role: &RoleNode| role.system_key == Some(SystemKey::Everyone);
        let everyone = before.roles.iter().chain(&after.roles).find(|role| is_everyone(role));
        let everyone_changed = everyone.is_some_and(|role| changed_roles.contains(&role.role_id));
        let removed = before.channels.iter().filter(|channel| after.channel(channel.channel_id).is_none());
        let kept = after.channels.iter().map(|channel| (before.channel(channel.channel_id), Some(channel)));
        let channels: Vec<Pair<'g>> = kept.chain(removed.map(|channel| (Some(channel), None))).collect();
        let overrides = |channel: Option<&'g ChannelNode>| channel.map(|channel| &channel.overrides);
        let differs = |(before, after): &Pair<'g>| overrides(*before) != overrides(*after);
        let changed_channels: Vec<Pair<'g>> = channels.iter().copied().filter(differs).collect();
        // An override of one's own matters wherever rights may differ.
        let concerned = if changed_roles.is_empty() { &changed_channels } else { &channels };
        let targets = concerned.iter().flat_map(|(before, after)| [*before, *after]).flatten();
        let targets = targets.flat_map(|channel| &channel.overrides).map(|other| other.target);
        let with_own_override = targets.filter_map(|target| match target {
            OverrideTarget::Member(user_id) => Some(user_id),
            OverrideTarget::Role(_) => None,
        });
        let with_own_override = with_own_override.collect();
        let (by_roles, gained_by_roles) = (HashMap::new(), HashMap::new());
        Self {
            before,
            after,
            changed_roles,
            everyone_changed,
            channels,
            changed_channels,
            with_own_override,
            by_roles,
            gained_by_roles,
        }
    }

    /// Whether nobody's access can differ.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed_roles.is_empty() && self.changed_channels.is_empty()
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

    /// The channels a member with this membership sees after and did not see before, in list order, at most [`GAIN_NOTICES_MAX`].
    pub fn gained(&mut self, membership: &Membership) -> Vec<ChannelId> {
        let has_own = self.with_own_override.contains(&membership.user_id);
        if !has_own && let Some(known) = self.gained_by_roles.get(&membership.role_ids) {
            return known.clone();
        }
        let (before, after) = self.standings(membership);
        let sees = |standing: &Standing<'_>, channel: Option<&ChannelNode>| channel.is_some_and(|it| standing.sees(it));
        let gained = self.concerned(membership).iter().filter(|(was, is)| !sees(&before, *was) && sees(&after, *is));
        let gained = gained.filter_map(|(_, is)| is.map(|channel| channel.channel_id));
        let gained: Vec<ChannelId> = gained.take(GAIN_NOTICES_MAX).collect();
        if !has_own {
            self.gained_by_roles.insert(membership.role_ids.clone(), gained.clone());
        }
        gained
    }

    fn ask(&self, membership: &Membership) -> bool {
        let concerned = self.concerned(membership);
        if concerned.is_empty() && !self.roles_concern(membership) {
            return false;
        }
        let (before, after) = self.standings(membership);
        let rights = |standing: &Standing<'_>, channel: Option<&ChannelNode>| {
            channel.map_or(Permissions::EMPTY, |channel| standing.in_channel(channel))
        };
        before.guild() != after.guild()
            || concerned.iter().any(|(was, is)| rights(&before, *was) != rights(&after, *is))
    }

    /// Where this member's rights may differ: everywhere, if what its roles grant does.
    fn concerned(&self, membership: &Membership) -> &[Pair<'g>] {
        if self.roles_concern(membership) { &self.channels } else { &self.changed_channels }
    }

    fn roles_concern(&self, membership: &Membership) -> bool {
        self.everyone_changed || membership.role_ids.iter().any(|role_id| self.changed_roles.contains(role_id))
    }

    fn standings<'m>(&self, membership: &'m Membership) -> (Standing<'m>, Standing<'m>) {
        (Standing::of(self.before, subject(membership)), Standing::of(self.after, subject(membership)))
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
            | Self::RolesPlaced(_)
            | Self::DefaultRole(_)
            | Self::Owner(_)
            // The gate is no right of a user: the same user may be here from another address.
            | Self::AddressesBanned(_)
            | Self::AddressesUnbanned(_) => false,
        }
    }
}

/// What the roles of a guild grant.
fn granted(graph: &GuildGraph) -> HashSet<(RoleId, Permissions, Option<SystemKey>)> {
    graph.roles.iter().map(|role| (role.role_id, role.permissions, role.system_key)).collect()
}

/// Everything a member may do: at guild level, and in every visible channel, in one order. Equal exactly where [`access_differs`] says no.
#[must_use]
pub fn effective_rights(graph: &GuildGraph, membership: &Membership) -> (Permissions, Vec<(ChannelId, Permissions)>) {
    let standing = Standing::of(graph, subject(membership));
    let in_channel = |channel: &ChannelNode| (channel.channel_id, standing.in_channel(channel));
    let mut visible: Vec<_> = graph.channels.iter().map(in_channel).filter(|(_, rights)| !rights.is_empty()).collect();
    visible.sort_unstable_by_key(|(channel_id, _)| *channel_id);
    (standing.guild(), visible)
}

const fn subject(membership: &Membership) -> Subject<'_> {
    Subject { user_id: membership.user_id, is_server_owner: false, membership: Some(membership) }
}
