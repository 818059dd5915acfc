//! A profile that changes, and a thousand co-members who see it: from the request to the last of them.
//!
//! Every co-member is a user of their own with one connection and no subscription: `PEERS(u)` asks for none.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::{io::BufReader, net::TcpStream};

use crate::{
    client::{Http, frame, frame_bytes, gateway, guild, user},
    load::{Received, settle},
    whole::{Whole, members},
};

/// Times from sending the request to the last co-member having the event, and what a change costs the server.
pub(crate) async fn changes(co_members: usize, changes: usize) {
    let whole = Whole::start("profiles");
    let server = &whole.server;
    let mut owner = user(server, "owner").await;
    let (guild_id, _) = guild(&mut owner).await;
    let members = members(server, &guild_id, co_members).await;
    let received = Received::new();
    let mut first = gateway(server, &members[0].token).await;
    for member in &members[1..] {
        received.watch(gateway(server, &member.token).await.into_inner());
    }
    // The server has closed the first one meanwhile, as it was idle.
    let mut owner = Http::connect(server, &owner.token).await;
    // Every text is as long as every other, and so is every event.
    owner.request("PATCH", "/users/me/profile", &json!({ "about_markdown": "change 000000" })).await;
    let one = told(&mut first).await;
    received.watch(first.into_inner());
    settle(&received).await;

    let (before, all) = (received.bytes(), one * co_members);
    owner.request("PATCH", "/users/me/profile", &json!({ "about_markdown": "change 000001" })).await;
    received.reach(before + all).await;
    settle(&received).await;
    assert_eq!(received.bytes() - before, all, "each co-member is told once, and of nothing else");

    let mut times: Vec<Duration> = Vec::with_capacity(changes);
    let cpu = server.cpu_seconds();
    for n in 2..changes + 2 {
        let (base, sent) = (received.bytes(), Instant::now());
        let about = format!("change {n:06}");
        owner.request("PATCH", "/users/me/profile", &json!({ "about_markdown": about })).await;
        received.reach(base + all).await;
        times.push(sent.elapsed());
    }
    let cpu = (server.cpu_seconds() - cpu) / changes as f64 * 1e6;
    times.sort_unstable();
    let at = |percent: usize| times[(changes * percent / 100).min(changes - 1)].as_secs_f64() * 1e3;
    println!(
        "profile change seen by {co_members} co-members: median {:.2} ms, p99 {:.2} ms, longest {:.2} ms; server CPU {cpu:.0} µs each \
         ({changes} changes, one after the other, events of {one} bytes)",
        at(50),
        at(99),
        at(100)
    );
}

/// Reads until the change is told. Returns how many bytes that took on the wire.
async fn told(stream: &mut BufReader<TcpStream>) -> usize {
    loop {
        let event = frame(stream).await;
        if event["t"] == "profile_update" {
            return frame_bytes(&event);
        }
    }
}
