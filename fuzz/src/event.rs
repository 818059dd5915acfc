//! Events: as commands, and what a tolerant reader takes holds nothing that was not sent.

use filament_protocol::{DecodeError, DecodeErrorKind, Event, Received, decode_event, decode_event_strict};
use serde_json::Value;

use crate::document::{Syntax, assert_safe_path, assert_within, depth, reordered, syntax};

/// Checks one event as a client receives it.
pub fn check(message: &[u8]) {
    let verdict = decode_event(message);
    if message.len() <= 65_536
        && let Some(others) = reordered(message)
    {
        for other in others {
            assert_eq!(verdict, decode_event(&other), "another order, another verdict");
        }
    }
    strictly(&verdict, message);
    match verdict {
        Ok(Received::Event(event)) => accepted(&event, message),
        Ok(Received::Unknown { name }) => {
            assert!((1..=64).contains(&name.len()));
            assert!(filament_protocol::EventKind::from_name(&name).is_none(), "{name}");
            let document = read(message);
            assert!(document.is_null() || document["t"] == *name, "{name}");
        }
        Err(error) => {
            assert_safe_path(error.path());
            assert_eq!(u8::from(error.is_syntax()) + u8::from(error.is_shape()) + u8::from(error.is_bounds()), 1);
            if message.len() <= 65_536 && str::from_utf8(message).is_ok() {
                match syntax(message) {
                    Syntax::Right => assert_ne!(error.kind().code(), "syntax"),
                    Syntax::Wrong => assert!(matches!(error.kind().code(), "syntax" | "too_deep")),
                    Syntax::Doubtful => {}
                }
            }
        }
    }
}

/// A strict reader says the same, or names a member that nobody knows.
fn strictly(verdict: &Result<Received, DecodeError>, message: &[u8]) {
    let strict = decode_event_strict(message);
    match (&strict, verdict) {
        (Err(error), Ok(_)) => assert_eq!(error.kind(), DecodeErrorKind::UnknownField),
        (strict, verdict) => assert_eq!(strict, verdict),
    }
}

fn read(message: &[u8]) -> Value {
    let document = serde_json::from_slice(message);
    // A number that no double holds may stand where nobody looks; then there is nothing to compare with.
    document.unwrap_or_default()
}

fn accepted(event: &Event, message: &[u8]) {
    let document = read(message);
    assert!(depth(&document) <= 32);
    // A reader takes up to 65,536 bytes, a writer gives at most 64,512.
    let Ok(written) = event.encode() else { return };
    assert!(written.len() <= 64_512);
    // What was not known in a batch has no payload any more, and what is written knows nothing else.
    assert_eq!(decode_event_strict(&written), Ok(Received::Event(event.clone())), "written and read again");
    if !document.is_null() {
        assert_within(&read(&written), &document, "");
    }
}
