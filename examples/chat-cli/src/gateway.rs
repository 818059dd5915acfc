//! The WebSocket side: connect, hand out what arrives.

use crate::room::Room;
use fastwebsockets::{FragmentCollectorRead, Frame, OpCode, WebSocketError, WebSocketWrite, handshake};
use filament_protocol::limits::MESSAGE_BYTES_MAX;
use filament_protocol::text::ResumeCursor;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, UPGRADE};
use hyper::{Request, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use std::{future::ready, sync::Arc, time::Duration};
use tokio::io::{ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

/// How many messages may wait for this program before the server has to wait.
const INCOMING_MAX: usize = 256;
/// The server pings every 25 s; silence for this long means that the connection is dead.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long to wait for the answer to a goodbye.
const GOODBYE_TIME_MAX: Duration = Duration::from_secs(2);

type Reader = FragmentCollectorRead<ReadHalf<TokioIo<Upgraded>>>;
type Writer = Mutex<WebSocketWrite<WriteHalf<TokioIo<Upgraded>>>>;

/// How a connection ended.
pub(crate) struct Closed {
    /// As in browsers, 1006 stands for an end without a close frame, 1005 for a close frame without a code.
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl Closed {
    pub(crate) fn broken(reason: &impl ToString) -> Self {
        let reason = reason.to_string();
        Self { code: 1006, reason }
    }

    fn by_frame(payload: &[u8]) -> Self {
        let (code, reason) = payload.split_at_checked(2).unwrap_or((&[3, 237], b""));
        let code = u16::from_be_bytes([code[0], code[1]]);
        let reason = String::from_utf8_lossy(reason).into_owned();
        Self { code, reason }
    }
}

/// A connected gateway.
pub(crate) struct Gateway {
    incoming: mpsc::Receiver<Result<Vec<u8>, Closed>>,
    writer: Arc<Writer>,
}

impl Gateway {
    /// Connects with an access token, asks for batches with cursors, names the channel, and goes on at `cursor` if there is one.
    pub(crate) async fn connect(
        authority: &str,
        token: &str,
        room: Room,
        cursor: Option<&ResumeCursor>,
    ) -> Result<Self, WebSocketError> {
        let Room { guild_id, channel_id } = room;
        let mut path = format!("/gateway/ws?features=batch,resume&subscribe={guild_id}:{channel_id}");
        if let Some(cursor) = cursor {
            path.push_str("&cursor=");
            path.push_str(cursor.as_str());
        }
        let request = Request::get(path)
            .header(HOST, authority)
            .header(UPGRADE, "websocket")
            .header(CONNECTION, "upgrade")
            .header("sec-websocket-key", handshake::generate_key())
            .header("sec-websocket-version", "13")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Empty::<Bytes>::new())
            .map_err(|error| WebSocketError::SendError(error.into()))?;
        let stream = TcpStream::connect(authority).await?;
        let (socket, _) = handshake::client(&Spawn, request, stream).await?;
        let (mut reader, writer) = socket.split(tokio::io::split);
        reader.set_max_message_size(MESSAGE_BYTES_MAX + 1);
        // Answered below: a ping that the library answers by itself would not be seen to break the silence.
        reader.set_auto_pong(false);
        reader.set_auto_close(false);
        let mut reader = FragmentCollectorRead::new(reader);
        let writer = Arc::new(Mutex::new(writer));

        let (tx, incoming) = mpsc::channel(INCOMING_MAX);
        let gateway = Self { incoming, writer };
        let writer = Arc::clone(&gateway.writer);
        // A read that is interrupted loses its place in the stream, so reading has a task of its own.
        tokio::spawn(async move {
            loop {
                let message = read_message(&mut reader, &writer).await;
                let is_last = message.is_err();
                if tx.send(message).await.is_err() || is_last {
                    break;
                }
            }
        });
        Ok(gateway)
    }

    /// The next message, as text, or the end.
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>, Closed> {
        let message = self.incoming.recv().await;
        message.unwrap_or_else(|| Err(Closed::broken(&"ended")))
    }

    /// Says goodbye, so that others see this user go at once.
    pub(crate) async fn close(mut self) -> Result<(), WebSocketError> {
        let goodbye = Frame::close(1000, b"");
        self.writer.lock().await.write_frame(goodbye).await?;
        let last = async { while self.next().await.is_ok() {} };
        // Whether it was answered in time makes no difference any more.
        let _ = timeout(GOODBYE_TIME_MAX, last).await;
        Ok(())
    }
}

/// Reads up to the end of a text message, and answers control frames on the way.
async fn read_message(reader: &mut Reader, writer: &Writer) -> Result<Vec<u8>, Closed> {
    let broken = |error: WebSocketError| Closed::broken(&error);
    let mut nothing = |_| ready(Ok::<(), WebSocketError>(()));
    loop {
        let frame = timeout(SILENCE_MAX, reader.read_frame(&mut nothing)).await;
        let frame = frame.map_err(|_| Closed::broken(&"silence"))?.map_err(broken)?;
        let answer = match frame.opcode {
            OpCode::Text => return Ok(frame.payload.to_vec()),
            OpCode::Ping => Frame::pong(frame.payload),
            OpCode::Close => {
                let closed = Closed::by_frame(&frame.payload);
                let answer = Frame::close_raw(frame.payload);
                // It ended with that code even if the answer does not arrive.
                let _ = writer.lock().await.write_frame(answer).await;
                return Err(closed);
            }
            OpCode::Binary | OpCode::Continuation | OpCode::Pong => continue,
        };
        let written = writer.lock().await.write_frame(answer).await;
        written.map_err(broken)?;
    }
}

/// Lets hyper run the connection as a task of this runtime.
struct Spawn;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}
