//! The worked example of contract §8.3 and the rules of §8.4 as they bear on channels created with overrides.

use std::sync::Arc;

use filament_core::{
    Actor, Command, Denial, Fact, Facts, Limits, Need, StampSource,
    decide::{
        channel::{CreateChannel, InitialOverride},
        role::ReorderRoles,
    },
    permission::{
        ChannelNode, GuildGraph, Membership, Override, OverrideTarget, Rank, RoleNode, Subject, channel_permissions,
        legacy_role, may_manage_role, may_set_override, rank, seeded_roles,
    },
};
use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, GuildId, GuildName, LegacyRole, Permission, Permissions, RoleId, RoleName,
    SessionId, SystemKey, Timestamp, UserId, Visibility,
};

fn set<const N: usize>(permissions: [Permission; N]) -> Permissions {
    permissions.into_iter().collect()
}

fn at() -> Timestamp {
    Timestamp::new(1_700_000_000).expect("in range")
}

fn user(n: u128) -> UserId {
    UserId::from_u128(n)
}

/// Owner is user 1; custom roles: `junior` (10), `senior` (50, holds overrides and message rights).
fn guild() -> GuildGraph {
    let stamp = StampSource::after(0).next(1_700_000_000_000, 1);
    let mut roles = Vec::from(seeded_roles(&stamp, 0));
    let senior = set([Permission::ManageChannelOverrides, Permission::CreateMessage, Permission::SubscribeStreams]);
    for (id, position, permissions) in [(60, 10, Permissions::EMPTY), (61, 50, senior)] {
        roles.push(RoleNode {
            role_id: RoleId::from_u128(id),
            name: RoleName::new("custom").expect("a role name"),
            position,
            is_system: false,
            permissions,
            color_hex: None,
            system_key: None,
        });
    }
    GuildGraph {
        guild_id: GuildId::from_u128(10),
        name: GuildName::new("guild").expect("a guild name"),
        visibility: Visibility::Private,
        owner_id: user(1),
        default_role_id: None,
        created_at: at(),
        roles,
        channels: vec![],
        address_bans: vec![],
    }
}

fn junior() -> RoleId {
    RoleId::from_u128(60)
}

fn senior() -> RoleId {
    RoleId::from_u128(61)
}

fn member(n: u128, role_ids: Vec<RoleId>) -> Membership {
    Membership { user_id: user(n), role_ids, joined_at: at() }
}

fn subject(membership: &Membership) -> Subject<'_> {
    Subject { user_id: membership.user_id, is_server_owner: false, membership: Some(membership) }
}

/// Proves PE-3, PE-4, PE-5, PE-6, PE-7, PE-8 on the contract's worked example.
#[test]
fn worked_example_of_the_contract() {
    let mut graph = guild();
    let [r1, r2] = [junior(), senior()];
    for role in &mut graph.roles {
        if role.role_id == r2 {
            role.permissions = Permissions::EMPTY;
        }
    }
    let seeded = |key| graph.seeded(key).expect("seeded").role_id;
    let over = |target, allow, deny| Override { target, allow, deny, updated_at: at() };
    use Permission::{CreateMessage, PublishVideo, SubscribeStreams};
    let channel = ChannelNode {
        channel_id: ChannelId::from_u128(1),
        name: ChannelName::new("c").expect("a channel name"),
        kind: ChannelKind::Text,
        overrides: vec![
            over(
                OverrideTarget::Role(seeded(SystemKey::Everyone)),
                Permissions::EMPTY,
                set([CreateMessage, SubscribeStreams]),
            ),
            over(OverrideTarget::Role(r1), set([CreateMessage, PublishVideo]), Permissions::EMPTY),
            over(OverrideTarget::Role(r2), Permissions::EMPTY, set([PublishVideo])),
            over(OverrideTarget::Member(user(7)), set([SubscribeStreams]), Permissions::EMPTY),
        ],
    };
    let whole = member(7, vec![seeded(SystemKey::Member), r1, r2]);
    assert_eq!(channel_permissions(&graph, &channel, subject(&whole)).bits(), 2304);
    let without_r1 = member(7, vec![seeded(SystemKey::Member), r2]);
    assert_eq!(channel_permissions(&graph, &channel, subject(&without_r1)).bits(), 0, "PE-8: the channel is hidden");
    let owner = member(1, vec![seeded(SystemKey::WorkspaceOwner)]);
    assert_eq!(channel_permissions(&graph, &channel, subject(&owner)).bits(), 4095, "PE-2");
    let server_owner = Subject { user_id: user(9), is_server_owner: true, membership: None };
    assert_eq!(channel_permissions(&graph, &channel, server_owner).bits(), 4095, "PE-0");
    let stranger = Subject { user_id: user(9), is_server_owner: false, membership: None };
    assert_eq!(channel_permissions(&graph, &channel, stranger).bits(), 0, "PE-1");
}

/// Proves PRM-5: the derived word looks at seeded roles only.
#[test]
fn legacy_word_is_derived_from_seeded_roles() {
    let graph = guild();
    let id = |key| graph.seeded(key).expect("seeded").role_id;
    for (role_ids, word) in [
        (vec![], LegacyRole::Member),
        (vec![senior()], LegacyRole::Member),
        (vec![id(SystemKey::Moderator)], LegacyRole::Moderator),
        (vec![id(SystemKey::Moderator), id(SystemKey::WorkspaceOwner)], LegacyRole::Owner),
    ] {
        assert_eq!(legacy_role(&graph, subject(&member(7, role_ids))), word);
    }
}

/// Proves HIE-1, HIE-2, PRM-3.
#[test]
fn roles_are_managed_from_above_and_with_what_one_holds() {
    let graph = guild();
    let role = |id| graph.role(id).expect("exists");
    let seeded = |key| graph.seeded(key).expect("seeded");
    let own = set([Permission::CreateMessage]);
    let kick = set([Permission::BanMember]);
    let table = [
        (Rank::Position(50), role(junior()), own, Ok(())),
        (Rank::Position(50), role(junior()), kick, Err(Denial::Hierarchy("HIE-2"))),
        (Rank::Position(50), role(senior()), Permissions::EMPTY, Err(Denial::Hierarchy("HIE-1"))),
        (Rank::Position(9_999), seeded(SystemKey::Everyone), Permissions::EMPTY, Err(Denial::Hierarchy("PRM-3"))),
        (Rank::Owner, seeded(SystemKey::Everyone), kick, Ok(())),
        (Rank::Owner, role(senior()), kick, Ok(())),
        (Rank::ServerOwner, seeded(SystemKey::WorkspaceOwner), Permissions::EMPTY, Err(Denial::Hierarchy("PRM-3"))),
    ];
    for (rank, role, added, expected) in table {
        assert_eq!(may_manage_role(rank, own, role, added), expected, "{rank:?} on {}", role.name);
    }
}

/// Proves HIE-2, HIE-3, HIE-4, HIE-5 for overrides.
#[test]
fn overrides_are_set_from_above_and_with_what_one_holds() {
    let graph = guild();
    let actor_member = member(7, vec![senior()]);
    let actor = subject(&actor_member);
    assert_eq!(rank(&graph, actor), Rank::Position(50));
    let peer = member(8, vec![senior()]);
    let below = member(9, vec![junior()]);
    let owner_role = graph.seeded(SystemKey::WorkspaceOwner).expect("seeded").role_id;
    let everyone = graph.seeded(SystemKey::Everyone).expect("seeded").role_id;
    let own = set([Permission::CreateMessage]);
    let more = set([Permission::CreateMessage, Permission::BanMember]);
    let table = [
        (OverrideTarget::Role(everyone), None, own, Ok(())),
        (OverrideTarget::Role(junior()), None, more, Err(Denial::Hierarchy("HIE-2"))),
        (OverrideTarget::Role(senior()), None, own, Err(Denial::Hierarchy("HIE-5"))),
        (OverrideTarget::Role(owner_role), None, own, Err(Denial::Hierarchy("HIE-5"))),
        (OverrideTarget::Role(RoleId::from_u128(404)), None, own, Err(Denial::NotFound("role"))),
        (OverrideTarget::Member(user(9)), Some(&below), own, Ok(())),
        (OverrideTarget::Member(user(8)), Some(&peer), own, Err(Denial::Hierarchy("HIE-3"))),
        (OverrideTarget::Member(user(7)), Some(&actor_member), own, Err(Denial::Hierarchy("HIE-4"))),
        (OverrideTarget::Member(user(1)), None, own, Err(Denial::Hierarchy("HIE-4"))),
    ];
    for (target, target_member, changed, expected) in table {
        let target_member = target_member.map(subject);
        assert_eq!(may_set_override(&graph, actor, own, target, target_member, changed), expected, "{target:?}");
    }
}

/// Proves HIE-2 and HIE-5 where a channel is born with overrides, and the bounds of §9.8 on them.
#[test]
fn channels_are_not_born_with_rights_their_maker_lacks() {
    let graph = Arc::new(guild());
    let actor_member = Arc::new(member(7, vec![senior()]));
    let everyone = OverrideTarget::Role(graph.seeded(SystemKey::Everyone).expect("seeded").role_id);
    let none = Permissions::EMPTY;
    let view = set([Permission::CreateMessage]);
    let initial = |target, allow, deny| InitialOverride { target, allow, deny };
    let table = [
        (vec![initial(everyone, none, view)], None),
        (vec![initial(everyone, set([Permission::BanMember]), none)], Some(Denial::Hierarchy("HIE-2"))),
        (vec![initial(OverrideTarget::Role(senior()), view, none)], Some(Denial::Hierarchy("HIE-5"))),
        (vec![initial(everyone, view, view)], Some(Denial::Invalid("a permission is both allowed and denied"))),
        (vec![initial(everyone, none, view); 2], Some(Denial::Invalid("two overrides for one target"))),
        (vec![initial(OverrideTarget::Member(user(404)), none, view)], Some(Denial::NotFound("member"))),
        (vec![initial(everyone, none, none); 17], Some(Denial::Invalid("too many initial overrides"))),
    ];
    for (overrides, expected) in table {
        let name = ChannelName::new("c").expect("a channel name");
        let create = CreateChannel { guild_id: graph.guild_id, name, kind: ChannelKind::Text, overrides };
        let actor =
            Actor { user_id: user(7), session_id: SessionId::from_u128(1), is_server_owner: false, address: None };
        let plan = create.plan(actor);
        let fact = |need: &Need| match need {
            Need::Guild(_) => Fact::Guild(Some(Arc::clone(&graph))),
            Need::Member(_, id) => Fact::Member(Some(Arc::clone(&actor_member)).filter(|known| known.user_id == *id)),
            other => panic!("not needed: {other:?}"),
        };
        let loaded = plan.needs().iter().map(fact).collect();
        let facts = Facts::new(StampSource::after(0).next(1_700_000_000_000, 2), plan, loaded);
        assert_eq!(create.decide(actor, &facts, &Limits::default()).err(), expected);
    }
}

/// Proves HIE-8 where positions are equal: a reorder makes them different, and must not put a peer's role below the caller.
#[test]
fn reorders_break_no_tie_in_favour_of_their_maker() {
    let mut graph = guild();
    let custom = |id: u128, position, permissions| RoleNode {
        role_id: RoleId::from_u128(id),
        name: RoleName::new("custom").expect("a role name"),
        position,
        is_system: false,
        permissions,
        color_hex: None,
        system_key: None,
    };
    let manages = Permissions::from(Permission::ManageWorkspaceRoles);
    // Of roles at one position the older one stands first: 58, then 70, then 71.
    graph.roles.extend([
        custom(70, 80, manages),
        custom(71, 80, manages),
        custom(58, 80, manages),
        custom(72, 5, manages),
    ]);
    let graph = Arc::new(graph);
    for (held, outcome) in [(71, Ok(1)), (70, Err(Denial::Hierarchy("HIE-8"))), (58, Err(Denial::Hierarchy("HIE-8")))] {
        let membership = Arc::new(member(7, vec![RoleId::from_u128(held)]));
        let role_ids = vec![RoleId::from_u128(72), junior()];
        let reorder = ReorderRoles { guild_id: graph.guild_id, role_ids };
        let actor =
            Actor { user_id: user(7), session_id: SessionId::from_u128(1), is_server_owner: false, address: None };
        let plan = reorder.plan(actor);
        let loaded = vec![Fact::Guild(Some(Arc::clone(&graph))), Fact::Member(Some(membership))];
        let facts = Facts::new(StampSource::after(0).next(1_700_000_000_000, 2), plan, loaded);
        let decided = reorder.decide(actor, &facts, &Limits::default()).map(|decision| decision.mutations().len());
        assert_eq!(decided, outcome, "holder of {held}");
    }
}
