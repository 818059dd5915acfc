//! What a user may do: contract §8.3, rules PE-0 to PE-8, in order.
//!
//! *Worked example.* A user holds `member` (create_message, subscribe_streams), R1 and R2, both without rights of their own. A channel has:
//! everyone denies both; R1 allows create_message and publish_video; R2 denies publish_video; the user's own override allows
//! subscribe_streams. Base {create_message, subscribe_streams} → everyone layer {} → role layer, where R2's deny beats R1's allow:
//! {create_message} → member layer {create_message, subscribe_streams}. Without R1 the result would lack the view gate and so be empty.

use filament_protocol::{Access, AccessChannel, LegacyRole, Permission, Permissions, RoleId, SystemKey, UserId};

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

/// A user in a guild, with everything worked out that no channel changes: for whoever asks about many channels.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    subject: Subject<'a>,
    guild: Permissions,
    /// The member whose rights overrides change; nobody where PE-0 to PE-2 end the evaluation.
    bound: Option<&'a Membership>,
    everyone_id: Option<RoleId>,
}

impl<'a> Standing<'a> {
    /// Looks at the guild level (PE-0 to PE-3).
    #[must_use]
    pub fn of(graph: &GuildGraph, subject: Subject<'a>) -> Self {
        let decided = |guild| Self { subject, guild, bound: None, everyone_id: None };
        if subject.is_server_owner {
            return decided(Permissions::ALL); // PE-0
        }
        let Some(membership) = subject.membership else {
            return decided(Permissions::EMPTY); // PE-1
        };
        if holds_seeded(graph, membership, SystemKey::WorkspaceOwner) {
            return decided(Permissions::ALL); // PE-2
        }
        let everyone_id = graph.seeded(SystemKey::Everyone).map(|role| role.role_id);
        Self { subject, guild: base(graph, membership), bound: Some(membership), everyone_id } // PE-3
    }

    /// Rights at guild level.
    #[must_use]
    pub const fn guild(&self) -> Permissions {
        self.guild
    }

    /// Rights in a channel (PE-4 to PE-8). Empty means: the user does not see the channel.
    #[must_use]
    pub fn in_channel(&self, channel: &ChannelNode) -> Permissions {
        let Some(membership) = self.bound else {
            return self.guild;
        };
        let mut everyone = Layer::default();
        let mut roles = Layer::default();
        let mut member = Layer::default();
        for other in &channel.overrides {
            let layer = match other.target {
                OverrideTarget::Role(role_id) if Some(role_id) == self.everyone_id => &mut everyone, // PE-4
                OverrideTarget::Role(role_id) if membership.role_ids.contains(&role_id) => &mut roles, // PE-5
                OverrideTarget::Member(user_id) if user_id == self.subject.user_id => &mut member,   // PE-6
                OverrideTarget::Role(_) | OverrideTarget::Member(_) => continue,
            };
            layer.add(other.allow, other.deny);
        }
        let rights = member.over(roles.over(everyone.over(self.guild)));
        if rights.contains(Permission::CreateMessage) { rights } else { Permissions::EMPTY } // PE-8
    }

    /// Whether the user sees a channel.
    #[must_use]
    pub fn sees(&self, channel: &ChannelNode) -> bool {
        !self.in_channel(channel).is_empty()
    }
}

/// Guild-level rights (PE-0 to PE-3).
#[must_use]
pub fn guild_permissions(graph: &GuildGraph, subject: Subject<'_>) -> Permissions {
    Standing::of(graph, subject).guild()
}

/// Channel-level rights (PE-0 to PE-8). Empty means: the user does not see the channel.
#[must_use]
pub fn channel_permissions(graph: &GuildGraph, channel: &ChannelNode, subject: Subject<'_>) -> Permissions {
    Standing::of(graph, subject).in_channel(channel)
}

/// Whether the user sees the channel: the view gate `create_message` at channel level.
#[must_use]
pub fn sees(graph: &GuildGraph, channel: &ChannelNode, subject: Subject<'_>) -> bool {
    !channel_permissions(graph, channel, subject).is_empty()
}

/// Everything the user may do in a guild, as clients are told (`Access`, §4.1): the guild level and every channel it sees, in order.
/// `revision` is the user's access revision; the record has none below 1.
#[must_use]
pub fn access(graph: &GuildGraph, subject: Subject<'_>, revision: u64) -> Access {
    let standing = Standing::of(graph, subject);
    let rights = graph.channels.iter().map(|channel| (channel, standing.in_channel(channel)));
    let seen = rights.filter(|(_, rights)| !rights.is_empty());
    let placed = (0..).zip(seen).map(|(position, (channel, rights))| AccessChannel {
        channel_id: channel.channel_id,
        name: channel.name.clone(),
        kind: channel.kind,
        position,
        permission_bits: rights.into(),
    });
    Access {
        guild_id: graph.guild_id,
        access_rev: revision.max(1),
        role: legacy_role(graph, subject),
        permissions: standing.guild(),
        channels: placed.collect(),
    }
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

pub(super) fn holds_seeded(graph: &GuildGraph, membership: &Membership, key: SystemKey) -> bool {
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
