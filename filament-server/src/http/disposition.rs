//! `Content-Disposition` of a download: the name as its uploader wrote it, in a form that cannot leave the header (RFC 6266, RFC 8187).

use std::fmt::Write as _;

use http::HeaderValue;

/// Makes `attachment` with the name twice: for old clients in plain ASCII, what else there is replaced, and for all others exactly.
#[must_use]
pub fn attachment(filename: &str) -> HeaderValue {
    let mut text = String::from("attachment; filename=\"");
    // A `%` would be decoded by some clients, although it is literal here.
    let plain = |character: char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\' | '%');
    text.extend(filename.chars().map(|character| if plain(character) { character } else { '_' }));
    text.push_str("\"; filename*=UTF-8''");
    for byte in filename.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
        let written = if is_plain { text.write_char(char::from(byte)) } else { write!(text, "%{byte:02X}") };
        // Text takes everything that is written to it.
        debug_assert!(written.is_ok());
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_within_their_quotes() {
        for (filename, expected) in [
            ("upload.bin", r#"attachment; filename="upload.bin"; filename*=UTF-8''upload.bin"#),
            ("a b.txt", r#"attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt"#),
            (
                r#"x"; filename="y.exe"#,
                r#"attachment; filename="x_; filename=_y.exe"; filename*=UTF-8''x%22%3B%20filename%3D%22y.exe"#,
            ),
            ("100%25'.txt", r#"attachment; filename="100_25'.txt"; filename*=UTF-8''100%2525%27.txt"#),
            (
                "\u{4E2D}\u{202E}gpj.exe",
                r#"attachment; filename="__gpj.exe"; filename*=UTF-8''%E4%B8%AD%E2%80%AEgpj.exe"#,
            ),
            ("..", r#"attachment; filename=".."; filename*=UTF-8''.."#),
        ] {
            assert_eq!(attachment(filename), expected, "{filename}");
        }
        let longest = attachment(&"\u{4E2D}".repeat(128));
        assert_eq!(longest.len(), r#"attachment; filename=""; filename*=UTF-8''"#.len() + 128 + 128 * 9);
        assert_eq!(attachment("a\r\nb"), r#"attachment; filename="a__b"; filename*=UTF-8''a%0D%0Ab"#);
    }
}
