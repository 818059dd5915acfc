//! Which part of a file a request wants: one range of bytes (RFC 9110 §14).

use http::{HeaderMap, header};

/// The part that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it: no range is asked for, or none that is served.
    Whole,
    /// From the first byte to the last, both included.
    Part {
        /// First byte.
        first: u64,
        /// Last byte.
        last: u64,
    },
    /// A range that begins behind the end.
    Nothing,
}

/// Reads `Range: bytes=…` for a file of `length` bytes, at least 1.
///
/// Several ranges, other units and what is not well formed are passed over, as the RFC allows; so is a range with `If-Range`, since files
/// here have no validator that it could name.
#[must_use]
pub fn wanted(headers: &HeaderMap, length: u64) -> Wanted {
    let mut values = headers.get_all(header::RANGE).iter();
    let (Some(value), None, false) = (values.next(), values.next(), headers.contains_key(header::IF_RANGE)) else {
        return Wanted::Whole;
    };
    let bounds = value.to_str().ok().and_then(|text| text.trim().strip_prefix("bytes="));
    let Some((first, last)) = bounds.and_then(|bounds| bounds.split_once('-')) else { return Wanted::Whole };
    let end = length.saturating_sub(1);
    match (first.trim(), last.trim()) {
        ("", suffix) => match number(suffix) {
            Some(0) => Wanted::Nothing,
            Some(count) => Wanted::Part { first: length.saturating_sub(count), last: end },
            None => Wanted::Whole,
        },
        (first, last) => match (number(first), if last.is_empty() { Some(end) } else { number(last) }) {
            (Some(first), _) if first >= length => Wanted::Nothing,
            (Some(first), Some(last)) if first <= last => Wanted::Part { first, last: last.min(end) },
            _ => Wanted::Whole,
        },
    }
}

/// Digits alone; a number beyond 64 bits is as good as the largest.
fn number(text: &str) -> Option<u64> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits_only.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(value: &'static str) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(value));
        wanted(&headers, 100)
    }

    #[test]
    fn one_range_of_bytes_is_read_and_everything_else_is_the_whole() {
        let part = |first, last| Wanted::Part { first, last };
        for (value, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=0-99", part(0, 99)),
            ("bytes=10-19", part(10, 19)),
            ("bytes=90-", part(90, 99)),
            ("bytes=90-1000", part(90, 99)),
            ("bytes=0-99999999999999999999999", part(0, 99)),
            ("bytes=-1", part(99, 99)),
            ("bytes=-100", part(0, 99)),
            ("bytes=-1000", part(0, 99)),
            (" bytes=1 - 2 ", part(1, 2)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=100-200", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=2-1", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=1", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(of(value), expected, "{value}");
        }
    }

    #[test]
    fn a_condition_or_a_second_header_makes_it_the_whole() {
        let mut headers = HeaderMap::new();
        assert_eq!(wanted(&headers, 100), Wanted::Whole);
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"x\""));
        assert_eq!(wanted(&headers, 100), Wanted::Whole);
        headers.remove(header::IF_RANGE);
        headers.append(header::RANGE, HeaderValue::from_static("bytes=2-3"));
        assert_eq!(wanted(&headers, 100), Wanted::Whole);
    }
}
