//! Prints every event that a connection receives, one envelope per line, and goes on where it stood after a lost connection. The
//! smallest client there is.

use clap::Parser;
use fastwebsockets::{FragmentCollector, OpCode, handshake};
use filament_protocol::event::Event;
use filament_protocol::limits::MESSAGE_BYTES_MAX;
use filament_protocol::text::ResumeCursor;
use filament_protocol::{ChannelId, ClientAction, CloseReason, GuildId, Received, decode_event};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, UPGRADE};
use hyper::{Request, Uri};
use std::error::Error;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// The pause before connecting again, unless the server says another.
const PAUSE: Duration = Duration::from_secs(2);
/// How often in a row it tries in vain.
const ATTEMPTS_MAX: u32 = 30;
/// The code that stands for an end without a close frame, as in browsers.
const BROKEN: u16 = 1006;

/// Print the events of a connection, one envelope per line.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: Uri,
    /// Access token, from `POST /auth/login`.
    #[arg(long)]
    token: String,
    /// Guild of the channels. Without it only events of the user and of the user's guilds arrive.
    #[arg(long, requires = "channel")]
    guild: Option<GuildId>,
    /// Channel to subscribe to; may be given several times.
    #[arg(long, requires = "guild")]
    channel: Vec<ChannelId>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let (mut cursor, mut failures) = (None, 0);
    loop {
        let before = cursor.clone();
        let (code, reason) = match listen(&arguments, &mut cursor).await {
            Ok(closed) => closed,
            // There is nothing to go on with: the first attempt says why.
            Err(error) if cursor.is_none() => return Err(error),
            Err(error) => (BROKEN, error.to_string()),
        };
        eprintln!("closed: {code} {reason}");
        failures = if cursor == before { failures + 1 } else { 0 };
        let is_final = matches!(ClientAction::for_code(code), ClientAction::Stop | ClientAction::StopAndLogIn);
        if is_final || failures >= ATTEMPTS_MAX {
            return Ok(());
        }
        let asked = CloseReason::retry_after_ms_of(&reason).map(|ms| Duration::from_millis(ms.into()));
        sleep(asked.unwrap_or(PAUSE)).await;
    }
}

/// One connection, from its beginning to its end: the code and reason of its close.
async fn listen(arguments: &Arguments, cursor: &mut Option<ResumeCursor>) -> Result<(u16, String), Box<dyn Error>> {
    let authority = arguments.server.authority().ok_or("--server looks like http://127.0.0.1:8080")?.as_str();
    let mut path = "/gateway/ws?features=batch,resume".to_owned();
    for (guild_id, channel_id) in arguments.guild.iter().flat_map(|id| arguments.channel.iter().map(move |it| (id, it)))
    {
        path.push_str(&format!("&subscribe={guild_id}:{channel_id}"));
    }
    if let Some(cursor) = cursor {
        path.push_str(&format!("&cursor={}", cursor.as_str()));
    }
    let request = Request::get(path)
        .header(HOST, authority)
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "upgrade")
        .header("sec-websocket-key", handshake::generate_key())
        .header("sec-websocket-version", "13")
        .header(AUTHORIZATION, format!("Bearer {}", arguments.token))
        .body(Empty::<Bytes>::new())?;
    let stream = TcpStream::connect(authority).await?;
    let (mut socket, _) = handshake::client(&Spawn, request, stream).await?;
    socket.set_max_message_size(MESSAGE_BYTES_MAX + 1);
    let mut socket = FragmentCollector::new(socket);
    loop {
        // Pings and the close are answered by the library.
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text => match decode_event(&frame.payload)? {
                Received::Event(Event::Batch(batch)) => {
                    for event in batch.events {
                        print(event);
                    }
                    *cursor = batch.cursor.or(cursor.take());
                }
                other => print(other),
            },
            OpCode::Close => {
                let (code, reason) = frame.payload.split_at_checked(2).unwrap_or((&[3, 237], b""));
                let code = u16::from_be_bytes([code[0], code[1]]);
                return Ok((code, String::from_utf8_lossy(reason).into_owned()));
            }
            OpCode::Binary | OpCode::Continuation | OpCode::Ping | OpCode::Pong => {}
        }
    }
}

fn print(received: Received) {
    match received {
        Received::Event(event) => match event.encode() {
            Ok(text) => println!("{}", String::from_utf8_lossy(&text)),
            Err(error) => eprintln!("{}: {error}", event.kind().name()),
        },
        // A newer server may say things that this program does not know.
        Received::Unknown { name } => eprintln!("{name}: not known"),
    }
}

/// Lets hyper run the connection as a task of this runtime.
struct Spawn;

impl<F> hyper::rt::Executor<F> for Spawn
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}
