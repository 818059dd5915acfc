//! `kill -9` while files go up and down: no file without a row, no row without its file, no byte counted that is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::noise;
use crate::faults::storage::database;
use crate::harness::{Room, Server, User};

const KILLS: usize = 8;
const WRITERS: usize = 4;
const LOAD_MAX: Duration = Duration::from_millis(200);

/// Uploads, binds and deletes until told to stop or until the server is gone; returns what was acknowledged and not deleted.
fn write(user: &User, room: &Room, seed: u64, stop: &AtomicBool) -> BTreeMap<String, u64> {
    let bearer = format!("Bearer {}", user.access_token);
    let headers = [("authorization", bearer.as_str())];
    let json = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let mut kept = BTreeMap::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let content = seed + number;
        let Ok(answer) = user.http.attempt("POST", &room.attachments(), &headers, Some(&noise(content, 40_000))) else {
            break;
        };
        let id = answer.ok().json()["attachment_id"].as_str().expect("an id").to_owned();
        match number % 3 {
            0 => {
                let body = format!(r#"{{"content":"","attachment_ids":["{id}"]}}"#);
                if user.http.attempt("POST", &room.messages(), &json, Some(body.as_bytes())).is_err() {
                    kept.insert(id, content);
                    break;
                }
                kept.insert(id, content);
            }
            // Asked to be deleted: there or not, nobody knows.
            1 if user.http.attempt("DELETE", &format!("{}/{id}", room.attachments()), &headers, None).is_err() => break,
            1 => {}
            _ => drop(kept.insert(id, content)),
        }
    }
    kept
}

/// Proves ATT-6: whenever the process is killed, after the restart the files are those of the rows, all acknowledged uploads are whole,
/// and the count of bytes is their sum.
#[test]
fn kills_between_file_and_row_leave_neither_a_file_nor_a_count() {
    let mut server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let owner = server.user("owner");
    let room = owner.create_text(&owner.create_guild("crash", "public"), "crash");
    let random = RandomState::new();
    let mut kept: BTreeMap<String, u64> = BTreeMap::new();
    for round in 0..KILLS {
        let stop = AtomicBool::new(false);
        let micros = u64::try_from(LOAD_MAX.as_micros()).expect("short");
        let load = Duration::from_micros(random.hash_one(round) % micros);
        thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|n| {
                    let (user, room, stop) = (owner.clone(), &room, &stop);
                    let seed = ((round * WRITERS + n) as u64 + 1) << 32;
                    scope.spawn(move || write(&user, room, seed, stop))
                })
                .collect();
            thread::sleep(load);
            server.kill9();
            stop.store(true, Ordering::Relaxed);
            writers.into_iter().for_each(|writer| kept.extend(writer.join().expect("a writer")));
        });
        // What a crash between file and row leaves, and one between two bytes.
        std::fs::write(server.attachment_folder().join(format!("{round:032x}")), b"nobody's").expect("writable");
        std::fs::write(server.attachment_folder().join(format!("{round:032x}.part")), b"half").expect("writable");
        server.restart();
        check_files(&server);
        for (id, content) in &kept {
            let answer = owner.get(&format!("{}/{id}", room.attachments())).ok();
            assert!(answer.body == noise(*content, 40_000), "round {round}: {id} is whole");
        }
    }
    assert!(kept.len() > KILLS, "there was something to lose: {}", kept.len());
}

fn check_files(server: &Server) {
    let connection = rusqlite::Connection::open(database(server)).expect("the database opens");
    let mut statement = connection.prepare("SELECT lower(hex(blob)) FROM attachments").expect("a statement");
    let rows: BTreeSet<String> =
        statement.query_map((), |row| row.get(0)).expect("rows").map(|name| name.expect("a name")).collect();
    let files: BTreeSet<String> = server.attachment_files().into_iter().collect();
    assert_eq!(files, rows, "files and rows");
    let counted = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).expect("a sum");
    assert_eq!(
        counted("SELECT ifnull(sum(bytes), 0) FROM attachment_usage"),
        counted("SELECT ifnull(sum(size_bytes), 0) FROM attachments")
    );
    assert_eq!(counted("SELECT count(*) FROM attachment_purges"), 0);
}

/// Proves ATT-6 where it is narrowest: a crash after the file is in its place and before the row is on disk leaves neither; one right after
/// that, of which the client never heard, leaves both.
#[cfg(feature = "failpoints")]
#[test]
fn a_crash_between_file_and_row_leaves_neither_and_one_after_both_leaves_both() {
    const DEATH_MAX: Duration = Duration::from_secs(60);
    if std::env::var_os("FILAMENT_TEST_SERVER_BINARY").is_some() {
        return eprintln!("SKIPPED a_crash_between_file_and_row_…: another binary has no places to end at");
    }
    let mut server = Server::start();
    let owner = server.user("owner");
    let room = owner.create_text(&owner.create_guild("crash", "public"), "crash");
    let bearer = format!("Bearer {}", owner.access_token);
    // What asks for room is a group of its own, and writes nothing.
    for (failpoint, left) in [("store.after_apply=1", 0), ("store.before_commit=2", 0), ("store.after_commit=2", 1)] {
        server.kill9();
        server.set("FILAMENT_FAILPOINT", Some(failpoint));
        server.restart();
        server.set("FILAMENT_FAILPOINT", None);
        let headers = [("authorization", bearer.as_str())];
        let answer = owner.http.clone().attempt("POST", &room.attachments(), &headers, Some(&noise(7, 40_000)));
        assert!(answer.is_err(), "{failpoint}: nobody was told");
        server.wait_exit(DEATH_MAX);
        let files = server.attachment_files();
        assert!(files.len() == 1 && !files[0].ends_with(".part"), "{failpoint}: the file was in its place: {files:?}");
        server.restart();
        assert_eq!(server.attachment_files().len(), left, "{failpoint}");
        check_files(&server);
    }
}
