//! The quota: exact, without a race, and free with the answer of whatever deletes.

use serde_json::{Value, json};

use super::noise;
use crate::harness::{Cast, Room, Server, User};

fn cast(quota: &str) -> Cast {
    Cast::on(Server::with_env(&[("FILAMENT_ATTACHMENT_QUOTA_BYTES", quota)]))
}

fn file(user: &User, room: &Room, size: usize) -> Value {
    user.upload(room, "file", None, &noise(size as u64, size)).ok().json()
}

/// Fails unless the user has room for exactly so many bytes; leaves the room as it was.
#[track_caller]
fn has_room(user: &User, room: &Room, bytes: usize) {
    user.upload(room, "beyond", None, &noise(1, bytes + 1)).refused(409, "quota_exceeded");
    if bytes > 0 {
        let record = file(user, room, bytes);
        user.delete(&room.attachment(&record["attachment_id"])).is(204);
    }
}

/// Proves scenario 103: ATT-2 and MSG-2.
#[test]
fn s103_a_deleted_message_frees_the_quota_and_its_ids_for_ever() {
    let cast = cast("300000");
    let record = file(&cast.p, &cast.text, 200_000);
    cast.p.upload(&cast.text, "too-much", None, &noise(1, 100_001)).refused(409, "quota_exceeded");
    // Without a length it is refused as soon as it is too much, not at its end.
    let endless =
        std::iter::repeat_with(|| b"2710\r\n".iter().copied().chain(noise(2, 10_000)).chain(*b"\r\n").collect());
    let chunked = "transfer-encoding: chunked\r\n";
    let endless = endless.take(1_000);
    cast.p.upload_in_pieces(&cast.text.attachments(), None, chunked, endless).refused(409, "quota_exceeded");
    cast.server.attachment_files_become(1);
    let message = cast.p.say_with(&cast.text, "", &[&record]);
    let reuse = |status| {
        let body = json!({"content": "again", "attachment_ids": [record["attachment_id"]]});
        cast.p.post(&cast.text.messages(), &body).refused(status, "invalid_request")
    };
    reuse(400);
    cast.p.delete(&cast.text.message(&message["message_id"])).is(204);
    let second = file(&cast.p, &cast.text, 300_000);
    cast.p.get(&cast.text.attachment(&record["attachment_id"])).refused(404, "not_found");
    reuse(400);
    // Others have a quota of their own, and one's own is one over all guilds.
    file(&cast.q, &cast.text, 300_000);
    let elsewhere = cast.p.own_room();
    has_room(&cast.p, &elsewhere, 0);
    cast.p.delete(&cast.text.attachment(&second["attachment_id"])).is(204);
    has_room(&cast.p, &elsewhere, 300_000);
    cast.server.attachment_files_become(1);
}

/// Proves the last case of scenario 105: however uploads race, the sum never exceeds the quota (ATT-2).
#[test]
fn s105_twenty_uploads_at_once_stay_within_the_quota() {
    let cast = cast("1000000");
    file(&cast.p, &cast.text, 50_000);
    let answers: Vec<(u16, String)> = std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..20)
            .map(|n| {
                let user = cast.p.clone();
                let room = &cast.text;
                scope.spawn(move || {
                    let answer = user.upload(room, "racing", None, &noise(n, 100_000));
                    (answer.status, answer.error())
                })
            })
            .collect();
        uploads.into_iter().map(|upload| upload.join().expect("an upload")).collect()
    });
    let stored = answers.iter().filter(|(status, _)| *status == 200).count();
    let refused = answers.iter().filter(|(status, code)| (*status, code.as_str()) == (409, "quota_exceeded")).count();
    assert_eq!((stored, refused), (9, 11), "{answers:?}");
    has_room(&cast.p, &cast.text, 50_000);
    cast.server.attachment_files_become(10);
}

/// Proves the part of scenario 14 about attachments: gone with their channel, and so is what they counted.
#[test]
fn s014_attachments_and_their_quota_go_with_the_channel() {
    let cast = cast("300000");
    let bound = file(&cast.p, &cast.voice, 100_000);
    cast.p.say_with(&cast.voice, "", &[&bound]);
    let unbound = file(&cast.p, &cast.voice, 100_000);
    let kept = file(&cast.p, &cast.text, 50_000);
    has_room(&cast.p, &cast.text, 50_000);
    cast.owner.delete(&cast.voice.path()).is(204);
    has_room(&cast.p, &cast.text, 250_000);
    for gone in [&bound, &unbound] {
        cast.p.get(&cast.voice.attachment(&gone["attachment_id"])).refused(404, "not_found");
        let body = json!({"content": "", "attachment_ids": [gone["attachment_id"]]});
        cast.p.post(&cast.text.messages(), &body).refused(400, "invalid_request");
    }
    cast.p.get(&cast.text.attachment(&kept["attachment_id"])).ok();
    cast.server.attachment_files_become(1);
}

/// Proves the part of scenario 23 about quotas.
#[test]
fn s023_quotas_are_free_when_the_guild_is_gone() {
    let cast = cast("300000");
    for room in [&cast.text, &cast.voice] {
        let record = file(&cast.p, room, 100_000);
        cast.p.say_with(room, "", &[&record]);
    }
    let owners = file(&cast.owner, &cast.hidden, 300_000);
    let elsewhere = cast.p.own_room();
    has_room(&cast.p, &elsewhere, 100_000);
    cast.owner.delete(&format!("/guilds/{}", cast.guild)).is(204);
    has_room(&cast.p, &elsewhere, 300_000);
    has_room(&cast.owner, &cast.owner.own_room(), 300_000);
    cast.owner.get(&cast.hidden.attachment(&owners["attachment_id"])).refused(403, "forbidden");
    cast.server.attachment_files_become(0);
}
