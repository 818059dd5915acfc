//! Roles, assignments, overrides: what is announced, in which order, and what is stored.

use filament_protocol::{
    ChannelId, ColorHex, ErrorCode, EventKind, LegacyRole, Patch, Permission, Permissions, RoleId, RoleName, SystemKey,
};

use super::{Cast, done, kinds_after, refused};
use crate::{
    AccessSource, Actor, Denial, Engine, Journal, Store,
    decide::{
        assignment::{AssignRole, SetLegacyRole, UnassignRole},
        channel_override::{DeleteOverride, OverrideAim, SetOverride},
        guild::{JoinGuild, LeaveGuild},
        role::{CreateRole, DeleteRole, ReorderRoles, SetDefaultRole, UpdateRole},
    },
    permission::OverrideTarget,
    read::{ListMembers, ListOverrides, ListRoles, ReadGuildAccess},
};

fn name(text: &str) -> RoleName {
    RoleName::new(text).expect("a role name")
}

fn set<const N: usize>(permissions: [Permission; N]) -> Permissions {
    permissions.into_iter().collect()
}

pub(super) async fn roles_live_as_they_are_announced<S: Store + Journal + AccessSource>(engine: &Engine<S>) {
    let cast = Cast::in_store(engine, "role").await;
    let (owner, guild_id) = (cast.owner, cast.guild_id);
    let create = |text: &str, position| {
        let permissions = set([Permission::BanMember]);
        CreateRole { guild_id, name: name(text), permissions, position, color_hex: None }
    };
    let head = engine.store().head().seq;
    let low = done(engine, owner, create(" low ", Some(5))).await.reply;
    let high = done(engine, owner, create("high", None)).await.reply;
    assert_eq!((low.name.as_str(), low.position, high.position), ("low", 5, 9_999), "HIE-6");
    let update = |name: Option<RoleName>, color_hex| UpdateRole {
        guild_id,
        role_id: low.role_id,
        name,
        permissions: Some(low.permissions),
        color_hex,
    };
    let green = Patch::Set(ColorHex::new("#00FF00").expect("a colour"));
    assert_eq!(done(engine, owner, update(Some(name("lower")), green)).await.reply.name.as_str(), "lower");
    assert_eq!(done(engine, owner, update(Some(name("lower")), Patch::Keep)).await.seq, None, "EMI-1");
    done(engine, owner, SetDefaultRole { guild_id, role_id: Some(low.role_id) }).await;
    assert_eq!(done(engine, owner, SetDefaultRole { guild_id, role_id: Some(low.role_id) }).await.seq, None);
    done(engine, cast.stranger, JoinGuild { guild_id }).await;
    done(engine, owner, ReorderRoles { guild_id, role_ids: vec![low.role_id, high.role_id] }).await;
    assert_eq!(
        done(engine, owner, ReorderRoles { guild_id, role_ids: vec![low.role_id, high.role_id] }).await.seq,
        None
    );
    let listed = engine.read(cast.member, ListRoles { guild_id }).await.expect("a member");
    let ranked: Vec<_> = listed.roles.iter().map(|role| (role.name.as_str(), role.position)).collect();
    let expected =
        [("workspace_owner", 10_000), ("lower", 4), ("moderator", 3), ("high", 2), ("member", 1), ("@everyone", 0)];
    assert_eq!(ranked, expected, "HIE-8: the listed ones change places, all get new positions");
    assert_eq!(listed.roles[1].color_hex.as_ref().map(|color| color.as_str()), Some("#00FF00"));
    done(engine, owner, DeleteRole { guild_id, role_id: low.role_id }).await;
    let told = [
        EventKind::WorkspaceRoleCreate,
        EventKind::WorkspaceRoleCreate,
        EventKind::WorkspaceRoleUpdate,
        EventKind::WorkspaceDefaultRoleUpdate,
        EventKind::WorkspaceAvailable,
        EventKind::WorkspaceMemberAdd,
        EventKind::WorkspaceRoleAssignmentAdd,
        EventKind::WorkspaceRoleReorder,
        EventKind::WorkspaceRoleDelete,
        EventKind::WorkspaceDefaultRoleUpdate,
    ];
    assert_eq!(kinds_after(engine.store(), head).await, told, "§4.12");
    let page = engine.read(owner, ListMembers { guild_id, after: None, limit: 200 }).await.expect("a member");
    assert!(page.members.iter().all(|member| !member.role_ids.contains(&low.role_id)), "nobody holds a deleted role");
    seeded_roles_are_fixed(engine, &cast).await;
    assignments_move_the_word(engine, &cast).await;
    overrides_hide_and_outlive(engine, &cast).await;
}

async fn seeded_roles_are_fixed<S: Store + Journal + AccessSource>(engine: &Engine<S>, cast: &Cast) {
    let guild_id = cast.guild_id;
    for key in SystemKey::ALL.iter().copied() {
        let role_id = seeded(engine, cast, key).await;
        let rename =
            UpdateRole { guild_id, role_id, name: Some(name("Mods")), permissions: None, color_hex: Patch::Keep };
        assert_eq!(refused(engine, cast.owner, rename).await, Denial::Hierarchy("PRM-3"), "{key:?} is not renamed");
        let delete = DeleteRole { guild_id, role_id };
        assert_eq!(refused(engine, cast.owner, delete).await, Denial::Hierarchy("PRM-3"), "{key:?} is not deleted");
    }
    for reserved in ["Workspace - Owner", "MODERATOR", "@Everyone"] {
        let create = CreateRole {
            guild_id,
            name: name(reserved),
            permissions: Permissions::EMPTY,
            position: None,
            color_hex: None,
        };
        assert_eq!(refused(engine, cast.owner, create).await.code(), ErrorCode::InvalidRequest, "PRM-9: {reserved}");
    }
}

async fn assignments_move_the_word<S: Store + Journal + AccessSource>(engine: &Engine<S>, cast: &Cast) {
    let (guild_id, user_id) = (cast.guild_id, cast.member.user_id);
    let head = engine.store().head().seq;
    let legacy = |role| SetLegacyRole { guild_id, user_id, role };
    done(engine, cast.owner, legacy(LegacyRole::Moderator)).await;
    assert_eq!(done(engine, cast.owner, legacy(LegacyRole::Moderator)).await.seq, None);
    let moderator = seeded(engine, cast, SystemKey::Moderator).await;
    done(engine, cast.owner, UnassignRole { guild_id, role_id: moderator, user_id }).await;
    assert_eq!(done(engine, cast.owner, UnassignRole { guild_id, role_id: moderator, user_id }).await.seq, None);
    done(engine, cast.owner, legacy(LegacyRole::Member)).await;
    let told = [
        EventKind::WorkspaceRoleAssignmentRemove,
        EventKind::WorkspaceRoleAssignmentAdd,
        EventKind::WorkspaceMemberUpdate,
        EventKind::WorkspaceRoleAssignmentRemove,
        EventKind::WorkspaceMemberUpdate,
        EventKind::WorkspaceRoleAssignmentAdd,
    ];
    assert_eq!(kinds_after(engine.store(), head).await, told, "§4.12");
    let everyone = seeded(engine, cast, SystemKey::Everyone).await;
    let assign = AssignRole { guild_id, role_id: everyone, user_id };
    assert_eq!(refused(engine, cast.owner, assign).await.code(), ErrorCode::InvalidRequest);
    let owner_role = seeded(engine, cast, SystemKey::WorkspaceOwner).await;
    let assign = AssignRole { guild_id, role_id: owner_role, user_id };
    assert_eq!(refused(engine, cast.owner, assign).await.code(), ErrorCode::Forbidden);
}

async fn overrides_hide_and_outlive<S: Store + Journal + AccessSource>(engine: &Engine<S>, cast: &Cast) {
    let (guild_id, channel_id, member) = (cast.guild_id, cast.channel_id, cast.member);
    let view = set([Permission::CreateMessage]);
    let put = |aim, allow, deny| SetOverride { guild_id, channel_id, aim, allow, deny };
    let target = OverrideTarget::Member(member.user_id);
    let head = engine.store().head().seq;
    let hide = put(OverrideAim::Target(target), Permissions::EMPTY, view);
    assert!(done(engine, cast.owner, hide).await.narrows, "the answer waits for the fence");
    assert_eq!(done(engine, cast.owner, hide).await.seq, None, "EMI-1");
    assert!(seen(engine, member, cast).await.is_empty());
    done(engine, member, LeaveGuild { guild_id }).await;
    done(engine, member, JoinGuild { guild_id }).await;
    assert!(seen(engine, member, cast).await.is_empty(), "Q25: leaving does not shed a deny");
    done(engine, cast.owner, DeleteOverride { guild_id, channel_id, target }).await;
    assert_eq!(done(engine, cast.owner, DeleteOverride { guild_id, channel_id, target }).await.seq, None);
    assert_eq!(seen(engine, member, cast).await, [channel_id]);
    let word = put(OverrideAim::Seeded(LegacyRole::Member), view, Permissions::EMPTY);
    done(engine, cast.owner, word).await;
    let member_role = seeded(engine, cast, SystemKey::Member).await;
    let generic = put(OverrideAim::Target(OverrideTarget::Role(member_role)), view, Permissions::EMPTY);
    assert_eq!(done(engine, cast.owner, generic).await.seq, None, "PRM-6: one truth, two endpoints");
    let listed = engine.read(cast.owner, ListOverrides { guild_id, channel_id }).await.expect("may set them");
    let words: Vec<_> = listed.iter().map(|(value, word)| (value.allow, value.deny, *word)).collect();
    assert_eq!(words, [(view, Permissions::EMPTY, Some(LegacyRole::Member))]);
    let both = put(OverrideAim::Seeded(LegacyRole::Moderator), view, view);
    assert_eq!(refused(engine, cast.owner, both).await.code(), ErrorCode::InvalidRequest);
    let gone = put(OverrideAim::Target(OverrideTarget::Member(cast.owner.user_id)), view, Permissions::EMPTY);
    assert_eq!(refused(engine, cast.owner, gone).await, Denial::Hierarchy("HIE-4"));
    let override_kinds = kinds_after(engine.store(), head).await;
    let canonical = override_kinds.iter().filter(|kind| **kind == EventKind::WorkspaceChannelOverrideUpdate).count();
    let notices = override_kinds.iter().filter(|kind| **kind == EventKind::WorkspaceChannelRoleOverrideUpdate).count();
    assert_eq!((canonical, notices), (3, 3), "CMP-1, CMP-3: each with its notice");
}

async fn seeded<S: Store + AccessSource>(engine: &Engine<S>, cast: &Cast, key: SystemKey) -> RoleId {
    let (_, graph) = engine.store().load_guild(cast.guild_id).await.expect("readable");
    graph.and_then(|graph| graph.seeded(key).map(|role| role.role_id)).expect("seeded")
}

async fn seen<S: Store>(engine: &Engine<S>, actor: Actor, cast: &Cast) -> Vec<ChannelId> {
    let access = engine.read(actor, ReadGuildAccess { guild_id: cast.guild_id }).await.expect("a member");
    access.channels.iter().map(|channel| channel.channel_id).collect()
}
