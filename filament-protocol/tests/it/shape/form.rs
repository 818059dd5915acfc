//! The pattern of every text against its check.

use std::collections::BTreeMap;

use filament_protocol::shape::{Shape, Text};
use proptest::prelude::*;
use proptest::sample::select;
use regex::Regex;

use super::{roots, walk};

/// Every form of text, once, with the pattern of the text as sent.
fn texts() -> Vec<(Text, Option<Regex>)> {
    let mut texts: BTreeMap<String, Text> = BTreeMap::new();
    for root in roots() {
        walk(&root, &mut |shape| {
            if let Shape::Text(text) = *shape {
                texts.insert(format!("{} {}..={} {}", text.form.name, text.min, text.max, text.trimmed), text);
            }
        });
    }
    assert!(texts.len() > 20);
    let compiled = |text: Text| text.pattern().map(|pattern| Regex::new(&pattern).expect(&pattern));
    texts.into_values().map(|text| (text, compiled(text))).collect()
}

/// What pattern and length say together.
fn is_described(text: &Text, pattern: Option<&Regex>, candidate: &str) -> bool {
    let is_long_enough = match text.length() {
        Some((min, max)) => (min..=max).contains(&candidate.encode_utf16().count()),
        None => true,
    };
    is_long_enough && pattern.is_none_or(|pattern| pattern.is_match(candidate))
}

/// No character takes more bytes of JSON than its form says.
#[test]
fn forms_know_their_longest_character() {
    for (text, _) in texts() {
        let form = text.form;
        let mut longest = 0;
        for character in '\0'..='\u{10010}' {
            let alone = Text { min: 0, max: 64, trimmed: false, ..text };
            let candidates = [character.to_string(), format!("a{character}"), format!("wss://{character}")];
            if candidates.iter().any(|candidate| alone.accepts(candidate)) {
                let bytes = serde_json::to_string(&character).unwrap().len() - 2;
                longest = longest.max(bytes.div_ceil(character.len_utf16()));
            }
        }
        // Forms with a fixed beginning take no single character.
        assert!(longest == form.unit_bytes || (longest == 0 && form.whole.is_some()), "{}: {longest}", form.name);
    }
}

/// Each character alone, and between others, is taken by the pattern iff it is taken by the type.
#[test]
fn patterns_know_every_character() {
    for (text, pattern) in texts() {
        let around = "a".repeat(text.min.saturating_sub(1).min(1));
        for character in '\0'..=char::MAX {
            // Every character that anything treats differently is below U+3100 or in the last rows of the plane.
            let is_plain = character > '\u{3100}' && !('\u{FE00}'..='\u{10010}').contains(&character);
            if is_plain && u32::from(character) % 257 != 0 {
                continue;
            }
            let inner = format!("{character}{}", "a".repeat(text.min.saturating_sub(1)));
            let between = format!("a{around}{character}{}", "a".repeat(text.min.saturating_sub(2)));
            for candidate in [inner, between] {
                assert_eq!(
                    is_described(&text, pattern.as_ref(), &candidate),
                    text.accepts(&candidate),
                    "{} {candidate:?} {:?}",
                    text.form.name,
                    text.pattern()
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Texts of what is special somewhere, of the Basic Multilingual Plane: lengths in a pattern count characters.
    #[test]
    fn patterns_and_types_agree(parts in prop::collection::vec(select(PARTS), 0..12)) {
        thread_local! {
            static TEXTS: Vec<(Text, Option<Regex>)> = texts();
        }
        let candidate = parts.concat();
        TEXTS.with(|texts| {
            for (text, pattern) in texts {
                prop_assert_eq!(
                    is_described(text, pattern.as_ref(), &candidate),
                    text.accepts(&candidate),
                    "{} {:?} {:?}", text.form.name, &candidate, text.pattern()
                );
            }
            Ok(())
        })?;
    }
}

const PARTS: &[&str] = &[
    "a",
    "Z",
    "0",
    "F",
    "#",
    "#00FFaa",
    "_",
    ".",
    "-",
    "+",
    "/",
    "\\",
    ":",
    "?",
    "@",
    "\"",
    " ",
    "  ",
    "\t",
    "\n",
    "\0",
    "\u{7F}",
    "\u{85}",
    "\u{A0}",
    "\u{200E}",
    "\u{2028}",
    "\u{2066}",
    "\u{FEFF}",
    "\u{3000}",
    "é",
    "中",
    "ws://",
    "wss://h",
    "http:",
    "MailTo:",
    "https://e.x/",
    "01JZ8Q4M5N6P7Q8R9S0T1V2W3X",
    "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "0123456789abcdef0123456789abcdef",
];
