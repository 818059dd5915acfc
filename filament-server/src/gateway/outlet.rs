//! The write half of any connection of this server: a WebSocket, or a stream of Server-Sent Events.

use std::io::{self, IoSlice};

use bytes::Bytes;
use filament_fanout::limits::PIECES_PER_FRAME;
use filament_fanout::{Frame, TransportWrite};
use filament_protocol::CloseCode;

use super::socket::Socket;
use super::sse::EventStream;

/// One of both.
#[derive(Debug)]
pub(crate) enum Outlet {
    /// A WebSocket.
    Socket(Socket),
    /// A stream of Server-Sent Events.
    Stream(EventStream),
}

// Nearly all connections are WebSockets: what is there for streams costs them no memory.
const _: () = assert!(size_of::<Outlet>() == size_of::<Socket>());

impl TransportWrite for Outlet {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; PIECES_PER_FRAME] {
        match self {
            Self::Socket(socket) => socket.pieces(frame),
            Self::Stream(stream) => stream.pieces(frame),
        }
    }

    fn writes_websocket(&self) -> bool {
        matches!(self, Self::Socket(_))
    }

    fn prefetch(&self) {
        match self {
            Self::Socket(socket) => socket.prefetch(),
            Self::Stream(stream) => stream.prefetch(),
        }
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => socket.try_write(slices),
            Self::Stream(stream) => stream.try_write(slices),
        }
    }

    async fn writable(&self) -> io::Result<()> {
        match self {
            Self::Socket(socket) => socket.writable().await,
            Self::Stream(stream) => stream.writable().await,
        }
    }

    fn closing(&self, code: CloseCode, retry_after_ms: Option<u32>) -> Bytes {
        match self {
            Self::Socket(socket) => socket.closing(code, retry_after_ms),
            Self::Stream(stream) => stream.closing(code, retry_after_ms),
        }
    }

    fn close_answer(&self, code: Option<u16>) -> Bytes {
        match self {
            Self::Socket(socket) => socket.close_answer(code),
            Self::Stream(stream) => stream.close_answer(code),
        }
    }

    fn talks_back(&self) -> bool {
        match self {
            Self::Socket(socket) => socket.talks_back(),
            Self::Stream(stream) => stream.talks_back(),
        }
    }

    fn ping(&self) -> Option<Bytes> {
        match self {
            Self::Socket(socket) => socket.ping(),
            Self::Stream(stream) => stream.ping(),
        }
    }

    fn shutdown(&self, reset: bool) {
        match self {
            Self::Socket(socket) => socket.shutdown(reset),
            Self::Stream(stream) => stream.shutdown(reset),
        }
    }
}
