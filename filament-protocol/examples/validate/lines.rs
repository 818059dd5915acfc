//! Lines of bytes with a bound: what is longer is known to be, but not kept.

use std::io::{self, BufRead};

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line that fits.
    Whole(Vec<u8>),
    /// A line of more bytes than the bound.
    TooLong,
}

/// Reads the next line; `None` at the end of the input. `\n` and `\r\n` end a line, and so does the end of the input.
pub(crate) fn next_line(input: &mut impl BufRead, bytes_max: usize) -> io::Result<Option<Line>> {
    // One byte more than fits, for the `\r` that may turn out to belong to the end of the line.
    let mut line = Vec::new();
    let mut is_too_long = false;
    let mut is_empty = true;
    loop {
        let available = match input.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if available.is_empty() {
            break;
        }
        is_empty = false;
        let end = available.iter().position(|&byte| byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        let room = bytes_max + 1 - line.len();
        is_too_long |= part.len() > room;
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if is_empty {
        return Ok(None);
    }
    if line.last() == Some(&b'\r') && !is_too_long {
        line.pop();
    }
    Ok(Some(if is_too_long || line.len() > bytes_max { Line::TooLong } else { Line::Whole(line) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], bytes_max: usize) -> Vec<Option<usize>> {
        // A buffer of three bytes, so that lines come in pieces.
        let mut input = io::BufReader::with_capacity(3, text);
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input, bytes_max).unwrap() {
            lines.push(match line {
                Line::Whole(line) => Some(line.len()),
                Line::TooLong => None,
            });
        }
        lines
    }

    #[test]
    fn lines_end_at_their_ends_and_at_the_end_of_the_input() {
        assert_eq!(lines(b"", 4), []);
        assert_eq!(lines(b"\n", 4), [Some(0)]);
        assert_eq!(lines(b"ab\r\ncd\n\nef", 4), [Some(2), Some(2), Some(0), Some(2)]);
        assert_eq!(lines(b"a\rb\n", 4), [Some(3)]);
    }

    #[test]
    fn only_the_bound_decides_what_is_too_long() {
        assert_eq!(
            lines(b"abcd\nabcde\nabcd\r\nabcde\r\nabcdefghijkl\nx", 4),
            [Some(4), None, Some(4), None, None, Some(1)]
        );
        assert_eq!(lines(b"abcd", 4), [Some(4)]);
        assert_eq!(lines(b"abcde", 4), [None]);
    }
}
