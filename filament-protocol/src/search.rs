//! What a search looks for (SEA-1): the text of `q` as terms, all of which a message has to have.
//!
//! A term is literal text. Only one character means something: a `*` at the end makes the term the beginning of a word.
//!
//! ```
//! use filament_protocol::search::SearchTerms;
//! use filament_protocol::text::SearchText;
//!
//! let text = SearchText::new("release not* https://a.b:80/c").unwrap();
//! let terms = SearchTerms::parse(&text).unwrap();
//! let found: Vec<_> = terms.iter().map(|term| (term.text(), term.is_prefix())).collect();
//! assert_eq!(found, [("release", false), ("not", true), ("https://a.b:80/c", false)]);
//! ```

use thiserror::Error;

use crate::limits::{SEARCH_PREFIX_CHARACTERS_MIN, SEARCH_PREFIXES_MAX, SEARCH_TERM_UNITS_MAX, SEARCH_TERMS_MAX};
use crate::text::{SearchText, is_white_space, utf16_len};

/// Terms of a search: 1 to 20, at most 4 of them prefixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerms(Vec<SearchTerm>);

/// One term: text without white space, of at most 64 UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerm {
    text: String,
    is_prefix: bool,
}

/// Which rule of SEA-1 a text breaks. Always 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SearchError {
    /// More than 20 terms.
    #[error("more than {SEARCH_TERMS_MAX} terms")]
    TooManyTerms,
    /// A term of more than 64 UTF-16 units.
    #[error("a term is longer than {SEARCH_TERM_UNITS_MAX} UTF-16 units")]
    TermTooLong,
    /// More than 4 terms that end in `*`.
    #[error("more than {SEARCH_PREFIXES_MAX} terms end in *")]
    TooManyPrefixes,
    /// A `*` that does not end a term, or ends one too short to be the beginning of a word.
    #[error("* stands only at the end of a term, after at least {SEARCH_PREFIX_CHARACTERS_MIN} characters")]
    MisplacedStar,
}

impl SearchTerms {
    /// Splits a text into its terms.
    ///
    /// # Errors
    /// [`SearchError`].
    pub fn parse(text: &SearchText) -> Result<Self, SearchError> {
        let words = text.as_str().split(is_white_space).filter(|word| !word.is_empty());
        let mut terms = Vec::new();
        for word in words {
            if terms.len() == SEARCH_TERMS_MAX {
                return Err(SearchError::TooManyTerms);
            }
            terms.push(SearchTerm::parse(word)?);
        }
        if terms.iter().filter(|term| term.is_prefix).count() > SEARCH_PREFIXES_MAX {
            return Err(SearchError::TooManyPrefixes);
        }
        Ok(Self(terms))
    }

    /// Returns the terms in their order, at least one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SearchTerm> {
        self.0.iter()
    }
}

impl SearchTerm {
    fn parse(word: &str) -> Result<Self, SearchError> {
        if utf16_len(word) > SEARCH_TERM_UNITS_MAX {
            return Err(SearchError::TermTooLong);
        }
        let (text, is_prefix) = word.strip_suffix('*').map_or((word, false), |beginning| (beginning, true));
        if text.contains('*') || (is_prefix && text.chars().count() < SEARCH_PREFIX_CHARACTERS_MIN) {
            return Err(SearchError::MisplacedStar);
        }
        Ok(Self { text: text.to_owned(), is_prefix })
    }

    /// Returns the literal text, without the `*` of a prefix.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the last word of the text may go on.
    #[must_use]
    pub const fn is_prefix(&self) -> bool {
        self.is_prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&[(&str, bool)], SearchError>) {
        let parsed = SearchTerms::parse(&SearchText::new(text).expect("a search text"));
        let shown = parsed.as_ref().map(|terms| terms.iter().map(|term| (term.text(), term.is_prefix())).collect());
        assert_eq!(shown.map_err(|error| *error), expected.map(<[_]>::to_vec), "{text:?}");
    }

    /// Proves SEA-1: white space is W of §10.1, everything but a final star is literal.
    #[test]
    fn terms_are_literal_text_between_white_space() {
        check("one", Ok(&[("one", false)]));
        check("  one\u{3000}two\u{FEFF}three\n", Ok(&[("one", false), ("two", false), ("three", false)]));
        check(
            "a AND b OR NOT c",
            Ok(&[("a", false), ("AND", false), ("b", false), ("OR", false), ("NOT", false), ("c", false)]),
        );
        check("https://a.b:80/c", Ok(&[("https://a.b:80/c", false)]));
        check(
            "\"a ~b -c (d ^e {f}:g NEAR(h, 2)",
            Ok(&[
                ("\"a", false),
                ("~b", false),
                ("-c", false),
                ("(d", false),
                ("^e", false),
                ("{f}:g", false),
                ("NEAR(h,", false),
                ("2)", false),
            ]),
        );
        check("zero\u{200B}width", Ok(&[("zero\u{200B}width", false)]));
    }

    /// Proves SEA-1 on `*`.
    #[test]
    fn a_star_ends_a_term_of_two_characters_or_stands_nowhere() {
        check("ab*", Ok(&[("ab", true)]));
        check("\u{1F600}\u{1F600}*", Ok(&[("\u{1F600}\u{1F600}", true)]));
        for wrong in ["*", "a*", "\u{1F600}*", "*ab", "a*b", "ab**", "ab *", "**"] {
            check(wrong, Err(SearchError::MisplacedStar));
        }
        check("aa* bb* cc* dd*", Ok(&[("aa", true), ("bb", true), ("cc", true), ("dd", true)]));
        check("aa* bb* cc* dd* ee*", Err(SearchError::TooManyPrefixes));
    }

    /// Proves the bounds of SEA-1, in UTF-16 units.
    #[test]
    fn terms_are_bounded_in_number_and_length() {
        let letters = |count: usize| vec!["x"; count].join(" ");
        assert_eq!(SearchTerms::parse(&SearchText::new(letters(20)).expect("a text")).expect("terms").iter().len(), 20);
        check(&letters(21), Err(SearchError::TooManyTerms));
        check(&"x".repeat(65), Err(SearchError::TermTooLong));
        check(&"x".repeat(64), Ok(&[(&"x".repeat(64), false)]));
        check(&"\u{1F600}".repeat(33), Err(SearchError::TermTooLong));
        check(&format!("{}*", "x".repeat(63)), Ok(&[(&"x".repeat(63), true)]));
        check(&format!("{}*", "x".repeat(64)), Err(SearchError::TermTooLong));
    }
}
