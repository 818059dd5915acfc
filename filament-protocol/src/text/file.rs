//! Text that describes an attachment.

use super::bounded_text;
use crate::limits::{FILENAME_UNITS_MAX, MIME_TYPE_UNITS_MAX};

bounded_text! {
    /// Name of an attachment: 1..=128 UTF-16 units, no `/`, `\` or control character, not blank. Not trimmed.
    pub struct Filename(1, FILENAME_UNITS_MAX): verbatim FILENAME
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
    pub struct MimeType(1, MIME_TYPE_UNITS_MAX): verbatim MEDIA_TYPE
}

bounded_text! {
    /// SHA-256 of an attachment: 64 lower-case hex digits.
    pub struct Sha256Hex(64, 64): verbatim LOWER_HEX
}
