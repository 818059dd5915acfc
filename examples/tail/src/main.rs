//! Prints every envelope that a connection receives, one per line. The smallest client there is.

use clap::Parser;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, handshake};
use filament_protocol::limits::MESSAGE_BYTES_MAX;
use filament_protocol::{ChannelId, Command, GuildId, Subscribe};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, UPGRADE};
use hyper::{Request, Uri};
use std::error::Error;
use tokio::net::TcpStream;

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
    let authority = arguments.server.authority().ok_or("--server looks like http://127.0.0.1:8080")?.as_str();

    let request = Request::get("/gateway/ws")
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

    if let Some(guild_id) = arguments.guild {
        for channel_id in arguments.channel {
            let command = Command::Subscribe(Subscribe { guild_id, channel_id, r#ref: None });
            socket.write_frame(Frame::text(Payload::Owned(command.encode()))).await?;
        }
    }

    loop {
        // Pings and the close are answered by the library.
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text => println!("{}", String::from_utf8_lossy(&frame.payload)),
            OpCode::Close => {
                if let Some((code, reason)) = frame.payload.split_at_checked(2) {
                    let code = u16::from_be_bytes([code[0], code[1]]);
                    eprintln!("closed: {code} {}", String::from_utf8_lossy(reason));
                }
                return Ok(());
            }
            OpCode::Binary | OpCode::Continuation | OpCode::Ping | OpCode::Pong => {}
        }
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
