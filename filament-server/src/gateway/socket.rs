//! The write half of a WebSocket as the fanout uses it: bytes that are ready, handed to the kernel without waiting.

use std::hint::black_box;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::AsRawFd as _;

use bytes::Bytes;
use filament_fanout::{Frame, TransportWrite};
use filament_protocol::{CloseCode, CloseReason};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use crate::ws::encode;

/// A client's socket, write side.
#[derive(Debug)]
pub(crate) struct Socket(OwnedWriteHalf);

impl Socket {
    /// Takes the write half of an upgraded connection.
    #[must_use]
    pub(super) const fn new(half: OwnedWriteHalf) -> Self {
        Self(half)
    }
}

/// Hands bytes to the kernel without asking the runtime first whether there is room: nearly always there is, and what the runtime
/// knows of the socket lies in memory that no delivery needs to touch.
fn send(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let socket = SockRef::from(stream);
    match slices {
        [one] => socket.send(one), // cheaper than a vector of one
        many => socket.send_vectored(many),
    }
}

impl TransportWrite for Socket {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; 3] {
        [frame.websocket(), &[], &[]]
    }

    fn writes_websocket(&self) -> bool {
        true
    }

    fn prefetch(&self) {
        black_box(self.0.as_ref().as_raw_fd());
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let stream = self.0.as_ref();
        match send(stream, slices) {
            // Once more through tokio, which learns that way that it has to watch for room, or that there is some again.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                stream.try_io(Interest::WRITABLE, || send(stream, slices))
            }
            outcome => outcome,
        }
    }

    async fn writable(&self) -> io::Result<()> {
        self.0.writable().await
    }

    fn closing(&self, code: CloseCode, retry_after_ms: Option<u32>) -> Bytes {
        Bytes::from(encode::close(CloseReason { code, retry_after_ms }))
    }

    fn close_answer(&self, code: Option<u16>) -> Bytes {
        Bytes::from(encode::close_answer(code))
    }

    fn ping(&self) -> Option<Bytes> {
        Some(Bytes::from(encode::ping(&[])))
    }

    fn shutdown(&self, reset: bool) {
        let socket = SockRef::from(self.0.as_ref());
        if reset {
            // With no linger the descriptor's end is a reset: nothing unsent is kept for a peer that does not read.
            let _ = socket.set_linger(Some(std::time::Duration::ZERO));
        }
        let _ = socket.shutdown(std::net::Shutdown::Both); // wakes the read half, which then lets go of the socket
    }
}
