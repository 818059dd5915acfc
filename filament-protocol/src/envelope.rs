//! The envelope `{"v":1,"t":…,"d":…}` around every event and command (§1).

use crate::limits::NAME_BYTES_MAX;

/// The version this crate speaks: the `v` of every envelope.
pub const VERSION: u64 = 1;

/// Tells whether a text has the form of a `t`: `^[a-z0-9_.]{1,64}$` (ENV-3).
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
}

/// Appends everything before the payload.
pub(crate) fn write_head(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(br#"{"v":1,"t":""#);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(br#"","d":"#);
}

/// Appends everything after the payload.
pub(crate) fn write_tail(out: &mut Vec<u8>) {
    out.push(b'}');
}
