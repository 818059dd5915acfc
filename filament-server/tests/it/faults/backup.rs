//! `backup`, `restore` and `check` of the built program, beside a server that runs and on folders of servers that ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::faults::storage::database;
use crate::harness::{DataDir, Room, Server, User, upload};

/// How long an ordered end may take.
const END_MAX: Duration = Duration::from_secs(15);
/// Clients that post while a backup is made.
const WRITERS: usize = 3;

/// Runs the program with these arguments on a data folder.
pub(super) fn run(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_filament-server"))
        .args(arguments)
        .env("FILAMENT_DATA_DIR", data)
        .output()
        .expect("the binary runs")
}

#[track_caller]
pub(super) fn is(output: &Output, code: i32, word: &str) {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(word), "`{word}` is not in: {said}");
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

pub(super) fn stop(server: &mut Server) {
    server.sigterm();
    assert!(server.wait_exit(END_MAX).success());
}

/// The epoch of the journal of a server that does not run.
fn epoch(server: &Server) -> Vec<u8> {
    let connection = rusqlite::Connection::open(database(server)).expect("the database opens");
    connection.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0)).expect("an epoch")
}

/// Posts until told to stop and returns what was acknowledged: contents with their ids.
fn post(user: &User, room: &Room, name: &str, stop: &AtomicBool) -> Vec<(String, String)> {
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let content = format!("{name} {}", acknowledged.len());
        let id = user.say(room, &content)["message_id"].as_str().expect("an id").to_owned();
        acknowledged.push((content, id));
    }
    acknowledged
}

/// Contents of a room with their ids.
pub(super) fn contents(user: &User, room: &Room) -> BTreeMap<String, String> {
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    user.history(room, 100).iter().map(|message| (text(&message["content"]), text(&message["message_id"]))).collect()
}

/// A server with one room, and a folder beside its data folder.
pub(super) struct Scene {
    pub(super) server: Server,
    pub(super) user: User,
    pub(super) room: Room,
    /// Where backups go.
    pub(super) folder: DataDir,
}

impl Scene {
    pub(super) fn new() -> Self {
        let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
        let user = server.user("owner");
        let room = user.create_text(&user.create_guild("kept", "public"), "kept");
        Self { server, user, room, folder: DataDir::create() }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.server.data_path()
    }

    pub(super) fn backup(&self, name: &str) -> PathBuf {
        let target = self.folder.path().join(name);
        is(&run(&self.data(), &["backup", text(&target)]), 0, "backed up");
        target
    }
}

/// Proves that a backup taken under load is complete and one moment: everything acknowledged before it began is there, and what is there is
/// a prefix of the history; that a restore keeps sessions, begins a new epoch and goes on with ids and times (ORD-7).
#[test]
fn backup_under_load_restores_everything_it_was_told_of_and_begins_an_epoch() {
    let mut scene = Scene::new();
    let files = scene.data().join("attachments");
    fs::create_dir_all(&files).expect("a folder");
    fs::write(files.join("whole"), b"a file").expect("written");
    fs::write(files.join("half.part"), b"half").expect("written");
    let before: Vec<String> = (0..20).map(|n| format!("before {n}")).collect();
    before.iter().for_each(|content| drop(scene.user.say(&scene.room, content)));
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| {
            let (user, room, done) = (scene.user.clone(), scene.room.clone(), Arc::clone(&done));
            thread::spawn(move || post(&user, &room, &format!("writer {n}"), &done))
        })
        .collect();
    let backup = scene.backup("first");
    done.store(true, Ordering::Relaxed);
    let acknowledged: usize = writers.into_iter().map(|writer| writer.join().expect("a writer").len()).sum();
    assert!(acknowledged > 0, "the backup was made under load");
    for name in ["SHA256SUMS", "filament.db", "keys/refresh.key", "attachments/whole"] {
        assert!(backup.join(name).is_file(), "{name}");
    }
    for name in ["attachments/half.part", "filament.db-wal", "filament.db.lock"] {
        assert!(!backup.join(name).exists(), "{name}");
    }
    is(&run(&scene.data(), &["check", text(&backup)]), 0, "is sound");
    is(&run(&scene.data(), &["check"]), 0, "is sound");
    is(&run(&scene.data(), &["backup", text(&backup)]), 1, "is there already");
    is(&run(&scene.data(), &["restore", text(&backup), "--replace"]), 5, "another process");

    let last = scene.user.say(&scene.room, "after the backup");
    let whole = contents(&scene.user, &scene.room);
    stop(&mut scene.server);
    let old_epoch = epoch(&scene.server);
    is(&run(&scene.data(), &["restore", text(&backup)]), 1, "--replace");
    assert_eq!(epoch(&scene.server), old_epoch, "a refused restore changes nothing");
    is(&run(&scene.data(), &["restore", "--replace", text(&backup)]), 0, "restored");
    is(&run(&scene.data(), &["check"]), 0, "is sound");
    scene.server.restart();

    let restored = contents(&scene.user, &scene.room);
    assert!(before.iter().all(|content| restored.contains_key(content)), "acknowledged before the backup began");
    assert!(!restored.contains_key("after the backup"));
    let newest = restored.values().max().expect("messages");
    let prefix: BTreeMap<_, _> =
        whole.iter().filter(|(_, id)| *id <= newest).map(|(a, b)| (a.clone(), b.clone())).collect();
    assert_eq!(restored, prefix, "one moment of the history");
    let next = scene.user.say(&scene.room, "after the restore");
    assert!(next["message_id"].as_str() > last["message_id"].as_str(), "no id comes again");
    assert!(next["created_at_unix"].as_u64() >= last["created_at_unix"].as_u64());
    assert_eq!(fs::read(scene.data().join("attachments/whole")).expect("restored"), b"a file");
    stop(&mut scene.server);
    assert_ne!(epoch(&scene.server), old_epoch);
    let kept = fs::read_dir(scene.data()).expect("readable").map(|entry| entry.expect("an entry").file_name());
    let kept: Vec<_> = kept.filter(|name| name.to_string_lossy().starts_with("replaced-")).collect();
    assert_eq!(kept.len(), 1, "what was replaced is kept: {kept:?}");
    assert!(scene.data().join(&kept[0]).join("filament.db").is_file());
    let again = scene.backup("second");
    assert!(!again.join(&kept[0]).exists(), "and is in no further backup");
}

/// A stopped server's folder, restored as a new folder for another one.
#[test]
fn backup_of_a_stopped_server_makes_a_new_data_folder() {
    let mut scene = Scene::new();
    scene.user.say(&scene.room, "kept");
    scene.server.kill9();
    let backup = scene.backup("of a killed one");
    let elsewhere = scene.folder.path().join("new").join("data");
    is(&run(&elsewhere, &["restore", text(&backup)]), 0, "restored");
    is(&run(&elsewhere, &["check"]), 0, "is sound");
    fs::remove_dir_all(scene.data()).expect("removable");
    fs::rename(&elsewhere, scene.data()).expect("movable");
    scene.server.restart();
    assert!(contents(&scene.user, &scene.room).contains_key("kept"));
    let inside = scene.data().join("backup");
    is(&run(&scene.data(), &["backup", text(&inside)]), 1, "lies in the data folder");
    assert!(!inside.exists());
}

#[test]
fn damaged_or_unfinished_backups_are_refused_and_the_data_folder_stays() {
    let mut scene = Scene::new();
    scene.user.say(&scene.room, "kept");
    stop(&mut scene.server);
    let old_epoch = epoch(&scene.server);
    for (damage, word) in [
        (Damage::Flipped("filament.db"), "filament.db is not what was backed up"),
        (Damage::Flipped("keys/refresh.key"), "keys/refresh.key is not what was backed up"),
        (Damage::Removed("keys/access-0001.key"), "keys/access-0001.key is missing"),
        (Damage::Removed("SHA256SUMS"), "not finished"),
        (Damage::Escaping, "line 1"),
    ] {
        let backup = scene.backup(&format!("{damage:?}").replace(['/', '"'], "_"));
        damage.done_to(&backup);
        is(&run(&scene.data(), &["restore", "--replace", text(&backup)]), 4, word);
        is(&run(&scene.data(), &["check", text(&backup)]), 4, word);
    }
    assert_eq!(epoch(&scene.server), old_epoch);
    assert!(!scene.data().join(".restoring").exists(), "nothing is left of an attempt");
    scene.server.restart();
    assert!(contents(&scene.user, &scene.room).contains_key("kept"));
}

#[derive(Debug)]
enum Damage {
    Flipped(&'static str),
    Removed(&'static str),
    Escaping,
}

impl Damage {
    fn done_to(&self, backup: &Path) {
        match self {
            Self::Flipped(name) => {
                let path = backup.join(name);
                let mut bytes = fs::read(&path).expect("readable");
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(path, bytes).expect("writable");
            }
            Self::Removed(name) => fs::remove_file(backup.join(name)).expect("removable"),
            Self::Escaping => {
                let path = backup.join("SHA256SUMS");
                let sums = fs::read_to_string(&path).expect("readable").replacen("filament.db", "../filament.db", 1);
                let line = sums.lines().find(|line| line.contains("..")).expect("a line").to_owned();
                fs::write(path, format!("{line}\n{sums}")).expect("writable");
            }
        }
    }
}

/// Whatever moment a restore dies at, nothing starts on half a data folder, and doing it again mends it.
#[test]
fn interrupted_restore_keeps_the_server_from_starting_and_is_mended_by_another() {
    let mut scene = Scene::new();
    scene.user.say(&scene.room, "kept");
    let backup = scene.backup("good");
    stop(&mut scene.server);
    // As after a crash between the renames: the mark stands, the old database is aside, the new one is not in its place yet.
    fs::write(scene.data().join("RESTORING"), b"").expect("written");
    fs::create_dir(scene.data().join("replaced-1")).expect("a folder");
    for name in ["filament.db", "keys"] {
        fs::rename(scene.data().join(name), scene.data().join("replaced-1").join(name)).expect("movable");
    }
    for arguments in [&[][..], &["backup", "elsewhere"], &["check"]] {
        is(&run(&scene.data(), arguments), 1, "restore --replace");
    }
    assert!(!scene.data().join("filament.db").exists(), "no empty database was made");
    is(&run(&scene.data(), &["restore", "--replace", text(&backup)]), 0, "restored");
    scene.server.restart();
    assert!(contents(&scene.user, &scene.room).contains_key("kept"));
}

#[test]
fn check_tells_damage_by_its_exit_code_and_names_it() {
    let mut scene = Scene::new();
    scene.user.say(&scene.room, "kept");
    let empty = scene.folder.path().join("empty");
    is(&run(&empty, &["check"]), 1, "no database");
    is(&run(&empty, &["backup", "anywhere"]), 1, "no database");
    assert!(!empty.exists(), "looking makes nothing");
    stop(&mut scene.server);
    let connection = rusqlite::Connection::open(database(&scene.server)).expect("opens");
    connection.execute("UPDATE guilds SET name = 'another'", ()).expect("writable");
    drop(connection);
    fs::remove_file(scene.data().join("keys/refresh.key")).expect("removable");
    let found = run(&scene.data(), &["check"]);
    is(&found, 4, "not what the journal tells");
    is(&found, 4, "keys/refresh.key");
    is(&run(&scene.data(), &["restore"]), 2, "BACKUP");
    is(&run(&scene.data(), &["frobnicate"]), 2, "frobnicate");
}

/// An image goes into a backup and comes back, and a check misses it when its file is gone.
#[test]
fn files_of_rows_are_backed_up_restored_and_missed() {
    let mut scene = Scene::new();
    let image: Vec<u8> = [&b"\x89PNG\r\n\x1a\n"[..], &[7; 5_000]].concat();
    upload(&scene.user, "avatar", None, &image).ok();
    let backup = scene.backup("with an image");
    is(&run(&scene.data(), &["check"]), 0, "is sound");
    is(&run(&scene.data(), &["check", text(&backup)]), 0, "is sound");
    stop(&mut scene.server);
    let images = scene.data().join("images");
    let name = fs::read_dir(&images).expect("readable").next().expect("an image").expect("an entry").file_name();
    fs::remove_file(images.join(&name)).expect("removable");
    is(&run(&scene.data(), &["check"]), 4, &format!("images/{} is missing", name.to_string_lossy()));
    is(&run(&scene.data(), &["restore", "--replace", text(&backup)]), 0, "restored");
    is(&run(&scene.data(), &["check"]), 0, "is sound");
    scene.server.restart();
    assert!(scene.server.http().get(&format!("/users/{}/avatar", scene.user.id)).ok().body == image);
}
