//! The documents as inputs of the fuzz targets (`fuzz/`), one folder per target, one file per input.

use std::fs;
use std::io;
use std::path::Path;

use crate::generate::{self, Side};

/// Longest document that becomes a seed: a fuzzer learns nothing from padding and is slowed by it.
const SEED_BYTES_MAX: usize = 4_096;

/// Text for the markdown target: every construct once.
const MARKDOWN: &[&str] = &[
    "*emphasis* **strong** `code` [link](https://example.org \"title\")",
    "# one\n## two\n\nthree\n===\n\n> quote\n> more\n\n---\n",
    "1. one\n2. two\n   - three\n\n     four\n",
    "```rust\nfn main() {}\n```\n\n    indented\n\n~~~ c++ \n~~~",
    "http://a.b/c?d=e#f). mailto:x@y.z, https:// <https://example.org> <b>html</b> &amp; &#0; &#x1F600;",
    "hard  \nbreak\\\nsoft\nbreak ![image](x.png) [a [b](http://c) d](http://e)",
    "\u{1F525}\u{202E}\u{FEFF} \\* \\[ \\` _a_b_ **a*b**c*",
];

const CURSORS: &[&str] = &[
    "01JZ8Q4M5N6P7Q8R9S0T1V2W3X",
    "before=01JZ8Q4M5N6P7Q8R9S0T1V2W3X&limit=20",
    "%62efore=7ZZZZZZZZZZZZZZZZZZZZZZZZZ&before",
    "going_away;retry_after_ms=2500",
    "AQIDBAUGBwgJ_-",
];

/// Numbers of a sealed cursor (place, part, user, access, age), then what is done to it: a character set, cut out, put in, the rest cut off.
const SEALED: &[&[u8]] = &[
    &[0; 24],
    b"\0\0\0\0\0\0\0\x07\0\x03\x05\0\0\0\0\0\0\0\0\x06\0\x01\x51\x80\0\x07A",
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\x01\x51\x81\x01\x63\x02\x10Q\x03\x20",
];

/// Writes all seeds below `folder`.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    for target in ["command", "event", "body", "markdown", "frames", "cursor", "sealed"] {
        fs::create_dir_all(folder.join(target))?;
    }
    for set in generate::sets() {
        let documents = set.documents().filter(|document| document.len() <= SEED_BYTES_MAX);
        for (number, document) in documents.enumerate() {
            let name = format!("{}-{number}", set.name);
            match set.side {
                Side::Client => {
                    fs::write(folder.join("command").join(&name), document)?;
                    fs::write(folder.join("frames").join(&name), frames(document))?;
                }
                Side::Server => fs::write(folder.join("event").join(&name), document)?,
                Side::Rest => {
                    let input = [set.name.as_bytes(), b"\n", document].concat();
                    fs::write(folder.join("body").join(&name), input)?;
                }
            }
        }
    }
    for (number, text) in MARKDOWN.iter().enumerate() {
        fs::write(folder.join("markdown").join(number.to_string()), text)?;
    }
    for (number, text) in CURSORS.iter().enumerate() {
        fs::write(folder.join("cursor").join(number.to_string()), text)?;
    }
    for (number, input) in SEALED.iter().enumerate() {
        fs::write(folder.join("sealed").join(number.to_string()), input)?;
    }
    Ok(())
}

/// A document as a client sends it: eight bytes that say how the stream is cut, a message in two frames with a ping between
/// them, and a close.
fn frames(document: &[u8]) -> Vec<u8> {
    const TEXT: u8 = 0x01;
    const LAST_CONTINUATION: u8 = 0x80;
    const PING: u8 = 0x89;
    const CLOSE: u8 = 0x88;
    let (first, second) = document.split_at(document.len() / 2);
    let mut stream = vec![3, 1, 4, 1, 5, 9, 2, 6];
    for (head, payload) in
        [(TEXT, first), (PING, b"hi"), (LAST_CONTINUATION, second), (CLOSE, &1_000_u16.to_be_bytes())]
    {
        frame(head, payload, &mut stream);
    }
    stream
}

/// One masked frame (RFC 6455 §5.2).
fn frame(head: u8, payload: &[u8], stream: &mut Vec<u8>) {
    const KEY: [u8; 4] = [0xA5, 0x01, 0xFE, 0x3C];
    stream.push(head);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..126), _) => stream.push(0x80 | short),
        (_, Ok(medium)) => {
            stream.push(0x80 | 126);
            stream.extend(medium.to_be_bytes());
        }
        _ => unreachable!("seeds are shorter than 4,097 bytes"),
    }
    stream.extend(KEY);
    stream.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
}
