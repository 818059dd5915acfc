//! From a socket to a handler, one thing at a time, without a buffer while nothing arrives.
//!
//! All readers of a thread share one read buffer. It is taken only while a socket that has bytes is read and what they say
//! is handed to the handler, all within one poll: never across a wait. So a message that arrived in one piece is seen where
//! it lies, and nothing of it is copied unless the handler keeps it. When the handler has to wait, the bytes behind the
//! message are put aside, and no more are read until they are used up: that is the back-pressure, down to the peer's TCP.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

use super::{FrameReader, Incoming, ProtocolError, ReaderLimits};
use crate::limits::SOCKET_READ_BYTES_MAX;

thread_local! {
    static READ_BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a [`Handler`] wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next thing.
    Continue,
    /// To be called at [`Handler::proceed`] before anything else is read or handed out.
    Wait,
    /// Nothing more; [`Reader::run`] returns.
    Stop,
}

/// Takes what one client sends.
pub trait Handler: Send {
    /// Hears that `bytes` bytes came, of whatever; before they are parsed (GW-40: any inbound byte counts as life).
    fn heard(&mut self, bytes: usize) {
        let _ = bytes;
    }

    /// Takes one thing, in order. Must not block: what takes time is only noted here, answered with [`Flow::Wait`], and done
    /// in [`proceed`](Self::proceed).
    fn incoming(&mut self, incoming: Incoming<'_>) -> Flow;

    /// Does what `incoming` noted, and waits until there is room for more (CMD-1, GW-26). If [`Reader::run`] is dropped
    /// meanwhile, this is called again, from its start, by the next `run`: keep what is under way in `self`, or do not drop.
    fn proceed(&mut self) -> impl Future<Output = Flow> + Send;
}

/// Why [`Reader::run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The handler said [`Flow::Stop`].
    Stopped,
    /// The peer ended its half of the connection.
    PeerGone,
}

/// Why [`Reader::run`] failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The peer's bytes were refused. `run` may be called again to await the peer's close frame.
    #[error("refused: {0}")]
    Protocol(#[from] ProtocolError),
    /// The socket failed.
    #[error("socket failed: {0}")]
    Io(#[from] io::Error),
}

/// Reads one client's side of a connection. See the module's description.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    frames: FrameReader,
    /// Bytes read and not parsed yet start at `backlog_start`.
    backlog: Vec<u8>,
    backlog_start: usize,
    /// Whether the handler is owed a call of `proceed`.
    waiting: bool,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Reads from `source` (a `TcpStream` or its read half, a TLS stream, …), after the bytes that came with the handshake.
    #[must_use]
    pub fn new(source: R, already_read: Vec<u8>, limits: ReaderLimits) -> Self {
        Self { source, frames: FrameReader::new(limits), backlog: already_read, backlog_start: 0, waiting: false }
    }

    /// Hands everything that arrives to `handler`, one thing after another, until it stops, the peer leaves or breaks the
    /// rules. May be dropped at any moment and called again: nothing is lost, repeated or read twice.
    ///
    /// # Errors
    /// [`ReadError::Protocol`] once; calling again then yields the peer's close frame or its end, nothing else.
    /// [`ReadError::Io`] when the socket fails.
    pub async fn run<H: Handler>(&mut self, handler: &mut H) -> Result<Ended, ReadError> {
        loop {
            let flow = if self.waiting {
                handler.proceed().await
            } else if self.backlog.is_empty() {
                match poll_fn(|context| self.poll_read(context, handler)).await? {
                    Some(flow) => flow,
                    None => return Ok(Ended::PeerGone),
                }
            } else {
                self.parse_backlog(handler)?
            };
            self.waiting = flow == Flow::Wait;
            if flow == Flow::Stop {
                return Ok(Ended::Stopped);
            }
        }
    }

    /// Ignores from now on everything but the peer's close frame ([`FrameReader::skip_to_close`]).
    pub fn skip_to_close(&mut self) {
        self.frames.skip_to_close();
        self.waiting = false;
    }

    /// Tells how many bytes of heap are held for this client: 0 when it is idle between two messages.
    #[must_use]
    pub fn buffered_bytes(&self) -> usize {
        self.frames.buffered_bytes() + self.backlog.capacity()
    }

    /// Gives the socket back.
    #[must_use]
    pub fn into_source(self) -> R {
        self.source
    }

    /// Reads once, if there is something to read, and hands it out; `None` at the end of the stream.
    fn poll_read<H: Handler>(
        &mut self,
        context: &mut Context<'_>,
        handler: &mut H,
    ) -> Poll<Result<Option<Flow>, ReadError>> {
        let mut buffer = READ_BUFFER.take();
        if buffer.is_empty() {
            buffer = vec![0; SOCKET_READ_BYTES_MAX];
        }
        let mut read = ReadBuf::new(&mut buffer);
        let polled = Pin::new(&mut self.source).poll_read(context, &mut read);
        let polled = polled.map(|outcome| {
            outcome?;
            let mut rest = read.filled_mut();
            if rest.is_empty() {
                return Ok(None);
            }
            handler.heard(rest.len());
            let flow = hand_out(&mut self.frames, &mut rest, handler);
            self.backlog = rest.to_vec();
            self.backlog_start = 0;
            Ok(Some(flow?))
        });
        READ_BUFFER.set(buffer);
        polled
    }

    /// Hands out from what an earlier read left over.
    fn parse_backlog<H: Handler>(&mut self, handler: &mut H) -> Result<Flow, ProtocolError> {
        let mut rest = &mut self.backlog[self.backlog_start..];
        let flow = hand_out(&mut self.frames, &mut rest, handler);
        let left = rest.len();
        if left == 0 {
            self.backlog = Vec::new();
            self.backlog_start = 0;
        } else {
            self.backlog_start = self.backlog.len() - left;
        }
        flow
    }
}

/// Hands out what `bytes` hold until they are used up or the handler wants something else than to continue.
fn hand_out<H: Handler>(
    frames: &mut FrameReader,
    bytes: &mut &mut [u8],
    handler: &mut H,
) -> Result<Flow, ProtocolError> {
    while let Some(incoming) = frames.next(bytes)? {
        match handler.incoming(incoming) {
            Flow::Continue => {}
            flow @ (Flow::Wait | Flow::Stop) => return Ok(flow),
        }
    }
    Ok(Flow::Continue)
}

#[cfg(test)]
mod tests;
