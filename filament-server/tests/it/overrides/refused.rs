//! Overrides that nobody may set (§8.4, §9.8): scenario 41 and the bounds.

use serde_json::{Value, json};

use crate::harness::{FullCast, NOWHERE, PERMISSIONS, Server, User, accepted, override_path, still_nothing};

/// Proves HIE-2, HIE-3, HIE-4, HIE-5 for overrides, and PE-8 for managers (Q36).
#[test]
fn s041_a_manager_acts_only_where_they_see_and_on_whom_they_outrank() {
    let cast = FullCast::assemble();
    let m = &cast.moderator;
    let shut = cast.owner.create_channel(
        &cast.guild,
        &json!({"name": "H2", "overrides": [
            {"target_kind": "member", "target_id": m.id, "allow": [], "deny": ["create_message"]}
        ]}),
    );
    let senior = cast.owner.create_role(&cast.guild, "Senior", 200, &[]);
    let mut owner = cast.owner.connect();
    let before = cast.owner.audit(&cast.guild);
    let refused = |room, kind: &str, target: &str, allow: Value, deny: Value| {
        let lists = json!({"allow": allow, "deny": deny});
        m.post(&override_path(room, kind, target), &lists).refused(403, "forbidden");
    };
    let (none, see) = (json!([]), json!(["create_message"]));
    // Hidden from M: neither heard of in lists nor to be acted on.
    refused(&shut, "role", &cast.roles.member, none.clone(), see.clone());
    refused(&shut, "member", &m.id, see.clone(), none.clone());
    m.delete(&override_path(&shut, "member", &m.id)).refused(403, "forbidden");
    m.get(&format!("{}/overrides", shut.path())).refused(403, "forbidden");
    m.patch(&shut.path(), &json!({"name": "mine"})).refused(403, "forbidden");
    // What M lacks.
    refused(&cast.text, "role", &cast.roles.member, json!(["manage_roles"]), none.clone());
    refused(&cast.text, "role", &cast.roles.member, none.clone(), json!(["manage_workspace_roles"]));
    // Whom M does not outrank: itself, the owner, its own role, higher ones.
    refused(&cast.text, "member", &m.id, json!(["publish_video"]), none.clone());
    refused(&cast.text, "member", &cast.owner.id, none.clone(), see.clone());
    for role in [&cast.roles.moderator, &cast.roles.owner, &senior] {
        refused(&cast.text, "role", role, none.clone(), see.clone());
    }
    let word = |word: &str| {
        let lists = json!({"allow": [], "deny": ["create_message"]});
        m.post(&format!("{}/overrides/{word}", cast.text.path()), &lists).refused(403, "forbidden");
    };
    word("moderator");
    word("owner");
    assert_eq!(cast.owner.audit(&cast.guild), before);
    owner.nothing(&cast.owner);
    still_nothing(&mut [&mut owner]);

    // It hears of the channel all the same, and may list it.
    let listed = m.get(&format!("/guilds/{}/channels?include=manageable", cast.guild)).ok().json();
    let row = listed["channels"].as_array().expect("channels").iter().find(|row| row["channel_id"] == *shut.id);
    assert_eq!(row.expect("H2 is listed")["visible"], false);
    m.set_override(&cast.text, "role", &cast.roles.member, &[], &["publish_video"]);
    m.set_override(&cast.text, "member", &cast.p.id, &["publish_video"], &[]);
}

/// Proves HIE-4 for the owner: nobody overrides themself, and nobody overrides the owner.
#[test]
fn the_owner_is_not_overridden() {
    let cast = FullCast::assemble();
    let lists = json!({"allow": [], "deny": ["create_message"]});
    cast.owner.post(&override_path(&cast.text, "member", &cast.owner.id), &lists).refused(403, "forbidden");
    // The owner may set what it likes on the owner role; overrides on it are ignored (PE-2).
    cast.owner.set_override(&cast.text, "role", &cast.roles.owner, &[], &["create_message"]);
    cast.owner.say(&cast.text, "still here");
}

/// Proves the refusals of §9.8 for the shape, the targets and the overlap, in the order of HTTP-8.
#[test]
fn malformed_overrides_are_refused() {
    let cast = FullCast::assemble();
    let post = |user: &User, path: &str, body: Value| user.post(path, &body);
    let good = json!({"allow": [], "deny": ["publish_video"]});
    let path = |kind: &str, target: &str| override_path(&cast.text, kind, target);
    let role = path("role", &cast.roles.member);
    for (body, status) in [
        (json!({"allow": ["publish_video"], "deny": ["publish_video"]}), 400),
        (json!({"allow": []}), 422),
        (json!({"allow": [], "deny": [], "role": "x"}), 422),
        (json!({"allow": ["fly"], "deny": []}), 422),
        (json!({"allow": null, "deny": []}), 422),
    ] {
        post(&cast.owner, &role, body).refused(status, "invalid_request");
    }
    for (path, status, code) in [
        (path("guild", &cast.roles.member), 400, "invalid_request"),
        (path("role", "nobody"), 400, "invalid_request"),
        (path("role", NOWHERE), 404, "not_found"),
        (path("member", NOWHERE), 404, "not_found"),
        (path("member", &cast.stranger.id), 404, "not_found"),
        (path("role", &cast.p.id), 404, "not_found"),
        (format!("{}/overrides/everyone", cast.text.path()), 400, "invalid_request"),
        (format!("{}/overrides/{}", cast.text.path(), cast.roles.member), 400, "invalid_request"),
        (format!("/guilds/{}/channels/{NOWHERE}/overrides/member", cast.guild), 404, "not_found"),
    ] {
        post(&cast.owner, &path, good.clone()).refused(status, code);
    }
    for user in [&cast.p, &cast.stranger] {
        post(user, &role, good.clone()).refused(403, "forbidden");
        user.delete(&role).refused(403, "forbidden");
        user.get(&format!("{}/overrides", cast.text.path())).refused(403, "forbidden");
    }
}

/// Proves the cap of 128 overrides of a channel (§16.2), and that the complete list fits an answer (HTTP-3).
#[test]
fn a_channel_has_at_most_128_overrides() {
    const ROLES: usize = 60;
    const MEMBERS: usize = 67;
    let server = Server::with_env(&[
        ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "100000"),
        ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "100000"),
    ]);
    let cast = FullCast::on(server, |server, name| server.user(name));
    let lists = json!({"allow": PERMISSIONS[..6], "deny": PERMISSIONS[6..]});
    for number in 0..ROLES {
        let role = cast.owner.create_role(&cast.guild, &format!("R{number}"), 10, &[]);
        accepted(cast.owner.post(&override_path(&cast.text, "role", &role), &lists));
    }
    for number in 0..MEMBERS {
        let user = cast.server.user(&format!("visitor_{number}"));
        cast.owner.moderate(&cast.guild, &user, "");
        accepted(cast.owner.post(&override_path(&cast.text, "member", &user.id), &lists));
    }
    cast.owner.set_override(&cast.text, "role", &cast.roles.member, &[], &["publish_video"]);
    cast.owner.post(&override_path(&cast.text, "member", &cast.p.id), &lists).refused(409, "quota_exceeded");
    let list = cast.owner.get(&format!("{}/overrides", cast.text.path())).ok();
    assert!(list.body.len() <= 65_536);
    assert_eq!(list.json()["overrides"].as_array().expect("overrides").len(), 128);
    // One that exists can still be changed, and one that goes makes room.
    cast.owner.set_override(&cast.text, "role", &cast.roles.member, &[], &[]);
    accepted(cast.owner.post(&override_path(&cast.text, "member", &cast.p.id), &lists));
}
