//! Guilds and membership (§4.6, §4.8, §9.6): scenarios 17, 18, 19, 21, 25 and what surrounds them.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{Cast, Event, Form, Gateway, NOWHERE, Server, User, is_ulid, still_nothing, types};

/// Takes the access update out of a sequence, checking that nothing of the guild's membership follows it.
fn without_access_update(events: Vec<Event>) -> (Vec<Event>, Option<Event>) {
    let mut updates: Vec<Event> = Vec::new();
    let rest = events
        .into_iter()
        .filter(|event| event.t() != "presence_update")
        .filter_map(|event| {
            if event.t() == "workspace_access_update" {
                updates.push(event);
                return None;
            }
            assert!(updates.is_empty(), "§4.8: {} after the access update", event.t());
            Some(event)
        })
        .collect();
    assert!(updates.len() < 2, "§4.8: one access update per mutation here");
    (rest, updates.pop())
}

/// Proves the row "guild create" of §4.12 and §4.8 `workspace_available`.
#[test]
pub(crate) fn s017_a_new_guild_is_told_to_every_connection_of_its_creator() {
    let cast = Cast::assemble();
    let mut connections = [cast.owner.connect(), cast.owner.connect()];
    let mut stranger = cast.stranger.connect();
    let guild = cast.owner.post("/guilds", &json!({"name": " New "})).ok().json();
    assert_eq!(guild, json!({"guild_id": guild["guild_id"], "name": "New", "visibility": "private"}));
    for connection in &mut connections {
        let (events, access) = without_access_update(connection.everything_before_sentinel(&cast.owner));
        assert_eq!(types(&events), ["workspace_available"]);
        let available = &events[0];
        for member in ["guild_id", "name", "visibility"] {
            assert_eq!(available[member], guild[member]);
        }
        assert_eq!((&available["reason"], &available["owner_user_id"]), (&json!("created"), &json!(cast.owner.id)));
        if let Some(access) = access {
            assert_eq!((&access["role"], &access["channels"]), (&json!("owner"), &json!([])));
        }
    }
    stranger.nothing(&cast.stranger);
    let [first, second] = &mut connections;
    still_nothing(&mut [first, second, &mut stranger]);
}

/// Proves EMI-1, EMI-2 and policy `always` of §3 for `workspace_update`, and GW-11 for `GUILD(g)`.
#[test]
pub(crate) fn s018_a_guild_patch_tells_exactly_what_changed() {
    let cast = Cast::assemble();
    let mut members = [&cast.owner, &cast.p].map(|user| (user, user.connect()));
    let mut stranger = cast.stranger.connect();
    let path = format!("/guilds/{}", cast.guild);
    let patch = json!({"name": "Renamed", "visibility": "public"});
    for _ in 0..2 {
        let guild = cast.owner.patch(&path, &patch).ok().json();
        assert_eq!(guild, json!({"guild_id": cast.guild, "name": "Renamed", "visibility": "public"}));
    }
    for (user, gateway) in &mut members {
        let events = gateway.before_sentinel(user);
        assert_eq!(types(&events), ["workspace_update"]);
        assert_eq!(events[0]["updated_fields"], json!({"name": "Renamed"}));
        assert_eq!(events[0]["actor_user_id"], *cast.owner.id);
    }
    stranger.nothing(&cast.stranger);
    let [(_, owner), (_, p)] = &mut members;
    still_nothing(&mut [owner, p, &mut stranger]);
}

/// Proves ACT-1, PRM-1, PRM-7 and the row "join" of §4.12, and that a repeated join changes nothing (EMI-1).
#[test]
pub(crate) fn s019_a_join_is_told_to_the_joiner_and_to_the_guild() {
    let cast = Cast::assemble();
    let mut x = cast.stranger.connect();
    let mut owner = cast.owner.connect();
    let mut p = cast.p.connect_to(&[&cast.text]);
    cast.stranger.join(&cast.guild);
    let again = cast.stranger.post_empty(&format!("/guilds/{}/join", cast.guild)).ok().json();
    assert_eq!(again, json!({"guild_id": cast.guild, "outcome": "already_member"}));

    let check = |added: &[Event]| {
        assert_eq!(types(added), ["workspace_member_add", "workspace_role_assignment_add"]);
        for event in added {
            assert_eq!(event["user_id"], *cast.stranger.id);
            assert_eq!(event["actor_user_id"], *cast.stranger.id, "ACT-1");
        }
        assert_eq!(added[0]["role"], "member");
        assert_eq!(added[1]["role_id"], *cast.member_role);
        assert_eq!(added[0]["joined_at_unix"], added[1]["assigned_at_unix"]);
    };
    let (events, access) = without_access_update(x.everything_before_sentinel(&cast.stranger));
    assert_eq!(events[0].t(), "workspace_available");
    assert_eq!((&events[0]["reason"], &events[0]["name"]), (&json!("joined"), &json!("G")));
    assert_eq!(events[0]["owner_user_id"], *cast.owner.id);
    check(&events[1..]);
    if let Some(access) = access {
        let channels = access["channels"].as_array().expect("channels");
        let ids: Vec<&Value> = channels.iter().map(|channel| &channel["channel_id"]).collect();
        assert_eq!(ids, [&json!(cast.text.id), &json!(cast.voice.id)]);
    }
    check(&owner.before_sentinel(&cast.owner));
    check(&p.before_sentinel(&cast.p));
    still_nothing(&mut [&mut x, &mut owner, &mut p]);
}

/// Proves DEL-4 for leaving, GW-30, GW-31, FEN-5 and the row "leave" of §4.12.
#[test]
pub(crate) fn s021_leaving_ends_the_guild_on_every_connection_of_the_leaver() {
    let cast = Cast::assemble();
    let mut p1 = cast.p.connect_to(&[&cast.text, &cast.voice]);
    let mut p2 = cast.p.connect();
    let mut owner = cast.owner.connect_to(&[&cast.text]);
    cast.p.leave(&cast.guild);
    // FEN-5: the answer came after the fence, so nothing that is posted now can reach P.
    cast.q.say(&cast.text, "without P");

    let check = |events: &[Event], subscribed: bool| {
        let mut expected = vec!["workspace_member_remove", "workspace_unavailable"];
        if subscribed {
            expected.push("unsubscribed");
        }
        assert_eq!(types(events), expected);
        assert_eq!((&events[0]["user_id"], &events[0]["reason"]), (&json!(cast.p.id), &json!("leave")));
        assert_eq!((&events[1]["guild_id"], &events[1]["reason"]), (&json!(cast.guild), &json!("left")));
        if subscribed {
            assert_eq!(*events[2].d(), json!({"guild_id": cast.guild, "reason": "left"}), "one, without channel_id");
        }
    };
    check(&p1.before_sentinel(&cast.p), true);
    check(&p2.before_sentinel(&cast.p), false);
    let events = owner.before_sentinel(&cast.owner);
    assert_eq!(types(&events), ["workspace_member_remove", "message_create"]);

    for path in ["", "/channels", "/permissions/self"] {
        cast.p.get(&format!("/guilds/{}{path}", cast.guild)).refused(403, "forbidden");
    }
    cast.p.get(&cast.text.messages()).refused(403, "forbidden");
    cast.p.post_empty(&format!("/guilds/{}/leave", cast.guild)).refused(403, "forbidden");
    p1.ask_subscribe(&cast.text);
    assert_eq!(p1.expect("error")["code"], "forbidden");

    // GW-31, FEN-4: back again, but with no subscription until asked for.
    cast.p.join(&cast.guild);
    assert_eq!(
        types(&p1.before_sentinel(&cast.p)),
        ["workspace_available", "workspace_member_add", "workspace_role_assignment_add"]
    );
    cast.q.say(&cast.text, "P is back but has not subscribed");
    p1.nothing(&cast.p);
    p1.subscribe(&cast.text);
    let live = cast.q.say(&cast.text, "now");
    assert_eq!(p1.expect("message_create")["message_id"], live["message_id"]);
    still_nothing(&mut [&mut p1]);
}

/// Proves FEN-2, FEN-3, DEL-2 and DEL-4 for leaving: under a stream of messages none follows the removal.
#[test]
fn nothing_of_a_left_guild_follows_the_removal_under_load() {
    const ROUNDS: usize = 10;
    let cast = Cast::assemble();
    let mut p = cast.p.connect();
    for _ in 0..ROUNDS {
        p.subscribe(&cast.text);
        let posted = thread::scope(|scope| {
            // A number, not a condition: the writer must still be at it when the removal is done.
            let writer = scope.spawn(|| (0..40).for_each(|_| drop(cast.q.say(&cast.text, "more"))));
            p.until("message_create");
            cast.p.leave(&cast.guild);
            writer.join().is_ok()
        });
        assert!(posted);
        let events = p.before_sentinel(&cast.p);
        let removed = events.iter().position(|event| event.t() == "workspace_member_remove").expect("the removal");
        assert!(events[..removed].iter().all(|event| event.t() == "message_create"));
        assert_eq!(types(&events[removed + 1..]), ["workspace_unavailable", "unsubscribed"]);
        cast.p.join(&cast.guild);
        p.until("workspace_role_assignment_add");
    }
}

/// Proves GW-11 for a guild that appears after the connection. (For everything a guild can say: `members`.)
#[test]
pub(crate) fn s025_a_connection_older_than_the_membership_gets_every_later_guild_event() {
    let cast = Cast::assemble();
    let mut x = cast.stranger.connect();
    cast.stranger.join(&cast.guild);
    x.until("workspace_role_assignment_add");
    let path = format!("/guilds/{}", cast.guild);
    cast.owner.patch(&path, &json!({"visibility": "private"})).ok();
    let room = cast.owner.create_text(&cast.guild, "later");
    cast.owner.patch(&room.path(), &json!({"name": "later still"})).ok();
    cast.owner.post(&format!("{path}/channels/reorder"), &json!({"channel_ids": [room.id, cast.text.id]})).ok();
    cast.q.leave(&cast.guild);
    cast.owner.delete(&room.path()).is(204);
    cast.owner.say(&cast.text, "X is not subscribed");
    assert_eq!(
        types(&x.before_sentinel(&cast.stranger)),
        Form::current().hears(&[
            "workspace_update",
            "channel_create",
            "channel_update",
            "channel_reorder",
            "workspace_member_remove",
            "channel_delete",
            "workspace_channel_role_override_update",
        ])
    );
    still_nothing(&mut [&mut x]);
}

/// Proves HIE-11 and that the refusal emits nothing (EMI-3).
#[test]
fn the_owner_cannot_leave() {
    let cast = Cast::assemble();
    let mut p = cast.p.connect();
    cast.owner.post_empty(&format!("/guilds/{}/leave", cast.guild)).refused(409, "owner_must_transfer");
    p.nothing(&cast.p);
    assert_eq!(cast.owner.get(&format!("/guilds/{}", cast.guild)).ok().json()["member_count"], 3);
}

/// Proves HTTP-9, EMI-3 and the access column of §9.6 for what exists.
#[test]
fn guild_routes_refuse_who_may_not() {
    let cast = Cast::assemble();
    let mut owner = cast.owner.connect();
    let private = cast.p.create_guild("private", "private");
    let path = format!("/guilds/{}", cast.guild);
    let unknown = format!("/guilds/{NOWHERE}");

    let foreign = cast.stranger.get(&path).refused(403, "forbidden");
    let missing = cast.stranger.get(&unknown).refused(403, "forbidden");
    assert_eq!(foreign.json()["error"], missing.json()["error"], "HTTP-9: one answer");
    assert_eq!(foreign.json().get("detail"), missing.json().get("detail"), "HTTP-9: one answer");
    cast.p.patch(&path, &json!({"name": "mine"})).refused(403, "forbidden");
    cast.stranger.patch(&path, &json!({"name": "mine"})).refused(403, "forbidden");
    cast.stranger.patch(&unknown, &json!({"name": "mine"})).refused(403, "forbidden");
    cast.stranger.post_empty(&format!("/guilds/{private}/join")).refused(404, "not_found");
    cast.stranger.post_empty(&format!("{unknown}/join")).refused(404, "not_found");
    let already = cast.p.post_empty(&format!("/guilds/{private}/join")).ok().json();
    assert_eq!(already, json!({"guild_id": private, "outcome": "already_member"}));
    cast.stranger.post_empty(&format!("{path}/leave")).refused(403, "forbidden");

    for (body, status) in [
        (json!({}), 422),
        (json!({"name": null}), 422),
        (json!({"visibility": "secret"}), 422),
        (json!({"name": "x", "owner": "y"}), 422),
        (json!(["name"]), 422),
        (json!({"name": ""}), 400),
        (json!({"name": "a\u{feff}b"}), 400),
        (json!({"name": "n".repeat(65)}), 400),
    ] {
        let answer = cast.owner.patch(&path, &body);
        // A body with no member at all breaks "≥ 1", which is a count and may be read as shape or as bound.
        if body == json!({}) {
            assert!(matches!(answer.status, 400 | 422));
            assert_eq!(answer.error(), "invalid_request");
        } else {
            answer.refused(status, "invalid_request");
        }
    }
    cast.owner.request("POST", &format!("{path}/join"), &[], Some(&json!({}))).refused(400, "invalid_request");
    owner.nothing(&cast.owner);
}

/// Proves the answers of §9.6 for lists, details and the public directory.
#[test]
fn guild_lists_hold_what_they_should_in_order() {
    let server = Server::start();
    let [owner, member] = ["owner", "member"].map(|name| server.user(name));
    let ids: Vec<String> = [("Alpha", "public"), ("beta", "private"), ("ALPHABET", "public")]
        .iter()
        .map(|(name, visibility)| owner.create_guild(name, visibility))
        .collect();
    let names = |user: &User, path: &str| -> Vec<String> {
        let list = user.get(path).ok().json();
        let guilds = list["guilds"].as_array().expect("guilds").clone();
        guilds.iter().map(|guild| guild["name"].as_str().expect("name").to_owned()).collect()
    };
    assert_eq!(names(&owner, "/guilds"), ["ALPHABET", "beta", "Alpha"], "newest membership first");
    assert_eq!(names(&member, "/guilds"), Vec::<String>::new());
    assert_eq!(names(&member, "/guilds/public"), ["ALPHABET", "Alpha"], "public only, newest first");
    assert_eq!(names(&member, "/guilds/public?q=alpha"), ["ALPHABET", "Alpha"], "ASCII case ignored");
    assert_eq!(names(&member, "/guilds/public?q=BET"), ["ALPHABET"], "a substring, and never a private guild");
    assert_eq!(names(&member, "/guilds/public?q=%25"), Vec::<String>::new(), "no wildcards");
    assert_eq!(names(&member, "/guilds/public?q=_"), Vec::<String>::new(), "no wildcards");
    assert_eq!(names(&member, "/guilds/public?limit=1"), ["ALPHABET"]);
    for query in ["limit=0", "limit=51", &format!("q={}", "q".repeat(65))] {
        member.get(&format!("/guilds/public?{query}")).refused(400, "invalid_request");
    }
    member.join(&ids[0]);
    assert_eq!(names(&member, "/guilds"), ["Alpha"]);

    let details = member.get(&format!("/guilds/{}", ids[0])).ok().json();
    let members: Vec<&String> = details.as_object().expect("an object").keys().collect();
    let mut sorted = members.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        ["created_at_unix", "default_join_role_id", "guild_id", "member_count", "name", "owner_user_id", "visibility"]
    );
    assert_eq!((&details["owner_user_id"], &details["member_count"]), (&json!(owner.id), &json!(2)));
    assert!(details["default_join_role_id"].as_str().is_some_and(is_ulid), "PRM-7");
    member.leave(&ids[0]);
    assert_eq!(names(&member, "/guilds"), Vec::<String>::new());
}

/// Proves ORD-2 and ORD-3 across guilds: two connections see the interleaved events of two guilds in one order.
#[test]
pub(crate) fn events_of_two_guilds_come_in_one_order() {
    const EACH: usize = 40;
    let cast = Cast::assemble();
    let second = cast.q.create_guild("second", "public");
    cast.p.join(&second);
    cast.owner.join(&second);
    let mut gateways: [(&User, Gateway); 2] = [&cast.p, &cast.owner].map(|user| (user, user.connect()));
    thread::scope(|scope| {
        for (user, guild) in [(&cast.owner, &cast.guild), (&cast.q, &second)] {
            scope.spawn(move || {
                for number in 0..EACH {
                    user.patch(&format!("/guilds/{guild}"), &json!({"name": format!("name {number}")})).ok();
                }
            });
        }
        // Joins are three durable events each; they must stand together.
        scope.spawn(|| {
            for _ in 0..5 {
                cast.stranger.join(&cast.guild);
                cast.stranger.leave(&cast.guild);
            }
        });
    });
    let [seen, other] = gateways.each_mut().map(|(user, gateway)| {
        let events = gateway.before_sentinel(user);
        events.into_iter().map(|event| event.text).collect::<Vec<String>>()
    });
    assert_eq!(seen, other);
    assert_eq!(seen.len(), 2 * EACH + 5 * 3);
    for (index, text) in seen.iter().enumerate() {
        if text.contains("workspace_member_add") {
            assert!(seen[index + 1].contains("workspace_role_assignment_add"), "ORD-3");
        }
    }
}
