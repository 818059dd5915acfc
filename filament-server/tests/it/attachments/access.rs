//! Who may upload, download and delete.

use serde_json::json;

use crate::harness::{Cast, FullCast, NOWHERE, Room};

/// Proves the access columns of §9.9 for attachments, HTTP-9, HTTP-13 and §9.9's "unbound: uploader only".
#[test]
fn attachments_are_for_those_who_see_their_channel() {
    let cast = FullCast::assemble();
    let id = |record: &serde_json::Value| record["attachment_id"].clone();
    let unbound = id(&cast.p.attach(&cast.text, "mine.txt", "mine"));
    let record = cast.p.attach(&cast.text, "ours.txt", "ours");
    let bound = id(&record);
    cast.p.say_with(&cast.text, "", &[&record]);
    let secret = cast.moderator.attach(&cast.hidden, "secret.txt", "secret");
    cast.moderator.say_with(&cast.hidden, "", &[&secret]);

    cast.p.get(&cast.text.attachment(&unbound)).ok();
    for user in [&cast.q, &cast.moderator, &cast.owner] {
        user.get(&cast.text.attachment(&unbound)).refused(404, "not_found");
        assert_eq!(user.get(&cast.text.attachment(&bound)).ok().text(), "ours");
    }
    for room in [&cast.text, &cast.hidden] {
        let path = room.attachment(if room == &cast.text { &bound } else { &secret["attachment_id"] });
        cast.stranger.get(&path).refused(403, "forbidden");
        cast.stranger.delete(&path).refused(403, "forbidden");
        cast.stranger.upload(room, "x", None, b"x").refused(403, "forbidden");
    }
    let hidden = cast.hidden.attachment(&secret["attachment_id"]);
    cast.p.get(&hidden).refused(403, "forbidden");
    cast.p.delete(&hidden).refused(403, "forbidden");
    cast.p.get(&cast.hidden.attachment(&json!(NOWHERE))).refused(403, "forbidden");
    cast.p.upload(&cast.hidden, "x", None, b"x").refused(403, "forbidden");
    // An attachment is one of its channel alone.
    cast.moderator.get(&cast.text.attachment(&secret["attachment_id"])).refused(404, "not_found");
    cast.moderator.delete(&cast.text.attachment(&secret["attachment_id"])).refused(404, "not_found");
    cast.p.get(&cast.text.attachment(&json!(NOWHERE))).refused(404, "not_found");
    cast.p.delete(&cast.text.attachment(&json!(NOWHERE))).refused(404, "not_found");
    cast.p.get(&cast.text.attachment(&json!("no-id"))).refused(400, "invalid_request");
    let nowhere = Room { guild: cast.guild.clone(), id: NOWHERE.into() };
    cast.p.upload(&nowhere, "x", None, b"x").refused(404, "not_found");
    cast.server.http().request("POST", &cast.text.attachments(), &[], Some(b"x")).refused(401, "invalid_credentials");
    cast.server.http().get(&cast.text.attachment(&bound)).refused(401, "invalid_credentials");

    cast.q.delete(&cast.text.attachment(&bound)).refused(403, "forbidden");
    let audit = || cast.owner.walk(&cast.path("/audit?action_prefix=attachment."), "events", 100);
    assert!(audit().is_empty());
    cast.moderator.delete(&cast.text.attachment(&bound)).is(204);
    cast.p.delete(&cast.text.attachment(&unbound)).is(204);
    let rows = audit();
    assert_eq!(rows.len(), 1, "AUD-3: another's is audited, one's own is not");
    assert_eq!(rows[0]["action"], "attachment.delete.moderation");
    assert_eq!((&rows[0]["actor_user_id"], &rows[0]["target_user_id"]), (&json!(cast.moderator.id), &json!(cast.p.id)));
}

/// Proves that a file follows its reader's rights: who was kicked gets no further byte of it.
#[test]
fn who_loses_the_channel_loses_its_files() {
    let cast = Cast::assemble();
    let record = cast.p.attach(&cast.text, "a.txt", "text");
    let unbound = cast.p.attach(&cast.text, "b.txt", "text");
    cast.p.say_with(&cast.text, "", &[&record]);
    let path = cast.text.attachment(&record["attachment_id"]);
    cast.q.get(&path).ok();
    cast.owner.post_empty(&format!("/guilds/{}/members/{}/kick", cast.guild, cast.p.id)).ok();
    cast.p.get(&path).refused(403, "forbidden");
    cast.p.get(&cast.text.attachment(&unbound["attachment_id"])).refused(403, "forbidden");
    cast.p.delete(&path).refused(403, "forbidden");
    cast.p.upload(&cast.text, "x", None, b"x").refused(403, "forbidden");
    cast.q.get(&path).ok();
}

/// Proves that rights are decided where the row is written, whatever was true when the upload began.
#[test]
fn who_loses_the_channel_during_an_upload_has_uploaded_nothing() {
    let cast = Cast::assemble();
    let during = |room: &Room, act: &(dyn Fn() + Sync)| {
        let pieces = (0..2).map(|number| {
            if number == 1 {
                // The upload was let in, and half of it has come.
                cast.server.attachment_files_become(1);
                act();
            }
            b"ten bytes!".to_vec()
        });
        cast.p.upload_in_pieces(&room.attachments(), None, "content-length: 20\r\n", pieces)
    };
    let kept = during(&cast.text, &|| {}).ok().json();
    cast.p.delete(&cast.text.attachment(&kept["attachment_id"])).is(204);
    cast.server.attachment_files_become(0);
    during(&cast.voice, &|| drop(cast.owner.delete(&cast.voice.path()).is(204))).refused(404, "not_found");
    cast.server.attachment_files_become(0);
    let kick = || drop(cast.owner.post_empty(&format!("/guilds/{}/members/{}/kick", cast.guild, cast.p.id)).ok());
    during(&cast.text, &kick).refused(403, "forbidden");
    cast.server.attachment_files_become(0);
}
