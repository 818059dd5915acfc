//! Everybody loses the server at once and comes back: 5,000 connections with `batch` and `resume`, a restart, and the wait that each was
//! told (GW-50, RES-16). No client may miss or double a message; how long it takes until all have caught up, and how long the queue of
//! connections not yet accepted gets, is printed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use filament_protocol::CloseReason;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{
    client::{Http, guild, user},
    whole::{Whole, members},
};

/// Connections that are lost at once, unless `--clients` says otherwise.
pub(crate) const CLIENTS: usize = 5_000;
/// Gateway connections one user may have (GW-4).
const CONNECTIONS_PER_USER: usize = 32;
/// Messages before the restart, and after it while clients come back.
const MESSAGES: [usize; 2] = [20, 100];
/// How long a client waits that was told nothing: the default of §6.5.
const RETRY_MS: u64 = 5_000;
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What all clients tell.
#[derive(Default)]
struct Tally {
    /// Clients that have heard so many messages as were posted.
    arrived: AtomicUsize,
    /// Attempts to connect that came to nothing: refused, closed with 4401, reset.
    refused: AtomicUsize,
    /// Clients whose stream began anew: they would have to fetch.
    reset: AtomicUsize,
    /// How many messages there will have been.
    expected: AtomicUsize,
}

/// One client: where to connect as whom, and how far it was told.
struct Client {
    address: std::net::SocketAddr,
    path: String,
    cursor: Option<String>,
    /// The number of the last message.
    told: usize,
    tally: Arc<Tally>,
}

impl Client {
    /// Connects and reads, again and again, until everything was heard.
    async fn run(mut self) {
        loop {
            let wait_ms = match self.connected().await {
                Ok(Some(())) => return,
                Ok(None) => RETRY_MS,
                Err(wait_ms) => wait_ms,
            };
            self.tally.refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    /// One connection's life. Returns the wait it was told, if it was told one.
    async fn connected(&mut self) -> Result<Option<()>, u64> {
        let Ok(stream) = TcpStream::connect(self.address).await else { return Ok(None) };
        let cursor = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let request = format!(
            "GET {}{cursor} HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            self.path
        );
        let mut stream = BufReader::with_capacity(4_096, stream);
        if stream.get_mut().write_all(request.as_bytes()).await.is_err() {
            return Ok(None);
        }
        if let Some(wait_ms) = refused(&mut stream).await {
            return Err(wait_ms);
        }
        loop {
            let Ok((opcode, payload)) = frame(&mut stream).await else { return Ok(None) };
            match opcode {
                1 => self.take(&serde_json::from_slice(&payload).expect("JSON")),
                8 => {
                    let reason = payload.get(2..).map(String::from_utf8_lossy).unwrap_or_default();
                    let wait_ms = CloseReason::retry_after_ms_of(&reason).map_or(RETRY_MS, u64::from);
                    return Err(wait_ms);
                }
                _ => {}
            }
            if self.told == self.tally.expected.load(Ordering::Relaxed) {
                self.tally.arrived.fetch_add(1, Ordering::Relaxed);
                if self.told == MESSAGES.iter().sum::<usize>() {
                    return Ok(Some(()));
                }
                self.until_lost(&mut stream).await?;
            }
        }
    }

    /// Reads on when everything so far was heard: the next that comes is the farewell.
    async fn until_lost(&mut self, stream: &mut BufReader<TcpStream>) -> Result<(), u64> {
        while let Ok((opcode, payload)) = frame(stream).await {
            match opcode {
                1 => {
                    self.take(&serde_json::from_slice(&payload).expect("JSON"));
                    return Ok(());
                }
                8 => {
                    let reason = payload.get(2..).map(String::from_utf8_lossy).unwrap_or_default();
                    return Err(CloseReason::retry_after_ms_of(&reason).map_or(RETRY_MS, u64::from));
                }
                _ => {}
            }
        }
        Err(RETRY_MS)
    }

    fn take(&mut self, event: &Value) {
        if event["t"] != "batch" {
            return;
        }
        for event in event["d"]["events"].as_array().expect("events") {
            match event["t"].as_str() {
                Some("message_create") => {
                    let number: usize =
                        event["d"]["content"].as_str().and_then(|text| text.parse().ok()).expect("a number");
                    assert_eq!(number, self.told + 1, "a message is missing, doubled or out of order");
                    self.told = number;
                }
                Some("reset") => {
                    self.tally.reset.fetch_add(1, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        if let Some(cursor) = event["d"]["cursor"].as_str() {
            self.cursor = Some(cursor.to_owned());
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

/// Runs it.
pub(crate) async fn everybody_comes_back(count: usize) {
    let mut whole = Whole::start("reconnect");
    let mut owner = user(&whole.server, "owner").await;
    let (guild_id, channel_id) = guild(&mut owner).await;
    let members = members(&whole.server, &guild_id, count.div_ceil(CONNECTIONS_PER_USER)).await;
    let (tally, address) = (Arc::new(Tally::default()), whole.server.address);
    tally.expected.store(MESSAGES[0], Ordering::Relaxed);
    let mut clients = Vec::with_capacity(count);
    for n in 0..count {
        let token = &members[n / CONNECTIONS_PER_USER].token;
        let path = format!("/gateway/ws?access_token={token}&features=batch,resume&subscribe={guild_id}:{channel_id}");
        let client = Client { address, path, cursor: None, told: 0, tally: Arc::clone(&tally) };
        clients.push(tokio::spawn(client.run()));
        if n % 64 == 63 {
            wait_for(&format!("{} connections", n + 1), || connections(&whole) > n).await;
        }
    }
    wait_for("all connections", || connections(&whole) == count).await;
    tokio::time::sleep(Duration::from_secs(3)).await; // subscriptions are answered, presence is told
    for number in 1..=MESSAGES[0] {
        say(&mut owner, &guild_id, &channel_id, number).await;
    }
    wait_for("everybody heard the first messages", || tally.arrived.load(Ordering::Relaxed) == count).await;
    tally.arrived.store(0, Ordering::Relaxed);
    tally.expected.store(MESSAGES.iter().sum(), Ordering::Relaxed);

    let lost = Instant::now();
    whole.restart();
    let back = lost.elapsed();
    let (watching, port) = (Arc::new(AtomicBool::new(true)), address.port());
    let watcher = std::thread::spawn({
        let watching = Arc::clone(&watching);
        move || {
            let mut longest = 0;
            while watching.load(Ordering::Relaxed) {
                longest = longest.max(not_accepted(port));
                std::thread::sleep(Duration::from_millis(10));
            }
            longest
        }
    });
    let mut poster = Http::connect(&whole.server, &owner.token).await;
    for number in MESSAGES[0] + 1..=MESSAGES.iter().sum() {
        say(&mut poster, &guild_id, &channel_id, number).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let posted = lost.elapsed();
    let all = async {
        for client in clients {
            client.await.expect("no client misses or doubles a message");
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("all catch up");
    let caught_up = lost.elapsed();
    watching.store(false, Ordering::Relaxed);
    println!(
        "{count} clients lost the server; it was back after {:.1} s, the last of {} messages posted meanwhile was there after {:.1} s",
        back.as_secs_f64(),
        MESSAGES[1],
        posted.as_secs_f64()
    );
    println!("all had caught up after {:.1} s, none had missed or doubled a message", caught_up.as_secs_f64());
    println!(
        "attempts that had to be repeated: {}; streams that began anew: {}; longest queue of connections not yet accepted: {}",
        tally.refused.load(Ordering::Relaxed).saturating_sub(count),
        tally.reset.load(Ordering::Relaxed),
        watcher.join().expect("the watcher")
    );
}

async fn say(http: &mut Http, guild_id: &str, channel_id: &str, number: usize) {
    let path = format!("/guilds/{guild_id}/channels/{channel_id}/messages");
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
