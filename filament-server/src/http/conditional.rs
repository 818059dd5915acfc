//! Whether a caller already has what would be sent: `If-None-Match` against an entity tag.

use http::{HeaderMap, HeaderValue, header};

/// How long a cache may answer by itself: a new release or a new image is seen within five minutes.
pub(super) const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Tells whether the caller has what the tag names: `If-None-Match` is a list of tags or `*`, weak ones count
/// (RFC 9110 §13.1.2).
pub(super) fn knows(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut entries = values.flat_map(|value| value.split(',')).map(|entry| entry.trim_matches([' ', '\t']));
    entries.any(|entry| entry == "*" || entry.strip_prefix("W/").unwrap_or(entry).as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_every_spelling_of_the_header() {
        let tag = HeaderValue::from_static("\"abc\"");
        for (value, expected) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", \"abc\"", true),
            ("\"x\" ,\t W/\"abc\"", true),
            ("*", true),
            ("\"ab\"", false),
            ("abc", false),
            ("\"abc", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            assert_eq!(knows(&headers, &tag), expected, "{value}");
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_static("\"other\""));
            assert_eq!(knows(&headers, &tag), expected, "{value} and another");
        }
        assert!(!knows(&HeaderMap::new(), &tag));
    }
}
