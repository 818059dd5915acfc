//! Channels (§4.4, §9.8): scenarios 11 to 16 and what surrounds them.

mod birth;

use std::thread;

use serde_json::{Value, json};

use crate::harness::{Cast, Event, Form, Gateway, NOWHERE, Room, User, hidden_from_members, still_nothing, types};

const NOTICE: &str = "workspace_channel_role_override_update";

/// Proves GW-11 for `MANAGE(c)`: channel events need no subscription.
#[test]
pub(crate) fn s011_channel_create_reaches_members_without_a_subscription() {
    let cast = Cast::assemble();
    let mut owner = cast.owner.connect();
    let mut p = cast.p.connect();
    let mut stranger = cast.stranger.connect();
    let body = json!({"name": "  Lounge ", "kind": "voice"});
    let created = cast.owner.post(&format!("/guilds/{}/channels", cast.guild), &body).ok().json();
    assert_eq!((&created["name"], &created["kind"]), (&json!("Lounge"), &json!("voice")));
    for (user, gateway) in [(&cast.owner, &mut owner), (&cast.p, &mut p)] {
        let events = gateway.before_sentinel(user);
        assert_eq!(types(&events), ["channel_create"]);
        assert_eq!(*events[0].d(), json!({"guild_id": cast.guild, "channel": created}));
    }
    stranger.nothing(&cast.stranger);
    still_nothing(&mut [&mut owner, &mut p, &mut stranger]);
}

/// Proves DEL-6 for `channel_create`, PE-5, PE-6 and PE-8 on reads. The person besides the owner who sees the channel is
/// let in by a member override.
#[test]
pub(crate) fn s012_a_channel_born_hidden_is_told_only_to_who_sees_it() {
    let cast = Cast::assemble();
    let mut gateways = [&cast.owner, &cast.q, &cast.p, &cast.stranger].map(|user| (user, user.connect()));
    let room = cast.owner.create_channel(&cast.guild, &hidden_from_members("H2", &cast.member_role, &[&cast.q]));
    for (index, (user, gateway)) in gateways.iter_mut().enumerate() {
        let events = gateway.before_sentinel(user);
        let expected: &[&str] = if index < 2 { &["channel_create"] } else { &[] };
        assert_eq!(types(&events), expected, "{}", user.name);
    }
    let own_rights = format!("{}/permissions/self", room.path());
    assert!(!cast.p.channel_ids(&cast.guild).contains(&room.id));
    cast.p.get(&own_rights).refused(403, "forbidden");
    cast.stranger.get(&own_rights).refused(403, "forbidden");
    assert!(cast.q.channel_ids(&cast.guild).contains(&room.id));
    let rights = cast.q.get(&own_rights).ok().json();
    assert_eq!(rights, json!({"role": "member", "permissions": ["create_message", "subscribe_streams"]}));
    let listed = cast.owner.get(&format!("/guilds/{}/channels?include=manageable", cast.guild)).ok().json();
    assert!(
        listed["channels"].as_array().expect("channels").iter().all(|channel| channel["visible"] == true),
        "the owner sees everything"
    );
    cast.p.get(&format!("/guilds/{}/channels?include=manageable", cast.guild)).refused(403, "forbidden");
    let [(_, a), (_, b), (_, c), (_, d)] = &mut gateways;
    still_nothing(&mut [a, b, c, d]);
}

/// Proves EMI-1 and EMI-2 for `channel_update`, and DEL-6.
#[test]
pub(crate) fn s013_a_rename_is_told_to_who_sees_the_channel_and_only_if_it_is_one() {
    let cast = Cast::assemble();
    let hidden = cast.owner.create_channel(&cast.guild, &hidden_from_members("H2", &cast.member_role, &[&cast.q]));
    let mut owner = cast.owner.connect();
    let mut q = cast.q.connect();
    let mut p = cast.p.connect();
    let rename = |room: &Room, name: &str| cast.owner.patch(&room.path(), &json!({"name": name})).ok().json();

    assert_eq!(rename(&cast.text, " general ")["name"], "general");
    rename(&hidden, "backstage");
    assert_eq!(rename(&cast.text, "general")["name"], "general");
    assert_eq!(rename(&cast.text, "general  ")["name"], "general");

    let expect = |events: &[Event], ids: &[&str]| {
        assert_eq!(types(events), vec!["channel_update"; ids.len()]);
        for (event, id) in events.iter().zip(ids) {
            assert_eq!(event["channel_id"], **id);
        }
        assert_eq!(events[0]["updated_fields"], json!({"name": "general"}));
    };
    expect(&owner.before_sentinel(&cast.owner), &[&cast.text.id, &hidden.id]);
    expect(&q.before_sentinel(&cast.q), &[&cast.text.id, &hidden.id]);
    expect(&p.before_sentinel(&cast.p), &[&cast.text.id]);
    still_nothing(&mut [&mut owner, &mut q, &mut p]);
}

/// Proves CMP-4 and CMP-7 for plain connections, GW-30, and §6.4 for a deleted channel. (The connection with `batch`
/// waits for its feature; attachments have a test of their own.)
#[test]
pub(crate) fn s014_deleting_a_channel_ends_its_subscriptions_after_the_events() {
    let cast = Cast::assemble();
    let message = cast.q.say(&cast.text, "going with the channel");
    let mut owner = cast.owner.connect_to(&[&cast.text, &cast.voice]);
    let mut p = cast.p.connect_to(&[&cast.text, &cast.voice]);
    let mut q = cast.q.connect();
    let mut stranger = cast.stranger.connect();
    cast.owner.delete(&cast.text.path()).is(204);

    for (user, gateway, was_subscribed) in
        [(&cast.owner, &mut owner, true), (&cast.p, &mut p, true), (&cast.q, &mut q, false)]
    {
        let events = gateway.before_sentinel(user);
        let mut expected = Form::current().hears(&["channel_delete", NOTICE]);
        if was_subscribed {
            expected.push("unsubscribed");
        }
        assert_eq!(types(&events), expected, "{}", user.name);
        assert!(events.iter().all(|event| event["guild_id"] == *cast.guild && event["channel_id"] == *cast.text.id));
        if let Some(notice) = events.iter().find(|event| event.t() == NOTICE) {
            assert_eq!(notice["role"], "member");
            assert_eq!(notice["updated_fields"], json!({"allow": [], "deny": []}));
            assert_eq!(notice["actor_user_id"], *cast.owner.id);
        }
        if was_subscribed {
            assert_eq!(events.last().expect("unsubscribed")["reason"], "channel_deleted");
        }
    }
    stranger.nothing(&cast.stranger);

    for path in [cast.text.messages(), format!("{}/permissions/self", cast.text.path())] {
        cast.p.get(&path).refused(404, "not_found");
    }
    cast.q.patch(&cast.text.message(&message["message_id"]), &json!({"content": "x"})).refused(404, "not_found");
    cast.owner.delete(&cast.text.path()).refused(404, "not_found");
    assert!(!cast.p.channel_ids(&cast.guild).contains(&cast.text.id));
    p.ask_subscribe(&cast.text);
    assert_eq!(p.expect("error")["code"], "forbidden");
    // The other subscription of the same connection lives on.
    cast.owner.say(&cast.voice, "still here");
    assert_eq!(p.expect("message_create")["channel_id"], *cast.voice.id);
    p.nothing(&cast.p);
    still_nothing(&mut [&mut p, &mut q, &mut stranger]);
}

/// Proves DEL-6 for `channel_delete` and its notice.
#[test]
pub(crate) fn deleting_a_hidden_channel_is_told_only_to_who_saw_it() {
    let cast = Cast::assemble();
    let hidden = cast.owner.create_channel(&cast.guild, &hidden_from_members("H2", &cast.member_role, &[&cast.q]));
    let mut q = cast.q.connect_to(&[&hidden]);
    let mut p = cast.p.connect_to(&[&cast.text]);
    cast.owner.delete(&hidden.path()).is(204);
    assert_eq!(types(&q.before_sentinel(&cast.q)), Form::current().hears(&["channel_delete", NOTICE, "unsubscribed"]));
    p.nothing(&cast.p);
    still_nothing(&mut [&mut q, &mut p]);
}

/// Proves FEN-2, FEN-3 and DEL-2 for a deleted channel: under a stream of messages no frame of it follows its removal.
#[test]
fn nothing_of_a_deleted_channel_follows_its_removal_under_load() {
    const ROUNDS: usize = 10;
    let cast = Cast::assemble();
    let mut p = cast.p.connect();
    for round in 0..ROUNDS {
        let room = cast.owner.create_text(&cast.guild, &format!("short-lived {round}"));
        p.until("channel_create");
        p.subscribe(&room);
        thread::scope(|scope| {
            scope.spawn(|| while cast.q.post(&room.messages(), &json!({"content": "more"})).status == 200 {});
            p.until("message_create");
            cast.owner.delete(&room.path()).is(204);
        });
        let events = p.before_sentinel(&cast.p);
        let removed = events.iter().position(|event| event.t() == "channel_delete").expect("channel_delete");
        assert!(events[..removed].iter().all(|event| event.t() == "message_create"));
        assert_eq!(types(&events[removed + 1..]), [NOTICE, "unsubscribed"]);
    }
}

/// Proves `channel_reorder` of §4.4 (rendered per receiver, only to whose own list changed), EMI-1 and DEL-6.
#[test]
pub(crate) fn s015_a_reorder_is_rendered_for_each_receiver() {
    let cast = Cast::assemble();
    let guild = cast.owner.create_guild("ordered", "public");
    let member_role = cast.owner.member_role(&guild);
    for user in [&cast.p, &cast.q] {
        user.join(&guild);
    }
    let a = cast.owner.create_text(&guild, "a");
    let hidden = cast.owner.create_channel(&guild, &hidden_from_members("H", &member_role, &[&cast.q]));
    let b = cast.owner.create_text(&guild, "b");
    let mut p = cast.p.connect();
    let mut q = cast.q.connect();
    let reorder = |user: &User, ids: &[&str]| {
        user.post(&format!("/guilds/{guild}/channels/reorder"), &json!({"channel_ids": ids}))
    };
    let accepted = json!({"accepted": true});

    assert_eq!(reorder(&cast.owner, &[&b.id, &a.id]).ok().json(), accepted);
    let seen = p.expect("channel_reorder");
    assert_eq!(seen["channel_ids"], json!([b.id, a.id]));
    assert_eq!(q.expect("channel_reorder")["channel_ids"], json!([b.id, hidden.id, a.id]));

    assert_eq!(reorder(&cast.owner, &[&a.id, &hidden.id]).ok().json(), accepted);
    assert_eq!(q.expect("channel_reorder")["channel_ids"], json!([b.id, a.id, hidden.id]));
    assert_eq!(cast.p.channel_ids(&guild), [&b.id, &a.id].map(String::clone));
    assert_eq!(cast.q.channel_ids(&guild), [&b.id, &a.id, &hidden.id].map(String::clone));

    // The order they have already, one channel alone, and what is refused.
    assert_eq!(reorder(&cast.owner, &[&b.id, &a.id, &hidden.id]).ok().json(), accepted);
    assert_eq!(reorder(&cast.owner, &[&hidden.id]).ok().json(), accepted);
    reorder(&cast.owner, &[&a.id, &a.id]).refused(400, "invalid_request");
    reorder(&cast.owner, &[&a.id, NOWHERE]).refused(400, "invalid_request");
    reorder(&cast.owner, &[&a.id, &cast.text.id]).refused(400, "invalid_request");
    reorder(&cast.owner, &[]).refused(400, "invalid_request");
    reorder(&cast.p, &[&a.id, &b.id]).refused(403, "forbidden");

    let rest = p.before_sentinel(&cast.p);
    assert!(rest.is_empty(), "P's own order never changed again: {:?}", types(&rest));
    q.nothing(&cast.q);
    still_nothing(&mut [&mut p, &mut q]);
    assert!(!p.transcript().contains(&hidden.id), "no id of H ever reaches P\n{}", p.transcript());
}

/// Proves the cap of 200 channels, HTTP-3 for the longest channel list, and EMI-5 for `Access`: here P's access comes from
/// joining. (With a role change: `access`.)
#[test]
fn s016_two_hundred_channels_fit_every_list() {
    const CHANNELS: usize = 200;
    let cast = Cast::assemble();
    let guild = cast.owner.create_guild("wide", "public");
    let name = "中".repeat(64);
    let path = format!("/guilds/{guild}/channels");
    let ids: Vec<String> = (0..CHANNELS).map(|_| cast.owner.create_text(&guild, &name).id).collect();
    cast.owner.post(&path, &json!({"name": "one more"})).refused(409, "quota_exceeded");

    let mut p = cast.p.connect();
    cast.p.join(&guild);
    let listed = cast.p.get(&path).ok();
    assert!(listed.body.len() <= 65_536);
    assert_eq!(cast.p.channel_ids(&guild), ids);
    let channels = listed.json();
    for (index, channel) in channels["channels"].as_array().expect("channels").iter().enumerate() {
        assert_eq!(*channel, json!({"channel_id": ids[index], "name": name, "kind": "text", "position": index}));
    }
    let access = cast.p.get(&format!("/guilds/{guild}/permissions/self")).ok().json();
    assert_eq!((&access["role"], &access["guild_id"]), (&json!("member"), &json!(guild)));
    assert_eq!(access["permissions"], json!(["create_message", "subscribe_streams"]));
    let rights: Vec<&Value> = access["channels"].as_array().expect("channels").iter().collect();
    assert_eq!(rights.len(), CHANNELS);
    for (index, channel) in rights.iter().enumerate() {
        assert_eq!(channel["channel_id"], *ids[index]);
        assert_eq!((&channel["position"], &channel["permission_bits"]), (&json!(index), &json!(2304)));
    }

    let events = p.everything_before_sentinel(&cast.p);
    for update in events.iter().filter(|event| event.t() == "workspace_access_update") {
        assert_eq!(update["channels"], access["channels"]);
    }
    // A deleted channel makes room for one more.
    cast.owner.delete(&format!("{path}/{}", ids[0])).is(204);
    cast.owner.post(&path, &json!({"name": "one more"})).ok();
}

/// Proves EMI-3 for channels and the access column of §9.8 (members without the right, strangers, hidden, unknown).
#[test]
fn refused_channel_mutations_change_nothing_and_emit_nothing() {
    let cast = Cast::assemble();
    let mut gateways = [&cast.owner, &cast.p].map(|user| (user, user.connect()));
    let list = format!("/guilds/{}/channels", cast.guild);
    let name = json!({"name": "mine"});
    for user in [&cast.p, &cast.stranger] {
        user.post(&list, &name).refused(403, "forbidden");
        user.patch(&cast.text.path(), &name).refused(403, "forbidden");
        user.delete(&cast.text.path()).refused(403, "forbidden");
        user.patch(&cast.hidden.path(), &name).refused(403, "forbidden");
        user.delete(&cast.hidden.path()).refused(403, "forbidden");
    }
    cast.stranger.get(&list).refused(403, "forbidden");
    cast.owner.patch(&format!("{list}/{NOWHERE}"), &name).refused(404, "not_found");
    cast.p.patch(&format!("{list}/{NOWHERE}"), &name).refused(404, "not_found");
    cast.stranger.patch(&format!("{list}/{NOWHERE}"), &name).refused(403, "forbidden");
    let role = |allow: Value, deny: Value| {
        let target = &cast.member_role;
        json!({"name": "x", "overrides": [{"target_kind": "role", "target_id": target, "allow": allow, "deny": deny}]})
    };
    for (body, status) in [
        (json!({"name": "x", "kind": "video"}), 422),
        (json!({"name": "x", "position": 1}), 422),
        (json!({"kind": "text"}), 422),
        (json!({"name": null}), 422),
        (json!({"name": "  "}), 400),
        (json!({"name": "n".repeat(65)}), 400),
        (role(json!(["fly"]), json!([])), 422),
        (role(json!(["create_message"]), json!(["create_message"])), 400),
    ] {
        cast.owner.post(&list, &body).refused(status, "invalid_request");
    }
    for (user, gateway) in &mut gateways {
        gateway.nothing(user);
    }
    assert_eq!(cast.owner.channel_ids(&cast.guild).len(), 3);
    assert_eq!(cast.p.channel_ids(&cast.guild), [cast.text.id.clone(), cast.voice.id.clone()]);
}

/// Proves `permissions/self` of a channel and of the guild for the owner (PE-2) and for members, hidden channels left out.
#[test]
fn own_rights_are_those_of_the_roles() {
    let cast = Cast::assemble();
    let rights = |user: &User, path: &str| user.get(path).ok().json();
    let own = format!("{}/permissions/self", cast.hidden.path());
    let all = rights(&cast.owner, &own);
    assert_eq!(all["role"], "owner");
    assert_eq!(all["permissions"].as_array().expect("permissions").len(), 12);
    cast.p.get(&own).refused(403, "forbidden");
    cast.p.get(&format!("/guilds/{}/channels/{NOWHERE}/permissions/self", cast.guild)).refused(404, "not_found");
    let guild_path = format!("/guilds/{}/permissions/self", cast.guild);
    let access = rights(&cast.p, &guild_path);
    let ids: Vec<&Value> =
        access["channels"].as_array().expect("channels").iter().map(|channel| &channel["channel_id"]).collect();
    assert_eq!(ids, [&json!(cast.text.id), &json!(cast.voice.id)]);
    let owner = rights(&cast.owner, &guild_path);
    let bits: Vec<&Value> =
        owner["channels"].as_array().expect("channels").iter().map(|channel| &channel["permission_bits"]).collect();
    assert_eq!(bits, [&json!(4095); 3]);
    cast.stranger.get(&guild_path).refused(403, "forbidden");
}

/// Proves FEN-4 for a new channel: who subscribes later gets nothing from before.
#[test]
fn a_subscriber_gets_only_what_comes_after() {
    let cast = Cast::assemble();
    cast.owner.say(&cast.text, "before");
    let mut p: Gateway = cast.p.connect_to(&[&cast.text]);
    let after = cast.owner.say(&cast.text, "after");
    assert_eq!(p.expect("message_create")["message_id"], after["message_id"]);
    p.nothing(&cast.p);
}
