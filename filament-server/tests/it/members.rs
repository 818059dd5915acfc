//! Members and ownership (§4.6, §8.4, §9.6): scenarios 20, 22, 23 and 25, and the member list.

use serde_json::{Value, json};

use crate::harness::{FullCast, Gateway, NOWHERE, Server, User, member_path, role_path, still_nothing, types};

/// Proves ACT-1 and the row "add member" of §4.12, and that adding a member changes nothing (EMI-1).
#[test]
fn s020_an_added_member_is_told_as_if_it_had_joined() {
    let cast = FullCast::assemble();
    cast.owner.patch(&cast.path(""), &json!({"visibility": "private"})).ok();
    cast.stranger.post_empty(&cast.path("/join")).refused(404, "not_found");
    let mut x = cast.stranger.connect();
    let mut owner = cast.owner.connect();
    let mut p = cast.p.connect_to(&[&cast.text]);
    for _ in 0..2 {
        cast.owner.moderate(&cast.guild, &cast.stranger, "");
    }
    let events = x.before_sentinel(&cast.stranger);
    let added = ["workspace_member_add", "workspace_role_assignment_add"];
    assert_eq!(types(&events), ["workspace_available", added[0], added[1]]);
    let available = &events[0];
    assert_eq!((&available["reason"], &available["visibility"]), (&json!("added"), &json!("private")));
    assert_eq!(available["owner_user_id"], *cast.owner.id);
    for (user, gateway) in [(&cast.owner, &mut owner), (&cast.p, &mut p)] {
        let heard = gateway.before_sentinel(user);
        assert_eq!(types(&heard), added);
        for (event, own) in heard.iter().zip(&events[1..]) {
            assert_eq!(event.d(), own.d(), "one encoding for all");
            assert_eq!((&event["user_id"], &event["actor_user_id"]), (&json!(cast.stranger.id), &json!(cast.owner.id)));
        }
        assert_eq!(heard[1]["role_id"], *cast.roles.member);
    }
    still_nothing(&mut [&mut x, &mut owner, &mut p]);
    cast.owner.post_empty(&cast.path(&format!("/members/{NOWHERE}"))).refused(404, "not_found");
}

/// Proves PRM-4, HIE-10, HIE-11 and the row "ownership transfer" of §4.12.
#[test]
fn s022_ownership_moves_whole_and_the_old_owner_may_leave() {
    let cast = FullCast::assemble();
    let mut gateways = [&cast.owner, &cast.p, &cast.q].map(|user| (user, user.connect()));
    cast.owner.post_empty(&cast.path("/leave")).refused(409, "owner_must_transfer");
    let path = cast.path("/owner");
    let to = |user: &str| json!({"user_id": user});
    for user in [&cast.p, &cast.moderator, &cast.stranger] {
        user.post(&path, &to(&cast.p.id)).refused(403, "forbidden");
    }
    for nobody in [&cast.stranger.id, NOWHERE] {
        let answer = cast.owner.post(&path, &to(nobody));
        assert!(matches!(answer.status, 400 | 404), "a current member is asked for: {}", answer.status);
    }
    let moved = cast.owner.post(&path, &to(&cast.p.id)).ok().json();
    assert_eq!(moved, json!({"guild_id": cast.guild, "owner_user_id": cast.p.id}));

    for (user, gateway) in &mut gateways {
        let mut events = gateway.before_sentinel(user);
        if user.id == cast.p.id {
            let notice = events.pop().expect("CMP-5: the owner sees H");
            assert_eq!((notice.t(), &notice["channel"]["channel_id"]), ("channel_create", &json!(cast.hidden.id)));
        }
        assert_eq!(
            types(&events),
            [
                "workspace_role_assignment_remove",
                "workspace_role_assignment_add",
                "workspace_role_assignment_add",
                "workspace_member_update",
                "workspace_member_update",
                "workspace_owner_update",
            ]
        );
        let (old, new) = (json!(cast.owner.id), json!(cast.p.id));
        let whom: Vec<&Value> = events[..5].iter().map(|event| &event["user_id"]).collect();
        assert_eq!(whom, [&old, &old, &new, &old, &new]);
        let roles: Vec<&Value> = events[..3].iter().map(|event| &event["role_id"]).collect();
        assert_eq!(roles, [&cast.roles.owner, &cast.roles.moderator, &cast.roles.owner].map(|id| json!(id)).each_ref());
        let words: Vec<&Value> = events[3..5].iter().map(|event| &event["updated_fields"]["role"]).collect();
        assert_eq!(words, ["moderator", "owner"]);
        assert_eq!((&events[5]["owner_user_id"], &events[5]["previous_owner_user_id"]), (&new, &old));
        assert!(events.iter().all(|event| event["actor_user_id"] == old));
    }
    assert_eq!(cast.p.access(&cast.guild)["role"], "owner");
    assert_eq!(cast.owner.access(&cast.guild)["role"], "moderator");
    assert_eq!(cast.p.get(&cast.path("")).ok().json()["owner_user_id"], *cast.p.id);
    assert_eq!(cast.owner.audit(&cast.guild)[0], "guild.owner.transfer");
    let members = cast.p.walk(&cast.path("/members"), "members", 200);
    let owners: Vec<&Value> = members
        .iter()
        .filter(|member| member["role_ids"].as_array().expect("role_ids").contains(&json!(cast.roles.owner)))
        .map(|member| &member["user_id"])
        .collect();
    assert_eq!(owners, [&json!(cast.p.id)], "PRM-4");
    cast.owner.leave(&cast.guild);
    cast.p.post_empty(&cast.path("/leave")).refused(409, "owner_must_transfer");
}

/// Proves the row "guild delete" of §4.12, CMP-6, and that what it held is free again (§9.6).
#[test]
fn s023_a_deleted_guild_ends_for_every_member() {
    let server = Server::with_env(&[("FILAMENT_MAX_CREATED_GUILDS_PER_USER", "2")]);
    let cast = FullCast::on(server, |server, name| server.user(name));
    cast.owner.post("/guilds", &json!({"name": "third"})).refused(403, "guild_creation_limit_reached");
    for user in [&cast.p, &cast.moderator, &cast.stranger] {
        user.delete(&cast.path("")).refused(403, "forbidden");
    }
    let mut gateways: Vec<(&User, Gateway, bool)> = vec![
        (&cast.owner, cast.owner.connect_to(&[&cast.text]), true),
        (&cast.p, cast.p.connect_to(&[&cast.text, &cast.voice]), true),
        (&cast.q, cast.q.connect(), false),
    ];
    let mut stranger = cast.stranger.connect();
    cast.owner.delete(&cast.path("")).is(204);
    for (user, gateway, subscribed) in &mut gateways {
        let events = gateway.before_sentinel(user);
        let mut expected = vec!["workspace_delete", "workspace_member_remove", "workspace_unavailable"];
        if *subscribed {
            expected.push("unsubscribed");
        }
        assert_eq!(types(&events), expected, "{}", user.name);
        assert!(events.iter().all(|event| event["guild_id"] == *cast.guild));
        assert_eq!(events[0]["actor_user_id"], *cast.owner.id);
        assert_eq!((&events[1]["user_id"], &events[1]["reason"]), (&json!(user.id), &json!("leave")));
        assert_eq!(events[2]["reason"], "deleted");
        if *subscribed {
            assert_eq!(*events[3].d(), json!({"guild_id": cast.guild, "reason": "channel_deleted"}));
        }
        for path in ["", "/channels", "/roles", "/members", "/permissions/self"] {
            user.get(&cast.path(path)).refused(403, "forbidden");
        }
        user.get(&cast.text.messages()).refused(403, "forbidden");
        let guilds = user.get("/guilds").ok().json();
        assert_eq!(guilds["guilds"].as_array().expect("guilds").len(), 1, "the own one is left");
    }
    stranger.nothing(&cast.stranger);
    cast.stranger.post_empty(&cast.path("/join")).refused(404, "not_found");
    assert_eq!(cast.stranger.get("/guilds/public").ok().json(), json!({"guilds": []}));
    cast.owner.post("/guilds", &json!({"name": "third"})).ok();
    let (_, p, _) = &mut gateways[1];
    p.ask_subscribe(&cast.text);
    assert_eq!(p.expect("error")["code"], "forbidden");
    p.nothing(&cast.p);
}

/// Proves GW-11 for everything a guild can say to members without any subscription, for one that was added after it connected.
#[test]
fn s025_an_added_member_hears_every_guild_event_without_a_subscription() {
    let cast = FullCast::assemble();
    let mut x = cast.stranger.connect();
    cast.owner.moderate(&cast.guild, &cast.stranger, "");
    x.until("workspace_role_assignment_add");
    let (owner, guild) = (&cast.owner, &cast.guild);
    let role = owner.create_role(guild, "Later", 10, &[]);
    owner.patch(&role_path(guild, &role), &json!({"name": "Late"})).ok();
    owner.assign(guild, &role, &cast.p);
    owner.unassign(guild, &role, &cast.p);
    owner.post(&cast.path("/roles/reorder"), &json!({"role_ids": [cast.roles.member, role]})).ok();
    owner.post(&cast.path("/roles/default"), &json!({"role_id": role})).ok();
    owner.delete(&role_path(guild, &role)).ok();
    owner.set_legacy_role(guild, &cast.q, "moderator");
    owner.moderate(guild, &cast.q, "/kick");
    owner.moderate(guild, &cast.moderator, "/ban");
    assert_eq!(
        types(&x.before_sentinel(&cast.stranger)),
        [
            "workspace_role_create",
            "workspace_role_update",
            "workspace_role_assignment_add",
            "workspace_role_assignment_remove",
            "workspace_role_reorder",
            "workspace_default_role_update",
            "workspace_role_delete",
            "workspace_default_role_update",
            "workspace_role_assignment_remove",
            "workspace_role_assignment_add",
            "workspace_member_update",
            "workspace_member_remove",
            "workspace_member_ban",
            "workspace_member_remove",
        ]
    );
    still_nothing(&mut [&mut x]);
}

/// Proves the member list of §9.6: what a row holds, its order, who may read it, and its closed query (HTTP-10).
#[test]
fn members_are_listed_with_their_roles() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "A", 10, &[]);
    cast.owner.assign(&cast.guild, &role, &cast.p);
    cast.owner.unassign(&cast.guild, &cast.roles.member, &cast.q);
    let path = cast.path("/members");
    let rows = cast.q.walk(&path, "members", 2);
    assert!(rows.is_sorted_by_key(|row| row["user_id"].as_str().expect("user_id").to_owned()));
    let of = |user: &User| rows.iter().find(|row| row["user_id"] == *user.id).expect("a row")["role_ids"].clone();
    let mut own = [json!(role), json!(cast.roles.member)];
    own.sort_by_key(Value::to_string);
    assert_eq!(rows.len(), 4);
    assert_eq!(of(&cast.owner), json!([cast.roles.owner]));
    assert_eq!(of(&cast.moderator), json!([cast.roles.moderator]));
    assert_eq!(of(&cast.p), json!(own));
    assert_eq!(of(&cast.q), json!([]));
    // The cursor is a user id; one that is no member is a place in the order (§9.6).
    let from_start = cast.q.get(&format!("{path}?cursor={NOWHERE}&limit=200")).ok().json();
    assert_eq!(from_start, json!({"members": rows, "next_cursor": null}));
    for query in ["limit=0", "limit=201", "cursor=x", "cursor=", "page=2", "limit=1&limit=1"] {
        cast.q.get(&format!("{path}?{query}")).refused(400, "invalid_request");
    }
    cast.stranger.get(&path).refused(403, "forbidden");
    cast.stranger.get(&format!("/guilds/{NOWHERE}/members")).refused(403, "forbidden");
}

/// Proves the cap of members and of guilds per user for members that are added (§9.6, §16.1).
#[test]
fn a_full_guild_takes_nobody() {
    let server = Server::with_env(&[("FILAMENT_GUILD_MEMBERS_MAX", "4")]);
    let cast = FullCast::on(server, |server, name| server.user(name));
    let mut owner = cast.owner.connect();
    cast.owner.post_empty(&member_path(&cast.guild, &cast.stranger, "")).refused(409, "quota_exceeded");
    owner.nothing(&cast.owner);
    cast.owner.moderate(&cast.guild, &cast.q, "/kick");
    cast.owner.moderate(&cast.guild, &cast.stranger, "");
}
