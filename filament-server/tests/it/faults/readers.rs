//! Readers that stop: nobody else notices.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;

use crate::harness::{Opcode, RawFrame, Room, Server, User, read_frame};

/// Readers of the channel beside the one that stops; at most 32 connections a user.
const READERS: usize = 100;
const READERS_PER_USER: usize = 25;

/// Messages of about 12 kB each on the wire: together more than what the kernel buffers for a reader that stopped.
const MESSAGES: usize = 1_000;

/// How long one reader waits for the next frame before the test fails.
const FRAME_MAX: Duration = Duration::from_secs(30);

/// A member's connection that is subscribed and from now on only read by `ids`.
fn subscribed(user: &User, room: &Room) -> BufReader<TcpStream> {
    let mut link = user.dial().open_unread();
    let command = json!({"v": 1, "t": "subscribe", "d": {"guild_id": room.guild, "channel_id": room.id}}).to_string();
    link.get_mut().write_all(&RawFrame::new(Opcode::Text, command).encode()).expect("the server reads");
    link.get_mut().set_read_timeout(Some(FRAME_MAX)).expect("a socket");
    link
}

/// Reads until `count` messages came; their ids in the order of arrival, and the connection, still open.
fn ids(mut link: BufReader<TcpStream>, count: usize) -> JoinHandle<(Vec<String>, BufReader<TcpStream>)> {
    thread::spawn(move || {
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let (opcode, payload) = read_frame(&mut link).expect("the next frame");
            let text = String::from_utf8(payload).expect("text");
            if opcode == Opcode::Text && text.contains("\"t\":\"message_create\"") {
                let (_, from_id) = text.split_once("\"message_id\":\"").expect("an id");
                ids.push(from_id[..26].to_owned());
            }
        }
        (ids, link)
    })
}

/// Resident memory of the server, bytes.
fn resident_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).expect("kB") * 1_024
}

/// Proves GW-43, GW-45, ORD-1, ORD-2: a reader that stops is closed as a slow consumer and costs no more than its queue; a hundred others get
/// every message, once, in one order.
#[test]
fn reader_that_stops_is_closed_in_bounded_memory_while_a_hundred_others_miss_nothing() {
    let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")]);
    let owner = server.user("owner");
    let guild = owner.create_guild("readers", "public");
    let room = owner.create_text(&guild, "readers");
    let members: Vec<User> = (0..=READERS / READERS_PER_USER).map(|n| server.user(&format!("reader_{n}"))).collect();
    members.iter().for_each(|member| member.join(&guild));
    let stopped = subscribed(&members[READERS / READERS_PER_USER], &room);
    let readers: Vec<_> =
        (0..READERS).map(|n| ids(subscribed(&members[n / READERS_PER_USER], &room), MESSAGES)).collect();
    server.metric_becomes("filament_gateway_subscriptions", &[], (READERS + 1) as f64);
    let before = resident_bytes(&server);

    let content = "中".repeat(2_000);
    let posted: Vec<String> =
        (0..MESSAGES).map(|_| owner.say(&room, &content)["message_id"].as_str().expect("an id").to_owned()).collect();
    let mut open = Vec::with_capacity(READERS);
    for reader in readers {
        let (ids, link) = reader.join().expect("a reader");
        assert_eq!(ids, posted, "every message, once, in the order of commits");
        open.push(link);
    }
    server.metric_becomes("filament_ws_disconnects_total", &[("reason", "slow_consumer")], 1.0);
    server.metric_becomes("filament_gateway_subscriptions", &[], READERS as f64);
    let grown = resident_bytes(&server).saturating_sub(before);
    assert!(grown < 64 << 20, "memory grew by {grown} bytes over a reader that stopped");
    let rest = stopped.bytes().map_while(Result::ok).count();
    assert!(rest < MESSAGES * content.len(), "what the kernel held for it is not everything");
}
