//! What delivery is tested with: a WebSocket-like transport in memory that can stall, break and be read, and a clock that is
//! moved by hand. Behind the feature `testing`.

#[cfg(feature = "testing")]
mod crowd;
mod cursors;
mod told;

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Poll, Waker},
};

use bytes::Bytes;
use filament_protocol::{CloseCode, Timestamp};

use crate::{
    clock::{Clock, Now},
    frame::Frame,
    limits::PIECES_PER_FRAME,
    transport::TransportWrite,
};

#[cfg(feature = "testing")]
pub use crowd::Crowd;
pub use cursors::ReadableCursors;
pub use told::Told;

/// The write half of an in-process connection. What is written is read from its [`Peer`].
#[derive(Clone, Debug)]
pub struct Wire {
    state: Arc<Mutex<State>>,
    is_stream: bool,
}

/// The other end of a [`Wire`].
#[derive(Clone, Debug)]
pub struct Peer(Arc<Mutex<State>>);

/// One message as the peer received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// An event, a `batch`, or a block of a stream with the empty line that ends it.
    Text(String),
    /// A ping.
    Ping,
    /// A pong with its payload.
    Pong(Vec<u8>),
    /// A close frame with code and reason text, or `closing` of a stream.
    Close(u16, String),
}

#[derive(Debug, Default)]
struct State {
    /// Bytes still taken; `None` for any number.
    room: Option<usize>,
    is_stream: bool,
    is_broken: bool,
    /// How it was shut down: with a reset or without.
    shutdown: Option<bool>,
    /// Bytes written and not yet parsed.
    bytes: VecDeque<u8>,
    writes: usize,
    writer: Vec<Waker>,
    reader: Vec<Waker>,
}

impl Wire {
    /// Makes both ends. The peer takes everything at first.
    #[must_use]
    pub fn pair() -> (Self, Peer) {
        Self::framed(false)
    }

    /// Makes both ends of an SSE stream.
    #[must_use]
    pub fn stream_pair() -> (Self, Peer) {
        Self::framed(true)
    }

    fn framed(is_stream: bool) -> (Self, Peer) {
        let state = Arc::new(Mutex::new(State { is_stream, ..State::default() }));
        (Self { state: Arc::clone(&state), is_stream }, Peer(state))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TransportWrite for Wire {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; PIECES_PER_FRAME] {
        [if self.is_stream { frame.payload() } else { frame.websocket() }, &[], &[]]
    }

    fn writes_websocket(&self) -> bool {
        !self.is_stream
    }

    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.lock();
        state.writes += 1;
        if state.is_over() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let room = state.room.unwrap_or(usize::MAX);
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut taken = 0;
        for slice in slices {
            let part = &slice[..slice.len().min(room - taken)];
            state.bytes.extend(part);
            taken += part.len();
        }
        state.room = state.room.map(|room| room - taken);
        state.reader.drain(..).for_each(Waker::wake);
        Ok(taken)
    }

    async fn writable(&self) -> io::Result<()> {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.is_over() || state.room != Some(0) {
                return Poll::Ready(Ok(()));
            }
            state.writer.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn closing(&self, code: CloseCode, retry_after_ms: Option<u32>) -> Bytes {
        if self.is_stream {
            return format!("data: closing {} {}\n\n", code.code(), code.reason(retry_after_ms)).into();
        }
        let mut payload = code.code().to_be_bytes().to_vec();
        payload.extend(code.reason(retry_after_ms).to_string().into_bytes());
        control(CLOSE, &payload)
    }

    fn ping(&self) -> Option<Bytes> {
        Some(if self.is_stream { Bytes::from_static(b": ping\n\n") } else { control(PING, b"") })
    }

    fn shutdown(&self, reset: bool) {
        let mut state = self.lock();
        state.shutdown.get_or_insert(reset);
        state.wake_all();
    }
}

impl Peer {
    /// Takes no byte any more until [`resume`](Self::resume).
    pub fn stall(&self) {
        self.allow(0);
    }

    /// Takes only so many more bytes.
    pub fn allow(&self, bytes: usize) {
        let mut state = self.lock();
        state.room = Some(bytes);
        state.wake_all();
    }

    /// Takes everything again.
    pub fn resume(&self) {
        let mut state = self.lock();
        state.room = None;
        state.wake_all();
    }

    /// Breaks the connection: every later write fails.
    pub fn cut(&self) {
        let mut state = self.lock();
        state.is_broken = true;
        state.wake_all();
    }

    /// How the server shut the transport down: `Some(true)` with a reset, `Some(false)` in good order.
    #[must_use]
    pub fn shutdown(&self) -> Option<bool> {
        self.lock().shutdown
    }

    /// How many writes there were.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.lock().writes
    }

    /// Bytes received of a message that is not complete; what was complete has been taken.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.lock().bytes.len()
    }

    /// Everything that was received completely and not taken yet.
    #[must_use]
    pub fn take(&self) -> Vec<Received> {
        let mut state = self.lock();
        std::iter::from_fn(|| state.parse()).collect()
    }

    /// The next message; `None` when the transport was shut down or broken and everything before that was taken.
    pub async fn next(&self) -> Option<Received> {
        poll_fn(|context| {
            let mut state = self.lock();
            if let Some(received) = state.parse() {
                return Poll::Ready(Some(received));
            }
            if state.is_over() {
                return Poll::Ready(None);
            }
            state.reader.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

impl State {
    const fn is_over(&self) -> bool {
        self.is_broken || self.shutdown.is_some()
    }

    fn wake_all(&mut self) {
        self.writer.drain(..).chain(self.reader.drain(..)).for_each(Waker::wake);
    }

    /// Takes one whole message off the front, if there is one.
    fn parse(&mut self) -> Option<Received> {
        if self.is_stream {
            return self.parse_block();
        }
        let byte = |at: usize| self.bytes.get(at).copied().map(usize::from);
        let (head, length) = match byte(1)? {
            126 => (4, (byte(2)? << 8) | byte(3)?),
            127 => (10, (2..10).try_fold(0, |length, at| Some((length << 8) | byte(at)?))?),
            short => (2, short),
        };
        if self.bytes.len() < head + length {
            return None;
        }
        let message: Vec<u8> = self.bytes.drain(..head + length).collect();
        let payload = message[head..].to_vec();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a text is UTF-8");
        match message[0] {
            TEXT => Some(Received::Text(text(&payload))),
            PING => Some(Received::Ping),
            PONG => Some(Received::Pong(payload)),
            CLOSE if payload.len() < 2 => Some(Received::Close(1005, String::new())),
            CLOSE => Some(Received::Close(u16::from_be_bytes([payload[0], payload[1]]), text(&payload[2..]))),
            other => panic!("a frame begins with {other:#x}: frames are torn"),
        }
    }
}

impl State {
    /// Takes one whole block off the front, if there is one.
    fn parse_block(&mut self) -> Option<Received> {
        let end = (1..self.bytes.len()).find(|at| self.bytes[at - 1] == b'\n' && self.bytes[*at] == b'\n')?;
        let block = String::from_utf8(self.bytes.drain(..=end).collect()).expect("a stream is UTF-8");
        if block == ": ping\n\n" {
            return Some(Received::Ping);
        }
        let Some(closing) = block.strip_prefix("data: closing ") else { return Some(Received::Text(block)) };
        let (code, reason) = closing.trim_end().split_once(' ').expect("code and reason");
        Some(Received::Close(code.parse().expect("a code"), reason.to_owned()))
    }
}

/// A control frame of that first byte.
fn control(first: u8, payload: &[u8]) -> Bytes {
    let length = u8::try_from(payload.len()).expect("control frames are small");
    [&[first, length], payload].concat().into()
}

/// A clock that stands still until it is moved. Clones share their time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// The wall clock when it was made, unix seconds.
    pub const WALL_SECS: u64 = 1_700_000_000;

    /// Moves time on.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms * 1_000, Ordering::Relaxed);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(0)))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        let us = self.0.load(Ordering::Relaxed);
        Now { us, wall: Timestamp::new(Self::WALL_SECS + us / 1_000_000).unwrap_or(Timestamp::MAX) }
    }
}
