//! A transport without a socket, for embedding: events come out of a bounded queue of messages.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, ErrorKind, IoSlice},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use filament_protocol::{CloseCode, limits::MESSAGE_BYTES_MAX};
use tokio::sync::Notify;

use super::TransportWrite;
use crate::{
    frame::Frame,
    limits::{MEMORY_BYTES_MAX, MEMORY_MESSAGES_MAX, PIECES_PER_FRAME},
};

/// First byte of a farewell: no text begins with it.
const FAREWELL: u8 = 0;

/// The write half of a connection inside of this process, to be given to [`Fanout::connect`](crate::Fanout::connect).
///
/// It takes [`MEMORY_MESSAGES_MAX`] messages of [`MEMORY_BYTES_MAX`] bytes together; what does not fit waits in the connection's
/// own queue, within its bounds.
pub struct MemoryWrite(Arc<Shared>);

/// The other half: what the connection is told.
pub struct MemoryRead(Arc<Shared>);

/// One message of a connection inside of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryMessage {
    /// A message as the connection's [`Mode`](crate::Mode) forms it: one event, a `batch`, or blocks of a stream.
    Text(Bytes),
    /// The last message: the connection ended, with how long to wait before another, in milliseconds.
    Closed(CloseCode, Option<u32>),
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
    taken: Notify,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Bytes>,
    bytes: usize,
    is_over: bool,
}

/// Makes both halves of a connection inside of this process.
#[must_use]
pub fn memory_pair() -> (MemoryWrite, MemoryRead) {
    let shared = Arc::new(Shared::default());
    (MemoryWrite(Arc::clone(&shared)), MemoryRead(shared))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any message fits, or none is ever taken again.
    fn is_writable(&self) -> bool {
        let state = self.lock();
        state.is_over || state.has_room(MESSAGE_BYTES_MAX)
    }

    /// Takes the first message; if there is none, says whether there will never be one.
    fn take(&self) -> Result<Bytes, bool> {
        let mut state = self.lock();
        let message = state.messages.pop_front().ok_or(state.is_over)?;
        state.bytes -= message.len();
        if state.messages.is_empty() {
            state.messages = VecDeque::new(); // an idle connection holds no heap
        }
        drop(state);
        self.taken.notify_one();
        Ok(message)
    }

    /// Ends both halves.
    fn end(&self, keep: bool) {
        let mut state = self.lock();
        state.is_over = true;
        if !keep {
            state.messages = VecDeque::new();
            state.bytes = 0;
        }
        drop(state);
        self.arrived.notify_one();
        self.taken.notify_one();
    }
}

impl State {
    fn has_room(&self, bytes: usize) -> bool {
        self.messages.is_empty() || self.messages.len() < MEMORY_MESSAGES_MAX && self.bytes + bytes <= MEMORY_BYTES_MAX
    }
}

impl TransportWrite for MemoryWrite {
    fn pieces<'f>(&self, frame: &'f Frame) -> [&'f [u8]; PIECES_PER_FRAME] {
        [frame.payload(), &[], &[]]
    }

    /// A slice is a message: only whole ones are taken.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.is_over {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut count = 0;
        for slice in slices {
            if !state.has_room(slice.len()) {
                break;
            }
            state.bytes += slice.len();
            state.messages.push_back(Bytes::copy_from_slice(slice));
            count += slice.len();
        }
        drop(state);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.0.arrived.notify_one();
        Ok(count)
    }

    async fn writable(&self) -> io::Result<()> {
        while !self.0.is_writable() {
            self.0.taken.notified().await;
        }
        Ok(())
    }

    fn closing(&self, code: CloseCode, retry_after_ms: Option<u32>) -> Bytes {
        let mut bytes = vec![FAREWELL];
        bytes.extend(code.code().to_be_bytes());
        bytes.extend(retry_after_ms.iter().flat_map(|wait| wait.to_be_bytes()));
        bytes.into()
    }

    fn ping(&self) -> Option<Bytes> {
        None
    }

    fn talks_back(&self) -> bool {
        false
    }

    fn shutdown(&self, reset: bool) {
        self.0.end(!reset);
    }
}

impl MemoryRead {
    /// The next message; `None` when the connection has ended and everything before that was taken. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Option<MemoryMessage> {
        loop {
            match self.0.take() {
                Ok(message) => return Some(parse(message)),
                Err(is_over) if is_over => return None,
                Err(_) => self.0.arrived.notified().await,
            }
        }
    }
}

fn parse(message: Bytes) -> MemoryMessage {
    let Some((&FAREWELL, rest)) = message.split_first() else { return MemoryMessage::Text(message) };
    let code = rest.first_chunk().copied().map_or(0, u16::from_be_bytes);
    let wait = rest.get(2..).and_then(|wait| wait.first_chunk().copied()).map(u32::from_be_bytes);
    let known = CloseCode::ALL.iter().copied().find(|known| known.code() == code);
    MemoryMessage::Closed(known.unwrap_or(CloseCode::InternalError), wait)
}

impl Drop for MemoryRead {
    /// Nobody listens any more: the connection is lost at its next event.
    fn drop(&mut self) {
        self.0.end(false);
    }
}

impl fmt::Debug for MemoryWrite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryWrite").finish_non_exhaustive()
    }
}

impl fmt::Debug for MemoryRead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryRead").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ready;

    fn write(half: &MemoryWrite, texts: &[&[u8]]) -> io::Result<usize> {
        let slices: Vec<_> = texts.iter().map(|text| IoSlice::new(text)).collect();
        half.try_write(&slices)
    }

    fn next(half: &mut MemoryRead) -> Option<MemoryMessage> {
        ready(half.next())
    }

    #[test]
    fn messages_come_out_whole_and_in_order_and_the_end_last() {
        let (writer, mut reader) = memory_pair();
        assert_eq!(write(&writer, &[b"{1}", b"{22}"]).expect("taken"), 7);
        for (code, wait) in [(CloseCode::GoingAway, Some(70_000)), (CloseCode::TokenExpired, None)] {
            assert!(write(&writer, &[&writer.closing(code, wait)]).is_ok());
        }
        writer.shutdown(false);
        let text = |text: &'static [u8]| Some(MemoryMessage::Text(Bytes::from_static(text)));
        assert_eq!((next(&mut reader), next(&mut reader)), (text(b"{1}"), text(b"{22}")));
        assert_eq!(next(&mut reader), Some(MemoryMessage::Closed(CloseCode::GoingAway, Some(70_000))));
        assert_eq!(next(&mut reader), Some(MemoryMessage::Closed(CloseCode::TokenExpired, None)));
        assert_eq!(next(&mut reader), None);
        assert_eq!(write(&writer, &[b"{3}"]).expect_err("over").kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn it_takes_a_bounded_number_of_messages_and_bytes() {
        let (writer, mut reader) = memory_pair();
        let one: &[u8] = b"{}";
        assert_eq!(write(&writer, &vec![one; MEMORY_MESSAGES_MAX + 5]).expect("some"), 2 * MEMORY_MESSAGES_MAX);
        assert_eq!(write(&writer, &[one]).expect_err("full").kind(), ErrorKind::WouldBlock);
        assert!(next(&mut reader).is_some());
        assert!(write(&writer, &[one]).is_ok());

        let (writer, mut reader) = memory_pair();
        let large = vec![b'x'; MEMORY_BYTES_MAX + 1];
        assert!(write(&writer, &[&large]).is_ok(), "one is always taken");
        assert_eq!(write(&writer, &[one]).expect_err("full").kind(), ErrorKind::WouldBlock);
        assert!(next(&mut reader).is_some());
        ready(writer.writable()).expect("there is room");
        drop(reader);
        assert_eq!(write(&writer, &[one]).expect_err("nobody listens").kind(), ErrorKind::BrokenPipe);
    }
}
