//! Text that describes an attachment.

use super::{TextError, bounded_text, check_bytes, check_characters, is_control, trim, verbatim};
use crate::limits::{FILENAME_UNITS_MAX, MIME_TYPE_UNITS_MAX};

bounded_text! {
    /// Name of an attachment: 1..=128 UTF-16 units, no `/`, `\` or control character, not blank. Not trimmed.
    pub struct Filename(1, FILENAME_UNITS_MAX) { prepare: verbatim, check: check_filename }
}

fn check_filename(text: &str) -> Result<(), TextError> {
    check_characters(text, |character| is_control(character) || matches!(character, '/' | '\\'))?;
    if trim(text).is_empty() { Err(TextError::Form) } else { Ok(()) }
}

impl Filename {
    /// The name of an upload that has none: `upload.bin`.
    #[must_use]
    pub fn fallback() -> Self {
        Self("upload.bin".into())
    }
}

bounded_text! {
    /// Media type of an attachment: 1..=128 printable ASCII characters without `"` and `\`.
    ///
    /// The server writes what it sniffed, never what was declared, so quoted parameters do not occur.
    pub struct MimeType(1, MIME_TYPE_UNITS_MAX) { prepare: verbatim, check: check_mime_type }
}

fn check_mime_type(text: &str) -> Result<(), TextError> {
    check_bytes(text, |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'))
}

bounded_text! {
    /// SHA-256 of an attachment: 64 lower-case hex digits.
    pub struct Sha256Hex(64, 64) { prepare: verbatim, check: check_sha256 }
}

fn check_sha256(text: &str) -> Result<(), TextError> {
    check_bytes(text, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
