//! Server-Sent Events (contract §7.3): the same connections, told over the body of an answer.
//!
//! The transport is the one without sockets that the fanout brings: what it takes is the next piece of the body. It adds nothing
//! but the comment that is its ping and the event that is its farewell.

use std::io::{self, IoSlice};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use filament_fanout::limits::{PIECES_PER_FRAME, RETRY_AFTER_MS_MAX};
use filament_fanout::{Frame, MemoryMessage, MemoryRead, MemoryWrite, TransportWrite, memory_pair};
use filament_protocol::event::Closing;
use filament_protocol::text::CloseName;
use filament_protocol::{CloseCode, ConnectionId, ErrorCode, Event};
use http::{HeaderName, HeaderValue, Response, header};
use hyper::body::Frame as BodyFrame;
use tokio::sync::mpsc;

use super::offer::Offer;
use super::outlet::Outlet;
use super::{Opening, authenticate, connection_id, refused};
use crate::http::answer::{Answer, AnswerBody};
use crate::http::call::Call;
use crate::http::error::ApiError;

/// The sign of life of a stream: a comment, which clients pass over (SSE-4).
const PING: &[u8] = b": ping\n\n";

/// `GET /gateway/sse`: opens a stream.
///
/// # Errors
/// As [`open`](super::open) (GW-4); 400 for a malformed `subscribe`.
pub async fn open(call: Call) -> Result<Answer, ApiError> {
    let (actor, token_expires_at) = authenticate(&call)?;
    if !call.app.cors.admits_upgrade(&call.headers) {
        return Err(ApiError::new(ErrorCode::Forbidden));
    }
    let offer = Offer::of_stream(call.query(), &call.headers)?;
    let app = Arc::clone(&call.app);
    app.gateway.fanout.admit(actor.user_id).map_err(refused)?;
    app.remember_address_soon(actor.user_id, call.address);
    let id = connection_id().ok_or_else(ApiError::internal)?;
    let opening = Opening { app: Arc::clone(&app), actor, token_expires_at, offer };
    let (pieces, body) = mpsc::channel(1);
    tokio::spawn(serve(opening, id, memory_pair(), pieces));
    let mut answer = Response::new(AnswerBody::Stream(StreamBody(body)));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}

/// The write half of a stream.
#[derive(Debug)]
pub(crate) struct EventStream(MemoryWrite);

impl TransportWrite for EventStream {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; PIECES_PER_FRAME] {
        self.0.pieces(frame)
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write(slices)
    }

    async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }

    fn closing(&self, code: CloseCode, retry_after_ms: Option<u32>) -> Bytes {
        let Ok(name) = CloseName::new(code.name()) else { return Bytes::new() };
        let closing = Event::Closing(Closing { code: code.code(), name, retry_after_ms });
        let text = closing.encode().unwrap_or_default();
        [b"data: ", &text[..], b"\n\n"].concat().into()
    }

    fn talks_back(&self) -> bool {
        false
    }

    fn ping(&self) -> Option<Bytes> {
        Some(Bytes::from_static(PING))
    }

    fn shutdown(&self, reset: bool) {
        self.0.shutdown(reset);
    }
}

/// The body of the answer. Dropping it ends the connection.
#[derive(Debug)]
pub struct StreamBody(mpsc::Receiver<Bytes>);

impl StreamBody {
    /// The next piece; none once the stream has ended.
    pub(crate) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<BodyFrame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|bytes| Ok(BodyFrame::data(bytes))))
    }
}

/// Hands what the connection is told to the answer, until either has ended.
async fn serve(
    opening: Opening,
    id: ConnectionId,
    (write, mut read): (MemoryWrite, MemoryRead),
    pieces: mpsc::Sender<Bytes>,
) {
    let app = Arc::clone(&opening.app);
    // Polled beside the reading: what is answered to the channels it names may be more than waits unread.
    let mut connecting = pin!(opening.connect(id, Outlet::Stream(EventStream(write))));
    let mut connection = None;
    let mut is_draining = false;
    loop {
        let message = tokio::select! {
            () = pieces.closed() => return,
            connected = &mut connecting, if connection.is_none() => {
                connection = Some(connected);
                continue;
            }
            // A drain waits for answers to end before it closes connections, so streams are closed by themselves.
            () = app.drain.begun(), if connection.is_some() && !is_draining => {
                is_draining = true;
                let retry_after_ms = u32::try_from(id.as_u128() % u128::from(RETRY_AFTER_MS_MAX + 1)).ok();
                connection.iter().for_each(|connection| connection.close(CloseCode::GoingAway, retry_after_ms));
                continue;
            }
            message = read.next() => message,
        };
        let Some(MemoryMessage::Text(piece)) = message else { return };
        if pieces.send(piece).await.is_err() {
            return;
        }
    }
}
