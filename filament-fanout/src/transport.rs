//! The write half of a connection, as this crate sees it. The read half stays with the embedder, who calls
//! [`Connection`](crate::Connection) with what arrives.

pub(crate) mod memory;

use std::{
    future::Future,
    io::{self, IoSlice},
};

use bytes::Bytes;
use filament_protocol::CloseCode;

use crate::{frame::Frame, limits::PIECES_PER_FRAME};

/// Writes to one peer without ever waiting.
///
/// A flush loop calls [`try_write`](Self::try_write) until everything is written or it would block; then one task waits for
/// [`writable`](Self::writable) and the loop goes on. Writes to one transport never overlap. No method may call back into the
/// fanout or its connections: locks are held.
pub trait TransportWrite: Send + Sync + 'static {
    /// The bytes of a frame on this transport, in order; empty pieces are skipped. The same frame always has the same bytes. Of a
    /// connection in [`Mode::Stream`](crate::Mode) a frame is a whole block, to be sent as it is.
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; PIECES_PER_FRAME];

    /// Whether a frame is written as its [`Frame::websocket`] bytes, into a stream of bytes that knows no end of a slice: then one slice may
    /// hold several frames, laid one behind the other for all connections that wait for the same.
    fn writes_websocket(&self) -> bool {
        false
    }

    /// Reads from memory what [`try_write`](Self::try_write) is about to need, for no other effect than to have it in the cache: called
    /// for some transports in a row just before they are written. Does nothing unless implemented.
    fn prefetch(&self) {}

    /// Writes what fits now of 1 to 64 slices, in one system call, and returns how many bytes were taken. This is where the time
    /// goes: one slice, the common case, is cheaper in a plain write than in a vectored one.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when the peer takes nothing now; anything else ends the connection.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Completes when [`try_write`](Self::try_write) may take bytes again. Must complete after [`shutdown`](Self::shutdown)
    /// and when the peer is gone.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// The bytes that end the stream: for a WebSocket the close frame with code and reason text (contract §6.5), for SSE the block
    /// with `closing` (SSE-4).
    fn closing(&self, code: CloseCode, retry_after_ms: Option<u32>) -> Bytes;

    /// The bytes that answer the peer's own close of that code.
    fn close_answer(&self, code: Option<u16>) -> Bytes {
        let _ = code;
        self.closing(CloseCode::Normal, None)
    }

    /// Whether the peer says something on this connection: it answers pings and closes. Of one that does not, silence means nothing
    /// (GW-40), and the transport is shut down as soon as its farewell is written, not when that is answered (GW-35).
    fn talks_back(&self) -> bool {
        true
    }

    /// The bytes that ask the peer for a sign of life (GW-40), `None` if the transport has none.
    fn ping(&self) -> Option<Bytes>;

    /// Ends the connection now, both directions, so that the read half ends too. With `reset`, unsent bytes are dropped.
    fn shutdown(&self, reset: bool);
}
