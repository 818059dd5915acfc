//! The released server, from the outside: REST in, frames out.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    SUBSCRIBERS,
    client::{self, Http, frame, gateway, guild, subscribe, user},
    load::{Received, Subject, Trigger},
    process::Server,
};

/// Gateway connections one user may have (GW-4).
const CONNECTIONS_PER_USER: usize = 32;

/// Text of every message, chosen so that its event is near 350 bytes.
const TEXT: &str = "Hello there, can somebody look at the build?";

/// One build of the server.
pub(crate) struct Build {
    pub(crate) name: &'static str,
    program: String,
}

impl Build {
    /// The build this benchmark belongs to.
    pub(crate) fn this() -> Self {
        Self { name: "whole", program: env!("CARGO_BIN_EXE_filament-server").to_owned() }
    }

    /// One to compare it with.
    pub(crate) fn other(program: &str) -> Self {
        Self { name: "other", program: program.to_owned() }
    }
}

/// A server with its own data folder and with limits that let one machine be the whole load.
pub(crate) struct Whole {
    pub(crate) server: Server,
    build: Build,
    data: Data,
}

/// A folder that goes when it is dropped.
struct Data(std::path::PathBuf);

impl Whole {
    pub(crate) fn start(name: &str) -> Self {
        Self::start_build(Build::this(), name)
    }

    pub(crate) fn start_build(build: Build, name: &str) -> Self {
        let folder = format!("filament-bench-{}-{}-{name}", std::process::id(), build.name);
        let data = Data(std::env::temp_dir().join(folder));
        let server = Self::serve(&build, &data, SocketAddr::from(([127, 0, 0, 1], 0)));
        Self { server, build, data }
    }

    /// Ends the server in order and starts it again on the same folder and port.
    pub(crate) fn restart(&mut self) {
        self.server.end_in_order();
        self.server = Self::serve(&self.build, &self.data, self.server.address);
    }

    /// A series of `/metrics`, by name and labels as they are written there.
    pub(crate) fn metric(&self, series: &str) -> usize {
        let mut stream = TcpStream::connect(self.server.address).expect("the server listens");
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
            .expect("the server reads");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no {series} in {text}"))
    }

    fn serve(build: &Build, data: &Data, address: SocketAddr) -> Server {
        let mut command = Command::new(&build.program);
        command
            .env("FILAMENT_BIND_ADDR", address.to_string())
            .env("FILAMENT_DATA_DIR", &data.0)
            .env("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1000000")
            .env("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "100000")
            .env("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", "100000")
            // The subscribers answer no ping, and a ping would count as bytes delivered.
            .env("FILAMENT_GATEWAY_PING_SECS", "3600")
            .env("FILAMENT_GATEWAY_IDLE_SECS", "7201")
            .env("RUST_LOG", "warn");
        Server::start(&mut command)
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `count` users that are members of the guild.
pub(crate) async fn members(server: &Server, guild_id: &str, count: usize) -> Vec<Http> {
    let mut members = Vec::with_capacity(count);
    for n in 0..count {
        let mut member = user(server, &format!("member_{n}")).await;
        member.request("POST", &format!("/guilds/{guild_id}/join"), &Value::Null).await;
        members.push(member);
    }
    members
}

/// Bytes of one delivery on the wire: what all servers of a comparison write.
pub(crate) async fn frame_bytes() -> usize {
    let whole = Whole::start("size");
    let mut owner = user(&whole.server, "owner").await;
    let (guild_id, channel_id) = guild(&mut owner).await;
    let mut stream = gateway(&whole.server, &owner.token).await;
    subscribe(&mut stream, &guild_id, &channel_id).await;
    post(&mut owner, &guild_id, &channel_id).await;
    loop {
        let event = frame(&mut stream).await;
        if event["t"] == "message_create" {
            return client::frame_bytes(&event);
        }
    }
}

pub(crate) async fn post(http: &mut Http, guild_id: &str, channel_id: &str) {
    http.request("POST", &format!("/guilds/{guild_id}/channels/{channel_id}/messages"), &json!({ "content": TEXT }))
        .await;
}

/// Connections that post into one channel, and the data folder of the server they post to.
pub(crate) struct Posters {
    connections: Vec<Http>,
    guild_id: String,
    channel_id: String,
    _data: Data,
}

impl Posters {
    /// Posts `count` messages at once, and reads the answers.
    pub(crate) async fn post(&mut self, count: usize) {
        let Self { connections, guild_id, channel_id, .. } = self;
        for_all(connections.iter_mut().take(count).map(|poster| post(poster, guild_id, channel_id))).await;
    }
}

/// The released server with its subscribers, and `window` connections that post.
pub(crate) async fn start(build: Build, window: usize) -> Subject {
    let Whole { server, build, data } = Whole::start_build(build, "delivery");
    let mut owner = user(&server, "owner").await;
    let (guild_id, channel_id) = guild(&mut owner).await;
    let members = members(&server, &guild_id, SUBSCRIBERS.div_ceil(CONNECTIONS_PER_USER)).await;
    let received = Received::new();
    for n in 0..SUBSCRIBERS {
        let mut stream = gateway(&server, &members[n / CONNECTIONS_PER_USER].token).await;
        subscribe(&mut stream, &guild_id, &channel_id).await;
        received.watch(stream.into_inner());
    }
    let mut connections = Vec::new();
    for _ in 0..window {
        connections.push(Http::connect(&server, &owner.token).await);
    }
    let trigger = Trigger::Post(Posters { connections, guild_id, channel_id, _data: data });
    Subject { name: build.name, server, received, trigger }
}

/// Drives futures at once, on this task.
async fn for_all(futures: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut pending: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
