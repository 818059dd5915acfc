//! Percent-decoding of path segments and query members (RFC 3986 §2.1; `+` as space in queries).

use std::borrow::Cow;

/// The encoded text is not UTF-8 after decoding, or a `%` is not followed by two hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not percent-encoded UTF-8")]
pub struct InvalidEncoding;

/// Decodes one path segment.
///
/// # Errors
/// [`InvalidEncoding`] for a stray `%` or bytes that are not UTF-8.
pub fn decode_segment(text: &str) -> Result<Cow<'_, str>, InvalidEncoding> {
    decode(text, false)
}

/// Decodes a name or value of a query, where `+` means a space.
///
/// # Errors
/// [`InvalidEncoding`] for a stray `%` or bytes that are not UTF-8.
pub fn decode_query(text: &str) -> Result<Cow<'_, str>, InvalidEncoding> {
    decode(text, true)
}

fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, str>, InvalidEncoding> {
    if !text.bytes().any(|byte| byte == b'%' || (plus_is_space && byte == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let high = bytes.next().and_then(hex).ok_or(InvalidEncoding)?;
                let low = bytes.next().and_then(hex).ok_or(InvalidEncoding)?;
                high << 4 | low
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| InvalidEncoding)
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_decode_strictly() {
        let table: &[(&str, Result<&str, InvalidEncoding>)] = &[
            ("plain", Ok("plain")),
            ("a+b", Ok("a+b")),
            ("%F0%9F%91%8D", Ok("👍")),
            ("%f0%9f%91%8d", Ok("👍")),
            ("%2F", Ok("/")),
            ("%", Err(InvalidEncoding)),
            ("%4", Err(InvalidEncoding)),
            ("%4g", Err(InvalidEncoding)),
            ("%FF", Err(InvalidEncoding)),
            ("%ED%A0%80", Err(InvalidEncoding)),
        ];
        for (text, expected) in table {
            assert_eq!(decode_segment(text).as_deref().map_err(|error| *error), *expected, "{text}");
        }
    }

    #[test]
    fn a_plus_is_a_space_in_queries_only() {
        assert_eq!(decode_query("a+b%2Bc").unwrap(), "a b+c");
    }
}
