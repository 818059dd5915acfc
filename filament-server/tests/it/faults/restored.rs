//! What clients and files see of a restored backup.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::backup::{Scene, contents, is, run, stop, text};
use crate::harness::{Gateway, Room, User, types};

/// Resumes and reads up to `caught_up`.
#[track_caller]
fn resume(user: &User, cursor: &str, room: &Room) -> (Gateway, Vec<crate::harness::Event>) {
    let dial = user.dial_resumable().query("cursor", cursor).query("subscribe", &format!("{}:{}", room.guild, room.id));
    let mut gateway = dial.open().expect("an upgrade");
    let frames = gateway.through(|event| event.t() == "caught_up");
    (gateway, frames)
}

/// Proves the last case of scenario 89, RES-10, RES-12 and RES-15, with the program's own `backup` and `restore`: a cursor of the history
/// that was replaced makes a `reset`, whether it stands before or behind the backup; nothing of that history is replayed, what is listed and
/// read afterwards is the restored state, and delivery goes on live with a cursor that is good.
#[test]
fn s089_cursor_of_before_a_restored_backup_makes_a_reset_and_a_right_snapshot() {
    let mut scene = Scene::new();
    let (user, room) = (scene.user.clone(), scene.room.clone());
    let member = scene.server.user("member");
    member.join(&room.guild);
    let mut before = member.connect_resumable();
    before.subscribe(&room);
    user.say(&room, "kept");
    before.until("message_create");
    let early = before.cursor();
    let backup = scene.backup("good");
    user.say(&room, "lost");
    user.create_text(&room.guild, "lost");
    user.patch(&format!("/guilds/{}", room.guild), &json!({"name": "lost"})).ok();
    before.until("workspace_update");
    let late = before.cursor();
    stop(&mut scene.server);
    is(&run(&scene.data(), &["restore", "--replace", text(&backup)]), 0, "restored");
    scene.server.restart();

    let mut newest = None;
    for (which, cursor) in [("before the backup", &early), ("behind it", &late)] {
        let (mut gateway, frames) = resume(&member, cursor, &room);
        let expected = ["ready", "subscribed", "reset", "presence_sync", "voice_participant_sync", "caught_up"];
        assert_eq!(types(&frames), expected, "{which}");
        assert_eq!(frames[0]["resume"], "reset", "{which}");
        assert_eq!(*frames[2].d(), json!({"reason": "epoch_changed"}), "{which}");
        assert_eq!(frames[3]["user_ids"], json!([member.id]), "{which}: who is online now");
        assert_eq!(*frames[5].d(), json!({"replayed": 0, "reset": true}), "{which}");
        user.say(&room, which);
        assert_eq!(gateway.expect("message_create")["content"], which);
        newest = Some(gateway.cursor());
        gateway.close(1000);
    }
    // What the client then fetches.
    let told: Vec<String> = contents(&member, &room).into_keys().collect();
    assert_eq!(told, ["before the backup", "behind it", "kept"]);
    assert_eq!(member.channel_ids(&room.guild), [room.id.as_str()]);
    assert_eq!(member.get(&format!("/guilds/{}", room.guild)).ok().json()["name"], "kept");
    // And the cursors of the new history are good.
    user.say(&room, "of the new history");
    let (_gateway, frames) = resume(&member, &newest.expect("a cursor"), &room);
    let replayed: Vec<&Value> =
        frames.iter().filter(|event| event.t() == "message_create").map(|event| &event["content"]).collect();
    assert_eq!((replayed, &frames[0]["resume"]), (vec![&json!("of the new history")], &json!("replaying")));
    scene.server.metric_becomes("filament_gateway_resumes_total", &[("outcome", "epoch_changed")], 2.0);
}

/// A folder of attachments that is a link to another disk is backed up and checked through the link. A restore makes it a folder of the data
/// folder; what the link led to stays as it was. A link that leads nowhere is a failure and no backup without its files.
#[test]
fn attachments_behind_a_link_are_backed_up_checked_and_restored() {
    let mut scene = Scene::new();
    stop(&mut scene.server);
    let disk = scene.folder.path().join("disk");
    let attachments = scene.data().join("attachments");
    fs::rename(&attachments, &disk).expect("movable");
    symlink(&disk, &attachments).expect("a link");
    scene.server.restart();
    let file = scene.user.upload(&scene.room, "notes.txt", Some("text/plain"), b"some notes").ok().json();
    let body = json!({"content": "with a file", "attachment_ids": [file["attachment_id"]]});
    scene.user.post(&scene.room.messages(), &body).ok();
    let name = fs::read_dir(&disk).expect("readable").next().expect("a file").expect("an entry").file_name();
    let backup = scene.backup("through a link");
    assert_eq!(fs::read(backup.join("attachments").join(&name)).expect("backed up"), b"some notes");
    is(&run(&scene.data(), &["check"]), 0, "is sound");
    is(&run(&scene.data(), &["check", text(&backup)]), 0, "is sound");

    stop(&mut scene.server);
    let away = scene.folder.path().join("away");
    fs::rename(&disk, &away).expect("movable");
    let target = scene.folder.path().join("without the disk");
    is(&run(&scene.data(), &["backup", text(&target)]), 1, "attachments");
    assert!(!target.exists(), "no backup without its files");
    is(&run(&scene.data(), &["check"]), 4, &format!("attachments/{} is missing", name.to_string_lossy()));

    is(&run(&scene.data(), &["restore", "--replace", text(&backup)]), 0, "restored");
    is(&run(&scene.data(), &["check"]), 0, "is sound");
    assert!(!attachments.is_symlink() && attachments.join(&name).is_file());
    assert_eq!(fs::read(away.join(&name)).expect("untouched"), b"some notes");
    scene.server.restart();
    assert_eq!(scene.user.get(&scene.room.attachment(&file["attachment_id"])).ok().body, b"some notes");
}
