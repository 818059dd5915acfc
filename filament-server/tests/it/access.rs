//! What one may do, why, and being told when it changes (§4.8, §8.3, §8.5): scenario 40.

mod scale;
mod told;

use serde_json::{Value, json};

use crate::harness::{FullCast, NOWHERE, PERMISSIONS, Room, User};

/// Asks for an explanation; none of the guild's own rules decides whether one may ask.
fn explain(cast: &FullCast, user: &str, room: Option<&Room>, permission: &str) -> Value {
    let channel = room.map(|room| format!("&channel_id={}", room.id)).unwrap_or_default();
    let path = cast.path(&format!("/permissions/explain?user_id={user}&permission={permission}{channel}"));
    cast.owner.get(&path).ok().json()
}

/// The bits that explanations allow.
fn explained_bits(cast: &FullCast, user: &str, room: Option<&Room>) -> u64 {
    let allowed = |(bit, permission): (usize, &&str)| {
        let answer = explain(cast, user, room, permission);
        let channel = room.map_or(Value::Null, |room| json!(room.id));
        assert_eq!((&answer["user_id"], &answer["channel_id"]), (&json!(user), &channel));
        assert_eq!(answer["permission"], **permission);
        assert!(answer["decided_by"].as_str().is_some_and(|rule| rule.starts_with("PE-")));
        let steps = answer["steps"].as_array().expect("steps");
        if let Some(last) = steps.last() {
            assert_eq!(last["after"], answer["allowed"], "the last step is what holds");
        }
        u64::from(answer["allowed"].as_bool().expect("a bool")) << bit
    };
    PERMISSIONS.iter().enumerate().map(allowed).sum()
}

/// The bits that are enforced: of the channel list in one's own access, 0 for a channel that is not there.
fn enforced_bits(user: &User, room: &Room) -> u64 {
    let access = user.access(&room.guild);
    let channels = access["channels"].as_array().expect("channels");
    let channel = channels.iter().find(|channel| channel["channel_id"] == *room.id);
    channel.map_or(0, |channel| channel["permission_bits"].as_u64().expect("bits"))
}

/// Proves the worked example of §8.3 (PE-3 to PE-8), PE-1, PE-2, and that explain agrees with enforcement bit by bit (§8.5).
#[test]
fn s040_the_worked_example_is_enforced_and_explained_alike() {
    let cast = FullCast::assemble();
    let r1 = cast.owner.create_role(&cast.guild, "R1", 10, &[]);
    let r2 = cast.owner.create_role(&cast.guild, "R2", 20, &[]);
    for role in [&r1, &r2] {
        cast.owner.assign(&cast.guild, role, &cast.p);
    }
    let rule = |kind: &str, target: &str, allow: &[&str], deny: &[&str]| json!({"target_kind": kind, "target_id": target, "allow": allow, "deny": deny});
    let overrides = [
        rule("role", &cast.roles.everyone, &[], &["create_message", "subscribe_streams"]),
        rule("role", &r1, &["create_message", "publish_video"], &[]),
        rule("role", &r2, &[], &["publish_video"]),
        rule("member", &cast.p.id, &["subscribe_streams"], &[]),
    ];
    let room = cast.owner.create_channel(&cast.guild, &json!({"name": "c", "overrides": overrides}));
    assert_eq!((enforced_bits(&cast.p, &room), explained_bits(&cast, &cast.p.id, Some(&room))), (2304, 2304));
    let own = cast.p.get(&format!("{}/permissions/self", room.path())).ok().json();
    assert_eq!(own["permissions"], json!(["create_message", "subscribe_streams"]));

    let video = explain(&cast, &cast.p.id, Some(&room), "publish_video");
    assert_eq!((&video["allowed"], &video["decided_by"]), (&json!(false), &json!("PE-5")));
    let steps = video["steps"].as_array().expect("steps");
    let denial = steps.iter().find(|step| step["effect"] == "deny").expect("what denies it");
    assert_eq!(
        (&denial["rule"], &denial["source_kind"], &denial["source_id"]),
        (&json!("PE-5"), &json!("role_override"), &json!(r2))
    );
    let streams = explain(&cast, &cast.p.id, Some(&room), "subscribe_streams");
    assert_eq!((&streams["allowed"], &streams["decided_by"]), (&json!(true), &json!("PE-6")));

    cast.owner.unassign(&cast.guild, &r1, &cast.p);
    assert_eq!((enforced_bits(&cast.p, &room), explained_bits(&cast, &cast.p.id, Some(&room))), (0, 0));
    let streams = explain(&cast, &cast.p.id, Some(&room), "subscribe_streams");
    assert_eq!((&streams["allowed"], &streams["decided_by"]), (&json!(false), &json!("PE-8")));

    for (user, rule, bits) in [(&cast.owner.id, "PE-2", 4095), (&cast.stranger.id, "PE-1", 0)] {
        assert_eq!(explained_bits(&cast, user, Some(&room)), bits);
        assert_eq!(explain(&cast, user, Some(&room), "manage_roles")["decided_by"], rule);
    }
    for (user, room) in [(&cast.p, &cast.text), (&cast.moderator, &cast.hidden), (&cast.q, &cast.hidden)] {
        assert_eq!(explained_bits(&cast, &user.id, Some(room)), enforced_bits(user, room), "{}", user.name);
    }
    assert_eq!(explained_bits(&cast, &cast.moderator.id, None), 4090, "guild level");
    assert_eq!(explain(&cast, &cast.moderator.id, None, "ban_member")["decided_by"], "PE-3");
}

/// Proves who may ask for an explanation, and its closed query (§8.5, HTTP-10).
#[test]
fn explanations_are_for_managers_of_overrides() {
    let cast = FullCast::assemble();
    let path = cast.path("/permissions/explain");
    let good = format!("{path}?user_id={}&permission=create_message", cast.p.id);
    for user in [&cast.p, &cast.stranger] {
        user.get(&good).refused(403, "forbidden");
    }
    cast.moderator.get(&good).ok();
    cast.moderator.get(&format!("{good}&channel_id={NOWHERE}")).refused(404, "not_found");
    for query in [
        String::new(),
        format!("user_id={}", cast.p.id),
        "permission=create_message".to_owned(),
        format!("user_id={}&permission=fly", cast.p.id),
        "user_id=nobody&permission=create_message".to_owned(),
        format!("user_id={}&permission=create_message&why=so", cast.p.id),
        format!("user_id={}&permission=create_message&channel_id=x", cast.p.id),
    ] {
        cast.moderator.get(&format!("{path}?{query}")).refused(400, "invalid_request");
    }
}
