//! Subscribing and unsubscribing (§6.3, §6.4).

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::text;
use crate::harness::{AMBIENT, Cast, NOWHERE, Room, Server, types};

/// Proves CMD-5, CMD-6, GW-20's refusal, HTTP-9's twin on the socket (§5): one indistinguishable answer.
#[test]
fn s078_a_refused_subscribe_says_nothing_about_what_is_there() {
    let cast = Cast::assemble();
    let private = cast.owner.create_guild("private", "private");
    let foreign = cast.owner.create_text(&private, "foreign");
    let mut p = cast.p.connect();
    let unknown = Room { guild: cast.guild.clone(), id: NOWHERE.to_owned() };
    let nowhere = Room { guild: NOWHERE.to_owned(), id: NOWHERE.to_owned() };
    let crossed = Room { guild: private.clone(), id: cast.text.id.clone() };
    let mut shapes = BTreeSet::new();
    for room in [&cast.hidden, &unknown, &nowhere, &foreign, &crossed] {
        let d = json!({"guild_id": room.guild, "channel_id": room.id, "ref": "same"});
        p.send("subscribe", &d);
        let error = p.expect("error");
        assert_eq!((&error["code"], &error["command"]), (&json!("forbidden"), &json!("subscribe")));
        assert_eq!((&error["guild_id"], &error["channel_id"]), (&json!(room.guild), &json!(room.id)));
        assert_eq!(error["ref"], "same");
        assert!(error.d().get("retry_after_ms").is_none());
        // The bytes with the ids taken out must be the same for all of them.
        shapes.insert(error.text.replace(&room.id, "C").replace(&room.guild, "G").replace("\"G\"", "\"C\""));
    }
    assert_eq!(shapes.len(), 1, "{shapes:#?}");
    p.send("subscribe", &json!({"guild_id": cast.guild, "channel_id": cast.text.id, "ref": "echo me"}));
    p.expect("presence_sync");
    let subscribed = p.expect("subscribed");
    assert_eq!(*subscribed.d(), json!({"guild_id": cast.guild, "channel_id": cast.text.id, "ref": "echo me"}));
    let voice = p.expect("voice_participant_sync");
    assert_eq!(voice["participants"], json!([]));
    p.nothing(&cast.p);
}

/// Proves GW-22 and GW-24 (512 per 10 s, then errors), GW-26: a client's own burst never closes it.
#[test]
fn s079_bursts_of_subscribes_are_answered_up_to_the_budget() {
    const CHANNELS: usize = 200;
    const BUDGET: usize = 512;
    let server = Server::start();
    let [owner, p] = ["owner", "member_p"].map(|name| server.user(name));
    let guild = owner.create_guild("many", "public");
    let rooms: Vec<Room> = (0..CHANNELS)
        .map(|number| {
            let kind = if number == 0 { "text" } else { "voice" };
            owner.create_channel(&guild, &json!({"name": format!("c{number}"), "kind": kind}))
        })
        .collect();
    p.join(&guild);
    let mut gateway = p.connect();
    let burst: Vec<u8> = rooms
        .iter()
        .flat_map(|room| {
            let d = json!({"guild_id": room.guild, "channel_id": room.id});
            text(json!({"v": 1, "t": "subscribe", "d": d}).to_string()).encode()
        })
        .collect();
    let mut answered = Vec::new();
    for _ in 0..3 {
        gateway.try_send_bytes(&burst).expect("an open socket");
        let mut verdicts = 0;
        let frames = gateway.through(|event| {
            verdicts += usize::from(matches!(event.t(), "voice_participant_sync" | "error"));
            verdicts == CHANNELS
        });
        answered.extend(frames);
    }
    let count = |t: &str| answered.iter().filter(|event| event.t() == t).count();
    assert_eq!(count("subscribed"), BUDGET);
    assert_eq!(count("presence_sync"), BUDGET);
    assert_eq!(count("voice_participant_sync"), BUDGET);
    assert_eq!(count("error"), 3 * CHANNELS - BUDGET);
    let subscribed: BTreeSet<String> = answered
        .iter()
        .filter(|event| event.t() == "subscribed")
        .take(2 * CHANNELS)
        .map(|event| event["channel_id"].to_string())
        .collect();
    assert_eq!(subscribed.len(), CHANNELS, "the first two bursts are fully answered");
    for error in answered.iter().filter(|event| event.t() == "error") {
        assert_eq!((&error["code"], &error["command"]), (&json!("rate_limited"), &json!("subscribe")));
        assert!(error["retry_after_ms"].as_u64().is_some_and(|wait| wait <= 10_000), "{}", error.text);
        assert_eq!(error["guild_id"], *guild);
    }
    let labels = [("surface", "gateway"), ("reason", "subscribe")];
    server.metric_becomes("filament_rate_limit_hits_total", &labels, 88.0);

    for room in [&rooms[0], &rooms[199]] {
        let message = owner.say(room, "once");
        assert_eq!(gateway.expect("message_create")["message_id"], message["message_id"]);
    }
    let rest = gateway.heartbeat();
    assert!(rest.iter().all(|event| AMBIENT.contains(&event.t())), "GW-22: no duplicate event: {:?}", types(&rest));
}

/// Proves GW-24's upper bound: more than 4,096 subscribes in 10 s close the connection.
#[test]
fn a_flood_of_subscribes_is_closed() {
    let server = Server::start();
    let user = server.user("member");
    let room = user.own_room();
    let mut gateway = user.connect();
    let d = json!({"guild_id": room.guild, "channel_id": room.id});
    let one = text(json!({"v": 1, "t": "unsubscribe", "d": d}).to_string()).encode();
    for _ in 0..4_200 {
        if gateway.try_send_bytes(&one).is_err() {
            break;
        }
    }
    let closing = gateway.closing(Duration::from_secs(9));
    assert_eq!((closing.code, closing.name()), (Some(4400), "rate_limited"));
    assert!(closing.retry_after_ms().is_some(), "{closing:?}");
}

/// Proves §6.4 `requested`, GW-30's exception for the command, and that an ended subscription gets nothing.
#[test]
fn s084_unsubscribe_is_answered_even_without_a_subscription() {
    let cast = Cast::assemble();
    let mut p = cast.p.connect_to(&[&cast.text]);
    let mut q = cast.q.connect_to(&[&cast.text]);
    let d = json!({"guild_id": cast.guild, "channel_id": cast.text.id, "ref": "bye"});
    for _ in 0..2 {
        p.send("unsubscribe", &d);
        let ended = p.expect("unsubscribed");
        let expected = json!({"guild_id": cast.guild, "channel_id": cast.text.id, "reason": "requested", "ref": "bye"});
        assert_eq!(*ended.d(), expected);
    }
    // What was never there is answered in the same way.
    p.send("unsubscribe", &json!({"guild_id": NOWHERE, "channel_id": NOWHERE}));
    assert_eq!(p.expect("unsubscribed")["reason"], "requested");
    cast.owner.say(&cast.text, "not for P");
    q.expect("message_create");
    p.nothing(&cast.p);
}

/// Proves GW-22 with events, and DEL-1: one subscription however often it is asked for.
#[test]
fn repeating_a_subscribe_is_harmless() {
    let cast = Cast::assemble();
    let mut p = cast.p.connect();
    for _ in 0..5 {
        p.subscribe(&cast.text);
    }
    cast.owner.say(&cast.text, "once");
    assert_eq!(types(&p.before_sentinel(&cast.p)), ["message_create"]);
    p.send("unsubscribe", &json!({"guild_id": cast.guild, "channel_id": cast.text.id}));
    p.expect("unsubscribed");
    cast.owner.say(&cast.text, "not any more");
    p.nothing(&cast.p);
}
