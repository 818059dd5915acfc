//! Clients that resume through crash after crash: what each hears over its chain of connections is one whole stream.

use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::faults::crash::{Written, rounds, write};
use crate::faults::failpoints::{DEATH_MAX, PLACES, SIGABRT, VARIABLE, WRITERS, count_for, govern};
use crate::harness::{Dial, Event, Gateway, Room, Server, User};

/// What ends the run for everybody.
const END: &str = "the end";
/// How long a client waits before it tries again, and in all.
const RETRY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(240);

/// A client over all of its connections.
struct Chain {
    user: User,
    room: Room,
    cursor: Option<String>,
    /// Durable events of the guild, in the order in which they came.
    told: Vec<(String, Value)>,
    connections: usize,
}

impl Chain {
    /// A client that is subscribed.
    fn begin(user: &User, room: &Room) -> (Self, Gateway) {
        let mut chain = Self { user: user.clone(), room: room.clone(), cursor: None, told: Vec::new(), connections: 1 };
        let mut gateway = user.connect_resumable();
        for event in gateway.subscribe(room) {
            chain.take(&event);
        }
        (chain, gateway)
    }

    /// Reads to the end of the run, resuming whenever the connection ends.
    fn run(mut self, mut gateway: Gateway) -> Self {
        let deadline = Instant::now() + PATIENCE;
        while !self.hear(&mut gateway) {
            drop(gateway);
            gateway = loop {
                assert!(Instant::now() < deadline, "{} never heard the end", self.user.name);
                match self.dial().attempt() {
                    Some(gateway) => break gateway,
                    None => thread::sleep(RETRY),
                }
            };
            self.connections += 1;
        }
        self
    }

    /// One connection, until it ends; whether the run is over.
    fn hear(&mut self, gateway: &mut Gateway) -> bool {
        while let Some(event) = gateway.next_within(DEATH_MAX) {
            assert_ne!(event.t(), "reset", "{}: nothing was trimmed: {}", self.user.name, event.text);
            self.take(&event);
            if event.t() == "message_create" && event["content"] == END {
                return true;
            }
        }
        false
    }

    /// Events of a message go in whole batches: the cursor of one stands behind all of it.
    fn take(&mut self, event: &Event) {
        if let Some(cursor) = event.batch.as_ref().and_then(|batch| batch.cursor.as_ref()) {
            self.cursor = Some(cursor.clone());
        }
        let is_durable = event.t().starts_with("message_") || event.t().starts_with("workspace_role_");
        if is_durable && event["guild_id"] == *self.room.guild {
            self.told.push((event.t().to_owned(), event.d().clone()));
        }
    }

    fn dial(&self) -> Dial {
        let pair = format!("{}:{}", self.room.guild, self.room.id);
        let dial = self.user.dial_resumable().query("subscribe", &pair);
        self.cursor.as_ref().map_or(dial.clone(), |cursor| dial.query("cursor", cursor))
    }

    fn messages(&self) -> Vec<(&str, &str)> {
        let created = self.told.iter().filter(|(t, _)| t == "message_create");
        created.map(|(_, d)| (d["message_id"].as_str().expect("an id"), d["content"].as_str().expect("text"))).collect()
    }
}

/// Proves RES-18 and ORD-8 across crashes at each step: over 14 deaths and as many resumes every client hears every durable event once and
/// in order, whatever died between which two steps, and all of them the same.
#[test]
fn streams_resumed_through_a_crash_at_every_step_are_whole_and_equal() {
    if std::env::var_os("FILAMENT_TEST_SERVER_BINARY").is_some() {
        return eprintln!("SKIPPED streams_resumed_through_…: another binary has no places to end at");
    }
    let mut server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let (owner, member) = (server.user("owner"), server.user("member"));
    let guild = owner.create_guild("crash", "public");
    let room = owner.create_text(&guild, "crash");
    member.join(&guild);
    let chains: Vec<_> = [&owner, &owner, &member]
        .into_iter()
        .map(|user| {
            let (chain, gateway) = Chain::begin(user, &room);
            thread::spawn(move || chain.run(gateway))
        })
        .collect();
    let mut acknowledged = Vec::new();
    server.kill9();
    for (number, place) in (0..rounds()).flat_map(|_| PLACES).enumerate() {
        server.set(VARIABLE, Some(&format!("{place}={}", count_for(place))));
        server.restart();
        server.set(VARIABLE, None);
        acknowledged.extend(load(&owner, &room, number));
        assert_eq!(server.wait_exit(DEATH_MAX).signal(), Some(SIGABRT), "{place}: it ended itself");
    }
    server.restart();
    owner.say(&room, END);
    let chains: Vec<Chain> = chains.into_iter().map(|chain| chain.join().expect("a client")).collect();
    let history = owner.history(&room, 100);
    let expected: Vec<(&str, &str)> = history
        .iter()
        .rev()
        .map(|message| (message["message_id"].as_str().expect("an id"), message["content"].as_str().expect("text")))
        .collect();
    for content in &acknowledged {
        assert!(expected.iter().any(|(_, stored)| stored == content), "{content} was acknowledged");
    }
    for chain in &chains {
        assert!(chain.connections > PLACES.len() / 2, "{} connections", chain.connections);
        assert_eq!(chain.messages(), expected, "{}: every message once, in order", chain.user.name);
        assert_eq!(chain.told, chains[0].told, "{}: the same stream as everybody's", chain.user.name);
    }
}

/// Writes until the server is gone; contents that were acknowledged.
fn load(owner: &User, room: &Room, number: usize) -> Vec<String> {
    let never = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| {
            let (user, room, never) = (owner.clone(), room.clone(), Arc::clone(&never));
            let name = format!("crash {number} writer {n}");
            thread::spawn(move || write(&user, &room, &name, &never))
        })
        .collect();
    govern(&owner.clone(), &room.guild, &format!("crash {number}"));
    let mut contents = Vec::new();
    for writer in writers {
        let Written { acknowledged, .. } = writer.join().expect("a writer");
        contents.extend(acknowledged.into_iter().map(|(content, _)| content));
    }
    contents
}
