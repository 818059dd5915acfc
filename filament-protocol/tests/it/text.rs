//! §10.1: what each text may be, counted in UTF-16 units and trimmed as browsers trim.

use std::fmt::Debug;
use std::str::FromStr;

use filament_protocol::text::{is_white_space, trim, utf16_len};
use filament_protocol::{
    About, BearerToken, ChannelName, ColorHex, DirectoryQuery, Emoji, ErrorMessage, FeatureName, Filename, GuildName,
    IdempotencyKey, Identity, MessageContent, MimeType, Password, Ref, RoleName, Sha256Hex, TextError, Username,
};

/// The white space of §10.1, written out.
const WHITE_SPACE: [char; 25] = [
    '\u{9}', '\u{A}', '\u{B}', '\u{C}', '\u{D}', '\u{20}', '\u{A0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}',
    '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200A}', '\u{2028}',
    '\u{2029}', '\u{202F}', '\u{205F}', '\u{3000}', '\u{FEFF}',
];

fn accepts<T: FromStr<Err = TextError>>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

/// Checks that a text of `unit` repeated is taken from `min` to `max` units, and not one unit beyond either end.
#[track_caller]
fn check_length<T: FromStr<Err = TextError> + Debug>(min: usize, max: usize, units: &[&str]) {
    for unit in units {
        let width = utf16_len(unit);
        let repeated = |times: usize| unit.repeat(times).parse::<T>();
        assert!(repeated(max / width).is_ok(), "{max} units of {unit:?}");
        assert_eq!(repeated(max / width + 1).unwrap_err(), TextError::TooLong { max }, "{unit:?}");
        assert!(repeated(min.div_ceil(width)).is_ok(), "{min} units of {unit:?}");
        if min > 0 {
            assert_eq!(repeated(min.div_ceil(width) - 1).unwrap_err(), TextError::TooShort { min }, "{unit:?}");
        }
    }
}

/// Checks each character of a range alone, in the middle of a text.
fn check_characters<T: FromStr<Err = TextError>>(forbidden: impl Fn(char) -> bool) {
    for character in ('\0'..='\u{3100}').chain(['\u{FEFF}', '\u{FFFD}', '\u{1F30A}', char::MAX]) {
        let accepted = accepts::<T>(&format!("a{character}b"));
        assert_eq!(accepted, !forbidden(character), "U+{:04X}", u32::from(character));
    }
}

fn is_control(character: char) -> bool {
    matches!(u32::from(character), 0..=0x1F | 0x7F..=0x9F)
}

/// The set W: U+FEFF and U+00A0 are in it, U+0085, U+180E and U+200B are not.
#[test]
fn white_space_is_what_browsers_trim() {
    for character in '\0'..=char::MAX {
        assert_eq!(is_white_space(character), WHITE_SPACE.contains(&character), "U+{:04X}", u32::from(character));
    }
    let all: String = WHITE_SPACE.iter().collect();
    assert_eq!(trim(&format!("{all}a b{all}")), "a b");
    assert_eq!(trim("\u{85}a\u{85}"), "\u{85}a\u{85}");
    assert_eq!(trim(&all), "");
}

/// Lengths, against the standard library's own encoder.
#[test]
fn units_are_those_of_utf_16() {
    for text in ["", "a", "é", "中", "\u{1F30A}", "a\u{1F30A}é中\u{FFFF}\u{10000}", "👩‍👩‍👧‍👦"] {
        assert_eq!(utf16_len(text), text.encode_utf16().count(), "{text}");
    }
    for character in
        ['\0', '\u{7F}', '\u{80}', '\u{7FF}', '\u{800}', '\u{D7FF}', '\u{E000}', '\u{FFFF}', '\u{10000}', char::MAX]
    {
        assert_eq!(utf16_len(&character.to_string()), character.len_utf16());
    }
}

/// Names: 1..=64 units for guilds and channels, 1..=32 for roles, after trimming.
#[test]
fn names_are_bounded_after_trimming() {
    let units = ["a", "é", "中", "\u{1F30A}"];
    check_length::<GuildName>(1, 64, &units);
    check_length::<ChannelName>(1, 64, &units);
    check_length::<RoleName>(1, 32, &units);
    let padded = format!("\u{FEFF} \t{}\u{3000}\n", "\u{1F30A}".repeat(32));
    assert_eq!(GuildName::new(&*padded).unwrap(), &*"\u{1F30A}".repeat(32));
    assert_eq!(padded.parse::<GuildName>().unwrap().as_str(), GuildName::new(padded).unwrap().as_str());
    for blank in ["", " ", "\u{FEFF}", "\u{2028}", " \u{A0} "] {
        assert_eq!(GuildName::new(blank), Err(TextError::TooShort { min: 1 }), "{blank:?}");
    }
}

/// Names refuse what breaks a line or turns its direction, anywhere but at the trimmed ends.
#[test]
fn names_hold_no_control_and_no_direction_marks() {
    let forbidden = |character: char| {
        is_control(character)
            || matches!(u32::from(character), 0x2028 | 0x2029 | 0xFEFF | 0x200E | 0x200F | 0x202A..=0x202E | 0x2066..=0x2069)
    };
    check_characters::<GuildName>(forbidden);
    check_characters::<ChannelName>(forbidden);
    check_characters::<RoleName>(forbidden);
    assert_eq!(GuildName::new("a\u{FEFF}b"), Err(TextError::Forbidden { character: '\u{FEFF}' }));
    assert_eq!(GuildName::new("\u{85}a"), Err(TextError::Forbidden { character: '\u{85}' }));
    assert_eq!(GuildName::new("\u{FEFF}a\u{FEFF}").unwrap(), "a");
    assert!(accepts::<GuildName>("مرحبا שלום"));
}

/// Proves PRM-9: the folded forms that existing clients take for a rank.
#[test]
fn reserved_role_names_are_recognised_in_any_spelling() {
    for name in [
        "everyone",
        "@everyone",
        "owner",
        "workspace_owner",
        "moderator",
        "member",
        "Member",
        "MODERATOR",
        " owner ",
        "workspace owner",
        "Workspace-Owner",
        "workspace - owner",
        "workspace\u{A0}\u{3000}owner",
        "WORKSPACE--OWNER",
        "@EveryOne",
    ] {
        assert!(RoleName::new(name).unwrap().is_reserved(), "{name:?}");
    }
    for name in [
        "every one",
        "members",
        "workspaceowner",
        "workspace__owner",
        "workspace_ owner",
        "workspace.owner",
        "-owner",
        "owner-",
        "@owner",
        "mod",
        "администратор",
        "m\u{E9}mber",
    ] {
        assert!(!RoleName::new(name).unwrap().is_reserved(), "{name:?}");
    }
    // U+212A, the Kelvin sign, is lower-cased to k; U+017F, the long s, is lower case itself.
    assert!(!RoleName::new("wor\u{212A}\u{17F}pace_owner").unwrap().is_reserved());
    assert!(RoleName::new("wor\u{212A}space_owner").unwrap().is_reserved());
}

/// User names: `^[A-Za-z0-9_.]{3,32}$`.
#[test]
fn usernames_are_ascii_words() {
    check_length::<Username>(3, 32, &["a", "Z", "0", "_", "."]);
    check_characters::<Username>(|character| {
        !(character.is_ascii_alphanumeric() || character == '_' || character == '.')
    });
    assert_eq!(Username::new("Ann.B_1").unwrap().folded(), "ann.b_1");
    assert_eq!(Username::new(" ann"), Err(TextError::Form));
}

/// Passwords: 12..=128 units of anything, not trimmed, not shown.
#[test]
fn passwords_are_bounded_and_hidden() {
    check_length::<Password>(12, 128, &["a", " ", "中", "\u{1F30A}", "\0"]);
    let password = Password::new("  correct horse  ").unwrap();
    assert_eq!(password.as_str(), "  correct horse  ");
    assert_eq!(format!("{password:?}"), "Password(redacted)");
    assert_eq!(format!("{:?}", BearerToken::new("abc.def").unwrap()), "BearerToken(redacted)");
}

/// Content, about, echo tokens, identities and queries: bounded, without U+0000, not trimmed.
#[test]
fn free_texts_hold_anything_but_nul() {
    let units = ["a", "\u{1}", "中", "\u{1F30A}"];
    check_length::<MessageContent>(0, 2_000, &units);
    check_length::<About>(0, 2_048, &units);
    check_length::<Ref>(1, 64, &units);
    check_length::<Identity>(1, 128, &units);
    check_length::<DirectoryQuery>(0, 64, &units);
    check_length::<ErrorMessage>(0, 200, &units);
    check_characters::<MessageContent>(|character| character == '\0');
    check_characters::<About>(|character| character == '\0');
    check_characters::<Ref>(|character| character == '\0');
    assert_eq!(MessageContent::new(" \u{FEFF}").unwrap(), " \u{FEFF}");
    assert_eq!(MessageContent::new("\0"), Err(TextError::Forbidden { character: '\0' }));
    assert!(MessageContent::empty().is_empty());
}

/// Emoji: 1..=32 units without white space and control characters.
#[test]
fn emoji_hold_no_white_space() {
    check_length::<Emoji>(1, 32, &["a", "中", "\u{1F389}"]);
    check_characters::<Emoji>(|character| is_control(character) || WHITE_SPACE.contains(&character));
    assert!(accepts::<Emoji>("👩‍👩‍👧‍👦"));
    assert!(!accepts::<Emoji>(" 🎉"));
}

/// File names: 1..=128 units, no path, no control characters, not blank.
#[test]
fn filenames_are_no_paths() {
    check_length::<Filename>(1, 128, &["a", "中", "\u{1F389}"]);
    check_characters::<Filename>(|character| is_control(character) || character == '/' || character == '\\');
    for blank in [" ", "\u{FEFF}", "\u{3000} "] {
        assert_eq!(Filename::new(blank), Err(TextError::Form), "{blank:?}");
    }
    assert_eq!(Filename::new(" a ").unwrap(), " a ");
    assert_eq!(Filename::fallback(), "upload.bin");
    assert!(accepts::<MimeType>("text/plain; charset=utf-8"));
    for text in ["", "a\"b", "a\\b", "a\nb", "é/x", &"a".repeat(129)] {
        assert!(!accepts::<MimeType>(text), "{text:?}");
    }
}

/// Colours, digests, keys, features, tokens.
#[test]
fn machine_texts_have_their_form() {
    assert_eq!(ColorHex::normalised("#00ffAb").unwrap(), "#00FFAB");
    for text in ["#00ffab", "00FFAB0", "#00FFA", "#00FFAB0", "#00FFAG", "", "#中AAA"] {
        assert!(!accepts::<ColorHex>(text), "{text:?}");
    }
    assert!(accepts::<Sha256Hex>(&"0f".repeat(32)));
    for text in ["0F".repeat(32), "0f".repeat(31), "0f".repeat(33), "0g".repeat(32)] {
        assert!(!accepts::<Sha256Hex>(&text), "{text:?}");
    }
    check_length::<IdempotencyKey>(1, 64, &["a", "Z", "-", "_", "0"]);
    check_characters::<IdempotencyKey>(|character| {
        !(character.is_ascii_alphanumeric() || character == '-' || character == '_')
    });
    check_length::<FeatureName>(1, 32, &["a", "_", "0"]);
    check_characters::<FeatureName>(|character| !matches!(character, 'a'..='z' | '0'..='9' | '_'));
    check_length::<BearerToken>(1, 4_096, &["a", "~"]);
    check_characters::<BearerToken>(|character| !character.is_ascii_graphic());
}

/// Any text becomes an error message: cut between characters, without U+0000.
#[test]
fn error_messages_are_cut_to_fit() {
    assert_eq!(ErrorMessage::new_truncated("a\0b"), "ab");
    assert_eq!(ErrorMessage::new_truncated(&"a".repeat(300)).len(), 200);
    let astral = ErrorMessage::new_truncated(&format!("a{}", "\u{1F30A}".repeat(300)));
    assert_eq!(utf16_len(&astral), 199);
}

/// A text that was made is written and read back as it is.
#[test]
fn texts_are_json_strings() {
    let name: GuildName = serde_json::from_str(r#""  caf\u00e9 ""#).unwrap();
    assert_eq!(name, "café");
    assert_eq!(serde_json::to_string(&name).unwrap(), r#""café""#);
    for text in ["1", "null", "[\"a\"]", "{\"a\":1}", "\"\""] {
        assert!(serde_json::from_str::<GuildName>(text).is_err(), "{text}");
    }
}
