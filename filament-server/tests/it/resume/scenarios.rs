//! Scenarios 86 to 90, and what of others is about coming back, over real sockets.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Cast, Dial, Event, FullCast, Gateway, Room, Server, User, types};

/// A dial that resumes there and names these rooms.
fn resume_dial(user: &User, cursor: &str, rooms: &[&Room]) -> Dial {
    let dial = user.dial_resumable().query("cursor", cursor);
    rooms.iter().fold(dial, |dial, room| dial.query("subscribe", &format!("{}:{}", room.guild, room.id)))
}

/// Resumes and reads up to `caught_up`; `ready` comes first.
#[track_caller]
fn resume(user: &User, cursor: &str, rooms: &[&Room]) -> (Gateway, Vec<Event>) {
    let mut gateway = resume_dial(user, cursor, rooms).open().expect("an upgrade");
    let frames = gateway.through(|event| event.t() == "caught_up");
    assert_eq!(frames[0].t(), "ready", "GW-10");
    assert_eq!(frames.iter().filter(|event| event.t() == "caught_up").count(), 1);
    (gateway, frames)
}

const TOLD_AROUND: [&str; 8] = [
    "ready",
    "subscribed",
    "error",
    "reset",
    "presence_sync",
    "voice_participant_sync",
    "workspace_access_update",
    "caught_up",
];

/// The durable events of a resume.
pub(super) fn durable(frames: &[Event]) -> Vec<&Event> {
    frames.iter().filter(|event| !TOLD_AROUND.contains(&event.t())).collect()
}

pub(super) fn caught_up(replayed: usize, reset: bool) -> Value {
    json!({"replayed": replayed, "reset": reset})
}

/// What happens in scenario 86: events of one and of several, in T, in the guild, and where P sees nothing.
fn script(cast: &FullCast) {
    let first = cast.owner.say(&cast.text, "one");
    cast.owner.say(&cast.hidden, "not for P");
    cast.q.post_empty(&cast.text.reaction(&first["message_id"], "👍")).ok();
    cast.owner.patch(&cast.text.message(&first["message_id"]), &json!({"content": "one, edited"})).ok();
    cast.owner.create_role(&cast.guild, "Role", 5, &[]);
    cast.stranger.join(&cast.guild);
    cast.owner.moderate(&cast.guild, &cast.stranger, "/ban");
    for n in 0..5 {
        cast.owner.say(&cast.text, &format!("number {n}"));
    }
    cast.owner.patch(&cast.path(""), &json!({"name": "G, renamed"})).ok();
    cast.owner.delete(&cast.text.message(&first["message_id"])).is(204);
}

/// Proves scenario 86, RES-12, RES-17 and RES-18: from every cursor of a run, what follows on a resumed connection is what followed on
/// the uncut one, each event once, in the same order.
#[test]
fn s086_cut_at_every_frame_a_stream_goes_on_where_it_was() {
    let cast = FullCast::assemble();
    let mut uncut = cast.p.connect_resumable();
    uncut.subscribe(&cast.text);
    uncut.heartbeat();
    let mut cursors = vec![uncut.cursor()];
    let mut heard: Vec<(usize, Event)> = Vec::new();
    script(&cast);
    cast.owner.say(&cast.text, "the end");
    loop {
        let event = uncut.next();
        let (cursor, is_last) = (uncut.cursor(), event["content"] == "the end");
        if cursors.last() != Some(&cursor) {
            cursors.push(cursor);
        }
        if !["presence_update", "workspace_access_update"].contains(&event.t()) {
            heard.push((cursors.len() - 1, event));
        }
        if is_last {
            break;
        }
    }
    assert!(heard.len() >= 14, "{:?}", heard.iter().map(|(_, event)| event.t()).collect::<Vec<_>>());
    for (position, cursor) in cursors.iter().enumerate() {
        let (mut gateway, frames) = resume(&cast.p, cursor, &[&cast.text]);
        assert_eq!((&frames[0]["resume"], frames[1].t()), (&json!("replaying"), "subscribed"));
        // A batch's cursor stands behind all of its events.
        let rest: Vec<&str> =
            heard.iter().filter(|(at, _)| *at > position).map(|(_, event)| event.text.as_str()).collect();
        let replayed: Vec<&str> = durable(&frames).iter().map(|event| event.text.as_str()).collect();
        assert_eq!(replayed, rest, "from position {position}");
        assert_eq!(*frames.last().expect("caught_up").d(), caught_up(rest.len(), false));
        assert!(!types(&frames).contains(&"reset"));
        if position + 1 == cursors.len() {
            cast.owner.say(&cast.text, "live");
            assert_eq!(gateway.expect("message_create")["content"], "live");
        }
        gateway.cut();
    }
    cast.server.metric_becomes("filament_gateway_resumes_total", &[("outcome", "replayed")], cursors.len() as f64);
}

/// Proves scenario 87, ORD-8, RES-10 (kept over restarts) and RES-17: killed between commit and delivery and started anew, the server
/// tells each event once to who resumes.
#[test]
fn s087_a_kill_between_commit_and_delivery_loses_and_doubles_nothing() {
    let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let mut cast = FullCast::on(server, |server, name| server.user(name));
    let mut told: Vec<String> = Vec::new();
    let mut r = cast.p.connect_resumable();
    r.subscribe(&cast.text);
    r.heartbeat();
    let mut cursor = r.cursor();
    for round in 0..8_u64 {
        let (writer, room) = (cast.owner.clone(), cast.text.clone());
        let posting = thread::spawn(move || {
            for n in 0.. {
                let body = json!({"content": format!("round {round} number {n}")}).to_string();
                let bearer = format!("Bearer {}", writer.access_token);
                let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
                if writer.http.attempt("POST", &room.messages(), &headers, Some(body.as_bytes())).is_err() {
                    return;
                }
            }
        });
        thread::sleep(Duration::from_millis(20 + 7 * round));
        cast.server.kill9();
        posting.join().expect("the writer");
        // What arrived before the end counts; only whole batches are there.
        while let Some(event) = r.next_within(Duration::from_secs(5)) {
            if event.t() == "message_create" {
                told.push(event["message_id"].as_str().expect("an id").to_owned());
            }
            cursor = r.cursor();
        }
        cast.server.restart();
        let (resumed, frames) = resume(&cast.p, &cursor, &[&cast.text]);
        let messages = durable(&frames).into_iter().filter(|event| event.t() == "message_create");
        told.extend(messages.map(|event| event["message_id"].as_str().expect("an id").to_owned()));
        r = resumed;
        cursor = r.cursor();
    }
    let stored: Vec<String> = cast
        .p
        .history(&cast.text, 100)
        .iter()
        .rev()
        .map(|message| message["message_id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(told, stored, "every message once, in order");
}

/// Proves scenario 88 (kicked, lost), RES-13, RES-14 and DEL-4.
#[test]
fn s088_who_lost_access_while_away_is_told_of_the_loss_and_of_nothing_behind_it() {
    let cast = FullCast::assemble();
    cast.owner.set_override(&cast.hidden, "member", &cast.p.id, &["create_message"], &[]);
    let mut r = cast.p.connect_resumable();
    r.subscribe(&cast.text);
    r.subscribe(&cast.hidden);
    r.heartbeat();
    let cursor = r.cursor();
    r.close(1000);

    // H lost: no message of H, not even one of the time before; what P may do now is told.
    cast.owner.say(&cast.hidden, "P could see this");
    cast.owner.set_override(&cast.hidden, "member", &cast.p.id, &[], &[]);
    cast.owner.say(&cast.hidden, "and not this");
    cast.owner.say(&cast.text, "in T");
    let (mut gateway, frames) = resume(&cast.p, &cursor, &[&cast.text, &cast.hidden]);
    assert_eq!(types(&frames)[..3], ["ready", "subscribed", "error"]);
    assert_eq!((&frames[2]["code"], &frames[2]["channel_id"]), (&json!("forbidden"), &json!(cast.hidden.id)));
    let told = durable(&frames);
    assert_eq!(told.iter().map(|event| event["content"].clone()).collect::<Vec<_>>(), ["in T"]);
    let access = frames.iter().find(|event| event.t() == "workspace_access_update").expect("an access update");
    assert!(!access.text.contains(&cast.hidden.id) && access.text.contains(&cast.text.id));
    gateway.nothing(&cast.p);

    // H lost and regained: a gap, and none of its messages.
    let cursor = gateway.cursor();
    gateway.close(1000);
    cast.owner.set_override(&cast.hidden, "member", &cast.p.id, &["create_message"], &[]);
    let mut again = cast.p.connect_resumable();
    again.subscribe(&cast.hidden);
    again.heartbeat();
    let seen = again.cursor();
    again.close(1000);
    cast.owner.say(&cast.hidden, "before the loss");
    cast.owner.set_override(&cast.hidden, "member", &cast.p.id, &[], &[]);
    cast.owner.say(&cast.hidden, "in the gap");
    cast.owner.set_override(&cast.hidden, "member", &cast.p.id, &["create_message"], &[]);
    cast.owner.say(&cast.hidden, "after the gap");
    let (_gateway, frames) = resume(&cast.p, &seen, &[&cast.hidden]);
    let gap = json!({"reason": "visibility_gap", "guild_id": cast.guild, "channel_id": cast.hidden.id});
    assert_eq!((frames[2].t(), frames[2].d()), ("reset", &gap));
    let messages: Vec<Value> = durable(&frames)
        .iter()
        .filter(|event| event.t() == "message_create")
        .map(|event| event["content"].clone())
        .collect();
    assert_eq!(messages, ["after the gap"]);
    assert!(types(&frames).contains(&"workspace_access_update"));

    // Kicked: the removal, and nothing else of the guild.
    cast.owner.moderate(&cast.guild, &cast.p, "/kick");
    cast.owner.say(&cast.text, "without P");
    let (mut gateway, frames) = resume(&cast.p, &cursor, &[&cast.text]);
    let told: Vec<&str> = durable(&frames).iter().map(|event| event.t()).collect();
    assert_eq!(told, ["workspace_member_remove", "workspace_unavailable"]);
    assert!(!types(&frames).contains(&"workspace_access_update") && types(&frames).contains(&"error"));
    gateway.nothing(&cast.p);
}

/// Proves scenario 89, RES-10, RES-15: what cannot be resumed says why, and goes on live.
#[test]
fn s089_cursors_that_cannot_be_resumed_make_a_reset() {
    let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let mut cast = FullCast::on(server, |server, name| server.user(name));
    let cursor_of = |user: &User| {
        let mut r = user.connect_resumable();
        r.heartbeat();
        r.cursor()
    };
    let cursor = cursor_of(&cast.p);
    let of_another = cursor_of(&cast.q);
    let mut flipped = cursor.clone().into_bytes();
    flipped[40] = if flipped[40] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("ASCII");
    let check = |cast: &FullCast, cursor: &str, reason: &str| {
        let (mut gateway, frames) = resume(&cast.p, cursor, &[&cast.text]);
        assert_eq!(frames[0]["resume"], "reset", "{reason}");
        let expected = ["ready", "subscribed", "reset", "presence_sync", "voice_participant_sync", "caught_up"];
        assert_eq!(types(&frames), expected, "{reason}");
        assert_eq!(*frames[2].d(), json!({"reason": reason}));
        assert_eq!(*frames[5].d(), caught_up(0, true));
        cast.owner.say(&cast.text, "live");
        assert_eq!(gateway.expect("message_create")["content"], "live", "{reason}");
    };
    check(&cast, &of_another, "cursor_invalid");
    check(&cast, &flipped, "cursor_invalid");
    check(&cast, "nonsense", "cursor_invalid");

    // 2,001 events: one is too much by one.
    let early = cursor_of(&cast.p);
    cast.owner.say(&cast.text, "one more");
    let late = cursor_of(&cast.p);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (owner, room) = (cast.owner.clone(), cast.text.clone());
            scope.spawn(move || (0..500).for_each(|n| drop(owner.say(&room, &n.to_string()))));
        }
    });
    let (_gateway, frames) = resume(&cast.p, &late, &[&cast.text]);
    assert_eq!(*frames.last().expect("caught_up").d(), caught_up(2_000, false));
    check(&cast, &early, "gap_too_large");

    // Another history of the database: a copy was put in the place of the original.
    cast.server.sigterm();
    assert!(cast.server.wait_exit(Duration::from_secs(20)).success());
    let database = cast.server.data_path().join("filament.db");
    let copy = database.with_extension("copy");
    std::fs::copy(&database, &copy).expect("a copy");
    std::fs::rename(&copy, &database).expect("put back");
    cast.server.restart();
    check(&cast, &late, "epoch_changed");
    for (outcome, count) in [("cursor_invalid", 0.0), ("epoch_changed", 1.0)] {
        cast.server.metric_becomes("filament_gateway_resumes_total", &[("outcome", outcome)], count);
    }
}

/// Proves scenario 90, RES-3 and RES-10: traffic where P sees nothing moves the cursor with each ack, and is not replayed.
#[test]
fn s090_hidden_traffic_moves_the_cursor_and_costs_no_replay() {
    let cast = FullCast::assemble();
    let mut r = cast.p.connect_resumable();
    r.subscribe(&cast.text);
    let mut lengths = BTreeSet::new();
    let mut cursors = Vec::new();
    for round in 0..4 {
        for n in 0..25 {
            cast.owner.say(&cast.hidden, &format!("hidden {round} {n}"));
        }
        let before = r.heartbeat();
        assert!(before.iter().all(|event| event.t() == "presence_update"), "{:?}", types(&before));
        lengths.insert(r.cursor().len());
        cursors.push(r.cursor());
    }
    assert_eq!(lengths.len(), 1, "RES-10: a constant length");
    r.close(1000);
    // Each cursor is at its own place: what comes after it is all that is replayed.
    cast.owner.say(&cast.text, "the only one");
    for cursor in &cursors {
        let (_gateway, frames) = resume(&cast.p, cursor, &[&cast.text]);
        let told: Vec<Value> = durable(&frames).iter().map(|event| event["content"].clone()).collect();
        assert_eq!(told, ["the only one"]);
        assert!(!types(&frames).contains(&"reset"));
    }
}

/// Proves RES-11: channels named at connect are answered right after `ready` on a plain connection as well; malformed ones are 400.
#[test]
fn channels_are_named_when_connecting() {
    let cast = Cast::assemble();
    let pair = |room: &Room| format!("{}:{}", room.guild, room.id);
    for features in ["", "batch", "batch,resume"] {
        let dial = cast.p.dial().query("features", features);
        let dial = dial.query("subscribe", &pair(&cast.text)).query("subscribe", &pair(&cast.hidden));
        let mut gateway = dial.open().expect("an upgrade");
        let frames = gateway.through(|event| event.t() == "error");
        let names: Vec<&str> = types(&frames).into_iter().filter(|t| *t != "presence_update").collect();
        assert_eq!(names, ["ready", "presence_sync", "subscribed", "voice_participant_sync", "error"], "{features}");
        let refused = json!({
            "code": "forbidden", "message": "not allowed", "command": "subscribe",
            "guild_id": cast.guild, "channel_id": cast.hidden.id
        });
        assert_eq!(*frames.last().expect("error").d(), refused);
        cast.owner.say(&cast.text, "heard");
        assert_eq!(gateway.expect("message_create")["content"], "heard");
    }
    let many = (0..129).fold(cast.p.dial(), |dial, _| dial.query("subscribe", &pair(&cast.text)));
    for dial in [cast.p.dial().query("subscribe", &cast.guild), cast.p.dial().query("subscribe", ":"), many] {
        let Err(answer) = dial.open() else { panic!("let in") };
        answer.refused(400, "invalid_request");
    }
}

/// Proves the resumed half of scenario 53: a kick that a kill cut short is whole or has not happened, and who was away learns which.
#[test]
fn s053_a_kick_before_a_kill_is_told_to_who_resumes() {
    let mut cast = FullCast::assemble();
    let mut r = cast.p.connect_resumable();
    r.subscribe(&cast.text);
    r.heartbeat();
    let cursor = r.cursor();
    cast.owner.moderate(&cast.guild, &cast.p, "/kick");
    cast.server.kill9();
    cast.server.restart();
    let (mut gateway, frames) = resume(&cast.p, &cursor, &[&cast.text]);
    let told: Vec<&str> = durable(&frames).iter().map(|event| event.t()).collect();
    assert_eq!(told, ["workspace_member_remove", "workspace_unavailable"]);
    gateway.nothing(&cast.p);
    let mut q = cast.q.connect();
    q.nothing(&cast.q);
}
