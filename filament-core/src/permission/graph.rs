//! The permission-relevant state of one guild: its roles, its channels in order, their overrides. Members are not part of it.

use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, ColorHex, GuildId, GuildName, IpBanId, Permissions, RoleId, RoleName,
    SystemKey, Timestamp, UserId, Visibility, record::Role,
};
use serde::{Deserialize, Serialize};

use crate::{
    address::{Address, AddressBan},
    limits::OWNER_POSITION,
    stamp::Stamp,
};

/// One guild as decisions and the access table see it. Shared as `Arc<GuildGraph>`; [`GuildGraph::apply`] makes the next version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuildGraph {
    /// The guild.
    pub guild_id: GuildId,
    /// Its name.
    pub name: GuildName,
    /// Whether it stands in the public directory.
    pub visibility: Visibility,
    /// The one member that holds `workspace_owner` (PRM-4).
    pub owner_id: UserId,
    /// The role a new member is given, if any (PRM-7).
    pub default_role_id: Option<RoleId>,
    /// When the guild was created.
    pub created_at: Timestamp,
    /// All roles, in no particular order; the four seeded ones are always among them.
    pub roles: Vec<RoleNode>,
    /// All channels in display order.
    pub channels: Vec<ChannelNode>,
    /// Addresses that may not enter, oldest first; those that have expired stay until the next ban is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address_bans: Vec<AddressBan>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleNode {
    /// The role.
    pub role_id: RoleId,
    /// Its name.
    pub name: RoleName,
    /// Its place in the hierarchy, 0..=10000.
    pub position: u16,
    /// Whether it is `everyone` or `workspace_owner`.
    pub is_system: bool,
    /// What it grants at guild level.
    pub permissions: Permissions,
    /// Its colour.
    pub color_hex: Option<ColorHex>,
    /// Which seeded role it is, if one (PRM-2).
    pub system_key: Option<SystemKey>,
}

/// A channel and its overrides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelNode {
    /// The channel.
    pub channel_id: ChannelId,
    /// Its name.
    pub name: ChannelName,
    /// Text or voice.
    pub kind: ChannelKind,
    /// Its overrides, at most one per target.
    pub overrides: Vec<Override>,
}

/// What an override is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OverrideTarget {
    /// Everybody who holds the role; the `everyone` role included.
    Role(RoleId),
    /// One member.
    Member(UserId),
}

/// A channel override: disjoint lists of what is allowed and denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Whom it concerns.
    pub target: OverrideTarget,
    /// What it adds.
    pub allow: Permissions,
    /// What it takes away.
    pub deny: Permissions,
    /// When it was last set.
    pub updated_at: Timestamp,
}

/// A membership: which roles a user holds in a guild. `everyone` is implied and never listed (PRM-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The member.
    pub user_id: UserId,
    /// Assigned roles, ascending.
    pub role_ids: Vec<RoleId>,
    /// When the user joined.
    pub joined_at: Timestamp,
}

/// A change of a guild's graph. The writer's cache and the access table apply the same values through [`GuildGraph::apply`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GraphChange {
    /// Name or visibility changed; both as they are now.
    Described {
        /// The name now.
        name: GuildName,
        /// The visibility now.
        visibility: Visibility,
    },
    /// A channel was added at the end of the order.
    ChannelAdded(ChannelNode),
    /// A channel got another name.
    ChannelRenamed {
        /// The channel.
        channel_id: ChannelId,
        /// The name now.
        name: ChannelName,
    },
    /// A channel was removed together with its overrides.
    ChannelRemoved(ChannelId),
    /// All channels, in their new order.
    ChannelsOrdered(Vec<ChannelId>),
    /// An override was set; both lists empty removes it.
    OverrideSet {
        /// The channel.
        channel_id: ChannelId,
        /// The override as it is now.
        value: Override,
    },
    /// A role was created or changed; as it is now.
    RolePut(RoleNode),
    /// A role was removed: its overrides go with it, and the default join role if it was that.
    RoleRemoved(RoleId),
    /// Roles stand at other positions.
    RolesPlaced(Vec<(RoleId, u16)>),
    /// The default join role changed.
    DefaultRole(Option<RoleId>),
    /// Ownership moved.
    Owner(UserId),
    /// Addresses may not enter from now on.
    AddressesBanned(Vec<AddressBan>),
    /// These address bans are gone.
    AddressesUnbanned(Vec<IpBanId>),
}

impl GuildGraph {
    /// The channel, if it exists.
    #[must_use]
    pub fn channel(&self, channel_id: ChannelId) -> Option<&ChannelNode> {
        self.channels.iter().find(|channel| channel.channel_id == channel_id)
    }

    /// The role, if it exists.
    #[must_use]
    pub fn role(&self, role_id: RoleId) -> Option<&RoleNode> {
        self.roles.iter().find(|role| role.role_id == role_id)
    }

    /// The seeded role of that key (PRM-2).
    #[must_use]
    pub fn seeded(&self, key: SystemKey) -> Option<&RoleNode> {
        self.roles.iter().find(|role| role.system_key == Some(key))
    }

    /// Whether an address is banned here at the moment (IPB-3). Who is exempt is another question.
    #[must_use]
    pub fn bans_address(&self, address: Address, now: Timestamp) -> bool {
        self.address_bans.iter().any(|ban| ban.address == address && ban.is_active(now))
    }

    /// Applies one change. A change that names something absent leaves the graph as it is.
    pub fn apply(&mut self, change: &GraphChange) {
        match change {
            GraphChange::Described { name, visibility } => {
                self.name = name.clone();
                self.visibility = *visibility;
            }
            GraphChange::ChannelAdded(channel) => self.channels.push(channel.clone()),
            GraphChange::ChannelRenamed { channel_id, name } => {
                if let Some(channel) = self.channel_mut(*channel_id) {
                    channel.name = name.clone();
                }
            }
            GraphChange::ChannelRemoved(channel_id) => {
                self.channels.retain(|channel| channel.channel_id != *channel_id);
            }
            GraphChange::ChannelsOrdered(order) => {
                let place = |id: ChannelId| order.iter().position(|listed| *listed == id).unwrap_or(usize::MAX);
                self.channels.sort_by_key(|channel| place(channel.channel_id));
            }
            GraphChange::OverrideSet { channel_id, value } => {
                if let Some(channel) = self.channel_mut(*channel_id) {
                    channel.overrides.retain(|other| other.target != value.target);
                    if !(value.allow.is_empty() && value.deny.is_empty()) {
                        channel.overrides.push(*value);
                    }
                    channel.overrides.sort_by_key(|other| other.target);
                }
            }
            GraphChange::RolePut(role) => match self.roles.iter_mut().find(|other| other.role_id == role.role_id) {
                Some(existing) => *existing = role.clone(),
                None => self.roles.push(role.clone()),
            },
            GraphChange::RoleRemoved(role_id) => self.remove_role(*role_id),
            GraphChange::RolesPlaced(places) => {
                for (role_id, position) in places {
                    if let Some(role) = self.roles.iter_mut().find(|role| role.role_id == *role_id) {
                        role.position = *position;
                    }
                }
            }
            GraphChange::DefaultRole(role_id) => self.default_role_id = *role_id,
            GraphChange::Owner(owner_id) => self.owner_id = *owner_id,
            GraphChange::AddressesBanned(bans) => {
                self.address_bans.extend(bans);
                self.address_bans.sort_unstable_by_key(|ban| ban.ban_id);
            }
            GraphChange::AddressesUnbanned(ban_ids) => {
                self.address_bans.retain(|ban| !ban_ids.contains(&ban.ban_id));
            }
        }
    }

    /// The changes that lead back over one that is about to be applied. None for a change that [concerns nobody's
    /// access](GraphChange::concerns_access).
    pub(crate) fn inverse(&self, change: &GraphChange) -> Vec<GraphChange> {
        match change {
            GraphChange::ChannelAdded(channel) => vec![GraphChange::ChannelRemoved(channel.channel_id)],
            GraphChange::ChannelRemoved(channel_id) => {
                self.channel(*channel_id).cloned().map(GraphChange::ChannelAdded).into_iter().collect()
            }
            GraphChange::OverrideSet { channel_id, value } => {
                let nothing = Override { allow: Permissions::EMPTY, deny: Permissions::EMPTY, ..*value };
                let channel = self.channel(*channel_id);
                let value = channel.map(|channel| channel.override_of(value.target).copied().unwrap_or(nothing));
                value.map(|value| GraphChange::OverrideSet { channel_id: *channel_id, value }).into_iter().collect()
            }
            GraphChange::RolePut(role) => {
                let before = self.role(role.role_id).cloned().map(GraphChange::RolePut);
                vec![before.unwrap_or(GraphChange::RoleRemoved(role.role_id))]
            }
            GraphChange::RoleRemoved(role_id) => {
                let role = self.role(*role_id).cloned().map(GraphChange::RolePut);
                let overrides = self.channels.iter().filter_map(|channel| {
                    let value = *channel.override_of(OverrideTarget::Role(*role_id))?;
                    Some(GraphChange::OverrideSet { channel_id: channel.channel_id, value })
                });
                role.into_iter().chain(overrides).collect()
            }
            GraphChange::Described { .. }
            | GraphChange::ChannelRenamed { .. }
            | GraphChange::ChannelsOrdered(_)
            | GraphChange::RolesPlaced(_)
            | GraphChange::DefaultRole(_)
            | GraphChange::Owner(_)
            | GraphChange::AddressesBanned(_)
            | GraphChange::AddressesUnbanned(_) => Vec::new(),
        }
    }

    fn channel_mut(&mut self, channel_id: ChannelId) -> Option<&mut ChannelNode> {
        self.channels.iter_mut().find(|channel| channel.channel_id == channel_id)
    }

    fn remove_role(&mut self, role_id: RoleId) {
        self.roles.retain(|role| role.role_id != role_id);
        for channel in &mut self.channels {
            channel.overrides.retain(|other| other.target != OverrideTarget::Role(role_id));
        }
        if self.default_role_id == Some(role_id) {
            self.default_role_id = None;
        }
    }
}

impl Membership {
    /// Follows a change of the guild's graph: a role that is gone is held by nobody.
    pub fn follow(&mut self, change: &GraphChange) {
        if let GraphChange::RoleRemoved(role_id) = change {
            self.role_ids.retain(|held| held != role_id);
        }
    }
}

impl ChannelNode {
    /// The override of a target, if there is one.
    #[must_use]
    pub fn override_of(&self, target: OverrideTarget) -> Option<&Override> {
        self.overrides.iter().find(|other| other.target == target)
    }

    /// Orders the overrides by target, the one order in which graphs compare equal.
    pub(crate) fn sorted(mut self) -> Self {
        self.overrides.sort_by_key(|other| other.target);
        self
    }
}

impl RoleNode {
    /// The role as REST shows it.
    #[must_use]
    pub fn record(&self) -> Role {
        Role {
            role_id: self.role_id,
            name: self.name.clone(),
            position: self.position,
            is_system: self.is_system,
            permissions: self.permissions,
            color_hex: self.color_hex.clone(),
            system_key: self.system_key,
        }
    }
}

/// The roles of a guild in list order: highest first, at equal positions the older one first (PRM-8).
pub fn ranked(graph: &GuildGraph) -> impl Iterator<Item = &RoleNode> {
    let mut roles: Vec<&RoleNode> = graph.roles.iter().collect();
    // Role ids ascend with their creation.
    roles.sort_unstable_by_key(|role| (std::cmp::Reverse(role.position), role.role_id));
    roles.into_iter()
}

/// The four roles every guild is born with (contract §8.2), with ids `first..first + 4` of the stamp: everyone, owner, moderator, member.
#[must_use]
pub fn seeded_roles(stamp: &Stamp, first: u8) -> [RoleNode; 4] {
    use filament_protocol::Permission::{CreateMessage, ManageRoles, ManageWorkspaceRoles, SubscribeStreams};
    let member: Permissions = [CreateMessage, SubscribeStreams].into_iter().collect();
    let moderator = Permissions::ALL.difference([ManageRoles, ManageWorkspaceRoles].into_iter().collect());
    let role = |n: u8, key: SystemKey, name: &str, position: u16, permissions: Permissions| RoleNode {
        role_id: stamp.id(first + n),
        name: RoleName::new(name).expect("a seeded name is a role name"),
        position,
        is_system: matches!(key, SystemKey::Everyone | SystemKey::WorkspaceOwner),
        permissions,
        color_hex: None,
        system_key: Some(key),
    };
    [
        role(0, SystemKey::Everyone, "@everyone", 0, member),
        role(1, SystemKey::WorkspaceOwner, "workspace_owner", OWNER_POSITION, Permissions::ALL),
        role(2, SystemKey::Moderator, "moderator", 100, moderator),
        role(3, SystemKey::Member, "member", 1, member),
    ]
}
