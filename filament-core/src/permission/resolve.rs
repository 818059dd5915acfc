//! What a user may do: contract §8.3, rules PE-0 to PE-8, in order.
//!
//! *Worked example.* A user holds `member` (create_message, subscribe_streams), R1 and R2, both without rights of their own. A channel has:
//! everyone denies both; R1 allows create_message and publish_video; R2 denies publish_video; the user's own override allows
//! subscribe_streams. Base {create_message, subscribe_streams} → everyone layer {} → role layer, where R2's deny beats R1's allow:
//! {create_message} → member layer {create_message, subscribe_streams}. Without R1 the result would lack the view gate and so be empty.

use filament_protocol::{LegacyRole, Permission, Permissions, SystemKey, UserId};

use super::graph::{ChannelNode, GuildGraph, Membership, OverrideTarget};

/// The user a resolution is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The user.
    pub user_id: UserId,
    /// Whether the user owns the server (PE-0).
    pub is_server_owner: bool,
    /// The membership in the guild concerned, if any (PE-1).
    pub membership: Option<&'a Membership>,
}

/// Guild-level rights (PE-0 to PE-3).
#[must_use]
pub fn guild_permissions(graph: &GuildGraph, subject: Subject<'_>) -> Permissions {
    if subject.is_server_owner {
        return Permissions::ALL; // PE-0
    }
    let Some(membership) = subject.membership else {
        return Permissions::EMPTY; // PE-1
    };
    if holds_seeded(graph, membership, SystemKey::WorkspaceOwner) {
        return Permissions::ALL; // PE-2
    }
    base(graph, membership) // PE-3
}

/// Channel-level rights (PE-0 to PE-8). Empty means: the user does not see the channel.
#[must_use]
pub fn channel_permissions(graph: &GuildGraph, channel: &ChannelNode, subject: Subject<'_>) -> Permissions {
    if subject.is_server_owner {
        return Permissions::ALL; // PE-0
    }
    let Some(membership) = subject.membership else {
        return Permissions::EMPTY; // PE-1
    };
    if holds_seeded(graph, membership, SystemKey::WorkspaceOwner) {
        return Permissions::ALL; // PE-2
    }
    let mut everyone = Layer::default();
    let mut roles = Layer::default();
    let mut member = Layer::default();
    let everyone_id = graph.seeded(SystemKey::Everyone).map(|role| role.role_id);
    for other in &channel.overrides {
        let layer = match other.target {
            OverrideTarget::Role(role_id) if Some(role_id) == everyone_id => &mut everyone, // PE-4
            OverrideTarget::Role(role_id) if membership.role_ids.contains(&role_id) => &mut roles, // PE-5
            OverrideTarget::Member(user_id) if user_id == subject.user_id => &mut member,   // PE-6
            OverrideTarget::Role(_) | OverrideTarget::Member(_) => continue,
        };
        layer.add(other.allow, other.deny);
    }
    let rights = member.over(roles.over(everyone.over(base(graph, membership))));
    if rights.contains(Permission::CreateMessage) { rights } else { Permissions::EMPTY } // PE-8
}

/// Whether the user sees the channel: the view gate `create_message` at channel level.
#[must_use]
pub fn sees(graph: &GuildGraph, channel: &ChannelNode, subject: Subject<'_>) -> bool {
    !channel_permissions(graph, channel, subject).is_empty()
}

/// The derived legacy word (PRM-5).
#[must_use]
pub fn legacy_role(graph: &GuildGraph, subject: Subject<'_>) -> LegacyRole {
    let holds = |key| subject.membership.is_some_and(|membership| holds_seeded(graph, membership, key));
    if subject.is_server_owner || holds(SystemKey::WorkspaceOwner) {
        LegacyRole::Owner
    } else if holds(SystemKey::Moderator) {
        LegacyRole::Moderator
    } else {
        LegacyRole::Member
    }
}

fn holds_seeded(graph: &GuildGraph, membership: &Membership, key: SystemKey) -> bool {
    graph.seeded(key).is_some_and(|role| membership.role_ids.contains(&role.role_id))
}

fn base(graph: &GuildGraph, membership: &Membership) -> Permissions {
    graph
        .roles
        .iter()
        .filter(|role| role.system_key == Some(SystemKey::Everyone) || membership.role_ids.contains(&role.role_id))
        .fold(Permissions::EMPTY, |rights, role| rights.union(role.permissions))
}

/// One layer of overrides; deny beats allow inside it, a later layer beats an earlier one (PE-7).
#[derive(Default)]
struct Layer {
    allow: Permissions,
    deny: Permissions,
}

impl Layer {
    fn add(&mut self, allow: Permissions, deny: Permissions) {
        self.allow = self.allow.union(allow);
        self.deny = self.deny.union(deny);
    }

    fn over(&self, rights: Permissions) -> Permissions {
        rights.difference(self.deny).union(self.allow.difference(self.deny))
    }
}
