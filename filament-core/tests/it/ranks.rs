//! Roles, members, bans and overrides: no mutation without permission and rank, on random guilds, by rules written down a second time.

use std::sync::Arc;

use filament_core::{
    Actor, Command, Denial, Fact, Facts, Limits, Mutation, Need, StampSource, User,
    decide::{
        address::{BanAddresses, UnbanAddress},
        assignment::{AssignRole, SetLegacyRole, UnassignRole},
        channel_override::{DeleteOverride, OverrideAim, SetOverride},
        member::AddMember,
        moderation::{BanUser, KickMember, UnbanUser},
        ownership::{DeleteGuild, TransferOwnership},
        role::{CreateRole, DeleteRole, ReorderRoles, SetDefaultRole, UpdateRole},
    },
    permission::{
        GraphChange, Membership, Override, OverrideTarget, RoleNode, Subject, channel_permissions, explain,
        guild_permissions,
    },
};
use filament_protocol::{Id, LegacyRole, Patch, Permission, Permissions, RoleId, SystemKey, UserId};
use proptest::prelude::*;

use crate::world::{CALLER, OTHER, OWNER, World, world};

/// Answers a plan from the world. Nobody is banned; one address is remembered of everybody.
fn facts(world: &World, command: &impl Command<Caller = Actor>) -> Facts {
    let plan = command.plan(world.caller);
    let member = |user_id: UserId| match user_id.as_u128() {
        CALLER => world.membership.clone(),
        OTHER => world.other.clone(),
        OWNER => {
            let role_ids = vec![world.role(SystemKey::WorkspaceOwner).role_id];
            Some(Arc::new(Membership { user_id, role_ids, joined_at: world.graph.created_at }))
        }
        _ => None,
    };
    let fact = |need: &Need| match need {
        Need::Guild(_) => Fact::Guild(Some(Arc::clone(&world.graph))),
        Need::Member(_, user_id) => Fact::Member(member(*user_id)),
        Need::Owner(_) => Fact::Member(member(world.graph.owner_id)),
        Need::MemberIds(_) => Fact::MemberIds(vec![]),
        Need::MemberCount(_) | Need::GuildCount(_) => Fact::Count(1),
        Need::Ban(..) => Fact::Flag(false),
        Need::User(user_id) => {
            Fact::User(Some(User { user_id: *user_id, username: "somebody".parse().expect("a name") }))
        }
        Need::Addresses(_) => Fact::Addresses(vec![std::net::IpAddr::from([192, 0, 2, 1]).into()]),
        other => panic!("no command here needs {other:?}"),
    };
    let loaded = plan.needs().iter().map(fact).collect();
    Facts::new(StampSource::after(0).next(1_800_000_000_000, 9), plan, loaded)
}

fn mutations<C: Command<Caller = Actor>>(world: &World, command: &C) -> Result<Vec<Mutation>, Denial> {
    let decision = command.decide(world.caller, &facts(world, command), &Limits::default())?;
    Ok(decision.mutations().to_vec())
}

/// What the rules of §8.4 say, in words of their own.
struct Rules<'w> {
    world: &'w World,
    rank: u32,
    excepted: bool,
}

impl<'w> Rules<'w> {
    fn of(world: &'w World) -> Self {
        let rank = world.standing(world.membership.as_deref(), world.caller.is_server_owner);
        Self { world, rank, excepted: rank >= 10_000 }
    }

    fn holds(&self, permission: Permission) -> bool {
        self.world.caller_can(permission, None)
    }

    fn holds_all(&self, permissions: Permissions) -> bool {
        permissions.iter().all(|permission| self.holds(permission))
    }

    fn above_role(&self, role: &RoleNode) -> bool {
        self.excepted || u32::from(role.position) < self.rank
    }

    fn above_other(&self) -> bool {
        self.excepted || self.world.standing(self.world.other.as_deref(), false) < self.rank
    }

    fn gives(&self, permissions: Permissions) -> bool {
        self.excepted || self.holds_all(permissions)
    }

    /// Whether the caller keeps a permission through a change (HIE-12).
    fn keeps(&self, change: &GraphChange, permission: Permission, channel: Option<usize>) -> bool {
        self.excepted || self.world.after(change).caller_can(permission, channel.map(World::channel_id))
    }
}

fn check<C: Command<Caller = Actor> + std::fmt::Debug>(
    world: &World,
    command: &C,
    expected: bool,
) -> Result<(), TestCaseError> {
    let is = mutations(world, command);
    prop_assert_eq!(is.as_ref().is_ok_and(|mutations| !mutations.is_empty()), expected, "{:?}: {:?}", command, is);
    Ok(())
}

fn some_permissions() -> impl Strategy<Value = Permissions> {
    prop_oneof![
        Just(Permissions::EMPTY),
        prop::sample::select(Permission::ALL).prop_map(Permissions::from),
        any::<u16>().prop_map(Permissions::from_bits_truncate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Proves PRM-3, HIE-1, HIE-2, HIE-6, HIE-12 for roles.
    #[test]
    fn roles_change_only_from_above(world in world(), nth in 0..7_usize, granted in some_permissions(), position in 1..10_000_u16) {
        let rules = Rules::of(&world);
        let (guild_id, role) = (world.graph.guild_id, &world.graph.roles[nth]);
        let manages = rules.holds(Permission::ManageWorkspaceRoles);
        let is = |keys: &[SystemKey]| role.system_key.is_some_and(|key| keys.contains(&key));

        let create = CreateRole {
            guild_id, name: "fresh".parse().expect("a name"), permissions: granted, position: Some(position), color_hex: None,
        };
        let below = rules.excepted || u32::from(position) < rules.rank;
        check(&world, &create, manages && below && rules.gives(granted))?;

        let update = UpdateRole {
            guild_id, role_id: role.role_id, name: None, permissions: Some(granted), color_hex: Patch::Keep,
        };
        let put = GraphChange::RolePut(RoleNode { permissions: granted, ..role.clone() });
        let editable = match role.system_key {
            Some(SystemKey::WorkspaceOwner) => false,
            Some(SystemKey::Everyone) => rules.excepted,
            Some(SystemKey::Moderator | SystemKey::Member) | None => rules.above_role(role),
        };
        let added = granted.difference(role.permissions);
        let updates = manages && editable && rules.gives(added) && granted != role.permissions;
        check(&world, &update, updates && rules.keeps(&put, Permission::ManageWorkspaceRoles, None))?;

        let removed = GraphChange::RoleRemoved(role.role_id);
        let deletes = manages && role.system_key.is_none() && rules.above_role(role);
        check(&world, &DeleteRole { guild_id, role_id: role.role_id }, deletes && rules.keeps(&removed, Permission::ManageWorkspaceRoles, None))?;

        let defaults = manages && !is(&[SystemKey::Everyone, SystemKey::WorkspaceOwner]) && rules.above_role(role);
        check(&world, &SetDefaultRole { guild_id, role_id: Some(role.role_id) }, defaults && rules.gives(role.permissions))?;
    }

    /// Proves HIE-8: a reorder keeps the order of what stands at or above the caller, and puts nothing of it below the caller.
    #[test]
    fn reorders_raise_nobody(world in world(), listed in prop::collection::vec(1..7_usize, 1..4)) {
        let rules = Rules::of(&world);
        let role_ids: Vec<RoleId> = listed.iter().map(|n| world.graph.roles[*n].role_id).collect();
        let Ok(decided) = mutations(&world, &ReorderRoles { guild_id: world.graph.guild_id, role_ids: role_ids.clone() }) else {
            return Ok(());
        };
        prop_assert!(rules.holds(Permission::ManageWorkspaceRoles));
        let [Mutation::ReorderRoles(order)] = decided.as_slice() else { return Ok(()) };
        let place = |role_id: RoleId| order.places.iter().position(|(id, _)| *id == role_id);
        prop_assert_eq!(order.places.len(), world.graph.roles.len() - 2);
        let positions: Vec<u16> = order.places.iter().map(|(_, position)| *position).collect();
        prop_assert_eq!(positions, (1..=5).rev().collect::<Vec<u16>>());
        let places = role_ids.iter().map(|role_id| place(*role_id));
        prop_assert!(places.clone().zip(places.skip(1)).all(|(one, next)| one < next), "listed ones stand as listed");
        if rules.excepted {
            return Ok(());
        }
        let mut above: Vec<&RoleNode> =
            world.graph.roles.iter().filter(|role| !role.is_system && u32::from(role.position) >= rules.rank).collect();
        above.sort_by_key(|role| (std::cmp::Reverse(role.position), role.role_id));
        let kept: Vec<_> = above.iter().map(|role| place(role.role_id)).collect();
        prop_assert!(kept.is_sorted(), "their order stays");
        let after = world.after(&GraphChange::RolesPlaced(order.places.clone()));
        let rank_after = after.standing(after.membership.as_deref(), false);
        for role in above {
            let position = after.graph.role(role.role_id).expect("there").position;
            prop_assert!(u32::from(position) >= rank_after, "nothing falls below the caller");
        }
    }

    /// Proves HIE-1, HIE-2, HIE-3, HIE-4, HIE-7, HIE-9, HIE-10 for what is done to others.
    #[test]
    fn members_are_acted_on_only_from_above(world in world(), nth in 0..7_usize) {
        let rules = Rules::of(&world);
        let (guild_id, role) = (world.graph.guild_id, &world.graph.roles[nth]);
        let (role_id, user_id) = (role.role_id, UserId::from_u128(OTHER));
        let assigns = rules.holds(Permission::ManageMemberRoles);
        let held = |role_id: RoleId| world.other.as_ref().is_some_and(|other| other.role_ids.contains(&role_id));
        let is_member = world.other.is_some();
        let reachable = assigns && is_member && rules.above_other() && rules.above_role(role) && !role.is_system;
        check(&world, &AssignRole { guild_id, role_id, user_id }, reachable && rules.gives(role.permissions) && !held(role_id))?;
        check(&world, &UnassignRole { guild_id, role_id, user_id }, reachable && held(role_id))?;

        let (moderator, member) = (world.role(SystemKey::Moderator), world.role(SystemKey::Member));
        let both_below = rules.above_role(moderator) && rules.above_role(member);
        for (word, given, taken) in [(LegacyRole::Moderator, moderator, member), (LegacyRole::Member, member, moderator)] {
            let changes = !held(given.role_id) || held(taken.role_id);
            let may = assigns && is_member && rules.above_other() && both_below && rules.gives(given.permissions);
            check(&world, &SetLegacyRole { guild_id, user_id, role: word }, may && changes)?;
        }
        check(&world, &SetLegacyRole { guild_id, user_id, role: LegacyRole::Owner }, false)?;

        let bans = rules.holds(Permission::BanMember);
        check(&world, &KickMember { guild_id, user_id }, bans && is_member && rules.above_other())?;
        check(&world, &BanUser { guild_id, user_id }, bans && (!is_member || rules.above_other()))?;
        check(&world, &UnbanUser { guild_id, user_id }, false)?; // nobody is banned
        check(&world, &AddMember { guild_id, user_id }, assigns && !is_member)?;
        let by_address = rules.holds(Permission::ManageIpBans);
        let ban = BanAddresses { guild_id, target_user_id: user_id, reason: None, expires_in_secs: None };
        check(&world, &ban, by_address && (!is_member || rules.above_other()))?;
        check(&world, &UnbanAddress { guild_id, ban_id: Id::from_u128(1) }, false)?; // no address is

        for user_id in [UserId::from_u128(OWNER), UserId::from_u128(CALLER)] {
            check(&world, &KickMember { guild_id, user_id }, false)?;
            check(&world, &BanUser { guild_id, user_id }, false)?;
            check(&world, &SetLegacyRole { guild_id, user_id, role: LegacyRole::Moderator }, false)?;
            check(&world, &BanAddresses { guild_id, target_user_id: user_id, reason: None, expires_in_secs: None }, false)?;
        }
        check(&world, &TransferOwnership { guild_id, user_id }, rules.excepted && is_member)?;
        check(&world, &DeleteGuild { guild_id }, rules.excepted)?;
    }

    /// Proves HIE-2 to HIE-5 and HIE-12 for overrides.
    #[test]
    fn overrides_change_only_from_above(
        world in world(), nth in 0..3_usize, on in 0..8_usize, allow in some_permissions(), deny in some_permissions(),
    ) {
        let rules = Rules::of(&world);
        let (guild_id, channel_id) = (world.graph.guild_id, World::channel_id(nth));
        let deny = deny.difference(allow);
        let target = match world.graph.roles.get(on) {
            Some(role) => OverrideTarget::Role(role.role_id),
            None => OverrideTarget::Member(UserId::from_u128(OTHER)),
        };
        let channel = world.graph.channel(channel_id).expect("there");
        let before = channel.overrides.iter().find(|other| other.target == target);
        let manages = world.caller_can(Permission::ManageChannelOverrides, Some(channel_id));
        let expected = |allow: Permissions, deny: Permissions, must_exist: bool| {
            let reachable = match target {
                OverrideTarget::Role(role_id) => rules.above_role(world.graph.role(role_id).expect("there")),
                OverrideTarget::Member(_) => rules.above_other() && (world.other.is_some() || !must_exist),
            };
            let state = |permission, allow: Permissions, deny: Permissions| (allow.contains(permission), deny.contains(permission));
            let changed: Permissions = Permission::ALL.iter().copied().filter(|permission| {
                let was = before.map_or((false, false), |other| state(*permission, other.allow, other.deny));
                was != state(*permission, allow, deny)
            }).collect();
            let in_channel = |permission| world.caller_can(permission, Some(channel_id));
            let gives = rules.excepted || changed.iter().all(in_channel);
            let value = Override { target, allow, deny, updated_at: world.graph.created_at };
            let change = GraphChange::OverrideSet { channel_id, value };
            let keeps = rules.keeps(&change, Permission::ManageChannelOverrides, Some(nth));
            manages && reachable && gives && !changed.is_empty() && keeps
        };
        let set = SetOverride { guild_id, channel_id, aim: OverrideAim::Target(target), allow, deny };
        check(&world, &set, expected(allow, deny, true))?;
        let delete = DeleteOverride { guild_id, channel_id, target };
        check(&world, &delete, expected(Permissions::EMPTY, Permissions::EMPTY, false))?;
        let oneself = OverrideAim::Target(OverrideTarget::Member(world.caller.user_id));
        check(&world, &SetOverride { aim: oneself, ..set }, false)?;
    }

    /// Proves §8.5: an explanation agrees with enforcement and ends where it says.
    #[test]
    fn explanations_agree_with_enforcement(world in world()) {
        let membership = world.membership.as_deref();
        let subject = Subject { user_id: world.caller.user_id, is_server_owner: world.caller.is_server_owner, membership };
        let channels = std::iter::once(None).chain(world.graph.channels.iter().map(Some));
        for (channel, permission) in channels.flat_map(|channel| Permission::ALL.iter().map(move |permission| (channel, *permission))) {
            let explained = explain(&world.graph, channel, subject, permission);
            let enforced = match channel {
                Some(channel) => channel_permissions(&world.graph, channel, subject),
                None => guild_permissions(&world.graph, subject),
            };
            prop_assert_eq!(explained.allowed, enforced.contains(permission), "{:?}", explained);
            prop_assert_eq!(explained.allowed, world.caller_can(permission, channel.map(|channel| channel.channel_id)));
            let last = explained.steps.last().expect("something was looked at");
            prop_assert_eq!(last.after, explained.allowed);
            let rules: Vec<_> = explained.steps.iter().map(|step| step.rule).collect();
            prop_assert!(rules.is_sorted_by_key(|rule| rule.name()), "in the order of the rules: {:?}", rules);
            prop_assert!(rules.contains(&explained.decided_by));
        }
    }
}
