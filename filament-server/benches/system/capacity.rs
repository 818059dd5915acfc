//! What the released server costs while nothing happens, what a connect costs, and how many durable messages REST takes.

use std::time::{Duration, Instant};

use crate::{
    client::{Http, gateway, guild, subscribe, user},
    whole::{Build, Whole, members, post},
};

/// Connections held open for the memory figure.
const IDLE_CONNECTIONS: usize = 5_000;

/// Gateway connections one user may have (GW-4).
const CONNECTIONS_PER_USER: usize = 32;

/// How long each REST figure is measured.
const POSTING: Duration = Duration::from_secs(5);

/// Turns of each of two builds.
const TURNS: usize = 3;

/// Resident bytes per idle, subscribed connection, and CPU per connect (handshake, `ready`, subscribe, its answers).
pub(crate) async fn idle() {
    let whole = Whole::start("idle");
    let server = &whole.server;
    let mut owner = user(server, "owner").await;
    let (guild_id, channel_id) = guild(&mut owner).await;
    let members = members(server, &guild_id, IDLE_CONNECTIONS.div_ceil(CONNECTIONS_PER_USER)).await;
    let mut open = Vec::with_capacity(IDLE_CONNECTIONS);
    let warm_up = CONNECTIONS_PER_USER;
    let (mut resident, mut cpu) = (0, 0.0);
    for n in 0..IDLE_CONNECTIONS + warm_up {
        if n == warm_up {
            (resident, cpu) = (server.resident_bytes(), server.cpu_seconds());
        }
        let token = &members[n.saturating_sub(warm_up) / CONNECTIONS_PER_USER].token;
        let token = if n < warm_up { &owner.token } else { token };
        let mut stream = gateway(server, token).await;
        subscribe(&mut stream, &guild_id, &channel_id).await;
        open.push(stream.into_inner());
    }
    let connects = IDLE_CONNECTIONS as f64;
    println!("server CPU per connect and subscribe: {:.0} µs", (server.cpu_seconds() - cpu) / connects * 1e6);
    let per_connection = |bytes: usize| bytes.saturating_sub(resident) as f64 / connects;
    println!("resident memory per connection, just connected: {:.0} bytes", per_connection(server.resident_bytes()));
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!(
        "resident memory per idle connection: {:.0} bytes ({IDLE_CONNECTIONS} open)",
        per_connection(server.resident_bytes())
    );
}

/// Durable message creates per second over REST, by number of clients that each wait for their answer. With another build, both take
/// turns.
pub(crate) async fn creates(other: Option<&str>) {
    for clients in [1, 8, 32] {
        let Some(other) = other else {
            post_for_a_while(Build::this(), clients).await;
            continue;
        };
        for _ in 0..TURNS {
            post_for_a_while(Build::this(), clients).await;
            post_for_a_while(Build::other(other), clients).await;
        }
    }
}

async fn post_for_a_while(build: Build, clients: usize) {
    let name = build.name;
    let whole = Whole::start_build(build, "creates");
    let server = &whole.server;
    let mut owner = user(server, "owner").await;
    let (guild_id, channel_id) = guild(&mut owner).await;
    let (started, cpu) = (Instant::now(), server.cpu_seconds());
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let mut http = Http::connect(server, &owner.token).await;
        let (guild_id, channel_id) = (guild_id.clone(), channel_id.clone());
        tasks.push(tokio::spawn(async move {
            let mut count = 0_u32;
            while started.elapsed() < POSTING {
                post(&mut http, &guild_id, &channel_id).await;
                count += 1;
            }
            count
        }));
    }
    let mut count = 0;
    for task in tasks {
        count += task.await.expect("no client fails");
    }
    let per_second = f64::from(count) / started.elapsed().as_secs_f64();
    let cpu_each = (server.cpu_seconds() - cpu) / f64::from(count) * 1e6;
    println!(
        "durable creates over REST, {clients} clients, {name}: {per_second:.0}/s, server CPU {cpu_each:.0} µs each"
    );
}
