//! What is so, in plain sets: the effects of the commands that were accepted, by the words of the contract.

use std::collections::{BTreeMap, BTreeSet};

use filament_core::{Address, permission::GuildGraph};
use filament_protocol::{
    ChannelId, GuildId, IpBanId, LegacyRole, Permission, Permissions, RoleId, SystemKey, Timestamp, UserId,
};

pub(super) use filament_core::permission::OverrideTarget as Target;

use super::rights::can;

/// The truth of one position.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    pub(super) server_owner: UserId,
    pub(super) guilds: BTreeMap<GuildId, Guild>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guild {
    pub(super) everyone: RoleId,
    pub(super) owner_role: RoleId,
    pub(super) moderator: RoleId,
    pub(super) member: RoleId,
    pub(super) default_role: Option<RoleId>,
    pub(super) roles: BTreeMap<RoleId, Permissions>,
    pub(super) members: BTreeMap<UserId, BTreeSet<RoleId>>,
    pub(super) banned: BTreeSet<UserId>,
    /// Addresses that may not enter, and until when.
    pub(super) addresses: BTreeMap<IpBanId, (Address, Option<Timestamp>)>,
    /// In order.
    pub(super) channels: Vec<Channel>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Channel {
    pub(super) id: ChannelId,
    /// What is allowed and what is denied.
    pub(super) overrides: BTreeMap<Target, (Permissions, Permissions)>,
}

/// Rights at guild level, and in every visible channel in order.
pub(super) type Rights = (Permissions, Vec<(ChannelId, Permissions)>);

impl Guild {
    /// A fresh guild, as contract §8.2 has it. The ids of its seeded roles are the store's choice.
    pub(super) fn created(graph: &GuildGraph, owner: UserId) -> Self {
        let role = |key| graph.roles.iter().find(|role| role.system_key == Some(key)).expect("seeded").role_id;
        let [everyone, owner_role] = [SystemKey::Everyone, SystemKey::WorkspaceOwner].map(role);
        let [moderator, member] = [SystemKey::Moderator, SystemKey::Member].map(role);
        let bits = [(everyone, 2304), (owner_role, 4095), (moderator, 4090), (member, 2304)];
        Self {
            everyone,
            owner_role,
            moderator,
            member,
            default_role: Some(member),
            roles: bits.into_iter().map(|(id, bits)| (id, Permissions::from_bits_truncate(bits))).collect(),
            members: BTreeMap::from([(owner, BTreeSet::from([owner_role]))]),
            banned: BTreeSet::new(),
            addresses: BTreeMap::new(),
            channels: Vec::new(),
        }
    }

    pub(super) fn owner(&self) -> UserId {
        let holder = self.members.iter().find(|(_, held)| held.contains(&self.owner_role));
        *holder.expect("exactly one (PRM-4)").0
    }

    pub(super) fn channel_mut(&mut self, id: ChannelId) -> &mut Channel {
        self.channels.iter_mut().find(|channel| channel.id == id).expect("it was picked from here")
    }

    /// The derived role word of a member (PRM-5).
    pub(super) fn legacy(&self, user: UserId) -> LegacyRole {
        let holds = |role| self.members.get(&user).is_some_and(|held| held.contains(&role));
        match (holds(self.owner_role), holds(self.moderator)) {
            (true, _) => LegacyRole::Owner,
            (_, true) => LegacyRole::Moderator,
            _ => LegacyRole::Member,
        }
    }

    /// Panics if the stored graph is another one.
    pub(super) fn check_stored(&self, graph: &GuildGraph) {
        let roles: BTreeMap<_, _> = graph.roles.iter().map(|role| (role.role_id, role.permissions)).collect();
        assert_eq!((&roles, graph.default_role_id, graph.owner_id), (&self.roles, self.default_role, self.owner()));
        let channels = graph.channels.iter().map(|channel| {
            let lists = channel.overrides.iter().map(|other| (other.target, (other.allow, other.deny)));
            Channel { id: channel.channel_id, overrides: lists.collect() }
        });
        assert_eq!(channels.collect::<Vec<_>>(), self.channels);
    }
}

impl Truth {
    pub(super) fn guild_mut(&mut self, id: GuildId) -> &mut Guild {
        self.guilds.get_mut(&id).expect("it was picked from here")
    }

    pub(super) fn is_member(&self, guild: GuildId, user: UserId) -> bool {
        self.guilds.get(&guild).is_some_and(|guild| guild.members.contains_key(&user))
    }

    pub(super) fn exists(&self, guild: GuildId, channel: ChannelId) -> bool {
        self.guilds.get(&guild).is_some_and(|guild| guild.channels.iter().any(|other| other.id == channel))
    }

    pub(super) fn sees(&self, guild: GuildId, channel: ChannelId, user: UserId) -> bool {
        can(self, user, Permission::CreateMessage, guild, Some(channel))
    }

    /// Whether a member holds a permission at guild level: who is no member is in no `PERM` (DEL-7).
    pub(super) fn holds(&self, guild: GuildId, right: Permission, user: UserId) -> bool {
        self.is_member(guild, user) && can(self, user, right, guild, None)
    }

    /// Whether the gate is closed to a user from an address (DEL-5).
    pub(super) fn stops(&self, guild: GuildId, user: UserId, address: Address, now: Timestamp) -> bool {
        let Some(guild) = self.guilds.get(&guild) else { return false };
        let is_active = |until: &Option<Timestamp>| until.is_none_or(|until| until > now);
        let is_banned = guild.addresses.values().any(|(banned, until)| *banned == address && is_active(until));
        is_banned && user != self.server_owner && guild.owner() != user
    }

    pub(super) fn visible(&self, guild: GuildId, user: UserId) -> Vec<ChannelId> {
        let channels = self.guilds.get(&guild).into_iter().flat_map(|guild| &guild.channels);
        channels.map(|channel| channel.id).filter(|channel| self.sees(guild, *channel, user)).collect()
    }

    /// Everything a member may do in a guild; `None` for who is no member.
    pub(super) fn rights(&self, guild: GuildId, user: UserId) -> Option<Rights> {
        let set = |channel| {
            let held = Permission::ALL.iter().filter(|right| can(self, user, **right, guild, channel));
            held.copied().collect::<Permissions>()
        };
        let visible = || self.visible(guild, user).into_iter().map(|channel| (channel, set(Some(channel)))).collect();
        self.is_member(guild, user).then(|| (set(None), visible()))
    }

    /// The members before or after, by guild, whose access is another one after: the order of channels apart (RES-30, §4.8).
    pub(super) fn shifted(&self, before: &Self) -> Vec<(GuildId, UserId)> {
        let mut shifted = Vec::new();
        let sorted = |rights: Option<Rights>| rights.map(|(own, seen)| (own, BTreeMap::from_iter(seen)));
        for id in self.guilds.keys().chain(before.guilds.keys()).copied().collect::<BTreeSet<_>>() {
            if self.guilds.get(&id) == before.guilds.get(&id) {
                continue;
            }
            let members =
                |truth: &Self| truth.guilds.get(&id).map_or(Vec::new(), |it| it.members.keys().copied().collect());
            let users: BTreeSet<UserId> = members(self).into_iter().chain(members(before)).collect();
            shifted.extend(
                users
                    .into_iter()
                    .filter(|user| sorted(self.rights(id, *user)) != sorted(before.rights(id, *user)))
                    .map(|user| (id, user)),
            );
        }
        shifted
    }
}
