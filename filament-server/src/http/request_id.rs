//! `x-request-id`: one short name per answer, made here and never taken from outside (HTTP-12).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};

/// The header that carries it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// An odd step, so that 2⁶⁴ ids pass before one comes again and neighbours do not look alike.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Names one request in the answer and in the log; 16 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// Returns the header value.
    #[must_use]
    pub fn header_value(self) -> HeaderValue {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 16];
        for (digit, place) in text.iter_mut().zip((0..16).rev()) {
            *digit = DIGITS[usize::try_from((self.0 >> (4 * place)) & 0xF).unwrap_or(0)];
        }
        // Hex digits are always a valid value.
        HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("0"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// Hands out the ids of one process.
#[derive(Debug)]
pub struct RequestIds(AtomicU64);

impl RequestIds {
    /// Starts anywhere; a random `start` keeps the ids of two runs of the server apart.
    #[must_use]
    pub fn starting_at(start: u64) -> Self {
        Self(AtomicU64::new(start))
    }

    /// Returns an id that no other request of this process has.
    pub fn next(&self) -> RequestId {
        RequestId(self.0.fetch_add(STEP, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_and_read_the_same_in_header_and_log() {
        let ids = RequestIds::starting_at(u64::MAX - 3);
        let mut seen = HashSet::new();
        for _ in 0..1_000 {
            let id = ids.next();
            assert_eq!(id.header_value().to_str().unwrap(), id.to_string());
            assert!(seen.insert(id));
        }
    }
}
