//! Random guilds, and an evaluator of permissions that shares nothing with the crate's: one permission at a time, last word wins.

use std::sync::Arc;

use filament_core::{
    Actor, StampSource,
    permission::{ChannelNode, GraphChange, GuildGraph, Membership, Override, OverrideTarget, RoleNode, seeded_roles},
};
use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, GuildId, GuildName, Permission, Permissions, RoleId, RoleName, SessionId,
    SystemKey, Timestamp, UserId, Visibility,
};
use proptest::prelude::*;

pub(crate) const OWNER: u128 = 1;
pub(crate) const CALLER: u128 = 2;
pub(crate) const OTHER: u128 = 3;

/// A guild, and a caller that may be a member of it.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) graph: Arc<GuildGraph>,
    pub(crate) caller: Actor,
    pub(crate) membership: Option<Arc<Membership>>,
    /// Somebody to be acted on: a member or not.
    pub(crate) other: Option<Arc<Membership>>,
}

impl World {
    pub(crate) fn channel_id(n: usize) -> ChannelId {
        ChannelId::from_u128(100 + n as u128)
    }

    /// The world after a change of the guild.
    pub(crate) fn after(&self, change: &GraphChange) -> Self {
        let mut graph = (*self.graph).clone();
        graph.apply(change);
        Self { graph: Arc::new(graph), ..self.clone() }
    }

    /// Where somebody stands: contract §8.4, with the owner above every position and the server owner above the owner.
    pub(crate) fn standing(&self, member: Option<&Membership>, is_server_owner: bool) -> u32 {
        let held = member.into_iter().flat_map(|member| &member.role_ids);
        let positions =
            held.filter_map(|id| self.graph.roles.iter().find(|role| role.role_id == *id)).map(|role| role.position);
        if is_server_owner { 20_000 } else { positions.max().map_or(0, u32::from) }
    }

    pub(crate) fn role(&self, key: SystemKey) -> &RoleNode {
        self.graph.seeded(key).expect("seeded")
    }

    /// Whether the caller holds `wanted`, in a channel or at guild level: contract §8.3 read permission by permission.
    pub(crate) fn caller_can(&self, wanted: Permission, channel: Option<ChannelId>) -> bool {
        if self.caller.is_server_owner {
            return channel.is_none_or(|id| self.graph.channel(id).is_some());
        }
        let Some(member) = &self.membership else {
            return false;
        };
        let held =
            |role_id: RoleId| role_id == self.role(SystemKey::Everyone).role_id || member.role_ids.contains(&role_id);
        let Some(channel) = channel.map(|id| self.graph.channel(id)) else {
            return held(self.role(SystemKey::WorkspaceOwner).role_id)
                || self.graph.roles.iter().any(|role| held(role.role_id) && role.permissions.contains(wanted));
        };
        let Some(channel) = channel else { return false };
        if held(self.role(SystemKey::WorkspaceOwner).role_id) {
            return true;
        }
        let everyone = OverrideTarget::Role(self.role(SystemKey::Everyone).role_id);
        let last_word = |permission: Permission| {
            let mut has =
                self.graph.roles.iter().any(|role| held(role.role_id) && role.permissions.contains(permission));
            let layers: [&dyn Fn(&Override) -> bool; 3] = [
                &|other| other.target == everyone,
                &|other| other.target != everyone && matches!(other.target, OverrideTarget::Role(id) if held(id)),
                &|other| other.target == OverrideTarget::Member(self.caller.user_id),
            ];
            for layer in layers {
                if channel.overrides.iter().any(|other| layer(other) && other.deny.contains(permission)) {
                    has = false;
                } else if channel.overrides.iter().any(|other| layer(other) && other.allow.contains(permission)) {
                    has = true;
                }
            }
            has
        };
        last_word(Permission::CreateMessage) && last_word(wanted)
    }
}

fn permissions() -> impl Strategy<Value = Permissions> {
    prop_oneof![Just(Permissions::EMPTY), any::<u16>().prop_map(Permissions::from_bits_truncate)]
}

/// Which roles a caller holds beside `everyone`: indexes into owner, moderator, member, custom 0..3.
fn held() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::btree_set(prop_oneof![1 => Just(0_usize), 20 => 1..6_usize], 0..4)
        .prop_map(|set| set.into_iter().collect())
}

fn overrides() -> impl Strategy<Value = Vec<(usize, Permissions, Permissions)>> {
    prop::collection::vec((0..9_usize, permissions(), permissions()), 0..5)
}

/// A random guild with three custom roles and three channels, and a caller: member, stranger or server owner.
pub(crate) fn world() -> impl Strategy<Value = World> {
    // Equal positions are allowed and easy to get wrong.
    let position = prop_oneof![1..=9_999_u16, prop::sample::select(vec![1, 50, 100])];
    let customs = prop::collection::vec((position, permissions()), 3);
    let channels = prop::collection::vec(overrides(), 3);
    let everyone = permissions();
    let other = prop::option::weighted(0.8, prop::collection::btree_set(1..6_usize, 0..3));
    (customs, channels, everyone, prop::option::weighted(0.85, held()), prop::bool::weighted(0.1), other).prop_map(
        |(customs, channels, everyone, held, is_server_owner, other)| {
            let mut world = build(&customs, channels, everyone, held, is_server_owner);
            world.other = other.map(|held| {
                let mut role_ids: Vec<RoleId> = held.into_iter().map(|n| world.graph.roles[n + 1].role_id).collect();
                role_ids.sort_unstable();
                Arc::new(Membership { user_id: UserId::from_u128(OTHER), role_ids, joined_at: world.graph.created_at })
            });
            world
        },
    )
}

fn build(
    customs: &[(u16, Permissions)],
    channels: Vec<Vec<(usize, Permissions, Permissions)>>,
    everyone: Permissions,
    held: Option<Vec<usize>>,
    is_server_owner: bool,
) -> World {
    let now = Timestamp::new(1_700_000_000).expect("in range");
    let stamp = StampSource::after(0).next(1_700_000_000_000, 1);
    let mut roles = Vec::from(seeded_roles(&stamp, 0));
    roles[0].permissions = everyone;
    for (n, (position, permissions)) in customs.iter().enumerate() {
        roles.push(RoleNode {
            role_id: RoleId::from_u128(50 + n as u128),
            name: RoleName::new(format!("custom {n}")).expect("a role name"),
            position: *position,
            is_system: false,
            permissions: *permissions,
            color_hex: None,
            system_key: None,
        });
    }
    let target = |n: usize| match n {
        0..7 => OverrideTarget::Role(roles[n].role_id),
        7 => OverrideTarget::Member(UserId::from_u128(CALLER)),
        _ => OverrideTarget::Member(UserId::from_u128(OTHER)),
    };
    let channel = |(n, overrides): (usize, Vec<(usize, Permissions, Permissions)>)| {
        let mut unique: Vec<Override> = Vec::new();
        for (of, allow, deny) in overrides {
            if unique.iter().all(|other| other.target != target(of)) {
                unique.push(Override { target: target(of), allow: allow.difference(deny), deny, updated_at: now });
            }
        }
        ChannelNode {
            channel_id: World::channel_id(n),
            name: ChannelName::new(format!("channel {n}")).expect("a channel name"),
            kind: ChannelKind::Text,
            overrides: unique,
        }
    };
    let role_ids = held.map(|held| {
        let mut role_ids: Vec<RoleId> = held.into_iter().map(|n| roles[n + 1].role_id).collect();
        role_ids.sort_unstable();
        role_ids
    });
    let user_id = UserId::from_u128(CALLER);
    World {
        other: None,
        membership: role_ids.map(|role_ids| Arc::new(Membership { user_id, role_ids, joined_at: now })),
        caller: Actor { user_id, session_id: SessionId::from_u128(1), is_server_owner, address: None },
        graph: Arc::new(GuildGraph {
            guild_id: GuildId::from_u128(10),
            name: GuildName::new("guild").expect("a guild name"),
            visibility: Visibility::Private,
            owner_id: UserId::from_u128(OWNER),
            default_role_id: None,
            created_at: now,
            channels: channels.into_iter().enumerate().map(channel).collect(),
            roles,
            address_bans: Vec::new(),
        }),
    }
}
