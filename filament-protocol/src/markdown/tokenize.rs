//! Message text to tokens: CommonMark without extensions, then the rules MD-1 to MD-5.
//!
//! | in the text | tokens |
//! | --- | --- |
//! | quote, rule, image | none for the container; what is inside stays |
//! | raw HTML | none |
//! | indented code | `fenced_code` without language |
//! | link to http, https, mailto | `link_start`, the label, `link_end` |
//! | any other link | the label |
//! | a bare address in plain text | `link_start`, `text`, `link_end` |
//! | anything over a limit | no tokens at all: clients then show the text as written |

use std::io;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag};

use super::Token;
use crate::limits::{
    MARKDOWN_BLOCK_UNITS_MAX, MARKDOWN_BYTES_MAX, MARKDOWN_CODE_BLOCKS_MAX, MARKDOWN_LANGUAGE_BYTES_MAX,
    MARKDOWN_TEXT_UNITS_MAX, MARKDOWN_TOKENS_MAX,
};
use crate::text::{is_white_space, trim, utf16_len};

/// Turns message or about text into tokens; a pure function of `content` (MD-6).
///
/// The list is empty if the text is empty or any limit of MD-1 is exceeded.
///
/// ```
/// use filament_protocol::Token;
/// use filament_protocol::markdown::tokenize;
///
/// let tokens = tokenize("*hi*");
/// assert_eq!(tokens[1], Token::EmphasisStart);
/// assert_eq!(tokens[2], Token::Text { text: "hi".into() });
/// ```
#[must_use]
pub fn tokenize(content: &str) -> Vec<Token> {
    let mut builder = Builder::default();
    let complete = Parser::new_ext(content, Options::empty()).try_for_each(|event| builder.event(event));
    complete.and_then(|()| builder.finish()).unwrap_or_default()
}

/// A limit of MD-1 is exceeded.
struct OverLimit;

#[derive(Default)]
struct Builder {
    tokens: Vec<Token>,
    /// Plain text since the last token: the parser cuts it at every character that might have meant something.
    text: String,
    /// What ends each open container; `None` for one that has no tokens.
    open: Vec<Option<Token>>,
    /// Language and content of the open code block.
    block: Option<(Option<Box<str>>, String)>,
    blocks: usize,
    links: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), OverLimit> {
        if let Event::Text(text) = event {
            match &mut self.block {
                Some((_, code)) => code.push_str(&text),
                None => self.text.push_str(&text),
            }
            return Ok(());
        }
        self.flush_text()?;
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(_) => self.end(),
            Event::Code(code) => self.push(Token::Code { code: bounded(&code, MARKDOWN_TEXT_UNITS_MAX)? }),
            Event::SoftBreak => self.push(Token::SoftBreak),
            Event::HardBreak => self.push(Token::HardBreak),
            // HTML and rules have no tokens; the rest belongs to extensions that are off.
            _ => Ok(()),
        }
    }

    fn start(&mut self, tag: Tag<'_>) -> Result<(), OverLimit> {
        let (start, end) = match tag {
            Tag::Paragraph => (Token::ParagraphStart, Token::ParagraphEnd),
            Tag::Heading { level, .. } => (Token::HeadingStart { level: level as u8 }, Token::HeadingEnd),
            Tag::List(first) => (Token::ListStart { ordered: first.is_some() }, Token::ListEnd),
            Tag::Item => (Token::ListItemStart, Token::ListItemEnd),
            Tag::Emphasis => (Token::EmphasisStart, Token::EmphasisEnd),
            Tag::Strong => (Token::StrongStart, Token::StrongEnd),
            Tag::Link { link_type, dest_url, .. } => match target(link_type, &dest_url) {
                // `[a <http://b> c](http://d)` holds one link in another; clients draw the outer one.
                Some(href) if self.links == 0 => {
                    self.links += 1;
                    let href = bounded(&href, MARKDOWN_TEXT_UNITS_MAX)?;
                    (Token::LinkStart { href }, Token::LinkEnd)
                }
                _ => return self.skip_container(),
            },
            Tag::CodeBlock(kind) => {
                self.block = Some((language(&kind), String::new()));
                return self.skip_container();
            }
            _ => return self.skip_container(),
        };
        self.open.push(Some(end));
        self.push(start)
    }

    fn skip_container(&mut self) -> Result<(), OverLimit> {
        self.open.push(None);
        Ok(())
    }

    fn end(&mut self) -> Result<(), OverLimit> {
        if let Some((language, code)) = self.block.take() {
            self.blocks += 1;
            if self.blocks > MARKDOWN_CODE_BLOCKS_MAX {
                return Err(OverLimit);
            }
            self.push(Token::FencedCode { language, code: bounded(&code, MARKDOWN_BLOCK_UNITS_MAX)? })?;
        }
        match self.open.pop().flatten() {
            Some(end) => {
                if end == Token::LinkEnd {
                    self.links -= 1;
                }
                self.push(end)
            }
            None => Ok(()),
        }
    }

    fn push(&mut self, token: Token) -> Result<(), OverLimit> {
        if self.tokens.len() == MARKDOWN_TOKENS_MAX {
            return Err(OverLimit);
        }
        self.tokens.push(token);
        Ok(())
    }

    fn push_text(&mut self, text: &str) -> Result<(), OverLimit> {
        if text.is_empty() {
            return Ok(());
        }
        let text = bounded(text, MARKDOWN_TEXT_UNITS_MAX)?;
        self.push(Token::Text { text })
    }

    /// Writes the plain text seen so far, with its bare addresses as links unless it stands in a link (MD-5).
    fn flush_text(&mut self) -> Result<(), OverLimit> {
        let text = std::mem::take(&mut self.text);
        let mut rest = text.as_str();
        if self.links == 0 {
            while let Some((before, address, after)) = split_address(rest) {
                self.push_text(before)?;
                let href = bounded(address, MARKDOWN_TEXT_UNITS_MAX)?;
                self.push(Token::LinkStart { href })?;
                self.push_text(address)?;
                self.push(Token::LinkEnd)?;
                rest = after;
            }
        }
        self.push_text(rest)?;
        self.text = text;
        self.text.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Token>, OverLimit> {
        self.flush_text()?;
        if !self.open.is_empty() {
            return Err(OverLimit);
        }
        let mut size = Size(0);
        match serde_json::to_writer(&mut size, &self.tokens) {
            Ok(()) if size.0 <= MARKDOWN_BYTES_MAX => Ok(self.tokens),
            _ => Err(OverLimit),
        }
    }
}

/// Copies a text of at most `units_max` UTF-16 units.
fn bounded(text: &str, units_max: usize) -> Result<Box<str>, OverLimit> {
    if text.len() > units_max && utf16_len(text) > units_max { Err(OverLimit) } else { Ok(text.into()) }
}

/// Returns the target of a link if it may be followed (MD-4).
fn target(link_type: LinkType, destination: &str) -> Option<String> {
    let destination = trim(destination);
    if link_type == LinkType::Email {
        return Some(format!("mailto:{destination}"));
    }
    let (scheme, _) = destination.split_once(':')?;
    let allowed = ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    allowed.then(|| destination.to_owned())
}

/// Returns the language word of a code block (MD-3).
fn language(kind: &CodeBlockKind<'_>) -> Option<Box<str>> {
    let CodeBlockKind::Fenced(info) = kind else {
        return None;
    };
    let word = trim(info);
    let is_word = (1..=MARKDOWN_LANGUAGE_BYTES_MAX).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'.' | b'-'));
    is_word.then(|| word.to_ascii_lowercase().into())
}

/// Splits a text at its first bare address: what stands before, the address, what stands behind.
///
/// One pass: a scheme with nothing but punctuation up to the next white space is passed over together with that punctuation, in which
/// no scheme can begin.
fn split_address(text: &str) -> Option<(&str, &str, &str)> {
    const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];
    let mut from = 0;
    while let Some(found) = text[from..].find(['h', 'H', 'm', 'M']) {
        let start = from + found;
        let candidate = &text[start..];
        let scheme = SCHEMES.iter().find(|scheme| {
            candidate.as_bytes().get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme.as_bytes()))
        });
        if let Some(scheme) = scheme {
            let end = candidate.find(is_white_space).unwrap_or(candidate.len());
            let address = candidate[..end].trim_end_matches([')', ']', '}', '.', ',', '!', '?', ';', ':']);
            if address.len() > scheme.len() {
                return Some((&text[..start], address, &candidate[address.len()..]));
            }
            from = start + end;
            continue;
        }
        from = start + 1;
    }
    None
}

/// Counts what is written.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
