//! Markdown: any text becomes tokens that obey MD-1 to MD-6, or none.

use filament_protocol::Token;
use filament_protocol::markdown::tokenize;

use crate::document::utf16_len;

/// Checks a text; bytes that are none are replaced, and U+0000 is left out, which no text of the contract holds.
pub fn check(input: &[u8]) {
    // The longest text that is ever tokenised has 2,048 UTF-16 units.
    let text = String::from_utf8_lossy(&input[..input.len().min(3 * 2_048)]).replace('\0', "");
    let tokens = tokenize(&text);
    assert_eq!(tokens, tokenize(&text), "the same text, other tokens");
    let json = serde_json::to_vec(&tokens).expect("tokens have a JSON form");
    assert!(tokens.len() <= 4_096 && json.len() <= 24_576, "{} tokens, {} bytes", tokens.len(), json.len());
    assert_eq!(serde_json::from_slice::<Vec<Token>>(&json).ok(), Some(tokens.clone()), "written and read again");
    let blocks = tokens.iter().filter(|token| matches!(token, Token::FencedCode { .. })).count();
    assert!(blocks <= 64);
    let mut open = Vec::new();
    for token in &tokens {
        check_content(token);
        balance(token, &mut open);
    }
    assert_eq!(open, [""; 0], "left open");
}

/// What may stand in a token.
fn check_content(token: &Token) {
    match token {
        Token::HeadingStart { level } => assert!((1..=6).contains(level)),
        Token::LinkStart { href } => {
            assert!(utf16_len(href) <= 4_096);
            let scheme = href.split(':').next().unwrap_or_default().to_ascii_lowercase();
            assert!(matches!(scheme.as_str(), "http" | "https" | "mailto"), "{href:?}");
        }
        Token::Text { text } | Token::Code { code: text } => assert!(utf16_len(text) <= 4_096),
        Token::FencedCode { language, code } => {
            assert!(utf16_len(code) <= 16_384);
            if let Some(language) = language {
                let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'+' | b'.' | b'-');
                assert!((1..=32).contains(&language.len()) && language.bytes().all(is_allowed), "{language:?}");
            }
        }
        _ => {}
    }
}

/// Starts and ends nest, by the names of their types; a link holds no link.
fn balance(token: &Token, open: &mut Vec<&'static str>) {
    let name = token.type_name();
    if let Some(what) = name.strip_suffix("_start") {
        assert!(what != "link" || !open.contains(&"link"), "a link in a link");
        assert!(what != "list_item" || open.last() == Some(&"list"), "an item outside of a list");
        open.push(what);
    } else if let Some(what) = name.strip_suffix("_end") {
        assert_eq!(open.pop(), Some(what), "{name} closes nothing");
    }
}
