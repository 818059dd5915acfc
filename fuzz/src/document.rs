//! Documents looked at by another reader than the one under test: serde_json's.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

/// An envelope whose three parts are known only as text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    v: &'a RawValue,
    #[serde(borrow)]
    t: &'a RawValue,
    #[serde(borrow)]
    d: &'a RawValue,
}

/// The same envelope with its members in the orders that the two passes of the decoder are made for.
///
/// With `t` before `d` one pass is enough; with `d` first the document is read as a tree. `None` if it is no envelope.
pub(crate) fn reordered(document: &[u8]) -> Option<[Vec<u8>; 2]> {
    // A derived reader takes an array for a struct.
    if document.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    let Envelope { v, t, d } = serde_json::from_slice(document).ok()?;
    let by_stream = format!(r#"{{"v":{v},"t":{t},"d":{d}}}"#);
    let by_tree = format!(r#"{{"d":{d},"t":{t},"v":{v}}}"#);
    Some([by_stream.into_bytes(), by_tree.into_bytes()])
}

/// What serde_json has to say about the syntax of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Syntax {
    /// It builds a value: there is no doubt.
    Right,
    /// It finds no fault passing over it, but builds no value: a lone surrogate, a huge number, too deep.
    Doubtful,
    /// It is none.
    Wrong,
}

pub(crate) fn syntax(document: &[u8]) -> Syntax {
    if serde_json::from_slice::<Value>(document).is_ok() {
        return Syntax::Right;
    }
    match serde_json::from_slice::<IgnoredAny>(document) {
        Ok(_) => Syntax::Doubtful,
        Err(_) => Syntax::Wrong,
    }
}

/// How deep a value nests: 0 for a scalar.
pub(crate) fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

/// Fails unless everything in `written` stands in `read` as well: a reader may leave out what it does not know, and
/// trims names, but invents nothing. `null` may be written where nothing was read.
pub(crate) fn assert_within(written: &Value, read: &Value, place: &str) {
    match (written, read) {
        (Value::Object(written), Value::Object(read)) => {
            for (name, value) in written {
                match read.get(name) {
                    Some(read) => assert_within(value, read, &format!("{place}.{name}")),
                    None => assert!(value.is_null(), "{place}.{name} was invented: {value}"),
                }
            }
        }
        (Value::Array(written), Value::Array(read)) => {
            assert_eq!(written.len(), read.len(), "{place}");
            for (index, (written, read)) in written.iter().zip(read).enumerate() {
                assert_within(written, read, &format!("{place}[{index}]"));
            }
        }
        (Value::String(written), Value::String(read)) => {
            assert!(read.contains(written.as_str()), "{place}: {written:?} of {read:?}");
        }
        _ => assert_eq!(written, read, "{place}"),
    }
}

/// Fails if a path quotes more of the input than names of members, cut and cleaned.
pub(crate) fn assert_safe_path(path: &str) {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_?.[]".contains(&byte);
    assert!(path.len() <= 32 * 70 && path.bytes().all(is_safe), "{path:?} quotes what was sent");
}

/// Tells whether a text is a canonical ULID: `^[0-7][0-9A-HJKMNP-TV-Z]{25}$`.
pub(crate) fn is_ulid(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"ILOU".contains(&byte);
    text.len() == 26 && text.bytes().all(is_digit) && text.as_bytes()[0] <= b'7'
}

/// The length of a text as browsers count it.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.encode_utf16().count()
}
