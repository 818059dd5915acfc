//! Who is where, as everybody else sees it.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use serde_json::json;

use super::{ask, cast, enter, heard, is_voice, leave, listed, say_state, words};
use crate::harness::{FullCast, Room, still_nothing};

/// VOI-4.
const GRACE: Duration = Duration::from_secs(15);
/// How late a busy machine may tell it.
const SLACK: Duration = Duration::from_secs(3);

/// Grants P the rights to publish everything in V.
fn let_publish(cast: &FullCast, room: &Room) {
    let allow = ["publish_video", "publish_screen_share"];
    cast.owner.set_override(room, "member", &cast.p.id, &allow, &[]);
}

fn second_voice(cast: &FullCast) -> Room {
    cast.owner.create_channel(&cast.guild, &json!({"name": "V2", "kind": "voice"}))
}

/// Proves `SUB(c)`, VOI-21 and §12.4.
#[test]
fn s064_a_token_and_a_leave_are_told_to_who_listens_and_may_see() {
    let cast = cast(&[]);
    let_publish(&cast, &cast.voice);
    cast.owner.set_override(&cast.voice, "member", &cast.q.id, &[], &["create_message"]);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    let mut p = cast.p.connect_to(&[&cast.voice]);
    let mut q = cast.q.connect_to(&[&cast.text]);
    let mut stranger = cast.stranger.connect();

    let token = enter(&cast.p, &cast.voice, &["camera", "microphone"]);
    assert_eq!(token["publish_sources"], json!(["microphone", "camera"]));
    for (gateway, user) in [(&mut owner, &cast.owner), (&mut p, &cast.p)] {
        let events = heard(gateway, user);
        assert_eq!(words(&events), ["join", "publish microphone", "publish camera"]);
        let participant = &events[0]["participant"];
        assert_eq!(participant["user_id"], *cast.p.id);
        assert_eq!(participant["identity"], token["identity"]);
        assert_eq!((&participant["is_video_enabled"], &participant["is_muted"]), (&json!(true), &json!(false)));
        for event in &events {
            assert_eq!((&event["guild_id"], &event["channel_id"]), (&json!(cast.guild), &json!(cast.voice.id)));
            assert!(!event.text.contains("token") && event.d().get("actor_user_id").is_none(), "{}", event.text);
        }
    }
    leave(&cast.p, &cast.voice);
    leave(&cast.p, &cast.voice);
    for (gateway, user) in [(&mut owner, &cast.owner), (&mut p, &cast.p)] {
        assert_eq!(words(&heard(gateway, user)), ["unpublish microphone", "unpublish camera", "leave"]);
    }
    q.nothing(&cast.q);
    stranger.nothing(&cast.stranger);
    still_nothing(&mut [&mut q, &mut stranger, &mut owner]);
    leave(&cast.stranger, &cast.voice); // not even a member (§12.4)
    let emitted = |event_type| [("scope", "channel"), ("event_type", event_type)];
    cast.server.metric_becomes("filament_gateway_events_emitted_total", &emitted("voice_participant_join"), 2.0);
    cast.server.metric_becomes("filament_gateway_events_emitted_total", &emitted("voice_stream_unpublish"), 4.0);
}

/// Proves the rows "voice/state" and "same channel" of §12.3, and VOI-25.
#[test]
fn s065_states_and_smaller_tokens_tell_what_changed() {
    let cast = cast(&[]);
    let_publish(&cast, &cast.voice);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    enter(&cast.p, &cast.voice, &["microphone", "camera"]);
    heard(&mut owner, &cast.owner);
    say_state(&cast.p, &cast.voice, &json!({"is_muted": true, "is_deafened": true}));
    let events = heard(&mut owner, &cast.owner);
    assert_eq!(words(&events), ["update is_deafened:true is_muted:true"]);
    say_state(&cast.p, &cast.voice, &json!({"is_muted": true}));
    say_state(&cast.q, &cast.voice, &json!({"is_muted": true}));
    owner.nothing(&cast.owner);
    enter(&cast.p, &cast.voice, &["microphone"]);
    let events = heard(&mut owner, &cast.owner);
    assert_eq!(words(&events), ["unpublish camera", "update is_video_enabled:false"]);
    let participant = &listed(&cast.owner, &cast.voice)[0];
    assert_eq!((&participant["is_muted"], &participant["is_video_enabled"]), (&json!(true), &json!(false)));
}

/// Proves VOI-24 and VOI-1.
#[test]
fn s066_a_subscribe_lists_who_is_there() {
    let cast = cast(&[]);
    enter(&cast.p, &cast.voice, &["microphone"]);
    let mut second = cast.owner.connect();
    let answers = second.subscribe(&cast.voice);
    assert_eq!(words(&answers[2..]), ["sync of 1"]);
    assert_eq!(answers[2]["participants"][0]["user_id"], *cast.p.id);
    let answers = second.subscribe(&cast.text);
    assert_eq!(words(&answers[2..]), ["sync of 0"]);
    cast.server.metric_becomes("filament_voice_sync_repairs_total", &[("reason", "subscribe")], 2.0);
    cast.server.metric_becomes("filament_voice_participants", &[], 1.0);
}

/// Proves VOI-7: a move leaves before it joins, also across guilds; the cap of VOI-9 is proved in core with two hundred.
#[test]
fn s067_a_token_for_another_channel_moves() {
    let cast = cast(&[]);
    let other = second_voice(&cast);
    let mut owner = cast.owner.connect_to(&[&cast.voice, &other]);
    enter(&cast.p, &cast.voice, &["microphone"]);
    heard(&mut owner, &cast.owner);
    enter(&cast.p, &other, &["microphone"]);
    let events = heard(&mut owner, &cast.owner);
    assert_eq!(words(&events), ["unpublish microphone", "leave", "join", "publish microphone"]);
    let channels: Vec<_> = events.iter().map(|event| event["channel_id"].as_str().expect("an id")).collect();
    assert_eq!(channels, [&cast.voice.id, &cast.voice.id, &other.id, &other.id]);
    let elsewhere = cast.p.create_guild("P's", "private");
    let elsewhere = cast.p.create_channel(&elsewhere, &json!({"name": "V", "kind": "voice"}));
    enter(&cast.p, &elsewhere, &["microphone"]);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["unpublish microphone", "leave"]);
    leave(&cast.p, &other);
    assert_eq!(listed(&cast.p, &elsewhere).len(), 1, "a leave is for the channel it names");
}

/// Sixteen bytes as they are stored, from the text of a ULID.
fn stored(id: &str) -> Vec<u8> {
    let value = id.bytes().fold(0_u128, |value, letter| {
        let digit = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".iter().position(|known| *known == letter).expect("a digit");
        (value << 5) | digit as u128
    });
    value.to_be_bytes().to_vec()
}

/// Writes two hundred members who are in a voice channel into the database of a server that does not run: as many password hashes
/// would measure the hash.
fn fill(cast: &FullCast, room: &Room) {
    let mut database = Connection::open(cast.server.data_path().join("filament.db")).expect("the database");
    let transaction = database.transaction().expect("a transaction");
    let first = u128::from_be_bytes(stored(&cast.stranger.id).try_into().expect("16 bytes"));
    let (guild, channel) = (stored(&room.guild), stored(&room.id));
    for number in 0..200 {
        let user = (first + 1 + number).to_be_bytes().to_vec();
        let account = "INSERT INTO users (user_id, username, password_hash, created_at)
            SELECT ?1, ?2, password_hash, created_at FROM users WHERE user_id = ?3";
        let values = params![user, format!("crowd_{number}"), stored(&cast.stranger.id)];
        transaction.execute(account, values).expect("an account");
        let member = "INSERT INTO members (guild_id, user_id, joined_at) VALUES (?1, ?2, 1)";
        transaction.execute(member, params![guild, user]).expect("a member");
        let stay = "INSERT INTO stays (user_id, guild_id, channel_id, joined_at, updated_at, grants, is_muted, is_deafened, streams)
            VALUES (?1, ?2, ?3, 1700000000, 1700000000, 1, 0, 0, 1)";
        transaction.execute(stay, params![user, guild, channel]).expect("a stay");
    }
    transaction.commit().expect("a commit");
}

/// Proves VOI-7 and VOI-9 with a channel that is really full.
#[test]
fn s067_a_full_channel_is_refused_and_nothing_changes() {
    let mut cast = cast(&[]);
    let full = second_voice(&cast);
    cast.server.kill9();
    fill(&cast, &full);
    cast.server.restart();
    enter(&cast.p, &cast.voice, &["microphone"]);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    assert_eq!(listed(&cast.owner, &full).len(), 200, "all of them in one list (EMI-5)");
    ask(&cast.p, &full, &json!({})).refused(409, "quota_exceeded");
    ask(&cast.p, &full, &json!({"publish_sources": ["camera"]})).refused(403, "forbidden");
    ask(&cast.stranger, &full, &json!({})).refused(403, "forbidden");
    owner.nothing(&cast.owner);
    assert_eq!(listed(&cast.owner, &cast.voice)[0]["user_id"], *cast.p.id, "still in V");
}

/// Proves VOI-5 and §4.12: the removal is told first, the leave at once after it.
#[test]
fn s068_who_loses_the_right_is_out_at_once() {
    let cast = cast(&[]);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    let mut p = cast.p.connect_to(&[&cast.voice]);
    let out = ["unpublish microphone", "leave"];
    enter(&cast.p, &cast.voice, &["microphone"]);
    heard(&mut owner, &cast.owner);
    heard(&mut p, &cast.p);

    cast.moderator.moderate(&cast.guild, &cast.p, "/kick");
    let frames = owner.before_sentinel(&cast.owner);
    let names: Vec<_> = frames.iter().map(|event| event.t()).collect();
    assert_eq!(names, ["workspace_member_remove", "voice_stream_unpublish", "voice_participant_leave"]);
    assert!(heard(&mut p, &cast.p).is_empty(), "DEL-4");

    cast.p.join(&cast.guild);
    p.subscribe(&cast.voice);
    enter(&cast.p, &cast.voice, &["microphone"]);
    heard(&mut owner, &cast.owner);
    cast.owner.set_override(&cast.voice, "member", &cast.p.id, &[], &["create_message"]);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), out, "the view gate");

    ask(&cast.q, &cast.voice, &json!({"can_publish": false, "can_subscribe": true})).ok();
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["join"]);
    cast.owner.set_override(&cast.voice, "member", &cast.q.id, &[], &["subscribe_streams"]);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["leave"], "what the token grants");
    enter(&cast.q, &cast.voice, &["microphone"]);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["join", "publish microphone"], "a smaller one is had");

    cast.moderator.moderate(&cast.guild, &cast.q, "/ban");
    let frames = owner.before_sentinel(&cast.owner);
    let names: Vec<_> = frames.iter().map(|event| event.t()).collect();
    assert_eq!(names[..2], ["workspace_member_ban", "workspace_member_remove"]);
    assert_eq!(names[2..], ["voice_stream_unpublish", "voice_participant_leave"]);
    assert!(listed(&cast.owner, &cast.voice).is_empty());
}

/// Proves the last row of §12.3 and VOI-4 for a session that ends.
#[test]
fn a_deleted_channel_is_silent_and_a_logout_is_not() {
    let cast = cast(&[]);
    let other = second_voice(&cast);
    let mut owner = cast.owner.connect_to(&[&cast.voice, &other]);
    let p = cast.p.second_session();
    let _socket = p.connect();
    enter(&p, &cast.voice, &["microphone"]);
    enter(&cast.q, &other, &["microphone"]);
    heard(&mut owner, &cast.owner);
    cast.owner.delete(&other.path()).is(204);
    assert!(heard(&mut owner, &cast.owner).is_empty());
    p.post("/auth/logout", &json!({"refresh_token": p.refresh_token})).is(204);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["unpublish microphone", "leave"]);
}

/// Proves VOI-4 and GW-7 in real time, both halves.
#[test]
fn s069_the_last_socket_is_waited_for() {
    let cast = cast(&[]);
    let mut owner = cast.owner.connect_to(&[&cast.voice]);
    let mut first = cast.p.connect();
    enter(&cast.p, &cast.voice, &["microphone"]);
    assert_eq!(heard(&mut owner, &cast.owner).len(), 2);
    first.close(1000);
    let mut second = cast.p.connect();
    assert!(heard(&mut owner, &cast.owner).is_empty(), "nothing for a change of sockets");
    second.close(1000);
    let closed = Instant::now();
    let left = owner.find_within(GRACE + SLACK, |event| event.t() == "voice_participant_leave");
    let waited = left.expect("a leave").at - closed;
    assert!(waited >= GRACE - Duration::from_secs(1) && waited <= GRACE + SLACK, "VOI-4: {waited:?}");
    assert!(listed(&cast.owner, &cast.voice).is_empty());
}

/// Proves VOI-8 and GW-51: through a restart, killed or drained, nobody leaves and nobody joins.
#[test]
fn s074_stays_survive_a_restart() {
    let mut cast = cast(&[]);
    enter(&cast.p, &cast.voice, &["microphone"]);
    say_state(&cast.p, &cast.voice, &json!({"is_muted": true}));
    enter(&cast.q, &cast.voice, &["microphone"]);
    leave(&cast.q, &cast.voice);
    let before = listed(&cast.owner, &cast.voice);
    assert_eq!(before.len(), 1);
    for kill in [false, true] {
        let mut owner = cast.owner.connect_to(&[&cast.voice]);
        if kill {
            cast.server.kill9();
        } else {
            cast.server.sigterm();
            assert!(cast.server.wait_exit(Duration::from_secs(15)).success());
        }
        while let Some(event) = owner.next_within(Duration::from_millis(500)) {
            assert!(!is_voice(&event), "a shutdown takes nobody out: {}", event.text);
        }
        cast.server.restart();
        let _p = cast.p.connect();
        let mut owner = cast.owner.connect();
        let answers = owner.subscribe(&cast.voice);
        assert_eq!(answers[2]["participants"], json!(before), "the same list, killed: {kill}");
        assert!(heard(&mut owner, &cast.owner).is_empty());
    }
}

/// Proves VOI-24 for a resume, and that screens converge after it: who was away has the participants there are, whatever happened
/// meanwhile.
#[test]
fn a_resumed_connection_is_told_who_is_there_now() {
    let cast = cast(&[]);
    enter(&cast.p, &cast.voice, &["microphone"]);
    let mut owner = cast.owner.connect_resumable();
    let answers = owner.subscribe(&cast.voice);
    let cursor = answers.iter().filter_map(|event| event.batch.as_ref()?.cursor.clone()).next_back().expect("a cursor");
    owner.cut();
    leave(&cast.p, &cast.voice);
    enter(&cast.q, &cast.voice, &["microphone"]);
    say_state(&cast.q, &cast.voice, &json!({"is_muted": true}));

    let pair = format!("{}:{}", cast.voice.guild, cast.voice.id);
    let dial = cast.owner.dial_resumable().query("subscribe", &pair).query("cursor", &cursor);
    let mut owner = cast.owner.connect_by(dial);
    let sync = owner.until("voice_participant_sync");
    let listed = sync["participants"].as_array().expect("a list");
    assert_eq!(listed.len(), 1, "{}", sync.text);
    assert_eq!((&listed[0]["user_id"], &listed[0]["is_muted"]), (&json!(cast.q.id), &json!(true)));
    owner.until("caught_up");
    leave(&cast.q, &cast.voice);
    assert_eq!(words(&heard(&mut owner, &cast.owner)), ["unpublish microphone", "leave"], "and everything later");
    cast.server.metric_becomes("filament_voice_sync_repairs_total", &[("reason", "resume")], 1.0);
}
