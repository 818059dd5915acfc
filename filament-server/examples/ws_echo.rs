//! Echo server on the WebSocket layer alone, for conformance tests with Autobahn's fuzzing client. Not part of the product:
//! it takes binary messages and large ones, asks nobody for a token and bounds no connection count.
//!
//! `cargo run --example ws_echo [ADDRESS]` prints `ws_echo listening on ws://<address>`; the default is a free local port.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use filament_server::ws::handshake::take_stream;
use filament_server::ws::{Binary, Ended, Flow, Handler, Handshake, Incoming, ReadError, Reader, ReaderLimits, encode};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming as Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Autobahn sends messages of up to 16 MiB, and 4 MiB in 65,537 fragments of 64 bytes, the last one empty.
const LIMITS: ReaderLimits =
    ReaderLimits { message_bytes_max: 16 << 20, fragments_max: 1 << 17, binary: Binary::Accept };

/// How long a peer may take to accept and answer a close frame.
const CLOSE_MAX: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("ws_echo listening on ws://{}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new());
        let connection = http.serve_connection(TokioIo::new(socket), service_fn(answer));
        tokio::spawn(connection.with_upgrades());
    }
}

/// Upgrades, or refuses what is no handshake.
async fn answer(mut request: Request<Body>) -> Result<Response<Empty<Bytes>>, Infallible> {
    match Handshake::check(&request) {
        Ok(handshake) => {
            let (response, upgrade) = handshake.accept(&mut request);
            tokio::spawn(serve(upgrade));
            Ok(response)
        }
        Err(error) => {
            eprintln!("refused: {error}");
            let mut response = Response::new(Empty::new());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            Ok(response)
        }
    }
}

/// Echoes until one side closes; a close frame is answered, a refused one too, and the peer's is waited for.
async fn serve(upgrade: OnUpgrade) {
    let Ok((socket, already_read)) = take_stream::<TcpStream>(upgrade).await else {
        return;
    };
    let (read_half, write_half) = socket.into_split();
    let mut reader = Reader::new(read_half, already_read, LIMITS);
    let mut echo = Echo { socket: write_half, reply: Vec::new(), peer_code: None };
    let (farewell, is_peer_done) = match reader.run(&mut echo).await {
        Ok(Ended::Stopped) => (encode::close_answer(echo.peer_code), true),
        Err(ReadError::Protocol(error)) => (encode::close(error.close_code().reason(None)), error.ends_peer()),
        Ok(Ended::PeerGone) | Err(_) => return,
    };
    let closing = async {
        echo.socket.write_all(&farewell).await?;
        if !is_peer_done {
            reader.skip_to_close();
            reader.run(&mut echo).await.map_err(io::Error::other)?;
        }
        io::Result::Ok(())
    };
    let _ended = timeout(CLOSE_MAX, closing).await;
}

/// Sends everything back.
struct Echo {
    socket: OwnedWriteHalf,
    reply: Vec<u8>,
    peer_code: Option<u16>,
}

impl Handler for Echo {
    fn incoming(&mut self, incoming: Incoming<'_>) -> Flow {
        match incoming {
            Incoming::Text(text) => self.reply = encode::text(&text),
            Incoming::Binary(payload) => {
                self.reply = [encode::binary_head(payload.len()).as_ref(), &payload].concat();
            }
            Incoming::Ping(payload) => self.reply = encode::pong(&payload),
            Incoming::Pong => return Flow::Continue,
            Incoming::Close { code, .. } => {
                self.peer_code = code;
                return Flow::Stop;
            }
        }
        Flow::Wait
    }

    async fn proceed(&mut self) -> Flow {
        let reply = std::mem::take(&mut self.reply);
        match self.socket.write_all(&reply).await {
            Ok(()) => Flow::Continue,
            Err(_) => Flow::Stop,
        }
    }
}
