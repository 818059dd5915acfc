//! WebSocket reassembly: how the bytes are cut changes nothing, no bound is passed, and what is right by a second, simple
//! reading of RFC 6455 comes out whole.

use filament_server::ws::{Binary, FrameReader, Incoming, ProtocolError, ReaderLimits};

/// Most bytes of a message here: small enough for a fuzzer to reach the bound.
const MESSAGE_BYTES_MAX: usize = 600;
const FRAGMENTS_MAX: u32 = 5;

const LIMITS: ReaderLimits =
    ReaderLimits { message_bytes_max: MESSAGE_BYTES_MAX, fragments_max: FRAGMENTS_MAX, binary: Binary::Refuse };

/// Something the reader said, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>, String),
    Refused(ProtocolError),
}

/// Checks a stream: eight bytes that say how it is cut, then what a client sends.
pub fn check(input: &[u8]) {
    let Some((cuts, stream)) = input.split_first_chunk::<8>() else { return };
    let whole = read(&mut stream.to_vec(), |rest| rest);
    let mut turn = 0;
    let cut = read(&mut stream.to_vec(), |rest| {
        turn += 1;
        rest.min(1 + usize::from(cuts[turn % cuts.len()]))
    });
    assert_eq!(whole, cut, "cut differently, read differently");
    let single = read(&mut stream.to_vec(), |_| 1);
    assert_eq!(whole, single, "byte by byte, read differently");
    bounds(&whole);
    let (simple, complete) = simply(stream);
    if complete {
        assert_eq!(whole, simple, "another reading of the same frames");
    } else {
        assert!(whole.starts_with(&simple), "{whole:?} does not begin with {simple:?}");
    }
}

/// Reads the stream in portions that `size` chooses from what is left.
fn read(stream: &mut [u8], mut size: impl FnMut(usize) -> usize) -> Vec<Said> {
    let mut reader = FrameReader::new(LIMITS);
    let mut said = Vec::new();
    let mut start = 0;
    while start < stream.len() {
        let end = start + size(stream.len() - start);
        let mut portion = &mut stream[start..end];
        loop {
            match reader.next(&mut portion) {
                Ok(Some(incoming)) => said.push(owned(&incoming)),
                Ok(None) => break,
                Err(error) => said.push(Said::Refused(error)),
            }
        }
        assert!(portion.is_empty(), "bytes were left over");
        // A message and a control frame may be held, each with the slack of a growing buffer.
        assert!(reader.buffered_bytes() <= 2 * (MESSAGE_BYTES_MAX + 125), "{}", reader.buffered_bytes());
        start = end;
    }
    said
}

fn owned(incoming: &Incoming<'_>) -> Said {
    match incoming {
        Incoming::Text(text) => Said::Text(text.to_string()),
        Incoming::Binary(bytes) => Said::Binary(bytes.to_vec()),
        Incoming::Ping(payload) => Said::Ping(payload.to_vec()),
        Incoming::Pong => Said::Pong,
        Incoming::Close { code, reason } => Said::Close(*code, reason.to_string()),
    }
}

/// Nothing is larger than it may be; after a refusal only a close, after a close nothing.
fn bounds(said: &[Said]) {
    for (index, one) in said.iter().enumerate() {
        let rest = &said[index + 1..];
        match one {
            Said::Text(text) => assert!(text.len() <= MESSAGE_BYTES_MAX),
            Said::Binary(_) => panic!("binary messages are refused"),
            Said::Ping(payload) => assert!(payload.len() <= 125),
            Said::Pong => {}
            Said::Close(code, reason) => {
                assert!(rest.is_empty() && reason.len() <= 123);
                assert!(code.is_none_or(|code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)));
            }
            Said::Refused(_) => {
                assert!(rest.iter().all(|later| matches!(later, Said::Close(..))), "{rest:?} after a refusal");
            }
        }
    }
}

/// Reads well-formed masked frames of the shortest form, up to the first thing that is anything else; tells whether there
/// was nothing else. Whole messages only.
fn simply(mut stream: &[u8]) -> (Vec<Said>, bool) {
    let mut said = Vec::new();
    let mut message: Option<(Vec<u8>, u32)> = None;
    while let Some((fin, opcode, payload, rest)) = frame(stream) {
        match opcode {
            0x9 if fin && payload.len() <= 125 => said.push(Said::Ping(payload)),
            0xA if fin && payload.len() <= 125 => said.push(Said::Pong),
            0x0 | 0x1 => {
                let (mut bytes, frames) = match (opcode, message.take()) {
                    (0x0, Some(open)) => open,
                    (0x1, None) => (Vec::new(), 0),
                    _ => return (said, false),
                };
                bytes.extend(payload);
                if bytes.len() > MESSAGE_BYTES_MAX || frames == FRAGMENTS_MAX {
                    return (said, false);
                }
                match (fin, String::from_utf8(bytes)) {
                    (true, Ok(text)) => said.push(Said::Text(text)),
                    (true, Err(_)) => return (said, false),
                    // Text that is wrong already is refused early; whether it is, is not this reading's business.
                    (false, Ok(text)) => message = Some((text.into_bytes(), frames + 1)),
                    (false, Err(_)) => return (said, false),
                }
            }
            _ => return (said, false),
        }
        stream = rest;
    }
    (said, stream.is_empty())
}

/// One whole frame: last one of its message or not, opcode, payload, and what follows.
fn frame(stream: &[u8]) -> Option<(bool, u8, Vec<u8>, &[u8])> {
    let (&[first, second], rest) = stream.split_first_chunk::<2>()?;
    if first & 0x70 != 0 || second & 0x80 == 0 {
        return None;
    }
    let (length, rest) = match second & 0x7F {
        126 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        // Longer than any message here.
        127 => return None,
        short => (usize::from(short), rest),
    };
    if second & 0x7F == 126 && length < 126 {
        return None;
    }
    let (key, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(length)?;
    let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    Some((first & 0x80 != 0, first & 0xF, payload, rest))
}
