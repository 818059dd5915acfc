//! A data folder in use, a broken database, a newer one, a disk without space.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::harness::Server;

/// The database file of a server.
pub(crate) fn database(server: &Server) -> PathBuf {
    let entries =
        std::fs::read_dir(server.data_path()).expect("the data folder").map(|entry| entry.expect("an entry").path());
    let mut found = entries.filter(|path| path.extension().is_some_and(|extension| extension == "db"));
    found.next().expect("a .db file in the data folder")
}

/// Starts a second process on the server's data folder and waits for its end.
fn start_again(server: &Server) -> Output {
    Command::new(env!("CARGO_BIN_EXE_filament-server"))
        .env("FILAMENT_BIND_ADDR", "127.0.0.1:0")
        .env("FILAMENT_DATA_DIR", server.data_path())
        .output()
        .expect("the binary runs")
}

fn says(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn second_process_on_a_data_folder_in_use_refuses_to_start() {
    let server = Server::start();
    let output = start_again(&server);
    assert_eq!(output.status.code(), Some(5), "{}", says(&output));
    assert!(says(&output).contains("another process"), "{}", says(&output));
    server.http().get("/healthz").ok();
}

#[test]
fn corrupt_database_refuses_to_start_and_says_what_to_do() {
    let mut server = Server::start();
    let user = server.user("somebody");
    let guild = user.create_guild("soon gone", "private");
    let room = user.create_text(&guild, "soon gone");
    (0..50).for_each(|n| drop(user.say(&room, &format!("{n} {}", "x".repeat(1_000)))));
    server.sigterm();
    assert!(server.wait_exit(std::time::Duration::from_secs(15)).success());
    let path = database(&server);
    let mut bytes = std::fs::read(&path).expect("readable");
    let from = bytes.len() / 2;
    bytes[from..].fill(0xA5);
    std::fs::write(&path, bytes).expect("writable");
    let output = start_again(&server);
    assert_eq!(output.status.code(), Some(4), "{}", says(&output));
    assert!(says(&output).to_lowercase().contains("backup"), "it says what to do: {}", says(&output));
}

/// Proves ROL-6.
#[test]
fn database_of_a_newer_version_refuses_to_start() {
    let mut server = Server::start();
    server.sigterm();
    assert!(server.wait_exit(std::time::Duration::from_secs(15)).success());
    let connection = rusqlite::Connection::open(database(&server)).expect("the database opens");
    connection.pragma_update(None, "user_version", 9_999).expect("writable");
    drop(connection);
    let output = start_again(&server);
    assert_eq!(output.status.code(), Some(3), "{}", says(&output));
    assert!(says(&output).contains("newer"), "{}", says(&output));
}

/// A file system of its own, of a few MiB; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it, or says why that cannot be done here.
    fn mount(mebibytes: u32) -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("filament-it-disk-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| error.to_string())?;
        let size = format!("size={mebibytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        match mount {
            Ok(output) if output.status.success() => Ok(Self(path)),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// Proves HTTP-12 for a full disk, and that reads go on: writes are refused with `overloaded`, and work again once there is room.
#[test]
fn full_disk_refuses_writes_keeps_serving_reads_and_recovers() {
    /// Messages after which a disk of this size must be full.
    const MESSAGES_MAX: usize = 20_000;
    let disk = match SmallDisk::mount(8) {
        Ok(disk) => disk,
        Err(why) => return eprintln!("SKIPPED full_disk_refuses_writes_…: no file system can be mounted here: {why}"),
    };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1; 2 << 20]).expect("room for the ballast");
    let folder = disk.0.join("data").to_string_lossy().into_owned();
    let environment = [("FILAMENT_DATA_DIR", folder.as_str()), ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")];
    let server = Server::with_env(&environment);
    let user = server.user("somebody");
    let guild = user.create_guild("full", "private");
    let room = user.create_text(&guild, "full");
    let body = serde_json::json!({ "content": "x".repeat(2_000) });
    let refused = (0..MESSAGES_MAX).map(|_| user.post(&room.messages(), &body)).find(|answer| answer.status != 200);
    let refused = refused.expect("the disk is full at some point").refused(503, "overloaded");
    assert!(refused.header("retry-after").is_some());
    let stored = user.history(&room, 100).len();
    assert!(stored > 10, "reads go on");
    user.post(&room.messages(), &body).refused(503, "overloaded");
    assert_eq!(user.history(&room, 100).len(), stored, "a refused message is not there");
    std::fs::remove_file(&ballast).expect("the ballast goes");
    user.say(&room, "room again");
    assert_eq!(user.history(&room, 100).len(), stored + 1);
}
