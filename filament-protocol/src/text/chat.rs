//! Text of the conversation: content, emoji, echo token, error text.

use super::{bounded_text, utf16_len};
use crate::limits::{EMOJI_UNITS_MAX, ERROR_MESSAGE_UNITS_MAX, MESSAGE_CONTENT_UNITS_MAX, REF_UNITS_MAX};

bounded_text! {
    /// Content of a message: 0..=2,000 UTF-16 units, no U+0000, not trimmed.
    ///
    /// Empty content is allowed by the type: whether a message may be empty depends on its attachments (CMD-2).
    pub struct MessageContent(0, MESSAGE_CONTENT_UNITS_MAX): verbatim NO_NUL
}

impl MessageContent {
    /// Content of no length.
    #[must_use]
    pub fn empty() -> Self {
        Self(Box::default())
    }
}

bounded_text! {
    /// One reaction: 1..=32 UTF-16 units without white space or control characters.
    pub struct Emoji(1, EMOJI_UNITS_MAX): verbatim EMOJI
}

bounded_text! {
    /// Token a client gives a command to recognise the answer: 1..=64 UTF-16 units, no U+0000.
    pub struct Ref(1, REF_UNITS_MAX): verbatim NO_NUL
}

bounded_text! {
    /// Words for people in an `error` event or in `detail`: 0..=200 UTF-16 units. No client may parse it.
    pub struct ErrorMessage(0, ERROR_MESSAGE_UNITS_MAX): verbatim NO_NUL
}

impl ErrorMessage {
    /// Makes a message of any text: cut at the bound between characters, without U+0000.
    #[must_use]
    pub fn new_truncated(text: &str) -> Self {
        let mut kept = String::with_capacity(text.len().min(ERROR_MESSAGE_UNITS_MAX));
        let mut units = 0;
        for character in text.chars().filter(|&character| character != '\0') {
            units += character.len_utf16();
            if units > ERROR_MESSAGE_UNITS_MAX {
                break;
            }
            kept.push(character);
        }
        debug_assert!(utf16_len(&kept) <= ERROR_MESSAGE_UNITS_MAX);
        Self(kept.into_boxed_str())
    }
}
