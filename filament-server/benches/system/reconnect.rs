//! Everybody loses the server at once and comes back: 5,000 connections with `batch` and `resume`, a restart, and the wait that each was
//! told (GW-50, RES-16). No client may miss or double a message, before, while or after it comes back; how long it takes until all have
//! caught up, and how long the queue of connections not yet accepted gets, is printed.
//!
//! Messages carry numbers without a gap. A client fails at one that is not the next; one that never comes leaves it behind, and the run ends
//! with the count of those. They all stay connected until the last one has caught up, and then hear one more.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use filament_protocol::CloseReason;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinHandle,
};

use crate::{
    client::{Http, guild, user},
    whole::{Whole, members},
};

/// Connections that are lost at once, unless `--clients` says otherwise.
pub(crate) const CLIENTS: usize = 5_000;
/// Gateway connections one user may have (GW-4).
const CONNECTIONS_PER_USER: usize = 32;
/// Messages before the restart, after it while clients come back, and when all are back.
const MESSAGES: [usize; 3] = [20, 100, 1];
/// The number of the last message of each of these.
const UP_TO: [usize; 3] = [MESSAGES[0], MESSAGES[0] + MESSAGES[1], MESSAGES[0] + MESSAGES[1] + MESSAGES[2]];
/// Open files of the load and of the server beside the clients' sockets.
const OTHER_FILES: usize = 200;
/// How long a client waits that was told nothing: the default of §6.5.
const RETRY_MS: u64 = 5_000;
/// How long each part of it may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Time between two messages after the restart: together three seconds of the five over which clients come back.
const BETWEEN: Duration = Duration::from_millis(30);

/// What all clients tell.
#[derive(Default)]
struct Tally {
    /// Clients that have heard the last message of each part.
    arrived: [AtomicUsize; MESSAGES.len()],
    /// Attempts to connect, and those that came to nothing: refused, closed with 4401, reset.
    attempts: AtomicUsize,
    failed: AtomicUsize,
    /// Clients whose stream began anew: they would have to fetch.
    reset: AtomicUsize,
    /// When each had caught up after it came back (`caught_up`).
    caught_up: Mutex<Vec<Instant>>,
}

impl Tally {
    /// Waits until `count` clients have heard all messages of a part.
    async fn heard_by_all(&self, part: usize, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let arrived = self.arrived[part].load(Ordering::Relaxed);
            if arrived == count {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{} of {count} clients never heard message {}",
                count - arrived,
                UP_TO[part]
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Where the messages are.
struct Place {
    guild_id: String,
    channel_id: String,
}

/// One client: where to connect as whom, and how far it was told.
struct Client {
    address: SocketAddr,
    path: String,
    cursor: Option<String>,
    /// The number of the last message.
    told: usize,
    tally: Arc<Tally>,
}

impl Client {
    /// Connects and reads, again and again, until everything was heard.
    async fn run(mut self) {
        while let Err(wait_ms) = self.connected().await {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    /// One connection's life, until the last message of all.
    ///
    /// # Errors
    /// How long to wait before the next one, milliseconds.
    async fn connected(&mut self) -> Result<(), u64> {
        self.tally.attempts.fetch_add(1, Ordering::Relaxed);
        let mut stream = match self.upgraded().await {
            Ok(stream) => stream,
            Err(wait_ms) => {
                self.tally.failed.fetch_add(1, Ordering::Relaxed);
                return Err(wait_ms);
            }
        };
        let mut is_ready = false;
        while self.told < UP_TO[2] {
            let Ok((opcode, payload)) = frame(&mut stream).await else {
                self.tally.failed.fetch_add(usize::from(!is_ready), Ordering::Relaxed);
                return Err(RETRY_MS);
            };
            match opcode {
                1 => {
                    is_ready = true;
                    self.take(&serde_json::from_slice(&payload).expect("JSON"));
                }
                8 => {
                    self.tally.failed.fetch_add(usize::from(!is_ready), Ordering::Relaxed);
                    let reason = payload.get(2..).map(String::from_utf8_lossy).unwrap_or_default();
                    return Err(CloseReason::retry_after_ms_of(&reason).map_or(RETRY_MS, u64::from));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A connection whose upgrade the server has taken.
    async fn upgraded(&self) -> Result<BufReader<TcpStream>, u64> {
        let Ok(stream) = TcpStream::connect(self.address).await else { return Err(RETRY_MS) };
        let cursor = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let request = format!(
            "GET {}{cursor} HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            self.path
        );
        let mut stream = BufReader::with_capacity(4_096, stream);
        stream.get_mut().write_all(request.as_bytes()).await.map_err(|_| RETRY_MS)?;
        match refused(&mut stream).await {
            Some(wait_ms) => Err(wait_ms),
            None => Ok(stream),
        }
    }

    fn take(&mut self, frame: &Value) {
        if frame["t"] != "batch" {
            return;
        }
        for event in frame["d"]["events"].as_array().expect("events") {
            match event["t"].as_str() {
                Some("message_create") => self.hear(&event["d"]),
                Some("reset") => drop(self.tally.reset.fetch_add(1, Ordering::Relaxed)),
                Some("caught_up") => self.tally.caught_up.lock().expect("no panic").push(Instant::now()),
                _ => {}
            }
        }
        if let Some(cursor) = frame["d"]["cursor"].as_str() {
            self.cursor = Some(cursor.to_owned());
        }
    }

    /// A message: the next one.
    fn hear(&mut self, message: &Value) {
        let number: usize = message["content"].as_str().and_then(|text| text.parse().ok()).expect("a number");
        assert_eq!(number, self.told + 1, "a message is missing, doubled or out of order");
        self.told = number;
        if let Some(part) = UP_TO.iter().position(|last| *last == number) {
            self.tally.arrived[part].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Reads the head of the answer. Nothing if it is an upgrade, else how long to wait.
async fn refused(stream: &mut BufReader<TcpStream>) -> Option<u64> {
    let (mut line, mut status, mut wait_ms) = (String::new(), 0, RETRY_MS);
    loop {
        line.clear();
        match stream.read_line(&mut line).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return Some(RETRY_MS),
        }
        if status == 0 {
            status = line.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        }
        if let Some(secs) = line.to_ascii_lowercase().strip_prefix("retry-after:") {
            wait_ms = secs.trim().parse::<u64>().map_or(RETRY_MS, |secs| secs * 1_000);
        }
        if line == "\r\n" {
            return (status != 101).then_some(wait_ms);
        }
    }
}

/// Reads a frame of the server's.
async fn frame(stream: &mut BufReader<TcpStream>) -> std::io::Result<(u8, Vec<u8>)> {
    let first = stream.read_u8().await?;
    let length = match stream.read_u8().await? {
        126 => usize::from(stream.read_u16().await?),
        127 => usize::try_from(stream.read_u64().await?).unwrap_or(usize::MAX),
        short => usize::from(short),
    };
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    Ok((first & 15, payload))
}

/// Connections that the system holds for a listener that has not accepted them yet (`/proc/net/tcp`, state LISTEN).
fn not_accepted(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
    let local = format!(":{port:04X}");
    let listening = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut queues = listening.filter(|row| row.len() > 4 && row[1].ends_with(&local) && row[3] == "0A");
    queues.next().and_then(|row| usize::from_str_radix(row[4].split(':').nth(1)?, 16).ok()).unwrap_or(0)
}

/// How often the system had no room for a connection in the queue of a listener, any listener, since it runs (`/proc/net/netstat`).
fn overflows() -> u64 {
    let table = std::fs::read_to_string("/proc/net/netstat").expect("Linux");
    let mut rows = table.lines().filter_map(|line| line.strip_prefix("TcpExt:"));
    let (names, values) = (rows.next().expect("names"), rows.next().expect("values"));
    let mut pairs = names.split_whitespace().zip(values.split_whitespace());
    pairs.find(|(name, _)| *name == "ListenOverflows").and_then(|(_, value)| value.parse().ok()).expect("a count")
}

/// Looks at the queue of connections not yet accepted until it is stopped.
struct Watcher {
    watching: Arc<AtomicBool>,
    longest: std::thread::JoinHandle<usize>,
}

impl Watcher {
    fn start(port: u16) -> Self {
        let watching = Arc::new(AtomicBool::new(true));
        let still = Arc::clone(&watching);
        let longest = std::thread::spawn(move || {
            let mut longest = 0;
            while still.load(Ordering::Relaxed) {
                longest = longest.max(not_accepted(port));
                std::thread::sleep(Duration::from_millis(10));
            }
            longest
        });
        Self { watching, longest }
    }

    /// The longest that was seen.
    fn stop(self) -> usize {
        self.watching.store(false, Ordering::Relaxed);
        self.longest.join().expect("the watcher")
    }
}

/// Fails, and says what to do, if the load or the server may not have so many sockets open.
fn assert_files(count: usize) {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("Linux");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    let may: usize = line.split_whitespace().nth(3).and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let needed = count + OTHER_FILES;
    assert!(may >= needed, "{needed} open files are needed and {may} allowed: `ulimit -n {needed}` before this");
}

/// Connects all clients; returns when the server has them and has told what it tells to begin with.
async fn connect(whole: &Whole, count: usize, place: &Place, tally: &Arc<Tally>) -> Vec<JoinHandle<()>> {
    let members = members(&whole.server, &place.guild_id, count.div_ceil(CONNECTIONS_PER_USER)).await;
    let mut clients = Vec::with_capacity(count);
    for n in 0..count {
        let token = &members[n / CONNECTIONS_PER_USER].token;
        let Place { guild_id, channel_id } = place;
        let path = format!("/gateway/ws?access_token={token}&features=batch,resume&subscribe={guild_id}:{channel_id}");
        let (address, tally) = (whole.server.address, Arc::clone(tally));
        clients.push(tokio::spawn(Client { address, path, cursor: None, told: 0, tally }.run()));
        if n % 64 == 63 {
            wait_for(&format!("{} connections", n + 1), || connections(whole) > n).await;
        }
    }
    wait_for("all connections", || connections(whole) == count).await;
    tokio::time::sleep(Duration::from_secs(3)).await; // subscriptions are answered, presence is told
    clients
}

/// Runs it.
pub(crate) async fn everybody_comes_back(count: usize) {
    assert_files(count);
    let mut whole = Whole::start("reconnect");
    let mut owner = user(&whole.server, "owner").await;
    let (guild_id, channel_id) = guild(&mut owner).await;
    let (place, tally) = (Place { guild_id, channel_id }, Arc::new(Tally::default()));
    let clients = connect(&whole, count, &place, &tally).await;
    for number in 1..=UP_TO[0] {
        say(&mut owner, &place, number).await;
    }
    tally.heard_by_all(0, count).await;
    assert_eq!(tally.attempts.load(Ordering::Relaxed), count, "everybody connected once");

    let (overflowed, watcher) = (overflows(), Watcher::start(whole.server.address.port()));
    let lost = Instant::now();
    // On a thread of its own: clients hear their farewells and leave meanwhile.
    let restarted = tokio::task::spawn_blocking(move || {
        whole.restart();
        whole
    });
    let whole = restarted.await.expect("the server is back");
    let back = lost.elapsed();
    let mut poster = Http::connect(&whole.server, &owner.token).await;
    for number in UP_TO[0] + 1..=UP_TO[1] {
        say(&mut poster, &place, number).await;
        tokio::time::sleep(BETWEEN).await;
    }
    let posted = lost.elapsed();
    tally.heard_by_all(1, count).await;
    let heard = lost.elapsed();
    let (longest, overflowed) = (watcher.stop(), overflows() - overflowed);
    // Had somebody been told anything twice after the last message, this would not be next.
    say(&mut poster, &place, UP_TO[2]).await;
    tally.heard_by_all(2, count).await;
    for client in clients {
        client.await.expect("no client misses or doubles a message");
    }
    println!(
        "{count} clients lost the server; it was back after {:.1} s, the last of {} messages posted meanwhile was there after {:.1} s",
        back.as_secs_f64(),
        MESSAGES[1],
        posted.as_secs_f64()
    );
    let mut caught_up = tally.caught_up.lock().expect("no panic").clone();
    caught_up.sort_unstable();
    let at = |percent: usize| (caught_up[(caught_up.len() - 1) * percent / 100] - lost).as_secs_f64();
    println!(
        "caught up, since the server was lost: half after {:.1} s, 99 of 100 after {:.1} s, the last after {:.1} s; \
         all had heard all messages after {:.1} s, none had missed or doubled one",
        at(50),
        at(99),
        at(100),
        heard.as_secs_f64()
    );
    println!(
        "attempts to come back: {}, of which failed {}; streams that began anew: {}; \
         longest queue of connections not yet accepted: {longest}, connections it had no room for: {overflowed}",
        tally.attempts.load(Ordering::Relaxed) - count,
        tally.failed.load(Ordering::Relaxed),
        tally.reset.load(Ordering::Relaxed),
    );
}

async fn say(http: &mut Http, place: &Place, number: usize) {
    let path = format!("/guilds/{}/channels/{}/messages", place.guild_id, place.channel_id);
    http.request("POST", &path, &json!({ "content": number.to_string() })).await;
}

/// Connections the server says it has.
fn connections(whole: &Whole) -> usize {
    whole.metric("filament_gateway_connections{transport=\"ws\"}")
}

async fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
