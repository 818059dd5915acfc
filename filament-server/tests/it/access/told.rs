//! `workspace_access_update` (§4.8) and the counter behind it (RES-30).

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Event, FullCast, Gateway, PERMISSIONS, User, accepted, channel_ids, role_path, types};

/// Longer than an access update is gathered for (§4.8: 250 ms), with room for a busy machine.
const GATHERED: Duration = Duration::from_millis(1_500);

/// The newest access update of the guild among the frames that come, and the names of the others.
fn updates(gateway: &mut Gateway, guild: &str) -> Vec<Event> {
    let mut frames = gateway.collect_for(GATHERED);
    frames.retain(|event| event.t() == "workspace_access_update" && event["guild_id"] == *guild);
    frames
}

/// The update without its time, which `permissions/self` does not have.
fn record(update: &Event) -> Value {
    let mut record = update.d().clone();
    record.as_object_mut().expect("an object").remove("updated_at_unix");
    record
}

/// Proves §4.8: to exactly the users whose effective access changed, holding what `permissions/self` holds, and RES-30.
#[test]
fn an_access_update_comes_to_whose_access_changed_and_to_nobody_else() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "A", 10, &["publish_video"]);
    let mut gateways: Vec<(&User, Gateway)> =
        [&cast.owner, &cast.moderator, &cast.p, &cast.q].map(|user| (user, user.connect())).into();
    let told = |gateways: &mut [(&User, Gateway)]| -> Vec<usize> {
        gateways
            .iter_mut()
            .map(|(user, gateway)| {
                let updates = updates(gateway, &cast.guild);
                if let Some(last) = updates.last() {
                    assert_eq!(record(last), user.access(&cast.guild), "{}", user.name);
                }
                updates.len()
            })
            .collect()
    };
    let changes: [(&dyn Fn(), [usize; 4]); 8] = [
        (&|| cast.owner.assign(&cast.guild, &role, &cast.p), [0, 0, 1, 0]),
        // A name changes nobody's access.
        (&|| drop(cast.owner.patch(&role_path(&cast.guild, &role), &json!({"name": "B"})).ok()), [0; 4]),
        // P has the right already through another role.
        (
            &|| {
                let body = json!({"permissions": ["publish_video", "create_message"]});
                drop(cast.owner.patch(&role_path(&cast.guild, &role), &body).ok());
            },
            [0; 4],
        ),
        (&|| cast.owner.set_override(&cast.text, "member", &cast.q.id, &[], &["subscribe_streams"]), [0, 0, 0, 1]),
        // Q does not see H, so nothing of it is part of Q's access.
        (&|| cast.owner.set_override(&cast.hidden, "member", &cast.q.id, &["publish_video"], &[]), [0; 4]),
        (
            &|| {
                cast.owner.set_override(
                    &cast.hidden,
                    "role",
                    &cast.roles.moderator,
                    &["create_message"],
                    &["publish_video"],
                );
            },
            [0, 1, 0, 0],
        ),
        (&|| cast.owner.set_legacy_role(&cast.guild, &cast.q, "moderator"), [0, 0, 0, 1]),
        (&|| accepted(cast.owner.delete(&role_path(&cast.guild, &role))), [0, 0, 1, 0]),
    ];
    for (index, (change, expected)) in changes.iter().enumerate() {
        let before = cast.p.access(&cast.guild)["access_rev"].as_u64().expect("access_rev");
        change();
        assert_eq!(told(&mut gateways), expected, "change {index}");
        let after = cast.p.access(&cast.guild)["access_rev"].as_u64().expect("access_rev");
        assert_eq!(after - before, expected[2] as u64, "RES-30: counted exactly when told");
    }
}

/// Proves "not sent for channel create, update, delete, reorder" of §4.8.
#[test]
fn channels_speak_for_themselves() {
    let cast = FullCast::assemble();
    let mut p = cast.p.connect();
    let room = cast.owner.create_text(&cast.guild, "new");
    cast.owner.patch(&room.path(), &json!({"name": "newer"})).ok();
    accepted(cast.owner.post(&cast.path("/channels/reorder"), &json!({"channel_ids": [room.id, cast.text.id]})));
    cast.owner.delete(&room.path()).is(204);
    assert!(updates(&mut p, &cast.guild).is_empty());
}

/// Proves CMP-5: notices in list order, before the access update, to the one who gained, on a plain connection.
#[test]
fn gained_channels_are_announced_in_list_order_before_the_access_update() {
    let cast = FullCast::assemble();
    let role = cast.owner.create_role(&cast.guild, "A", 10, &[]);
    let rooms: Vec<String> = (0..3)
        .map(|number| {
            let overrides = [
                json!({"target_kind": "role", "target_id": cast.roles.everyone, "allow": [], "deny": ["create_message"]}),
                json!({"target_kind": "role", "target_id": role, "allow": ["create_message"], "deny": []}),
            ];
            let body = json!({"name": format!("secret {number}"), "overrides": overrides});
            cast.owner.create_channel(&cast.guild, &body).id
        })
        .collect();
    let mut p = cast.p.connect();
    let mut q = cast.q.connect();
    cast.owner.assign(&cast.guild, &role, &cast.p);
    let mut frames = p.through(|event| event.t() == "workspace_access_update");
    let update = frames.pop().expect("the update");
    let mut expected = vec!["workspace_role_assignment_add"];
    expected.extend(["channel_create"; 3]);
    assert_eq!(types(&frames), expected);
    let announced: Vec<&str> =
        frames[1..].iter().map(|event| event["channel"]["channel_id"].as_str().expect("an id")).collect();
    assert_eq!(announced, rooms);
    assert_eq!(channel_ids(update.d())[2..], rooms);
    assert_eq!(types(&q.before_sentinel(&cast.q)), ["workspace_role_assignment_add"]);
}

/// Proves §4.8 and EMI-5 at the caps: one role change, and the update holds all 200 channels of the longest names.
#[test]
fn s016_a_role_change_among_two_hundred_channels_is_one_update() {
    let cast = FullCast::assemble();
    let guild = cast.owner.create_guild("wide", "public");
    let ids: Vec<String> = (0..200).map(|_| cast.owner.create_text(&guild, &"中".repeat(64)).id).collect();
    cast.p.join(&guild);
    let role = cast.owner.create_role(&guild, "All", 10, &PERMISSIONS);
    let mut p = cast.p.connect();
    cast.owner.assign(&guild, &role, &cast.p);
    let update = p.until("workspace_access_update");
    assert!(update.text.len() <= 64_512);
    assert_eq!(channel_ids(update.d()), ids);
    let channels = update["channels"].as_array().expect("channels");
    assert!(channels.iter().all(|channel| channel["permission_bits"] == 4095));
    assert_eq!(record(&update), cast.p.access(&guild));
}

/// Proves the first update of a membership (§4.8: after the causing events), for a guild that is made and for one that is joined.
#[test]
fn a_new_membership_comes_with_its_access() {
    let cast = FullCast::assemble();
    let mut x = cast.stranger.connect();
    cast.stranger.join(&cast.guild);
    let frames = x.through(|event| event.t() == "workspace_access_update");
    assert_eq!(
        types(&frames),
        ["workspace_available", "workspace_member_add", "workspace_role_assignment_add", "workspace_access_update",]
    );
    assert_eq!(record(&frames[3]), cast.stranger.access(&cast.guild));
    let made = cast.stranger.create_guild("mine", "private");
    let frames = x.through(|event| event.t() == "workspace_access_update");
    assert_eq!(types(&frames), ["workspace_available", "workspace_access_update"]);
    assert_eq!((&frames[1]["guild_id"], &frames[1]["role"]), (&json!(made), &json!("owner")));
}
