//! Search texts (SEA-1): the verdict is that of a second, simple reading of the rule.

use filament_protocol::{SearchTerms, text::SearchText};

use crate::document::utf16_len;

/// The white space W of §10.1.
const WHITE_SPACE: &[char] = &[
    '\t', '\n', '\u{B}', '\u{C}', '\r', ' ', '\u{A0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}',
    '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200A}', '\u{2028}', '\u{2029}',
    '\u{202F}', '\u{205F}', '\u{3000}', '\u{FEFF}',
];

/// Checks a text as `q`.
pub(crate) fn check(text: &str) {
    let words: Vec<&str> = text.split(WHITE_SPACE).filter(|word| !word.is_empty()).collect();
    let trimmed = text.trim_matches(WHITE_SPACE);
    let is_text = (1..=256).contains(&utf16_len(trimmed)) && !trimmed.contains('\0');
    let Ok(read) = SearchText::new(text) else {
        assert!(!is_text, "{text:?}");
        return;
    };
    assert!(is_text, "{text:?}");
    let parsed = SearchTerms::parse(&read);
    let is_prefix = |word: &str| word.ends_with('*');
    let is_term = |word: &str| {
        let beginning = word.strip_suffix('*').unwrap_or(word);
        utf16_len(word) <= 64 && !beginning.contains('*') && (!is_prefix(word) || beginning.chars().count() >= 2)
    };
    let prefixes = words.iter().filter(|word| is_prefix(word)).count();
    let is_taken = words.len() <= 20 && prefixes <= 4 && words.iter().all(|word| is_term(word));
    assert_eq!(parsed.is_ok(), is_taken, "{text:?}");
    let Ok(terms) = parsed else { return };
    let written: Vec<String> =
        terms.iter().map(|term| format!("{}{}", term.text(), if term.is_prefix() { "*" } else { "" })).collect();
    assert_eq!(written, words, "terms are the words of the text");
}
