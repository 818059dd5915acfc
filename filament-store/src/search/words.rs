//! Text as the index holds it: each word with the channel it was said in before it.
//!
//! FTS5 keeps one list of messages per word. Were the word all there is to it, a search would have to step over what other guilds and hidden
//! channels say, and the time it takes would tell of it. So the index knows no words but those of a channel: `hello` in a channel is
//! `01jz…3xhello`, and a search asks for the words of the channels it may look into. It reads nothing else: what it finds, in which order,
//! and how long it takes are made of visible messages alone. That goes for prefixes too, whose lists FTS5 joins whole.
//!
//! A word is what `unicode61` takes for one, see [`letters`](super::letters); case and diacritics are left to it.

use filament_protocol::{ChannelId, SearchTerms};

use super::letters::{is_letter, is_mark};

/// The words of a text, in their order.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|character| !is_letter(character) && !is_mark(character));
    runs.map(|run| run.trim_start_matches(is_mark)).filter(|word| !word.is_empty())
}

/// What stands before every word of a channel: of one length, so that no word can be taken for another channel's.
pub(super) fn tag(channel_id: ChannelId) -> String {
    channel_id.to_string().to_ascii_lowercase()
}

/// The text to index for a message; empty if it has no word.
pub(super) fn tagged(channel_id: ChannelId, text: &str) -> String {
    let tag = tag(channel_id);
    let mut tagged = String::with_capacity(text.len() * 4);
    for word in words(text) {
        if !tagged.is_empty() {
            tagged.push(' ');
        }
        tagged.push_str(&tag);
        tagged.push_str(word);
    }
    tagged
}

/// The words of a channel in the index: from the first, up to but without the second.
pub(super) fn range(channel_id: ChannelId) -> (String, String) {
    let first = tag(channel_id);
    let mut beyond = first.clone().into_bytes();
    if let Some(last) = beyond.last_mut() {
        *last += 1; // tags are ASCII, the highest character is `z`
    }
    (first, String::from_utf8_lossy(&beyond).into_owned())
}

/// The terms as an expression of FTS5 over the words of these channels; nothing if no message can match.
///
/// The expression is made of letters, digits and marks between quotes: nothing a caller writes can be syntax. A term becomes the phrase of
/// its words; one that has none says nothing about a message and is passed over.
pub(super) fn expression(terms: &SearchTerms, channels: &[ChannelId]) -> Option<String> {
    let phrases: Vec<(Vec<&str>, bool)> =
        terms.iter().map(|term| (words(term.text()).collect(), term.is_prefix())).collect();
    let said: Vec<_> = phrases.iter().filter(|(words, _)| !words.is_empty()).collect();
    if said.is_empty() || channels.is_empty() {
        return None;
    }
    let mut expression = String::new();
    for channel_id in channels {
        let tag = tag(*channel_id);
        expression.push_str(if expression.is_empty() { "(" } else { " OR (" });
        for (words, is_prefix) in &said {
            expression.push('"');
            for (index, word) in words.iter().enumerate() {
                if index > 0 {
                    expression.push(' ');
                }
                expression.push_str(&tag);
                expression.push_str(word);
            }
            expression.push_str(if *is_prefix { "\" * " } else { "\" " });
        }
        expression.push(')');
    }
    Some(expression)
}

#[cfg(test)]
mod tests {
    use filament_protocol::text::SearchText;

    use super::*;

    const CHANNEL: ChannelId = ChannelId::from_u128(7);
    const OTHER: ChannelId = ChannelId::from_u128(8);

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let terms = SearchTerms::parse(&SearchText::new(text).expect("a text")).expect("terms");
        let short = expression(&terms, &[CHANNEL, OTHER])
            .map(|expression| expression.replace(&tag(CHANNEL), "7.").replace(&tag(OTHER), "8."));
        assert_eq!(short.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn every_word_of_an_expression_is_a_word_of_a_channel() {
        check("one", Some("(\"7.one\" ) OR (\"8.one\" )"));
        check(
            "on* \"a\" OR - b:c",
            Some("(\"7.on\" * \"7.a\" \"7.OR\" \"7.b 7.c\" ) OR (\"8.on\" * \"8.a\" \"8.OR\" \"8.b 8.c\" )"),
        );
        check("- ... ~", None);
        let terms = SearchTerms::parse(&SearchText::new("one").expect("a text")).expect("terms");
        assert_eq!(expression(&terms, &[]), None);
    }

    #[test]
    fn words_are_runs_of_letters() {
        let found = |text| words(text).collect::<Vec<_>>();
        assert_eq!(found("Hello, wörld_2 (x)"), ["Hello", "wörld", "2", "x"]);
        assert_eq!(found("\u{301}cafe\u{301}s \u{301} \u{302}"), ["cafe\u{301}s"]);
        assert_eq!(found(" ... "), [""; 0]);
        assert_eq!(tagged(CHANNEL, "a, b").replace(&tag(CHANNEL), "7."), "7.a 7.b");
        let (first, beyond) = range(CHANNEL);
        assert!(first < beyond && format!("{first}\u{10FFFF}") < beyond && beyond <= tag(OTHER));
    }
}
