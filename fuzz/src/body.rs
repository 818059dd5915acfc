//! Request bodies: every refusal has one reason of HTTP-7, and the reason is right about the syntax.

use filament_protocol::DecodeError;
use filament_protocol::rest::{Purpose, RestType, TYPES};

use crate::document::{Syntax, assert_safe_path, depth, syntax};

/// Checks a body or an answer: the name of its type, a line feed, the document. A name nobody has chooses one by its length.
pub fn check(input: &[u8]) {
    let place = input.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (name, body) = input.split_at(place);
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let known = str::from_utf8(name).ok().and_then(RestType::find);
    let kind = known.unwrap_or(&TYPES[name.len() % TYPES.len()]);
    let verdict = kind.check(body);
    assert_eq!(verdict, kind.check(body), "the same bytes, another verdict");
    if body.len() < 65_536 {
        // White space around a document means nothing, and moves it to another place in memory.
        assert_eq!(verdict, kind.check(&[b" ", body].concat()), "a space in front changes the verdict");
    }
    match verdict {
        Ok(()) => {
            let document = serde_json::from_slice(body);
            // A number that no double holds may stand where nobody looks.
            assert!(document.is_ok() || kind.purpose == Purpose::Answer, "what is taken is JSON");
            let document: serde_json::Value = document.unwrap_or_else(|_| serde_json::json!({}));
            assert!(depth(&document) <= 32 && document.is_object());
        }
        Err(error) => refused(&error, body),
    }
}

fn refused(error: &DecodeError, body: &[u8]) {
    assert_safe_path(error.path());
    let code = error.kind().code();
    assert_eq!(code == "too_large", body.len() > 65_536);
    let classes = [error.is_syntax(), error.is_shape(), error.is_bounds()];
    assert_eq!(classes.into_iter().filter(|&class| class).count(), 1, "{code}");
    assert_eq!(error.is_bounds(), code == "out_of_bounds");
    if !matches!(code, "too_large" | "not_utf8") {
        match syntax(body) {
            Syntax::Right => assert_ne!(code, "syntax"),
            Syntax::Wrong => assert!(matches!(code, "syntax" | "too_deep"), "{code}"),
            Syntax::Doubtful => {}
        }
    }
}
