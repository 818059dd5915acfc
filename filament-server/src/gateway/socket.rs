//! The write half of a WebSocket as the fanout uses it: bytes that are ready, handed to the kernel without waiting.

use std::io::{self, IoSlice};

use bytes::Bytes;
use filament_fanout::{Frame, TransportWrite};
use filament_protocol::{CloseCode, CloseReason};
use tokio::net::tcp::OwnedWriteHalf;

use crate::ws::encode;

/// A client's socket, write side.
#[derive(Debug)]
pub(super) struct Socket(OwnedWriteHalf);

impl Socket {
    /// Takes the write half of an upgraded connection.
    #[must_use]
    pub(super) const fn new(half: OwnedWriteHalf) -> Self {
        Self(half)
    }
}

impl TransportWrite for Socket {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; 3] {
        [frame.websocket(), &[], &[]]
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            [one] => self.0.try_write(one), // `write` is cheaper than a `writev` of one slice
            many => self.0.try_write_vectored(many),
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
        let socket = socket2::SockRef::from(self.0.as_ref());
        if reset {
            // With no linger the descriptor's end is a reset: nothing unsent is kept for a peer that does not read.
            let _ = socket.set_linger(Some(std::time::Duration::ZERO));
        }
        let _ = socket.shutdown(std::net::Shutdown::Both); // wakes the read half, which then lets go of the socket
    }
}
