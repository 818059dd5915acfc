//! `kill -9` under load: acknowledged means durable, and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::faults::storage::database;
use crate::harness::{Room, Server, User};

/// How often the process is killed, times what [`ROUNDS_VARIABLE`] says.
const KILLS: usize = 20;

/// A factor for tests that crash the server, for a longer run.
const ROUNDS_VARIABLE: &str = "FILAMENT_CRASH_ROUNDS";

pub(crate) fn rounds() -> usize {
    std::env::var(ROUNDS_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Clients that post at the same time.
const WRITERS: usize = 4;

/// The longest time between start of the load and the kill.
const LOAD_MAX: Duration = Duration::from_millis(250);

/// How long the end of a killed server's stream may take to be noticed.
const END_MAX: Duration = Duration::from_secs(10);

/// What one writer knows after a round: contents it was told are stored, with their ids, and contents it does not know about.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) acknowledged: Vec<(String, String)>,
    pub(crate) unknown: Vec<String>,
}

/// Posts until told to stop or until the server is gone.
pub(crate) fn write(user: &User, room: &Room, name: &str, stop: &AtomicBool) -> Written {
    let mut written = Written::default();
    let bearer = format!("Bearer {}", user.access_token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let content = format!("{name} {number}");
        let body = json!({ "content": content }).to_string();
        match user.http.attempt("POST", &room.messages(), &headers, Some(body.as_bytes())) {
            Ok(answer) if answer.status == 200 => {
                let id = answer.json()["message_id"].as_str().expect("an id").to_owned();
                written.acknowledged.push((content, id));
            }
            Ok(answer) => panic!("refused under load: {}", answer.text()),
            Err(_) => {
                written.unknown.push(content); // sent, but the answer never came: stored or not
                break;
            }
        }
    }
    written
}

/// Proves ORD-8 and the half of FEN-1 that is about messages: every acknowledged message is in the history after the restart, in the order
/// of ids, once; one that was not acknowledged is there once or not at all; the database is sound; clients reconnect and go on. And the
/// half of ORD-4 that a crash can show: what a subscriber was told before the kill is in the history as well.
#[test]
fn twenty_kills_under_load_lose_no_acknowledged_message_and_double_none() {
    let mut server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let owner = server.user("owner");
    let guild = owner.create_guild("crash", "public");
    let room = owner.create_text(&guild, "crash");
    let random = RandomState::new();
    let mut acknowledged: BTreeMap<String, String> = BTreeMap::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for round in 0..KILLS * rounds() {
        let mut subscriber = owner.connect_to(&[&room]);
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|n| {
                let (user, room, stop) = (owner.clone(), room.clone(), Arc::clone(&stop));
                thread::spawn(move || write(&user, &room, &format!("round {round} writer {n}"), &stop))
            })
            .collect();
        let mut hasher = random.build_hasher();
        hasher.write_usize(round);
        let load = Duration::from_micros(hasher.finish() % u64::try_from(LOAD_MAX.as_micros()).expect("short"));
        let started = Instant::now();
        let mut told = vec![subscriber.until("message_create")]; // the load has begun
        thread::sleep(load.saturating_sub(started.elapsed()));
        server.kill9();
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            let written = writer.join().expect("a writer");
            acknowledged.extend(written.acknowledged);
            unknown.extend(written.unknown);
        }
        if round % 5 == 0 {
            assert_sound(&server);
        }
        told.extend(
            std::iter::from_fn(|| subscriber.next_within(END_MAX)).filter(|event| event.t() == "message_create"),
        );
        server.restart();
        let stored = check_history(&owner, &room, &acknowledged, &unknown, &format!("round {round}"));
        for event in &told {
            let (content, id) =
                (event["content"].as_str().expect("text"), event["message_id"].as_str().expect("an id"));
            assert_eq!(stored.get(content).map(String::as_str), Some(id), "round {round}: {content} was delivered");
        }
    }
    let mut gateway = owner.connect_to(&[&room]);
    owner.say(&room, "life goes on");
    assert_eq!(gateway.until("message_create")["content"], "life goes on");
    server.kill9();
    assert_sound(&server);
}

/// Returns the stored contents with their ids.
pub(crate) fn check_history(
    reader: &User,
    room: &Room,
    acknowledged: &BTreeMap<String, String>,
    unknown: &BTreeSet<String>,
    round: &str,
) -> BTreeMap<String, String> {
    let history = reader.history(room, 100);
    let ids: Vec<&str> = history.iter().map(|message| message["message_id"].as_str().expect("an id")).collect();
    assert!(ids.is_sorted_by(|newer, older| newer > older), "{round}: in order, each id once");
    let times: Vec<u64> = history.iter().map(|message| message["created_at_unix"].as_u64().expect("a time")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{round}: ORD-6");
    let mut stored: BTreeMap<&str, &str> = BTreeMap::new();
    for message in &history {
        let (content, id) =
            (message["content"].as_str().expect("text"), message["message_id"].as_str().expect("an id"));
        assert!(stored.insert(content, id).is_none(), "{round}: {content} is there twice");
        assert!(acknowledged.contains_key(content) || unknown.contains(content), "{round}: {content} was never sent");
    }
    for (content, id) in acknowledged {
        assert_eq!(stored.get(content.as_str()), Some(&id.as_str()), "{round}: {content} was acknowledged");
    }
    stored.into_iter().map(|(content, id)| (content.to_owned(), id.to_owned())).collect()
}

/// The database by its own check, as any tool would see it.
pub(crate) fn assert_sound(server: &Server) {
    let connection = rusqlite::Connection::open(database(server)).expect("the database opens");
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a verdict");
    assert_eq!(verdict, "ok");
    let orphans: i64 =
        connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).expect("a count");
    assert_eq!(orphans, 0);
}
