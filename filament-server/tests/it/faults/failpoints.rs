//! A crash at every step between deciding and writing to a socket: applied, audited, journalled, committed, answered, woken, relayed,
//! flushed. The server is built with places at which it ends itself; without them (feature `failpoints`) these tests do not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use serde_json::{Deserializer, Value, json};

use crate::faults::crash::{Written, assert_sound, check_history, rounds, write};
use crate::faults::storage::database;
use crate::harness::{Gateway, Room, Server, User};

/// Every place there is, in the order in which a command passes them.
pub(crate) const PLACES: [&str; 14] = [
    "store.after_apply",
    "store.after_audit",
    "store.after_append",
    "store.before_commit",
    "store.after_commit",
    "store.after_answers",
    "store.after_wake",
    "store.before_chores_commit",
    RESTART,
    "fanout.before_apply",
    "fanout.after_apply",
    "fanout.after_publish",
    "fanout.before_flush",
    "fanout.after_flush",
];
pub(crate) const VARIABLE: &str = "FILAMENT_FAILPOINT";
/// A place is passed at most so often before it ends the process.
const COUNT_MAX: u64 = 60;
/// Chores are done rarely: once right after a start, before anybody could be told where the server listens, and then after some entries.
const CHORES: &str = "store.before_chores_commit";
/// The log is long enough to be moved after some megabytes.
const RESTART: &str = "store.before_log_restart";
pub(crate) const WRITERS: usize = 3;
pub(crate) const DEATH_MAX: Duration = Duration::from_secs(60);
pub(crate) const SIGABRT: i32 = 6;

/// Everything that was ever sent, and what came of it.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<String, String>,
    unknown: BTreeSet<String>,
    roles: BTreeSet<String>,
    roles_unknown: BTreeSet<String>,
}

/// Creates roles until the server is gone: state, audit row and journal entry in one. Names of those acknowledged, and the last.
pub(crate) fn govern(owner: &User, guild: &str, name: &str) -> (Vec<String>, String) {
    let mut acknowledged = Vec::new();
    let bearer = format!("Bearer {}", owner.access_token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    loop {
        let role = format!("{name} {}", acknowledged.len());
        let body = json!({"name": role, "position": 1, "permissions": []}).to_string();
        let path = format!("/guilds/{guild}/roles");
        match owner.http.attempt("POST", &path, &headers, Some(body.as_bytes())) {
            Ok(answer) if answer.status == 200 => {
                let id = answer.json()["role_id"].as_str().expect("an id").to_owned();
                acknowledged.push(role);
                // A guild holds 64 roles.
                let path = format!("/guilds/{guild}/roles/{id}");
                if acknowledged.len() > 1 && owner.http.attempt("DELETE", &path, &headers[..1], None).is_err() {
                    return (acknowledged, String::new());
                }
            }
            Ok(answer) => panic!("refused under load: {}", answer.text()),
            Err(_) => return (acknowledged, role),
        }
    }
}

/// What the tables and the journal say, side by side.
struct Stored {
    messages: BTreeSet<String>,
    told_messages: BTreeSet<String>,
    /// Names of roles by the journal: created, and deleted again.
    told_roles: Vec<String>,
    audited_roles: usize,
    /// Names of roles there are.
    roles: BTreeSet<String>,
    deleted_roles: usize,
    /// Names of roles that nobody created: those a guild begins with.
    seeded: BTreeSet<String>,
}

impl Stored {
    fn of(server: &Server) -> Self {
        let connection = rusqlite::Connection::open(database(server)).expect("the database opens");
        let column = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).expect("prepared");
            let rows = statement.query_map([], |row| row.get(0)).expect("readable");
            rows.map(|text| text.expect("text")).collect()
        };
        let mut statement = connection.prepare("SELECT bodies FROM journal ORDER BY seq").expect("prepared");
        let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("readable");
        let events: Vec<Value> = bodies
            .flat_map(|bytes| {
                let bytes = bytes.expect("bytes");
                let events: Vec<Value> =
                    Deserializer::from_slice(&bytes).into_iter().map(|event| event.expect("JSON")).collect();
                events
            })
            .collect();
        let of = |t: &'static str| events.iter().filter(move |event| event["t"] == t).map(|event| &event["d"]);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        // A role is told with its actor to some and without to others: twice in the entry.
        let mut told_roles: Vec<String> = of("workspace_role_create").map(|d| text(&d["role"]["name"])).collect();
        told_roles.sort_unstable();
        told_roles.dedup();
        let roles: BTreeSet<String> = column("SELECT name FROM roles").into_iter().collect();
        Self {
            messages: column("SELECT content FROM messages").into_iter().collect(),
            told_messages: of("message_create").map(|d| text(&d["content"])).collect(),
            audited_roles: column("SELECT action FROM audit WHERE action = 'role.create'").len(),
            seeded: roles.iter().filter(|name| !told_roles.contains(name)).cloned().collect(),
            roles,
            deleted_roles: column("SELECT action FROM audit WHERE action = 'role.delete'").len(),
            told_roles,
        }
    }

    /// FEN-1: state rows, audit rows and journal entries stand or fall together.
    fn stand_together(&self, seeded: &BTreeSet<String>, context: &str) {
        assert_eq!(self.messages, self.told_messages, "{context}: messages and their entries");
        assert_eq!(self.told_roles.len(), self.audited_roles, "{context}: roles told and audited");
        let told: BTreeSet<String> = self.told_roles.iter().cloned().collect();
        let untold: BTreeSet<String> = self.roles.difference(&told).cloned().collect();
        assert_eq!(untold, *seeded, "{context}: every role was told but those a guild begins with");
        let own = self.roles.intersection(&told).count();
        assert_eq!(own + self.deleted_roles, told.len(), "{context}: roles there are and deleted ones");
    }
}

/// Proves ORD-8, FEN-1 and the half of ORD-4 that a crash can show, for a crash at each step: what was acknowledged is there; what was not
/// is there whole or not at all, state, audit row and entry together; what a subscriber was told is there; nothing is there twice; the
/// database is sound.
#[test]
fn a_crash_at_every_step_leaves_what_was_acknowledged_and_nothing_by_halves() {
    if std::env::var_os("FILAMENT_TEST_SERVER_BINARY").is_some() {
        return eprintln!("SKIPPED a_crash_at_every_step_…: another binary has no places to end at");
    }
    let mut server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let owner = server.user("owner");
    let mut known = Known::default();
    for round in 0..rounds() {
        // A guild of its own, as one holds 64 roles: messages are looked for in its channel alone.
        if round > 0 {
            server.restart();
        }
        (known.acknowledged, known.unknown) = Default::default();
        let guild = owner.create_guild("crash", "public");
        let room = owner.create_text(&guild, "crash");
        server.kill9();
        let seeded = &Stored::of(&server).seeded;
        for (number, place) in PLACES.into_iter().enumerate() {
            let crash = Crash { failpoint: format!("{place}={}", count_for(place)), name: format!("{round}-{number}") };
            crash.happens(&mut server, &owner, &room, &mut known, seeded);
        }
    }
}

/// How often a place is passed before it ends the process.
pub(crate) fn count_for(place: &str) -> u64 {
    match place {
        CHORES => 2,
        RESTART => 1,
        _ => 1 + RandomState::new().build_hasher().finish() % COUNT_MAX,
    }
}

/// One crash, and what everything sent before it is named by.
struct Crash {
    failpoint: String,
    name: String,
}

impl Crash {
    /// Starts a server that has ended, loads it until it ends itself, looks at what it left, starts it and ends it again.
    fn happens(&self, server: &mut Server, owner: &User, room: &Room, known: &mut Known, seeded: &BTreeSet<String>) {
        let context = format!("{} of {}", self.failpoint, self.name);
        server.set(VARIABLE, Some(&self.failpoint));
        server.restart();
        server.set(VARIABLE, None);
        let subscriber = dying(owner, room);
        self.load(owner, room, known);
        assert_eq!(server.wait_exit(DEATH_MAX).signal(), Some(SIGABRT), "{context}: it ended itself");
        assert_sound(server);
        let stored = Stored::of(server);
        stored.stand_together(seeded, &context);
        for role in &known.roles {
            assert!(stored.told_roles.contains(role), "{context}: {role} was acknowledged");
        }
        for role in &stored.told_roles {
            assert!(known.roles.contains(role) || known.roles_unknown.contains(role), "{context}: {role}: never sent");
        }
        server.restart();
        let history = check_history(owner, room, &known.acknowledged, &known.unknown, &context);
        let mut told = BTreeSet::new();
        let mut heard = subscriber.map(|mut gateway| std::iter::from_fn(move || gateway.next_within(DEATH_MAX)));
        for event in heard.iter_mut().flatten().filter(|event| event.t() == "message_create") {
            let text = |member: &str| event[member].as_str().expect("text").to_owned();
            let (content, id) = (text("content"), text("message_id"));
            assert_eq!(history.get(&content), Some(&id), "{context}: {content} was delivered");
            assert!(told.insert(content), "{context}: told twice");
        }
        server.kill9();
    }

    /// Writes until the server is gone.
    fn load(&self, owner: &User, room: &Room, known: &mut Known) {
        let never = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|n| {
                let (user, room, never) = (owner.clone(), room.clone(), Arc::clone(&never));
                let name = format!("{} writer {n}", self.name);
                thread::spawn(move || write(&user, &room, &name, &never))
            })
            .collect();
        let (acknowledged, last) = govern(&owner.clone(), &room.guild, &self.name);
        known.roles.extend(acknowledged);
        known.roles_unknown.insert(last);
        for writer in writers {
            let Written { acknowledged, unknown } = writer.join().expect("a writer");
            known.acknowledged.extend(acknowledged);
            known.unknown.extend(unknown);
        }
    }
}

/// A subscriber of a server that may end at any moment: nobody, if it ended before the subscription was answered.
fn dying(owner: &User, room: &Room) -> Option<Gateway> {
    let (owner, room) = (owner.clone(), room.clone());
    thread::spawn(move || owner.connect_to(&[&room])).join().ok()
}
