//! The forms of text: which characters may stand in one, as a check and as a pattern.
//!
//! A form says nothing of length. Its check and its pattern are two statements of one rule; a test compares them
//! character by character.

use std::fmt;

use super::{TextError, check_bytes, check_characters, check_no_nul, is_control, is_white_space, trim};
use crate::id::GuildId;

/// What is asked of a text beyond its length.
#[derive(Clone, Copy)]
pub struct Form {
    /// A name for it: lower-case words.
    pub name: &'static str,
    /// What may stand in it, to complete "a text of …".
    pub words: &'static str,
    /// The characters that may stand in it: the inside of a bracket expression. `None` if any may, or if
    /// [`whole`](Self::whole) says more.
    pub class: Option<&'static str>,
    /// An expression for the whole text, without anchors, where a class does not say it all.
    pub whole: Option<&'static str>,
    /// Most bytes of JSON that one UTF-16 unit of it takes: 6 where control characters may stand, 3 for other text, 2
    /// and 1 for ASCII with and without quotes and backslashes.
    pub unit_bytes: usize,
    /// Refuses what does not have the form.
    pub(crate) check: fn(&str) -> Result<(), TextError>,
}

impl fmt::Debug for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Form").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The white space W of §10.1, as the inside of a bracket expression.
pub const WHITE_SPACE_CLASS: &str = r"\u0009-\u000D\u0020\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF";

/// Any text.
pub(crate) const ANY: Form =
    Form { name: "any", words: "any characters", class: None, whole: None, unit_bytes: 6, check: |_| Ok(()) };

/// Any text without U+0000.
pub(crate) const NO_NUL: Form = Form {
    name: "no_nul",
    words: "any characters but U+0000",
    class: Some(r"^\u0000"),
    whole: None,
    unit_bytes: 6,
    check: check_no_nul,
};

/// Line text: no control, line break or direction mark.
pub(crate) const LINE: Form = Form {
    name: "line",
    words: "characters that neither break a line nor turn its direction",
    class: Some(r"^\u0000-\u001F\u007F-\u009F\u2028\u2029\uFEFF\u200E\u200F\u202A-\u202E\u2066-\u2069"),
    whole: None,
    unit_bytes: 3,
    check: |text| {
        check_characters(text, |character| {
            is_control(character)
                || matches!(
                    character,
                    '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
                )
        })
    },
};

/// An emoji: no white space, no control.
pub(crate) const EMOJI: Form = Form {
    name: "emoji",
    words: "characters that are neither white space nor control characters",
    class: Some(r"^\u0000-\u0020\u007F-\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF"),
    whole: None,
    unit_bytes: 3,
    check: |text| check_characters(text, |character| is_control(character) || is_white_space(character)),
};

/// A file name: no separator, no control, not blank.
pub(crate) const FILENAME: Form = Form {
    name: "filename",
    words: r"characters but `/`, `\` and control characters, not all of them white space",
    class: None,
    whole: Some(
        r"[^\u0000-\u001F\u007F-\u009F/\\]*[^\u0000-\u0020\u007F-\u00A0/\\\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF][^\u0000-\u001F\u007F-\u009F/\\]*",
    ),
    unit_bytes: 3,
    check: |text| {
        check_characters(text, |character| is_control(character) || matches!(character, '/' | '\\'))?;
        if trim(text).is_empty() { Err(TextError::Form) } else { Ok(()) }
    },
};

/// A media type: printable ASCII without quotes and backslashes.
pub(crate) const MEDIA_TYPE: Form = Form {
    name: "media_type",
    words: r#"printable ASCII characters but `"` and `\`"#,
    class: Some(r"\u0020-\u0021\u0023-\u005B\u005D-\u007E"),
    whole: None,
    unit_bytes: 1,
    check: |text| check_bytes(text, |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')),
};

/// Lower-case hex digits.
pub(crate) const LOWER_HEX: Form = Form {
    name: "lower_hex",
    words: "lower-case hex digits",
    class: Some("0-9a-f"),
    whole: None,
    unit_bytes: 1,
    check: |text| check_bytes(text, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
};

/// An upper-case colour.
pub(crate) const COLOR: Form = Form {
    name: "color",
    words: "`#` and six upper-case hex digits",
    class: None,
    whole: Some("#[0-9A-F]{6}"),
    unit_bytes: 1,
    check: |text| {
        let digits = text.strip_prefix('#').ok_or(TextError::Form)?;
        check_bytes(digits, |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
    },
};

/// A colour in any case.
pub(crate) const COLOR_ANY_CASE: Form = Form {
    name: "color_any_case",
    words: "`#` and six hex digits",
    class: None,
    whole: Some("#[0-9A-Fa-f]{6}"),
    unit_bytes: 1,
    check: |text| {
        let digits = text.strip_prefix('#').ok_or(TextError::Form)?;
        check_bytes(digits, |byte| byte.is_ascii_hexdigit())
    },
};

/// A user name.
pub(crate) const USERNAME: Form = Form {
    name: "username",
    words: "ASCII letters, digits, `_` and `.`",
    class: Some("A-Za-z0-9_."),
    whole: None,
    unit_bytes: 1,
    check: |text| check_bytes(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')),
};

/// What may stand in a URL unescaped.
pub(crate) const URL_SAFE: Form = Form {
    name: "url_safe",
    words: "ASCII letters, digits, `_` and `-`",
    class: Some("A-Za-z0-9_-"),
    whole: None,
    unit_bytes: 1,
    check: |text| check_bytes(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')),
};

/// A feature name.
pub(crate) const FEATURE: Form = Form {
    name: "feature",
    words: "lower-case ASCII letters, digits and `_`",
    class: Some("a-z0-9_"),
    whole: None,
    unit_bytes: 1,
    check: |text| check_bytes(text, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')),
};

/// A dotted name, as actions of the audit log have one.
pub(crate) const DOTTED: Form = Form {
    name: "dotted",
    words: "lower-case ASCII letters, digits, `_` and `.`",
    class: Some("a-z0-9_."),
    whole: None,
    unit_bytes: 1,
    check: |text| check_bytes(text, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')),
};

/// Visible ASCII.
pub(crate) const VISIBLE: Form = Form {
    name: "visible",
    words: "visible ASCII characters",
    class: Some(r"\u0021-\u007E"),
    whole: None,
    unit_bytes: 2,
    check: |text| check_bytes(text, |byte| byte.is_ascii_graphic()),
};

/// An id.
pub(crate) const ULID: Form = Form {
    name: "ulid",
    words: "26 characters of upper-case Crockford base 32, the first at most `7`",
    class: None,
    whole: Some("[0-7][0-9A-HJKMNP-TV-Z]{25}"),
    unit_bytes: 1,
    check: |text| GuildId::parse(text).map(drop).map_err(|_| TextError::Form),
};

/// Target of a link (MD-4).
pub(crate) const LINK: Form = Form {
    name: "link",
    words: "a target with scheme `http:`, `https:` or `mailto:`, in any case",
    class: None,
    whole: Some(r"(?:[Hh][Tt][Tt][Pp][Ss]?|[Mm][Aa][Ii][Ll][Tt][Oo]):[^\u0000]*"),
    unit_bytes: 6,
    check: |text| {
        check_no_nul(text)?;
        match text.split_once(':') {
            Some((scheme, _)) if ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
                Ok(())
            }
            _ => Err(TextError::Form),
        }
    },
};

/// Absolute WebSocket address.
pub(crate) const WEBSOCKET_URL: Form = Form {
    name: "websocket_url",
    words: "an absolute `ws:` or `wss:` address without user info and fragment",
    class: None,
    whole: Some(
        r"wss?://[\u0021-\u0022\u0024-\u002E\u0030-\u003E\u0041-\u007E]+(?:[/?][\u0021-\u0022\u0024-\u007E]*)?",
    ),
    unit_bytes: 2,
    check: |text| {
        let rest = text.strip_prefix("ws://").or_else(|| text.strip_prefix("wss://")).ok_or(TextError::Form)?;
        check_bytes(rest, |byte| byte.is_ascii_graphic() && byte != b'#')?;
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        if host.is_empty() || host.contains('@') { Err(TextError::Form) } else { Ok(()) }
    },
};

/// Language of a code block (MD-3).
pub(crate) const LANGUAGE: Form = Form {
    name: "language",
    words: "lower-case ASCII letters, digits, `_`, `+`, `.` and `-`",
    class: Some("a-z0-9_+.-"),
    whole: None,
    unit_bytes: 1,
    check: |text| check_bytes(text, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'+' | b'.' | b'-')),
};
