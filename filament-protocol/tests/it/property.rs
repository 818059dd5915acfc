//! Properties of random input: what is written is read back, and nothing makes the decoders panic or change their mind.

use filament_protocol::{CommandError, Received, decode_command, decode_event};
use proptest::prelude::*;

use crate::strategy::{command, event, text};

/// Writes a JSON text anew: other white space, escapes for letters, members in the order `rank` gives them.
fn rewrite(value: &serde_json::Value, rank: u64, out: &mut String) {
    match value {
        serde_json::Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members
                .sort_by_key(|(name, _)| name.bytes().fold(rank, |hash, byte| hash.rotate_left(7) ^ u64::from(byte)));
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { " ,\t" });
                escape(name, rank, out);
                out.push_str(" :\r ");
                rewrite(member, rank, out);
            }
            out.push('}');
        }
        serde_json::Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { " " } else { " , " });
                rewrite(item, rank, out);
            }
            out.push_str(" ]");
        }
        serde_json::Value::String(text) => escape(text, rank, out),
        other => out.push_str(&other.to_string()),
    }
}

fn escape(text: &str, rank: u64, out: &mut String) {
    out.push('"');
    for (index, unit) in text.encode_utf16().enumerate() {
        match u8::try_from(unit) {
            Ok(byte @ (b' ' | b'!' | b'#'..=b'[' | b']'..=b'~')) if (rank >> (index % 64)) & 1 == 0 => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out.push('"');
}

fn rewritten(text: &[u8], rank: u64) -> String {
    let mut out = String::new();
    rewrite(&serde_json::from_slice(text).unwrap(), rank, &mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A command is read back from its own text, and from every other text of the same JSON value.
    #[test]
    fn commands_survive_the_wire_in_any_spelling(command in command(), rank in any::<u64>()) {
        let written = command.encode();
        prop_assert_eq!(decode_command(&written), Ok(command.clone()));
        prop_assert_eq!(decode_command(rewritten(&written, rank).as_bytes()), Ok(command));
    }

    /// So is an event.
    #[test]
    fn events_survive_the_wire_in_any_spelling(event in event(), rank in any::<u64>()) {
        let written = event.encode().unwrap();
        prop_assert_eq!(decode_event(&written), Ok(Received::Event(event.clone())));
        prop_assert_eq!(decode_event(rewritten(&written, rank).as_bytes()), Ok(Received::Event(event)));
    }

    /// A command with one byte changed, dropped or doubled gets a verdict, the same one twice, and syntax is what serde_json
    /// says it is.
    #[test]
    fn damaged_commands_get_one_verdict(command in command(), at in any::<prop::sample::Index>(), with in any::<u8>(), how in 0..3) {
        let mut text = command.encode();
        let index = at.index(text.len());
        match how {
            0 => text[index] = with,
            1 => { text.remove(index); }
            _ => text.insert(index, with),
        }
        let verdict = decode_command(&text);
        prop_assert_eq!(&verdict, &decode_command(&text));
        if let Err(CommandError::Payload { error, .. }) = &verdict {
            prop_assert!(error.path().starts_with('d'));
        }
        // serde_json also refuses numbers whose value no double can hold; the contract has no bound on them.
        let is_json = match serde_json::from_slice::<serde_json::Value>(&text) {
            Ok(_) => true,
            Err(error) => error.to_string().starts_with("number out of range"),
        };
        let is_syntax = match &verdict {
            Err(CommandError::NotUtf8) => true,
            Err(CommandError::Envelope(error)) => error.is_syntax(),
            _ => false,
        };
        prop_assert_eq!(is_syntax, !is_json);
    }

    /// Neither decoder panics on any text, and neither accepts what serde_json refuses.
    #[test]
    fn no_text_is_read_that_is_not_json(text in text(0..60)) {
        let is_json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        prop_assert!(is_json || decode_command(text.as_bytes()).is_err());
        prop_assert!(is_json || decode_event(text.as_bytes()).is_err());
    }
}
