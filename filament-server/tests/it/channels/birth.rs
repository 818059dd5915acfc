//! Overrides that a channel is born with (§8.3, §8.4, §9.8).

use serde_json::{Value, json};

use crate::harness::{Cast, NOWHERE, Room, User};

fn rule(kind: &str, target: &str, allow: &[&str], deny: &[&str]) -> Value {
    json!({"target_kind": kind, "target_id": target, "allow": allow, "deny": deny})
}

fn rights(user: &User, room: &Room) -> Value {
    user.get(&format!("{}/permissions/self", room.path())).ok().json()["permissions"].clone()
}

/// Proves PE-2, PE-5, PE-6, PE-7 and PE-8 with roles and members: a later layer beats an earlier one, and an allow may
/// grant what the guild level lacks.
#[test]
fn layers_of_overrides_are_applied_in_their_order() {
    let cast = Cast::assemble();
    let (see, hear, film) = ("create_message", "subscribe_streams", "publish_video");
    let overrides = [
        rule("role", &cast.member_role, &[film], &[see, hear]),
        rule("member", &cast.p.id, &[see], &[]),
        rule("member", &cast.stranger.id, &[see, hear], &[film]),
    ];
    let body = json!({"name": "layers", "overrides": overrides});
    let refused = cast.owner.post(&format!("/guilds/{}/channels", cast.guild), &body);
    // X is no member yet.
    refused.refused(404, "not_found");
    cast.stranger.join(&cast.guild);
    let room = cast.owner.create_channel(&cast.guild, &body);

    assert_eq!(rights(&cast.owner, &room).as_array().expect("a list").len(), 12, "PE-2");
    assert_eq!(rights(&cast.p, &room), json!([see, film]));
    assert_eq!(rights(&cast.stranger, &room), json!([see, hear]));
    cast.q.get(&format!("{}/permissions/self", room.path())).refused(403, "forbidden");
    let access = cast.p.get(&format!("/guilds/{}/permissions/self", cast.guild)).ok().json();
    let bits: Vec<&Value> =
        access["channels"].as_array().expect("channels").iter().map(|channel| &channel["permission_bits"]).collect();
    assert_eq!(bits, [&json!(2304), &json!(2304), &json!(256 + 512)]);

    // A member override outlives the membership.
    cast.stranger.leave(&cast.guild);
    cast.stranger.join(&cast.guild);
    assert_eq!(rights(&cast.stranger, &room), json!([see, hear]));
}

/// Proves HIE-4 and the bounds of `overrides` (§9.8): nobody overrides themself, targets exist, 16 at most.
#[test]
fn overrides_that_nobody_may_set_make_no_channel() {
    let cast = Cast::assemble();
    let mut owner = cast.owner.connect();
    let path = format!("/guilds/{}/channels", cast.guild);
    let create = |overrides: &[Value]| cast.owner.post(&path, &json!({"name": "never", "overrides": overrides}));
    create(&[rule("member", &cast.owner.id, &[], &["subscribe_streams"])]).refused(403, "forbidden");
    create(&[rule("role", NOWHERE, &[], &["create_message"])]).refused(404, "not_found");
    create(&[rule("member", NOWHERE, &[], &["create_message"])]).refused(404, "not_found");
    create(&[rule("member", &cast.stranger.id, &[], &["create_message"])]).refused(404, "not_found");
    create(&[rule("guild", &cast.member_role, &[], &[])]).refused(422, "invalid_request");
    create(&vec![rule("role", &cast.member_role, &[], &[]); 17]).refused(400, "invalid_request");
    owner.nothing(&cast.owner);
    assert_eq!(cast.owner.channel_ids(&cast.guild).len(), 3);
}
