//! Bytes of one client, in any portions, turned into whole messages: sans-IO, strict, and bounded by [`ReaderLimits`].
//!
//! A message that lies complete in the given bytes is handed out as a slice of them, unmasked in place. Only what belongs
//! to an unfinished message is kept, in a buffer that grows with what really arrived (never with what a head declares) and
//! goes away with the message. So a connection between two messages holds nothing.

use std::borrow::Cow;

use filament_protocol::limits::MESSAGE_BYTES_MAX;

use super::ProtocolError;
use super::close::is_allowed_on_wire;
use super::head::{self, CONTROL_PAYLOAD_BYTES_MAX, HEAD_BYTES_MAX, Head, Opcode};
use super::message::Message;
use crate::limits::MESSAGE_FRAGMENTS_MAX;

/// What to do with a binary message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// Refuse it as soon as its head is there (ENV-13).
    Refuse,
    /// Hand it out as [`Incoming::Binary`]; for conformance tests of the layer itself.
    Accept,
}

/// Bounds of what one client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderLimits {
    /// Largest message in bytes of payload, all its frames together; one byte more is [`ProtocolError::MessageTooLarge`].
    pub message_bytes_max: usize,
    /// Most frames of one message, empty ones included; one more is [`ProtocolError::TooManyFragments`].
    pub fragments_max: u32,
    /// Whether binary messages are taken.
    pub binary: Binary,
}

impl Default for ReaderLimits {
    /// Gives the bounds of the contract: 65,536 bytes (ENV-7) in at most 1,024 frames, text only (ENV-13).
    fn default() -> Self {
        Self { message_bytes_max: MESSAGE_BYTES_MAX, fragments_max: MESSAGE_FRAGMENTS_MAX, binary: Binary::Refuse }
    }
}

/// One complete thing a client sent. Borrows from the bytes given to [`FrameReader::next`] where it lay there in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A text message.
    Text(Cow<'a, str>),
    /// A binary message; only with [`Binary::Accept`].
    Binary(Cow<'a, [u8]>),
    /// A ping, to be answered by a pong with the same payload of at most 125 bytes ([`encode::pong`](super::encode::pong)).
    Ping(Cow<'a, [u8]>),
    /// A pong, asked for or not; it needs no answer.
    Pong,
    /// The peer's close frame. It is the last thing handed out; bytes after it are swallowed.
    Close {
        /// Status code, one that is allowed on the wire, or none.
        code: Option<u16>,
        /// Reason for people; not to be trusted, at most 123 bytes.
        reason: Cow<'a, str>,
    },
}

/// How much of what arrives is still of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Everything.
    Open,
    /// Only the peer's close frame: frame boundaries are followed, nothing is judged or kept.
    Closing,
    /// Nothing; the peer has closed.
    Closed,
}

/// A frame whose head is known and whose payload is not all there.
#[derive(Clone, Copy, Debug)]
struct Frame {
    head: Head,
    remaining: u64,
}

/// Incremental parser of one client's frames.
///
/// Give it bytes as they come with [`next`](Self::next), again and again until it answers `Ok(None)`, which means that it
/// has taken them all. Cutting the same bytes differently never changes what comes out. After an error, or after
/// [`skip_to_close`](Self::skip_to_close), only the peer's close frame is handed out and there is no further error.
#[derive(Debug)]
pub struct FrameReader {
    limits: ReaderLimits,
    phase: Phase,
    head: [u8; HEAD_BYTES_MAX],
    head_filled: u8,
    frame: Option<Frame>,
    message: Option<Message>,
    /// Payload of a control frame that did not arrive in one piece.
    control: Vec<u8>,
}

impl FrameReader {
    /// Starts before the first frame of a client.
    #[must_use]
    pub const fn new(limits: ReaderLimits) -> Self {
        Self {
            limits,
            phase: Phase::Open,
            head: [0; HEAD_BYTES_MAX],
            head_filled: 0,
            frame: None,
            message: None,
            control: Vec::new(),
        }
    }

    /// Takes bytes off the front of `input` up to the end of the next complete thing and hands that out; `None` when
    /// `input` is used up first. Unmasks in place, so the bytes taken are no longer what they were.
    ///
    /// # Errors
    /// The [`ProtocolError`] that the bytes taken so far deserve. It is reported once; see the type's description.
    pub fn next<'b>(&mut self, input: &mut &'b mut [u8]) -> Result<Option<Incoming<'b>>, ProtocolError> {
        loop {
            if self.phase == Phase::Closed {
                *input = &mut [];
                return Ok(None);
            }
            let Some(frame) = self.frame.take() else {
                let Some(head) = self.take_head(input) else {
                    return Ok(None);
                };
                self.frame = Some(Frame { head, remaining: head.length });
                if self.phase == Phase::Open {
                    self.admit(&head).inspect_err(|_| self.skip_to_close())?;
                }
                continue;
            };
            let taken = usize::try_from(frame.remaining).map_or(input.len(), |remaining| remaining.min(input.len()));
            let chunk = input.split_off_mut(..taken).unwrap_or_default();
            let remaining = frame.remaining - taken as u64;
            if remaining > 0 {
                self.frame = Some(Frame { remaining, ..frame });
            }
            let complete = remaining == 0;
            let incoming = if frame.head.opcode.is_control() {
                self.control_chunk(frame, chunk, complete)
            } else {
                self.data_chunk(frame, chunk, complete).inspect_err(|_| self.skip_to_close())
            }?;
            if incoming.is_some() || !complete {
                return Ok(incoming);
            }
        }
    }

    /// Drops the unfinished message and, from now on, everything but the peer's close frame. To be called when the server
    /// decides to close: what the client still says has no effect any more.
    pub fn skip_to_close(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
        }
        self.message = None;
    }

    /// Tells how many bytes of heap this reader holds: 0 between two messages, at most the message limit and a control frame.
    #[must_use]
    pub fn buffered_bytes(&self) -> usize {
        self.message.as_ref().map_or(0, Message::capacity) + self.control.capacity()
    }

    /// Completes the head of the next frame from `input`, or keeps what there is of it.
    fn take_head(&mut self, input: &mut &mut [u8]) -> Option<Head> {
        loop {
            let filled = usize::from(self.head_filled);
            let missing = head::size(&self.head[..filled]) - filled;
            if missing == 0 {
                self.head_filled = 0;
                return Some(Head::parse(&self.head[..filled]));
            }
            let part = input.split_off_mut(..missing.min(input.len())).unwrap_or_default();
            if part.is_empty() {
                return None;
            }
            self.head[filled..filled + part.len()].copy_from_slice(part);
            self.head_filled += u8::try_from(part.len()).unwrap_or_default();
        }
    }

    /// Judges a head where it stands: form, then its place among the fragments, then kind, then size.
    fn admit(&mut self, head: &Head) -> Result<(), ProtocolError> {
        head.check()?;
        let held = match (head.opcode, &mut self.message) {
            (Opcode::Continuation, None) => return Err(ProtocolError::ContinuationWithoutMessage),
            (Opcode::Continuation, Some(message)) => {
                message.count_fragment(self.limits.fragments_max)?;
                message.bytes()
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(ProtocolError::MessageInterrupted);
            }
            (Opcode::Binary, None) if self.limits.binary == Binary::Refuse => {
                return Err(ProtocolError::BinaryRefused);
            }
            (Opcode::Text | Opcode::Binary, None) => 0,
            (Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_), _) => return Ok(()),
        };
        if head.length > (self.limits.message_bytes_max - held) as u64 {
            return Err(ProtocolError::MessageTooLarge);
        }
        Ok(())
    }

    /// Takes payload of a text, binary or continuation frame.
    fn data_chunk<'b>(
        &mut self,
        frame: Frame,
        chunk: &'b mut [u8],
        complete: bool,
    ) -> Result<Option<Incoming<'b>>, ProtocolError> {
        if self.phase != Phase::Open {
            return Ok(None);
        }
        unmask(&frame, chunk);
        let last = complete && frame.head.fin;
        if last && self.message.is_none() {
            return if frame.head.opcode == Opcode::Text {
                let text = str::from_utf8(chunk).map_err(|_| ProtocolError::TextNotUtf8)?;
                Ok(Some(Incoming::Text(Cow::Borrowed(text))))
            } else {
                Ok(Some(Incoming::Binary(Cow::Borrowed(chunk))))
            };
        }
        let message = self.message.get_or_insert_with(|| Message::new(frame.head.opcode == Opcode::Text));
        message.append(chunk, self.limits.message_bytes_max)?;
        if last { self.message.take().map(Message::finish).transpose() } else { Ok(None) }
    }

    /// Takes payload of a control frame. Pings and pongs are ignored once closing, and nothing is refused any more.
    fn control_chunk<'b>(
        &mut self,
        frame: Frame,
        chunk: &'b mut [u8],
        complete: bool,
    ) -> Result<Option<Incoming<'b>>, ProtocolError> {
        let Head { opcode, length, .. } = frame.head;
        let fits = length <= CONTROL_PAYLOAD_BYTES_MAX as u64;
        if !fits || (self.phase != Phase::Open && opcode != Opcode::Close) {
            self.control = Vec::new();
            if complete && opcode == Opcode::Close {
                self.phase = Phase::Closed;
                return Ok(Some(Incoming::Close { code: None, reason: Cow::Borrowed("") }));
            }
            return Ok(None);
        }
        unmask(&frame, chunk);
        let payload = if complete && self.control.is_empty() {
            Cow::Borrowed(&*chunk)
        } else {
            self.control.extend_from_slice(chunk);
            if !complete {
                return Ok(None);
            }
            Cow::Owned(std::mem::take(&mut self.control))
        };
        match opcode {
            Opcode::Ping => Ok(Some(Incoming::Ping(payload))),
            Opcode::Pong => Ok(Some(Incoming::Pong)),
            Opcode::Close => {
                let lenient = self.phase != Phase::Open;
                self.phase = Phase::Closed;
                self.message = None;
                match close_content(payload) {
                    Err(_) if lenient => Ok(Some(Incoming::Close { code: None, reason: Cow::Borrowed("") })),
                    judged => judged.map(Some),
                }
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Reserved(_) => Ok(None),
        }
    }
}

/// Unmasks the next part of a frame's payload.
fn unmask(frame: &Frame, chunk: &mut [u8]) {
    fastwebsockets::unmask(chunk, frame.head.key_at(frame.head.length - frame.remaining));
}

/// Reads the payload of a close frame: nothing, or a code and a reason.
fn close_content(payload: Cow<'_, [u8]>) -> Result<Incoming<'_>, ProtocolError> {
    let code = match *payload {
        [] => {
            return Ok(Incoming::Close { code: None, reason: Cow::Borrowed("") });
        }
        [_] => return Err(ProtocolError::CloseTooShort),
        [high, low, ..] => u16::from_be_bytes([high, low]),
    };
    if !is_allowed_on_wire(code) {
        return Err(ProtocolError::CloseCodeNotAllowed(code));
    }
    let reason = match payload {
        Cow::Borrowed(bytes) => str::from_utf8(&bytes[2..]).map(Cow::Borrowed).ok(),
        Cow::Owned(bytes) => str::from_utf8(&bytes[2..]).map(|reason| Cow::Owned(reason.to_owned())).ok(),
    };
    let reason = reason.ok_or(ProtocolError::ReasonNotUtf8)?;
    Ok(Incoming::Close { code: Some(code), reason })
}

#[cfg(test)]
mod tests;
