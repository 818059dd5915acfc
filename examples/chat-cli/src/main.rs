//! A chat in the terminal, on `filament-protocol`.
//!
//! What is said goes to standard output as `name: text`, everything else to standard error, so both ends can be piped.
//! `api` is REST, `gateway` is WebSocket, `room` finds the place, `listen` prints, and resumes where it stood.

mod api;
mod gateway;
mod listen;
mod room;

use api::{Api, Failure};
use clap::Parser;
use filament_protocol::{Message, MessageId};
use hyper::Uri;
use listen::Listener;
use room::Room;
use serde_json::json;
use std::collections::HashMap;
use std::io::BufRead as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{Notify, mpsc, watch};

/// How many lines may wait while one is posted.
const LINES_MAX: usize = 16;
/// How long to wait, after the last line was posted, until it was heard.
const LAST_WORD_TIME_MAX: Duration = Duration::from_secs(10);

/// Talk in a channel: each line of standard input is a message.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: Uri,
    /// User name: 3 to 32 letters, digits, `_` and `.`; registered if it is free.
    #[arg(long)]
    user: String,
    /// Password: 12 to 128 characters.
    #[arg(long)]
    password: String,
    /// Guild by name: one of the user's, else a public one to join, else a new public one.
    #[arg(long, default_value = "Workshop")]
    guild: String,
    /// Text channel by name; made if there is none and the user may.
    #[arg(long, default_value = "general")]
    channel: String,
    /// Go on listening after standard input has ended.
    #[arg(long)]
    stay: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match chat(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("* {why}");
            ExitCode::FAILURE
        }
    }
}

async fn chat(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { server, user, password, guild, channel, stay } = arguments;
    let authority = server.authority().ok_or("--server looks like http://127.0.0.1:8080")?;
    let api = Arc::new(Api::log_in(authority.as_str(), &user, &password).await?);
    let room = Room::enter(&api, &guild, &channel).await?;
    eprintln!("* in #{channel} of {guild} (guild {}, channel {})", room.guild_id, room.channel_id);

    let (seen, mut heard) = watch::channel(None);
    let leave = Arc::new(Notify::new());
    let (names, cursor) = (HashMap::new(), None);
    let listener = Listener { api: Arc::clone(&api), room, seen, leave: Arc::clone(&leave), names, cursor };
    let mut listening = tokio::spawn(listener.run());
    let talk = async {
        let (last, failures) = speak(&api, room).await;
        if stay {
            std::future::pending::<()>().await;
        }
        let is_heard = heard.wait_for(|newest| *newest >= last);
        if tokio::time::timeout(LAST_WORD_TIME_MAX, is_heard).await.is_err() {
            eprintln!("* left before the last line was heard");
        }
        failures
    };
    let failures = tokio::select! {
        end = &mut listening => return end?,
        failures = talk => failures,
        _ = tokio::signal::ctrl_c() => 0,
    };
    leave.notify_one();
    listening.await??;
    if failures == 0 { Ok(()) } else { Err(format!("{failures} lines were not said").into()) }
}

/// Posts standard input, line by line, until it ends. Returns the last message that was stored and how many were not.
///
/// It posts over REST rather than over the gateway: the answer says that the message is stored, and with a key of its own
/// a post whose answer was lost can be repeated without being said twice.
async fn speak(api: &Api, room: Room) -> (Option<MessageId>, u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let run = format!("{:x}-{:x}", now.as_nanos(), std::process::id());
    let mut lines = standard_input();
    let (mut last, mut number, mut failures) = (None, 0_u64, 0);
    while let Some(line) = lines.recv().await {
        if line.is_empty() {
            continue;
        }
        number += 1;
        let (key, body) = (format!("{run}-{number}"), json!({ "content": line }));
        match api.post::<Message>(&room.messages(), Some(&key), Some(&body)).await {
            Ok(message) => last = Some(message.message_id),
            Err(error) => {
                failures += 1;
                eprintln!("* not said: {error}");
            }
        }
    }
    (last, failures)
}

/// The lines of standard input. A thread reads them, since nothing can interrupt that reading.
fn standard_input() -> mpsc::Receiver<String> {
    let (tx, rx) = mpsc::channel(LINES_MAX);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tx.blocking_send(line).is_err() {
                break;
            }
        }
    });
    rx
}
