//! The ephemeral lane of a connection whose reader pauses (§6.6).

use std::collections::BTreeSet;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::text;
use crate::harness::{Opcode, PROMPT_MAX, Room, Server, User, read_frame};

/// Guilds that everybody shares: with three users who come and go these are 270 keys.
const GUILDS: usize = 90;
/// GW-44.
const KEYS_MAX: usize = 256;
/// A message that was not handed to the socket for this long waits for the reader.
const BLOCKED: Duration = Duration::from_secs(1);
/// More than the socket's buffers take, a few at a time: what waits then is far from the bounds of the queue.
const MESSAGES_MAX: usize = 2_000;
const MESSAGES_PER_STEP: usize = 8;

const EMITTED: &str = "filament_gateway_events_emitted_total";
const DROPPED: &str = "filament_gateway_events_dropped_total";
const PRESENCE: [(&str, &str); 2] = [("scope", "guild"), ("event_type", "presence_update")];

/// A connection that reads only when it is told to.
struct Reader(BufReader<TcpStream>);

impl Reader {
    fn open(user: &User) -> Self {
        let link = user.dial().open_unread();
        // The less the reader's system keeps, the sooner the server notices; less than this and reading on takes its time.
        socket2::SockRef::from(link.get_ref()).set_recv_buffer_size(262_144).expect("a socket option");
        link.get_ref().set_read_timeout(Some(PROMPT_MAX)).expect("a socket option");
        Self(link)
    }

    fn subscribe(&mut self, room: &Room) {
        let d = json!({"guild_id": room.guild, "channel_id": room.id});
        let command = text(json!({"v": 1, "t": "subscribe", "d": d}).to_string()).encode();
        self.0.get_mut().write_all(&command).expect("a write");
    }

    /// The next event.
    fn next(&mut self) -> Value {
        loop {
            match read_frame(&mut self.0).expect("a frame in time") {
                (Opcode::Text, payload) => return serde_json::from_slice(&payload).expect("JSON"),
                (Opcode::Ping, _) => {}
                other => panic!("not an event: {other:?}"),
            }
        }
    }

    /// Reads until a user's presence was told in every guild.
    fn is_told(&mut self, user: &User, status: &str) {
        let mut guilds = BTreeSet::new();
        while guilds.len() < GUILDS {
            let event = self.next();
            if is_presence(&event) && event["d"]["user_id"] == *user.id && event["d"]["status"] == status {
                guilds.insert(event["d"]["guild_id"].to_string());
            }
        }
    }
}

fn is_presence(event: &Value) -> bool {
    event["t"] == "presence_update"
}

/// Posts until a message is not handed to the socket any more; how many were posted.
fn post_until_blocked(server: &Server, user: &User, room: &Room) -> usize {
    let delivered = || server.metric("filament_gateway_delivery_seconds_count", &[("class", "durable")]);
    let before = delivered();
    let content = "中".repeat(2_000);
    for step in 1..=MESSAGES_MAX / MESSAGES_PER_STEP {
        (0..MESSAGES_PER_STEP).for_each(|_| drop(user.say(room, &content)));
        let posted = step * MESSAGES_PER_STEP;
        let deadline = Instant::now() + BLOCKED;
        while delivered() < before + posted as f64 - 0.5 {
            if Instant::now() > deadline {
                return posted;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
    panic!("the socket took {MESSAGES_MAX} messages and more");
}

/// Proves GW-44: while nothing can be written, of each key the newest value waits, of 256 keys at most; what gives way is the oldest key,
/// and whatever is not written is counted. Durable events go first and lose nothing.
#[test]
fn newest_presence_of_at_most_256_keys_waits_for_a_paused_reader() {
    let server = Server::with_env(&[
        ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000"),
        ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", "1000000"),
        ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_USER", "1000000"),
        ("FILAMENT_GATEWAY_INGRESS_EVENTS_PER_WINDOW", "10000"),
    ]);
    let [owner, a, b, c] = ["owner", "user_a", "user_b", "user_c"].map(|name| server.user(name));
    let rooms: Vec<Room> =
        (0..GUILDS).map(|n| owner.create_text(&owner.create_guild(&format!("guild {n}"), "public"), "T")).collect();
    let join_all = |user: &User| rooms.iter().for_each(|room| user.join(&room.guild));
    [&a, &b, &c].into_iter().for_each(join_all);
    let mut reader = Reader::open(&owner);
    rooms.iter().for_each(|room| reader.subscribe(room));
    for _ in 0..GUILDS {
        while reader.next()["t"] != "voice_participant_sync" {}
    }
    // Behind what a coming and going tells stands nothing older, the reader's own presence neither.
    let mut first = a.connect();
    reader.is_told(&a, "online");
    first.close(1000);
    reader.is_told(&a, "offline");

    let told = server.metric(EMITTED, &PRESENCE);
    let told_becomes = |keys: usize| server.metric_becomes(EMITTED, &PRESENCE, told + keys as f64);
    let dropped_become = |reason: &str, count: usize| {
        let labels = [PRESENCE[0], PRESENCE[1], ("reason", reason)];
        server.metric_becomes(DROPPED, &labels, count as f64);
    };
    let posted = post_until_blocked(&server, &owner, &rooms[0]);
    let _a = a.connect();
    let _b = b.connect();
    told_becomes(2 * GUILDS);
    let mut third = c.connect();
    told_becomes(3 * GUILDS);
    dropped_become("full_queue", 3 * GUILDS - KEYS_MAX);
    dropped_become("coalesced", 0);
    third.close(1000);
    told_becomes(4 * GUILDS);
    dropped_become("full_queue", 3 * GUILDS - KEYS_MAX);
    dropped_become("coalesced", GUILDS);

    let mut messages = 0;
    while messages < posted {
        let event = reader.next();
        assert_eq!(event["t"], "message_create", "the queue goes before the lane");
        messages += 1;
    }
    let waited: Vec<Value> = (0..KEYS_MAX).map(|_| reader.next()).collect();
    assert!(waited.iter().all(is_presence));
    let keys: BTreeSet<String> =
        waited.iter().map(|event| format!("{}{}", event["d"]["guild_id"], event["d"]["user_id"])).collect();
    assert_eq!(keys.len(), KEYS_MAX, "of each key one value");
    for event in &waited {
        let newest = if event["d"]["user_id"] == *c.id { "offline" } else { "online" };
        assert_eq!(event["d"]["status"], newest, "{event}");
    }
    assert_eq!(waited.iter().filter(|event| event["d"]["user_id"] == *c.id).count(), GUILDS, "the oldest gave way");
    owner.say(&rooms[0], "sentinel");
    let next = reader.next();
    assert_eq!((&next["t"], &next["d"]["content"]), (&json!("message_create"), &json!("sentinel")), "and nothing else");
}
