//! Who may do what to which role (§8.4): scenario 31, 32 and the rules around them.

use serde_json::json;

use crate::harness::{FullCast, accepted, member_path, override_path, role_path, still_nothing};

/// Proves HIE-1, HIE-2, HIE-3 for roles, and EMI-3 and AUD-1 for refusals.
#[test]
fn s031_nobody_gives_what_they_lack_or_reaches_their_own_rank() {
    let cast = FullCast::assemble();
    let n = &cast.q;
    let guild = &cast.guild;
    let keys = cast.owner.create_role(guild, "K", 50, &["manage_workspace_roles", "manage_member_roles"]);
    let peer = cast.owner.create_role(guild, "Peer", 50, &[]);
    let auditor = cast.owner.create_role(guild, "Auditor", 10, &["view_audit_log"]);
    let plain = cast.owner.create_role(guild, "Plain", 9, &["create_message"]);
    cast.owner.assign(guild, &keys, n);
    cast.owner.assign(guild, &peer, &cast.p);
    cast.owner.assign(guild, &plain, &cast.p);
    let mut owner = cast.owner.connect();
    let before = cast.owner.audit(guild);
    let body = json!({"name": "Banners", "permissions": ["ban_member"], "position": 5});
    n.post(&cast.path("/roles"), &body).refused(403, "forbidden");
    n.patch(&role_path(guild, &plain), &json!({"permissions": ["ban_member"]})).refused(403, "forbidden");
    for (role, target) in [(&auditor, n), (&keys, &cast.moderator), (&plain, &cast.p), (&keys, n)] {
        n.post_empty(&format!("{}/members/{}", role_path(guild, role), target.id)).refused(403, "forbidden");
    }
    n.delete(&format!("{}/members/{}", role_path(guild, &plain), cast.p.id)).refused(403, "forbidden");
    n.patch(&member_path(guild, &cast.p, ""), &json!({"role": "moderator"})).refused(403, "forbidden");
    for role in [&keys, &peer, &cast.roles.moderator, &cast.roles.owner, &cast.roles.everyone] {
        n.patch(&role_path(guild, role), &json!({"permissions": []})).refused(403, "forbidden");
        n.delete(&role_path(guild, role)).refused(403, "forbidden");
    }
    n.post(&cast.path("/roles/default"), &json!({"role_id": auditor})).refused(403, "forbidden");
    n.post(&cast.path("/roles/default"), &json!({"role_id": peer})).refused(403, "forbidden");
    n.post(&cast.path("/roles/reorder"), &json!({"role_ids": [plain, peer]})).refused(403, "forbidden");
    assert_eq!(cast.owner.audit(guild), before);
    owner.nothing(&cast.owner);
    still_nothing(&mut [&mut owner]);

    // Equal positions become different ones: this would put a role of N's own rank below N (HIE-8).
    n.post(&cast.path("/roles/reorder"), &json!({"role_ids": [plain, auditor]})).refused(403, "forbidden");

    // Below their rank and within their rights they may.
    accepted(cast.owner.delete(&role_path(guild, &peer)));
    n.patch(&role_path(guild, &plain), &json!({"permissions": ["subscribe_streams"]})).ok();
    accepted(n.post(&cast.path("/roles/default"), &json!({"role_id": plain})));
    accepted(n.post(&cast.path("/roles/reorder"), &json!({"role_ids": [plain, auditor]})));
    accepted(n.delete(&role_path(guild, &auditor)));
}

/// Proves HIE-3 for custom roles (Q40) and that a permission is enough: no legacy word is needed.
#[test]
fn s032_a_custom_role_with_ban_member_kicks_below_its_rank() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "Bouncer", 50, &["ban_member"]);
    cast.owner.assign(&cast.guild, &role, &cast.q);
    cast.q.post_empty(&member_path(&cast.guild, &cast.moderator, "/kick")).refused(403, "forbidden");
    cast.q.moderate(&cast.guild, &cast.p, "/kick");
    cast.p.get(&cast.path("")).refused(403, "forbidden");
}

/// Proves HIE-12: what would take away the very right it needs is refused, and says so.
#[test]
fn nobody_locks_themself_out() {
    let cast = FullCast::assemble();
    let (q, guild) = (&cast.q, &cast.guild);
    let rights = cast.owner.create_role(guild, "Rights", 10, &["manage_workspace_roles"]);
    let rank = cast.owner.create_role(guild, "Rank", 50, &[]);
    for role in [&rights, &rank] {
        cast.owner.assign(guild, role, q);
    }
    // The moderator's right to override stands on one role only; in T it may not be taken from another one it holds.
    cast.owner.assign(guild, &cast.roles.member, &cast.moderator);
    let mut owner = cast.owner.connect();
    let before = cast.owner.audit(guild);
    let lists = json!({"allow": [], "deny": ["manage_channel_overrides"]});
    for refused in [
        q.patch(&role_path(guild, &rights), &json!({"permissions": []})),
        q.delete(&role_path(guild, &rights)),
        cast.moderator.post(&override_path(&cast.text, "role", &cast.roles.member), &lists),
    ] {
        refused.refused(409, "self_lockout");
    }
    assert_eq!(cast.owner.audit(guild), before);
    owner.nothing(&cast.owner);
    // With the right from elsewhere it is nobody's loss.
    let second = cast.owner.create_role(guild, "Second", 11, &["manage_workspace_roles"]);
    cast.owner.assign(guild, &second, q);
    q.patch(&role_path(guild, &rights), &json!({"permissions": []})).ok();
}

/// Proves the access columns of §9.7: members without the permission, strangers.
#[test]
fn roles_are_changed_by_who_may() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "A", 10, &[]);
    let mut q = cast.q.connect();
    for user in [&cast.p, &cast.moderator, &cast.stranger] {
        user.post(&cast.path("/roles"), &json!({"name": "x", "permissions": []})).refused(403, "forbidden");
        user.patch(&role_path(&cast.guild, &role), &json!({"name": "x"})).refused(403, "forbidden");
        user.delete(&role_path(&cast.guild, &role)).refused(403, "forbidden");
        user.post(&cast.path("/roles/default"), &json!({"role_id": role})).refused(403, "forbidden");
        user.post(&cast.path("/roles/reorder"), &json!({"role_ids": [role]})).refused(403, "forbidden");
    }
    for user in [&cast.p, &cast.stranger] {
        let path = format!("{}/members/{}", role_path(&cast.guild, &role), cast.q.id);
        user.post_empty(&path).refused(403, "forbidden");
        user.delete(&path).refused(403, "forbidden");
        user.patch(&member_path(&cast.guild, &cast.q, ""), &json!({"role": "moderator"})).refused(403, "forbidden");
        user.post_empty(&member_path(&cast.guild, &cast.stranger, "")).refused(403, "forbidden");
    }
    // The moderator may hand out what ranks below and holds no more than they do.
    cast.moderator.assign(&cast.guild, &role, &cast.q);
    assert_eq!(q.before_sentinel(&cast.q).len(), 1);
}
