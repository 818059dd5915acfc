//! What permission rules cost: one resolution, one user's whole access, and what a changed role makes of a guild's members.
//! `cargo bench -p filament-core`.
//!
//! The guild is as large as the contract allows: 64 roles, 200 channels with eight overrides each, ten thousand members of whom five
//! hundred are online. Members hold four roles beside the seeded one, in forty combinations.

use std::{convert::Infallible, hint::black_box, sync::Arc};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use filament_core::{
    AccessBefore, AccessChange, AccessState, StampSource,
    permission::{
        ChannelNode, GraphChange, GuildGraph, Membership, Override, OverrideTarget, RoleNode, Subject, access,
        channel_permissions, guild_permissions, seeded_roles,
    },
};
use filament_protocol::{
    ChannelId, ChannelKind, GuildId, Permission, Permissions, RoleId, SystemKey, Timestamp, UserId, Visibility,
};

const MEMBERS: u128 = 10_000;
const ONLINE: u128 = 500;
const CHANNELS: u128 = 200;
const CUSTOM_ROLES: u128 = 60;
const ROLE_SETS: u128 = 40;

fn custom(n: u128) -> RoleId {
    RoleId::from_u128((1 << 100) + n % CUSTOM_ROLES)
}

fn graph(overrides: u128) -> GuildGraph {
    let stamp = StampSource::after(0).next(1_700_000_000_000, 1);
    let mut roles = Vec::from(seeded_roles(&stamp, 0));
    roles.extend((0..CUSTOM_ROLES).map(|n| RoleNode {
        role_id: custom(n),
        name: "custom".parse().expect("a name"),
        position: 2 + u16::try_from(n).unwrap_or(0),
        is_system: false,
        permissions: Permissions::EMPTY,
        color_hex: None,
        system_key: None,
    }));
    let everyone = roles[0].role_id;
    let over =
        |target, allow: Permissions, deny: Permissions| Override { target, allow, deny, updated_at: Timestamp::MIN };
    let view = Permissions::from(Permission::CreateMessage);
    let channel = |c: u128| {
        let hide = over(OverrideTarget::Role(everyone), Permissions::EMPTY, view);
        let shown = (1..overrides).map(|n| over(OverrideTarget::Role(custom(c * 7 + n * 5)), view, Permissions::EMPTY));
        let overrides = if overrides == 0 { vec![] } else { std::iter::once(hide).chain(shown).collect() };
        let name = "channel".parse().expect("a name");
        ChannelNode { channel_id: ChannelId::from_u128(c + 1), name, kind: ChannelKind::Text, overrides }
    };
    GuildGraph {
        guild_id: GuildId::from_u128(1),
        name: "guild".parse().expect("a name"),
        visibility: Visibility::Private,
        owner_id: UserId::from_u128(1),
        default_role_id: None,
        created_at: Timestamp::MIN,
        channels: (0..CHANNELS).map(channel).collect(),
        address_bans: Vec::new(),
        roles,
    }
}

fn member(graph: &GuildGraph, n: u128) -> Membership {
    let set = n % ROLE_SETS;
    let seeded = graph.seeded(SystemKey::Member).expect("seeded").role_id;
    let mut role_ids: Vec<RoleId> = (0..4).map(|k| custom(set * 3 + k * 11)).chain([seeded]).collect();
    role_ids.sort_unstable();
    role_ids.dedup();
    Membership { user_id: UserId::from_u128(n + 1), role_ids, joined_at: Timestamp::MIN }
}

fn subject(membership: &Membership) -> Subject<'_> {
    Subject { user_id: membership.user_id, is_server_owner: false, membership: Some(membership) }
}

/// A guild and those of its members who matter: all of them to the store, those online to the relay.
#[derive(Clone)]
struct Held {
    graph: Arc<GuildGraph>,
    members: Arc<Vec<Membership>>,
}

impl AccessState for Held {
    type Error = Infallible;

    fn graph(&mut self, _: GuildId) -> Result<Option<Arc<GuildGraph>>, Infallible> {
        Ok(Some(Arc::clone(&self.graph)))
    }

    fn membership(&mut self, _: GuildId, user_id: UserId) -> Result<Option<Arc<Membership>>, Infallible> {
        let found = self.members.binary_search_by_key(&user_id, |member| member.user_id).ok();
        Ok(found.map(|place| Arc::new(self.members[place].clone())))
    }

    fn visit_members(&mut self, _: GuildId, visit: &mut dyn FnMut(&Membership)) -> Result<(), Infallible> {
        self.members.iter().for_each(visit);
        Ok(())
    }
}

fn resolution(c: &mut Criterion) {
    let mut group = c.benchmark_group("resolve");
    for overrides in [0, 8, 64] {
        let graph = graph(overrides);
        let member = member(&graph, 7);
        let channel = &graph.channels[100];
        group.bench_with_input(BenchmarkId::new("channel_with_overrides", overrides), &(), |b, ()| {
            b.iter(|| channel_permissions(black_box(&graph), black_box(channel), subject(&member)));
        });
    }
    let graph = graph(8);
    let member = member(&graph, 7);
    group.bench_function("guild_level", |b| b.iter(|| guild_permissions(black_box(&graph), subject(&member))));
    group.bench_function("whole_access_of_a_member", |b| b.iter(|| access(black_box(&graph), subject(&member), 1)));
    group.finish();
}

/// From a changed role to the list of those whose access differs.
fn recomputation(c: &mut Criterion) {
    let mut group = c.benchmark_group("changed_role");
    let before = Arc::new(graph(8));
    let role = before.role(custom(3)).expect("there").clone();
    let held_by_some = RoleNode { permissions: Permission::PublishVideo.into(), ..role };
    let everyone = before.seeded(SystemKey::Everyone).expect("seeded").clone();
    let held_by_all = RoleNode { permissions: Permission::PublishVideo.into(), ..everyone };
    for (who, members) in [("online", ONLINE), ("all", MEMBERS)] {
        let members: Arc<Vec<Membership>> = Arc::new((0..members).map(|n| member(&before, n)).collect());
        for (which, changed) in [("held_by_a_tenth", &held_by_some), ("everyone", &held_by_all)] {
            let changes = [AccessChange::Guild(before.guild_id, GraphChange::RolePut(changed.clone()))];
            let mut after = (*before).clone();
            after.apply(&GraphChange::RolePut(changed.clone()));
            let held = Held { graph: Arc::clone(&before), members: Arc::clone(&members) };
            let changed_state = Held { graph: Arc::new(after), members: Arc::clone(&members) };
            group.bench_function(BenchmarkId::new(which, who), |b| {
                b.iter_batched(
                    || (held.clone(), changed_state.clone()),
                    |(mut held, mut changed)| {
                        let Ok(before) = AccessBefore::of(&changes, &mut held);
                        let Ok(users) = before.changed(&mut changed);
                        users
                    },
                    BatchSize::SmallInput,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, resolution, recomputation);
criterion_main!(benches);
