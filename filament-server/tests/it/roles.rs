//! Roles and who holds them (§4.7, §8.2, §8.4, §9.7): scenarios 24 and 26 to 33.

mod hierarchy;

use serde_json::{Value, json};

use crate::harness::{FullCast, NOWHERE, accepted, is_ulid, member_path, role_path, still_nothing, types};

/// Proves `workspace_default_role_update` of §4.6, EMI-1 for it, its place after a role's deletion (§4.12), and PRM-7 over a restart.
#[test]
fn s024_the_default_role_is_told_once_and_goes_with_its_role() {
    let mut cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "Default", 10, &["create_message"]);
    let mut p = cast.p.connect();
    let path = cast.path("/roles/default");
    for _ in 0..2 {
        accepted(cast.owner.post(&path, &json!({"role_id": role})));
    }
    cast.stranger.join(&cast.guild);
    let events = p.before_sentinel(&cast.p);
    assert_eq!(
        types(&events),
        ["workspace_default_role_update", "workspace_member_add", "workspace_role_assignment_add"]
    );
    assert_eq!((&events[0]["role_id"], &events[0]["actor_user_id"]), (&json!(role), &json!(cast.owner.id)));
    assert_eq!(events[2]["role_id"], *role, "who joins gets the default role");

    accepted(cast.owner.delete(&role_path(&cast.guild, &role)));
    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), ["workspace_role_delete", "workspace_default_role_update"]);
    assert_eq!((&events[0]["role_id"], &events[1]["role_id"]), (&json!(role), &Value::Null));
    still_nothing(&mut [&mut p]);

    cast.server.kill9();
    cast.server.restart();
    for path in [cast.path(""), cast.path("/roles")] {
        assert_eq!(cast.p.get(&path).ok().json()["default_join_role_id"], Value::Null, "{path}");
    }
    cast.owner.post(&path, &json!({"role_id": NOWHERE})).refused(400, "invalid_request");
    for role in [&cast.roles.everyone, &cast.roles.owner] {
        cast.owner.post(&path, &json!({"role_id": role})).refused(403, "forbidden");
    }
}

/// Proves EMI-1 and EMI-2 for roles, and policy `always` of §3 for them.
#[test]
fn s026_a_role_is_created_changed_and_deleted_with_one_event_each() {
    let cast = FullCast::assemble();
    let mut connections = [&cast.owner, &cast.p].map(|user| (user, user.connect()));
    let mut stranger = cast.stranger.connect();
    let body = json!({"name": " Ops ", "permissions": ["create_message"], "color_hex": "#a0b1c2"});
    let role = cast.owner.post(&cast.path("/roles"), &body).ok().json();
    let id = role["role_id"].as_str().expect("role_id").to_owned();
    assert!(is_ulid(&id));
    assert_eq!(
        role,
        json!({
            "role_id": id, "name": "Ops", "position": 9999, "is_system": false, "permissions": ["create_message"],
            "color_hex": "#A0B1C2", "system_key": null,
        })
    );
    for _ in 0..2 {
        let changed = json!({"name": "Operators", "permissions": ["create_message"], "color_hex": "#A0B1C2"});
        assert_eq!(cast.owner.patch(&role_path(&cast.guild, &id), &changed).ok().json()["name"], "Operators");
    }
    accepted(cast.owner.delete(&role_path(&cast.guild, &id)));
    for (user, gateway) in &mut connections {
        let events = gateway.before_sentinel(user);
        assert_eq!(types(&events), ["workspace_role_create", "workspace_role_update", "workspace_role_delete"]);
        let mut expected = role.clone();
        expected.as_object_mut().expect("a role").remove("system_key");
        assert_eq!(events[0]["role"], expected, "§4.1: left out when null");
        assert_eq!(events[1]["updated_fields"], json!({"name": "Operators"}));
        assert!(events.iter().all(|event| event["actor_user_id"] == *cast.owner.id));
        assert!(events[1..].iter().all(|event| event["role_id"] == *id));
    }
    stranger.nothing(&cast.stranger);
    let [(_, owner), (_, p)] = &mut connections;
    still_nothing(&mut [owner, p, &mut stranger]);
    cast.owner.delete(&role_path(&cast.guild, &id)).refused(404, "not_found");
    cast.owner.patch(&role_path(&cast.guild, &id), &json!({"name": "x"})).refused(404, "not_found");
}

/// Proves HIE-6 with its bounds and defaults, and `null` for a colour (§9.7).
#[test]
fn s027_positions_are_bounded_and_a_colour_can_be_cleared() {
    let cast = FullCast::assemble();
    let body = json!({"name": "Red", "permissions": [], "color_hex": "#ff0000", "position": 60});
    let red = cast.owner.post(&cast.path("/roles"), &body).ok().json();
    let id = red["role_id"].as_str().expect("role_id");
    let mut p = cast.p.connect();
    for _ in 0..2 {
        let cleared = cast.owner.patch(&role_path(&cast.guild, id), &json!({"color_hex": null})).ok().json();
        assert_eq!(cleared["color_hex"], Value::Null);
    }
    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), ["workspace_role_update"]);
    assert_eq!(events[0]["updated_fields"], json!({"color_hex": null}));

    let create = |user: &crate::harness::User, position: Value| {
        let body = json!({"name": "Placed", "permissions": [], "position": position});
        user.post(&cast.path("/roles"), &body)
    };
    for position in [0, -1, 10_000] {
        create(&cast.owner, json!(position)).refused(400, "invalid_request");
    }
    let keeper = cast.owner.create_role(&cast.guild, "Keeper", 50, &["manage_workspace_roles"]);
    cast.owner.assign(&cast.guild, &keeper, &cast.q);
    for position in [50, 51, 9_999] {
        create(&cast.q, json!(position)).refused(403, "forbidden");
    }
    assert_eq!(create(&cast.q, json!(49)).ok().json()["position"], 49);
    let by_default = json!({"name": "Default place", "permissions": []});
    let path = cast.path("/roles");
    assert_eq!(cast.q.post(&path, &by_default).ok().json()["position"], 49, "one below the creator's rank");
    assert_eq!(cast.owner.post(&path, &by_default).ok().json()["position"], 9_999);
    for colour in [json!("red"), json!("#12345"), json!("#12345g"), json!("123456")] {
        let body = json!({"name": "x", "permissions": [], "color_hex": colour});
        cast.owner.post(&path, &body).refused(400, "invalid_request");
    }
}

/// Proves HIE-8 and `workspace_role_reorder` of §4.7.
#[test]
fn s028_a_reorder_places_the_listed_roles_into_their_own_ranks() {
    let cast = FullCast::assemble();
    let [a, b, c] =
        [("A", 30), ("B", 20), ("C", 10)].map(|(name, place)| cast.owner.create_role(&cast.guild, name, place, &[]));
    let mut p = cast.p.connect();
    let reorder = |ids: &[&str]| cast.owner.post(&cast.path("/roles/reorder"), &json!({"role_ids": ids}));
    for _ in 0..2 {
        accepted(reorder(&[&c, &a]));
    }
    let events = p.before_sentinel(&cast.p);
    assert_eq!(types(&events), ["workspace_role_reorder"]);
    let order = [&cast.roles.moderator, &c, &b, &a, &cast.roles.member];
    assert_eq!(events[0]["role_ids"], json!(order));
    let places: Vec<Value> =
        order.iter().zip((1..=5).rev()).map(|(id, place)| json!({"role_id": id, "position": place})).collect();
    let mut told = events[0]["roles"].as_array().expect("roles").clone();
    told.sort_by_key(|role| std::cmp::Reverse(role["position"].as_u64()));
    assert_eq!(told, places);
    assert_eq!(events[0]["actor_user_id"], *cast.owner.id);

    let listed = cast.p.get(&cast.path("/roles")).ok().json();
    let listed: Vec<(&Value, &Value)> =
        listed["roles"].as_array().expect("roles").iter().map(|role| (&role["role_id"], &role["position"])).collect();
    let ids = [json!(cast.roles.owner), json!(order[0]), json!(c), json!(b), json!(a), json!(order[4])];
    let expected: Vec<(Value, Value)> =
        ids.into_iter().zip([10_000, 5, 4, 3, 2, 1].map(|place| json!(place))).collect();
    let expected: Vec<(&Value, &Value)> = expected.iter().map(|(id, place)| (id, place)).collect();
    assert_eq!(listed[..6], expected[..], "PRM-8");
    assert_eq!(listed[6], (&json!(cast.roles.everyone), &json!(0)));

    reorder(&[&cast.roles.everyone, &a]).refused(403, "forbidden");
    reorder(&[&a, &cast.roles.owner]).refused(403, "forbidden");
    reorder(&[&a, &a]).refused(400, "invalid_request");
    reorder(&[&a, NOWHERE]).refused(400, "invalid_request");
    reorder(&[]).refused(400, "invalid_request");
    accepted(reorder(&[&b]));
    p.nothing(&cast.p);
    still_nothing(&mut [&mut p]);
}

/// Proves EMI-1 for assignments, and that a custom role gives no legacy role (PRM-5).
#[test]
fn s029_an_assignment_is_told_once() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "A", 10, &["create_message"]);
    let mut connections = [&cast.owner, &cast.p].map(|user| (user, user.connect()));
    for _ in 0..2 {
        cast.owner.assign(&cast.guild, &role, &cast.p);
    }
    for _ in 0..2 {
        cast.owner.unassign(&cast.guild, &role, &cast.p);
    }
    for (user, gateway) in &mut connections {
        let events = gateway.before_sentinel(user);
        assert_eq!(types(&events), ["workspace_role_assignment_add", "workspace_role_assignment_remove"]);
        for event in &events {
            assert_eq!((&event["user_id"], &event["role_id"]), (&json!(cast.p.id), &json!(role)));
            assert_eq!(event["actor_user_id"], *cast.owner.id);
        }
    }
    let [(_, owner), (_, p)] = &mut connections;
    still_nothing(&mut [owner, p]);
}

/// Proves the refusals of assignments in §9.7, and PRM-10 for assignments.
#[test]
fn assignments_that_cannot_be_are_refused() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "A", 10, &[]);
    let of = |role: &str, user: &str| format!("{}/members/{user}", role_path(&cast.guild, role));
    let mut p = cast.p.connect();
    let refusals = [
        (of(&cast.roles.everyone, &cast.p.id), 400, "invalid_request"),
        (of(&cast.roles.owner, &cast.p.id), 403, "forbidden"),
        (of(&role, &cast.stranger.id), 404, "not_found"),
        (of(&role, NOWHERE), 404, "not_found"),
        (of(NOWHERE, &cast.p.id), 404, "not_found"),
    ];
    for (path, status, code) in &refusals {
        cast.owner.post_empty(path).refused(*status, code);
        cast.owner.delete(path).refused(*status, code);
    }
    cast.owner.delete(&of(&cast.roles.owner, &cast.owner.id)).refused(403, "forbidden");
    p.nothing(&cast.p);
    // P holds the member role already: fifteen more are sixteen.
    for number in 0..15 {
        let more = cast.owner.create_role(&cast.guild, &format!("R{number}"), 10, &[]);
        cast.owner.assign(&cast.guild, &more, &cast.p);
    }
    cast.owner.post_empty(&of(&role, &cast.p.id)).refused(409, "quota_exceeded");
    cast.owner.unassign(&cast.guild, &cast.roles.member, &cast.p);
    cast.owner.assign(&cast.guild, &role, &cast.p);
}

/// Proves HIE-7, PRM-6 and the row "legacy role of a member" of §4.12.
#[test]
fn s030_a_legacy_role_is_a_pair_of_assignments() {
    let cast = FullCast::assemble();
    let mut connections = [&cast.owner, &cast.p].map(|user| (user, user.connect()));
    let access = |role: &str| assert_eq!(cast.p.access(&cast.guild)["role"], role);
    access("member");
    for _ in 0..2 {
        cast.owner.set_legacy_role(&cast.guild, &cast.p, "moderator");
        access("moderator");
    }
    cast.owner.set_legacy_role(&cast.guild, &cast.p, "member");
    access("member");
    for (user, gateway) in &mut connections {
        let mut events = gateway.before_sentinel(user);
        if user.id == cast.p.id {
            let notice = events.remove(3);
            assert_eq!(notice.t(), "channel_create", "CMP-5: a moderator sees H");
            assert_eq!(notice["channel"]["channel_id"], *cast.hidden.id);
        }
        let one = ["workspace_role_assignment_remove", "workspace_role_assignment_add", "workspace_member_update"];
        assert_eq!(types(&events), [one, one].concat());
        let roles: Vec<&Value> = [0, 1, 3, 4].iter().map(|&index: &usize| &events[index]["role_id"]).collect();
        let (member, moderator) = (json!(cast.roles.member), json!(cast.roles.moderator));
        assert_eq!(roles, [&member, &moderator, &moderator, &member]);
        assert_eq!(events[2]["updated_fields"], json!({"role": "moderator"}));
        assert_eq!(events[5]["updated_fields"], json!({"role": "member"}));
        assert!(events.iter().all(|event| event["user_id"] == *cast.p.id && event["actor_user_id"] == *cast.owner.id));
    }
    for (user, word, status, code) in [
        (&cast.p, "owner", 403, "forbidden"),
        (&cast.owner, "member", 403, "forbidden"),
        (&cast.stranger, "moderator", 404, "not_found"),
        (&cast.p, "admin", 422, "invalid_request"),
    ] {
        cast.owner.patch(&member_path(&cast.guild, user, ""), &json!({"role": word})).refused(status, code);
    }
    let [(_, owner), (_, p)] = &mut connections;
    still_nothing(&mut [owner, p]);
}

/// Proves that assigning the seeded role is the same as the legacy word, and PRM-5 (`workspace_member_update` "by whatever route").
#[test]
fn assigning_the_seeded_moderator_role_changes_the_legacy_role() {
    let cast = FullCast::assemble();
    let mut q = cast.q.connect();
    cast.owner.assign(&cast.guild, &cast.roles.moderator, &cast.p);
    cast.owner.unassign(&cast.guild, &cast.roles.member, &cast.p);
    cast.owner.unassign(&cast.guild, &cast.roles.moderator, &cast.p);
    let events = q.before_sentinel(&cast.q);
    assert_eq!(
        types(&events),
        [
            "workspace_role_assignment_add",
            "workspace_member_update",
            "workspace_role_assignment_remove",
            "workspace_role_assignment_remove",
            "workspace_member_update",
        ]
    );
    assert_eq!(events[1]["updated_fields"]["role"], "moderator");
    assert_eq!(events[4]["updated_fields"]["role"], "member");
    // Without any assigned role `everyone` is what is left (PRM-1).
    assert_eq!(cast.p.access(&cast.guild)["permissions"], json!(["create_message", "subscribe_streams"]));
}

/// Proves PRM-3 and PRM-9.
#[test]
fn s033_seeded_roles_stay_and_their_names_are_theirs() {
    let cast = FullCast::assemble();
    let mut p = cast.p.connect();
    for role in cast.roles.all() {
        cast.owner.delete(&role_path(&cast.guild, role)).refused(403, "forbidden");
        cast.owner.patch(&role_path(&cast.guild, role), &json!({"name": "Renamed"})).refused(403, "forbidden");
    }
    for (role, name) in
        [(&cast.roles.everyone, "@everyone"), (&cast.roles.moderator, "moderator"), (&cast.roles.member, "member")]
    {
        // The name it has is not a rename.
        cast.owner.patch(&role_path(&cast.guild, role), &json!({"name": name})).ok();
    }
    p.nothing(&cast.p);
    let create = |name: &str| cast.owner.post(&cast.path("/roles"), &json!({"name": name, "permissions": []}));
    for name in [
        "Workspace - Owner",
        "MODERATOR",
        "workspace\u{a0}owner",
        " Everyone ",
        "@EVERYONE",
        "owner",
        "Member",
        "workspace--owner",
    ] {
        create(name).refused(400, "invalid_request");
    }
    let mods = create("Mods").ok().json();
    let mods = mods["role_id"].as_str().expect("role_id");
    cast.owner.patch(&role_path(&cast.guild, mods), &json!({"name": "mem\u{62}er"})).refused(400, "invalid_request");
    cast.owner.assign(&cast.guild, mods, &cast.p);
    assert_eq!(types(&p.before_sentinel(&cast.p)), ["workspace_role_create", "workspace_role_assignment_add"]);
    assert_eq!(cast.p.access(&cast.guild)["role"], "member");
}

/// Proves PRM-10 for roles, and that the complete list fits an answer (HTTP-3).
#[test]
fn sixty_four_roles_fit_and_no_more() {
    let cast = FullCast::assemble();
    let name = "中".repeat(32);
    for _ in 0..60 {
        let body = json!({"name": name, "permissions": crate::harness::PERMISSIONS, "color_hex": "#123456"});
        cast.owner.post(&cast.path("/roles"), &body).ok();
    }
    let body = json!({"name": name, "permissions": []});
    cast.owner.post(&cast.path("/roles"), &body).refused(409, "quota_exceeded");
    let list = cast.p.get(&cast.path("/roles")).ok();
    assert!(list.body.len() <= 65_536);
    assert_eq!(list.json()["roles"].as_array().expect("roles").len(), 64);
    cast.stranger.get(&cast.path("/roles")).refused(403, "forbidden");
}
