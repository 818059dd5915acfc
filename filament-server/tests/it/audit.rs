//! The audit log (§9.6, §10.7): scenario 52 and what is written for which mutation.

mod walk;

use serde_json::{Value, json};

use crate::harness::{FullCast, NOWHERE, Server, accepted, member_path, override_path, role_path};

/// Proves AUD-1, AUD-2, AUD-3 for guilds, members, roles, channels and overrides: one row per change, of the action's own name.
#[test]
fn every_change_is_written_once_under_its_own_name() {
    let cast = FullCast::assemble();
    let (owner, guild) = (&cast.owner, &cast.guild);
    let mut expected = owner.audit(guild);
    expected.reverse();
    let begin: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_eq!(
        begin,
        [
            "guild.create",
            "channel.create",
            "channel.create",
            "channel.create",
            "directory.join.accepted",
            "directory.join.accepted",
            "directory.join.accepted",
            "member.role.update",
        ]
    );
    let roles = cast.path("/roles");
    owner.patch(&cast.path(""), &json!({"name": "G2"})).ok();
    let role = owner.create_role(guild, "A", 10, &[]);
    owner.patch(&role_path(guild, &role), &json!({"name": "B"})).ok();
    owner.patch(&role_path(guild, &role), &json!({"permissions": ["publish_video"]})).ok();
    owner.patch(&role_path(guild, &role), &json!({"color_hex": "#010203"})).ok();
    owner.assign(guild, &role, &cast.p);
    owner.unassign(guild, &role, &cast.p);
    accepted(owner.post(&format!("{roles}/reorder"), &json!({"role_ids": [cast.roles.member, role]})));
    accepted(owner.post(&format!("{roles}/default"), &json!({"role_id": null})));
    accepted(owner.delete(&role_path(guild, &role)));
    owner.set_override(&cast.text, "role", &cast.roles.member, &[], &["publish_video"]);
    owner.set_override(&cast.text, "role", &cast.roles.everyone, &[], &["publish_video"]);
    owner.set_override(&cast.text, "member", &cast.p.id, &[], &["publish_video"]);
    owner.delete(&override_path(&cast.text, "member", &cast.p.id)).is(204);
    owner.patch(&cast.text.path(), &json!({"name": "T2"})).ok();
    accepted(owner.post(&cast.path("/channels/reorder"), &json!({"channel_ids": [cast.voice.id, cast.text.id]})));
    owner.moderate(guild, &cast.stranger, "");
    owner.moderate(guild, &cast.stranger, "/kick");
    owner.moderate(guild, &cast.stranger, "/ban");
    owner.delete(&cast.path(&format!("/bans/{}", cast.stranger.id))).is(204);
    cast.q.leave(guild);
    owner.delete(&cast.voice.path()).is(204);
    let mut written = owner.audit(guild);
    written.reverse();
    let new: Vec<&str> = written[begin.len()..].iter().map(String::as_str).collect();
    assert_eq!(
        new,
        [
            "guild.update",
            "role.create",
            "role.update",
            "role.permissions.update",
            "role.color.update",
            "role.assign",
            "role.unassign",
            "role.reorder",
            "role.default_join.update",
            "role.delete",
            "channel.override.update",
            "channel.override.update",
            "channel.permission_override.update",
            "channel.permission_override.update",
            "channel.update",
            "channel.reorder",
            "member.add",
            "member.kick",
            "member.ban",
            "member.unban",
            "member.leave",
            "channel.delete",
        ]
    );

    // What changes nothing, and what is refused, writes nothing.
    owner.patch(&cast.path(""), &json!({"name": "G2"})).ok();
    owner.set_legacy_role(guild, &cast.moderator, "moderator");
    owner.set_override(&cast.text, "role", &cast.roles.member, &[], &["publish_video"]);
    owner.moderate(guild, &cast.p, "");
    cast.p.post(&roles, &json!({"name": "x", "permissions": []})).refused(403, "forbidden");
    owner.post_empty(&member_path(guild, &cast.stranger, "/kick")).refused(404, "not_found");
    assert_eq!(owner.audit(guild).len(), written.len());
}

/// Proves the shape of a row, the filter, and `audit_access_denied` (§9.6).
#[test]
fn the_audit_log_is_read_by_who_may_and_filtered_by_prefix() {
    let cast = FullCast::assemble();
    let path = cast.path("/audit");
    cast.moderator.moderate(&cast.guild, &cast.p, "/kick");
    let rows = cast.moderator.walk(&path, "events", 3);
    let kick = &rows[0];
    assert_eq!(
        *kick,
        json!({
            "audit_id": kick["audit_id"], "actor_user_id": cast.moderator.id, "target_user_id": cast.p.id,
            "action": "member.kick", "created_at_unix": kick["created_at_unix"], "ip_ban_match": false,
        })
    );
    assert!(rows.is_sorted_by(|newer, older| newer["created_at_unix"].as_u64() >= older["created_at_unix"].as_u64()));
    let of = |prefix: &str| -> Vec<Value> {
        let rows = cast.owner.walk(&format!("{path}?action_prefix={prefix}"), "events", 2);
        rows.iter().map(|row| row["action"].clone()).collect()
    };
    assert_eq!(of("member."), ["member.kick", "member.role.update"]);
    assert_eq!(of("member.k"), ["member.kick"]);
    assert_eq!(of("channel.create"), ["channel.create"; 3]);
    assert_eq!(of("directory.join.accepted"), ["directory.join.accepted"; 3]);
    assert!(of("nothing.begins.so").is_empty());
    for query in
        ["action_prefix=", "action_prefix=A", "action_prefix=a%25", "limit=0", "limit=101", "cursor=x", "actor=me"]
    {
        cast.owner.get(&format!("{path}?{query}")).refused(400, "invalid_request");
    }
    let long = format!("{path}?action_prefix={}", "a".repeat(65));
    cast.owner.get(&long).refused(400, "invalid_request");
    for user in [&cast.q, &cast.p, &cast.stranger] {
        user.get(&path).refused(403, "audit_access_denied");
    }
    cast.q.get(&format!("/guilds/{NOWHERE}/audit")).refused(403, "audit_access_denied");
}

/// Proves `FILAMENT_AUDIT_LIST_LIMIT_MAX` (§16.1).
#[test]
fn the_operator_bounds_the_pages_of_the_audit_log() {
    let server = Server::with_env(&[("FILAMENT_AUDIT_LIST_LIMIT_MAX", "2")]);
    let cast = FullCast::on(server, |server, name| server.user(name));
    let page = cast.owner.get(&cast.path("/audit")).ok().json();
    assert_eq!(page["events"].as_array().expect("events").len(), 2);
    cast.owner.get(&cast.path("/audit?limit=2")).ok();
    cast.owner.get(&cast.path("/audit?limit=3")).refused(400, "invalid_request");
}
