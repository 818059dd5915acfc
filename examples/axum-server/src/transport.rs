//! The transport: what Filament's flush loops hand over becomes messages of axum's WebSocket, which a task sends.
//!
//! A flush loop never waits. So this half takes messages into a short queue and says "would block" when that is full; what does not fit
//! stays in the connection's mailbox, whose bounds decide what becomes of a client that does not read.

use std::io::{self, ErrorKind, IoSlice};

use axum::extract::ws::{CloseFrame, Message};
use bytes::Bytes;
use filament_fanout::{Frame, TransportWrite};
use filament_protocol::{CloseCode, CloseReason};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::sync::CancellationToken;

/// Messages that wait for the socket; more wait in the mailbox.
const MESSAGES_MAX: usize = 16;
/// First byte of what is no text: no JSON begins with it.
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// The write half that the fanout gets.
#[derive(Debug)]
pub struct Socket(mpsc::Sender<Message>, CancellationToken);

/// Makes a write half, the messages that come out of it, and what tells that there will be no more.
#[must_use]
pub fn socket() -> (Socket, mpsc::Receiver<Message>, CancellationToken) {
    let ((sender, receiver), over) = (mpsc::channel(MESSAGES_MAX), CancellationToken::new());
    (Socket(sender, over.clone()), receiver, over)
}

impl TransportWrite for Socket {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; 3] {
        [frame.payload(), &[], &[]]
    }

    /// A slice is a message: only whole ones are taken.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut count = 0;
        for slice in slices {
            match self.0.try_send(message(slice)) {
                Ok(()) => count += slice.len(),
                Err(TrySendError::Full(_)) => break,
                Err(TrySendError::Closed(_)) => return Err(ErrorKind::BrokenPipe.into()),
            }
        }
        if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    async fn writable(&self) -> io::Result<()> {
        tokio::select! {
            place = self.0.reserve() => place.map(drop).map_err(|_| ErrorKind::BrokenPipe.into()),
            () = self.1.cancelled() => Ok(()),
        }
    }

    fn closing(&self, code: CloseCode, retry_after_ms: Option<u32>) -> Bytes {
        let [high, low] = code.code().to_be_bytes();
        let reason = CloseReason { code, retry_after_ms }.to_string();
        [&[CLOSE, high, low], reason.as_bytes()].concat().into()
    }

    fn ping(&self) -> Option<Bytes> {
        Some(Bytes::from_static(&[PING]))
    }

    fn shutdown(&self, _reset: bool) {
        self.1.cancel();
    }
}

fn message(bytes: &[u8]) -> Message {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match bytes {
        [CLOSE, high, low, reason @ ..] => {
            Message::Close(Some(CloseFrame { code: u16::from_be_bytes([*high, *low]), reason: text(reason).into() }))
        }
        [PING] => Message::Ping(Bytes::new()),
        json => Message::Text(text(json).into()),
    }
}
