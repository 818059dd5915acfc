//! What is there of a message that did not arrive in one piece.

use std::borrow::Cow;

use super::{Incoming, ProtocolError};

/// An unfinished message. Text is validated as it comes, so that bad text is refused at its first impossible byte.
#[derive(Debug)]
pub(super) struct Message {
    text: bool,
    bytes: Vec<u8>,
    /// How many of the bytes are known to be whole, valid UTF-8 sequences; stays 0 for binary.
    valid: usize,
    fragments: u32,
}

impl Message {
    /// Starts a message whose first frame is there, at least in part.
    pub(super) const fn new(text: bool) -> Self {
        Self { text, bytes: Vec::new(), valid: 0, fragments: 1 }
    }

    /// Gives the bytes of payload so far.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Gives the bytes of heap held.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Counts one more frame, empty or not.
    pub(super) fn count_fragment(&mut self, fragments_max: u32) -> Result<(), ProtocolError> {
        if self.fragments >= fragments_max {
            return Err(ProtocolError::TooManyFragments);
        }
        self.fragments += 1;
        Ok(())
    }

    /// Keeps `chunk`, which the caller has checked against `bytes_max` by the head of its frame.
    pub(super) fn append(&mut self, chunk: &[u8], bytes_max: usize) -> Result<(), ProtocolError> {
        let needed = self.bytes.len() + chunk.len();
        debug_assert!(needed <= bytes_max, "the head of the frame was not checked");
        if needed > self.bytes.capacity() {
            // Doubles as a Vec would, but not past the limit: the bound holds for the memory too, not only for its content.
            let capacity = (self.bytes.capacity() * 2).min(bytes_max).max(needed);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(chunk);
        if self.text {
            match str::from_utf8(&self.bytes[self.valid..]) {
                Ok(text) => self.valid += text.len(),
                Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
                Err(_) => return Err(ProtocolError::TextNotUtf8),
            }
        }
        Ok(())
    }

    /// Hands the whole message out, and its memory with it.
    pub(super) fn finish(self) -> Result<Incoming<'static>, ProtocolError> {
        if self.text {
            let text = String::from_utf8(self.bytes).map_err(|_| ProtocolError::TextNotUtf8)?;
            Ok(Incoming::Text(Cow::Owned(text)))
        } else {
            Ok(Incoming::Binary(Cow::Owned(self.bytes)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends one byte at a time; gives the index of the byte that was refused, or the outcome of finishing.
    fn bytewise(bytes: &[u8]) -> Result<Result<String, ProtocolError>, usize> {
        let mut message = Message::new(true);
        for (index, byte) in bytes.iter().enumerate() {
            message.append(&[*byte], bytes.len()).map_err(|_| index)?;
        }
        Ok(message.finish().map(|incoming| match incoming {
            Incoming::Text(text) => text.into_owned(),
            other => panic!("{other:?}"),
        }))
    }

    #[test]
    fn text_cut_inside_its_characters_is_whole_again() {
        let text = "κόσμε 𝄞 \u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}";
        assert_eq!(bytewise(text.as_bytes()), Ok(Ok(text.to_owned())));
    }

    #[test]
    fn bad_text_is_refused_at_its_first_impossible_byte() {
        let table: &[(&[u8], usize)] = &[
            (b"ab\x80", 2),            // a continuation byte alone
            (b"\xC0\x80", 0),          // overlong
            (b"\xE0\x80\x80", 1),      // overlong
            (b"\xED\xA0\x80", 1),      // surrogate
            (b"\xF4\x90\x80\x80", 1),  // past U+10FFFF
            (b"\xF5\x80\x80\x80", 0),  // past U+10FFFF
            (b"\xCE\xBA\xE1\xBD.", 4), // sequence broken off
            (b"\xFF", 0),
        ];
        for (bytes, index) in table {
            assert_eq!(bytewise(bytes), Err(*index), "{bytes:02x?}");
        }
    }

    #[test]
    fn text_that_ends_inside_a_character_is_refused_at_its_end() {
        for bytes in [&b"a\xC3"[..], b"\xE2\x82", b"\xF0\x9D\x84"] {
            assert_eq!(bytewise(bytes), Ok(Err(ProtocolError::TextNotUtf8)));
        }
    }

    #[test]
    fn memory_follows_what_arrived_and_ends_at_the_limit() {
        let bytes_max = 65_536;
        let mut message = Message::new(false);
        for arrived in (1_000..).step_by(1_000).take(65) {
            assert_eq!(message.append(&[0; 1_000], bytes_max), Ok(()));
            assert!(message.capacity() <= (2 * arrived).min(bytes_max), "{} held for {arrived}", message.capacity());
        }
    }
}
