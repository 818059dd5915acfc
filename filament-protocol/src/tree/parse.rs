//! The parser of RFC 8259 text: exact, recursive to a fixed depth, one pass.

use std::borrow::Cow;

use super::{Node, Tree};
use crate::decode::DecodeErrorKind;
use crate::limits::DEPTH_MAX;

/// Up to this many members names are compared pairwise; beyond they are sorted, so that a document of nothing but
/// names costs no quadratic time.
const PAIRWISE_MEMBERS_MAX: usize = 16;

struct Parser<'a> {
    text: &'a str,
    position: usize,
    tree: Tree<'a>,
}

type Parsed<T> = Result<T, DecodeErrorKind>;

const SYNTAX: DecodeErrorKind = DecodeErrorKind::Syntax;

pub(super) fn parse(text: &str) -> Parsed<Tree<'_>> {
    /// Nodes of a common command; longer documents grow the vector.
    const NODES: usize = 24;
    let tree = Tree { nodes: Vec::with_capacity(NODES), duplicate: None };
    let mut parser = Parser { text, position: 0, tree };
    parser.skip_white_space();
    parser.value(0)?;
    parser.skip_white_space();
    if parser.position != text.len() {
        return Err(SYNTAX);
    }
    Ok(parser.tree)
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.position += 1;
        }
    }

    fn literal(&mut self, word: &str, node: Node<'a>) -> Parsed<()> {
        if !self.text.as_bytes()[self.position..].starts_with(word.as_bytes()) {
            return Err(SYNTAX);
        }
        self.position += word.len();
        self.tree.nodes.push(node);
        Ok(())
    }

    /// Reads one value inside of `depth` containers.
    fn value(&mut self, depth: usize) -> Parsed<()> {
        match self.peek().ok_or(SYNTAX)? {
            b'"' => {
                let text = self.string()?;
                self.tree.nodes.push(Node::Text(text));
                Ok(())
            }
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true", Node::Flag(true)),
            b'f' => self.literal("false", Node::Flag(false)),
            b'n' => self.literal("null", Node::Null),
            _ => Err(SYNTAX),
        }
    }

    /// Steps into a container whose opening bracket is next; tells whether it is empty.
    fn enter(&mut self, depth: usize, close: u8) -> Parsed<bool> {
        if depth == DEPTH_MAX {
            return Err(DecodeErrorKind::TooDeep);
        }
        self.position += 1;
        self.skip_white_space();
        if self.peek() == Some(close) {
            self.position += 1;
            return Ok(true);
        }
        Ok(false)
    }

    /// Reads what stands behind an item; tells whether another one follows.
    fn more(&mut self, close: u8) -> Parsed<bool> {
        self.skip_white_space();
        let byte = self.peek().ok_or(SYNTAX)?;
        self.position += 1;
        if byte == b',' {
            self.skip_white_space();
            return Ok(true);
        }
        if byte == close { Ok(false) } else { Err(SYNTAX) }
    }

    fn list(&mut self, depth: usize) -> Parsed<()> {
        let index = self.tree.nodes.len();
        self.tree.nodes.push(Node::List { end: 0 });
        if !self.enter(depth, b']')? {
            loop {
                self.value(depth + 1)?;
                if !self.more(b']')? {
                    break;
                }
            }
        }
        self.tree.nodes[index] = Node::List { end: self.tree.nodes.len() };
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Parsed<()> {
        let index = self.tree.nodes.len();
        self.tree.nodes.push(Node::Object { end: 0 });
        let mut members = 0;
        if !self.enter(depth, b'}')? {
            loop {
                if self.peek() != Some(b'"') {
                    return Err(SYNTAX);
                }
                let name = self.string()?;
                self.tree.nodes.push(Node::Text(name));
                self.skip_white_space();
                if self.peek() != Some(b':') {
                    return Err(SYNTAX);
                }
                self.position += 1;
                self.skip_white_space();
                self.value(depth + 1)?;
                members += 1;
                if !self.more(b'}')? {
                    break;
                }
            }
        }
        let end = self.tree.nodes.len();
        self.tree.nodes[index] = Node::Object { end };
        if self.tree.duplicate.is_none() && members > 1 {
            self.tree.duplicate = self.find_duplicate(index, members);
        }
        Ok(())
    }

    /// Finds the first name of an object that stood there before, in the order of the second occurrence.
    fn find_duplicate(&self, object: usize, members: usize) -> Option<usize> {
        let names = || self.tree.members(object).map(|(name, value)| (name, value - 1));
        if members <= PAIRWISE_MEMBERS_MAX {
            let is_repeated = |&(name, index): &(&str, usize)| {
                names().take_while(|&(_, earlier)| earlier < index).any(|(earlier, _)| earlier == name)
            };
            return names().find(is_repeated).map(|(_, index)| index);
        }
        let mut sorted: Vec<(&str, usize)> = names().collect();
        sorted.sort_unstable();
        let repeated = sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        repeated.map(|pair| pair[1].1).min()
    }

    fn number(&mut self) -> Parsed<()> {
        let negative = self.peek() == Some(b'-');
        if negative {
            self.position += 1;
        }
        let start = self.position;
        let magnitude = self.digits()?;
        if self.position - start > 1 && self.text.as_bytes()[start] == b'0' {
            return Err(SYNTAX);
        }
        let mut integer = true;
        if self.peek() == Some(b'.') {
            integer = false;
            self.position += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            integer = false;
            self.position += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.position += 1;
            }
            self.digits()?;
        }
        self.tree.nodes.push(match (integer, negative, magnitude) {
            (false, _, _) | (true, true, Some(0)) => Node::Fraction,
            (true, false, Some(value)) => Node::Unsigned(value),
            (true, true, Some(value)) => match 0_i64.checked_sub_unsigned(value) {
                Some(value) => Node::Negative(value),
                None => Node::Huge,
            },
            (true, _, None) => Node::Huge,
        });
        Ok(())
    }

    /// Reads one or more digits; `None` if their value does not fit.
    fn digits(&mut self) -> Parsed<Option<u64>> {
        let start = self.position;
        let mut value = Some(0_u64);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value.and_then(|value| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
            self.position += 1;
        }
        if self.position == start { Err(SYNTAX) } else { Ok(value) }
    }

    /// Reads a string whose opening quote is next.
    fn string(&mut self) -> Parsed<Cow<'a, str>> {
        self.position += 1;
        let start = self.position;
        self.skip_plain();
        if self.peek() == Some(b'"') {
            let text = &self.text[start..self.position];
            self.position += 1;
            return Ok(Cow::Borrowed(text));
        }
        let mut owned = String::from(&self.text[start..self.position]);
        loop {
            let plain = self.position;
            self.skip_plain();
            owned.push_str(&self.text[plain..self.position]);
            let byte = self.peek();
            self.position += 1;
            match byte {
                Some(b'"') => return Ok(Cow::Owned(owned)),
                Some(b'\\') => owned.push(self.escape()?),
                _ => return Err(SYNTAX),
            }
        }
    }

    /// Skips what stands for itself in a string.
    fn skip_plain(&mut self) {
        let rest = &self.text.as_bytes()[self.position..];
        let (words, _) = rest.as_chunks::<8>();
        let skipped = words.iter().take_while(|&&word| is_plain_word(word)).count() * 8;
        let tail = &rest[skipped..];
        let plain = tail.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ');
        self.position += skipped + plain.unwrap_or(tail.len());
    }

    /// Reads an escape behind its backslash.
    fn escape(&mut self) -> Parsed<char> {
        let byte = self.peek().ok_or(SYNTAX)?;
        self.position += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{0008}',
            b'f' => '\u{000C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(SYNTAX),
        })
    }

    /// Reads four hex digits and, for the first half of a pair, the second escape.
    fn unicode_escape(&mut self) -> Parsed<char> {
        let first = self.unit()?;
        if let Some(character) = char::from_u32(u32::from(first)) {
            return Ok(character);
        }
        if !self.text.as_bytes()[self.position..].starts_with(b"\\u") {
            return Err(SYNTAX);
        }
        self.position += 2;
        let second = self.unit()?;
        match char::decode_utf16([first, second]).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(SYNTAX),
        }
    }

    fn unit(&mut self) -> Parsed<u16> {
        let digits = self.text.as_bytes().get(self.position..self.position + 4).ok_or(SYNTAX)?;
        let mut unit = 0_u16;
        for &digit in digits {
            let value = char::from(digit).to_digit(16).and_then(|value| u16::try_from(value).ok());
            unit = unit << 4 | value.ok_or(SYNTAX)?;
        }
        self.position += 4;
        Ok(unit)
    }
}

/// Tells whether none of eight bytes is a quote, a backslash or a control character.
///
/// A subtraction borrows into the top bit of every byte that is less; the bytes that had it set before are no match.
const fn is_plain_word(word: [u8; 8]) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let word = u64::from_ne_bytes(word);
    let quote = word ^ (EACH * b'"' as u64);
    let backslash = word ^ (EACH * b'\\' as u64);
    let control = word.wrapping_sub(EACH * b' ' as u64) & !word;
    let zero = (quote.wrapping_sub(EACH) & !quote) | (backslash.wrapping_sub(EACH) & !backslash);
    (zero | control) & (EACH * 0x80) == 0
}
