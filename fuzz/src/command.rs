//! Commands: whatever comes in gets one verdict, and what is taken obeys §5.

use filament_protocol::{Command, CommandError, decode_command};
use serde_json::Value;

use crate::document::{Syntax, assert_safe_path, depth, is_ulid, reordered, syntax, utf16_len};

/// Checks one gateway message.
pub fn check(message: &[u8]) {
    let verdict = decode_command(message);
    assert_eq!(verdict, decode_command(message), "the same bytes, another verdict");
    if message.len() <= 65_536
        && let Some(others) = reordered(message)
    {
        for other in others {
            assert_eq!(verdict, decode_command(&other), "another order, another verdict");
        }
    }
    match verdict {
        Ok(command) => accepted(&command, message),
        Err(error) => refused(&error, message),
    }
}

fn accepted(command: &Command, message: &[u8]) {
    let written = command.encode();
    assert!(written.len() <= message.len(), "the shortest text is longer than the one that was read");
    assert_eq!(decode_command(&written).as_ref(), Ok(command), "written and read again");
    let document: Value = serde_json::from_slice(message).expect("what is taken is JSON");
    assert!(depth(&document) <= 32);
    assert_eq!(document.as_object().map(|members| members.len()), Some(3));
    assert_eq!(document["v"], 1);
    assert_eq!(document["t"], command.kind().name());
    for (name, value) in document["d"].as_object().expect("a payload is an object") {
        assert!(is_member(name, value), "{} {name}: {value}", command.kind());
    }
}

/// What §5 says of each member, read from the document and not from the command.
fn is_member(name: &str, value: &Value) -> bool {
    let text = |min: usize, max: usize| {
        value.as_str().is_some_and(|text| (min..=max).contains(&utf16_len(text)) && !text.contains('\0'))
    };
    match name {
        "guild_id" | "channel_id" => value.as_str().is_some_and(is_ulid),
        "content" => text(0, 2_000),
        "ref" => text(1, 64),
        "s" => value.as_u64().is_some_and(|number| number <= 9_007_199_254_740_991),
        "attachment_ids" => {
            value.as_array().is_some_and(|ids| ids.len() <= 5 && ids.iter().all(|id| id.as_str().is_some_and(is_ulid)))
        }
        _ => false,
    }
}

fn refused(error: &CommandError, message: &[u8]) {
    assert_eq!(matches!(error, CommandError::TooLarge { .. }), message.len() > 65_536);
    let path = error.path();
    assert_safe_path(path);
    match error {
        CommandError::Payload { .. } => assert!(path == "d" || path.starts_with("d.")),
        CommandError::Unknown { name } => {
            assert!((1..=64).contains(&name.len()));
            assert!(name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')), "{name}");
        }
        CommandError::TooLarge { .. } | CommandError::NotUtf8 | CommandError::Envelope(_) => {}
        other => panic!("a refusal this target does not know: {other}"),
    }
    let code = error.code();
    assert_eq!(code == "not_utf8", message.len() <= 65_536 && str::from_utf8(message).is_err());
    if !matches!(code, "too_large" | "not_utf8") {
        match syntax(message) {
            Syntax::Right => assert_ne!(code, "syntax"),
            Syntax::Wrong => assert!(matches!(code, "syntax" | "too_deep"), "{code}"),
            Syntax::Doubtful => {}
        }
    }
}
