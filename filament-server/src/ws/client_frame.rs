//! Frames as clients send them, written straight from RFC 6455 §5.2 for the tests, sharing nothing with the parser.

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

const KEY: [u8; 4] = [0xA5, 0x01, 0xFE, 0x3C];

/// First byte of a head: FIN and opcode.
fn first(opcode: u8, fin: bool) -> u8 {
    opcode | if fin { 0x80 } else { 0 }
}

/// Second byte and extended length, in the shortest form.
fn length(bytes: &mut Vec<u8>, mask: u8, length: usize) {
    if let Ok(short @ 0..126) = u8::try_from(length) {
        bytes.push(mask | short);
    } else if let Ok(medium) = u16::try_from(length) {
        bytes.push(mask | 126);
        bytes.extend(medium.to_be_bytes());
    } else {
        bytes.push(mask | 127);
        bytes.extend((length as u64).to_be_bytes());
    }
}

/// A masked frame.
pub(crate) fn frame(opcode: u8, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first(opcode, fin)];
    length(&mut bytes, 0x80, payload.len());
    bytes.extend(KEY);
    bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// A frame that breaks the rule that clients mask; servers send exactly this form.
pub(crate) fn unmasked(opcode: u8, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first(opcode, fin)];
    length(&mut bytes, 0, payload.len());
    bytes.extend(payload);
    bytes
}

/// Only the head of a masked frame that declares `declared` bytes in the long form.
pub(crate) fn head_declaring(opcode: u8, fin: bool, declared: u64) -> Vec<u8> {
    let mut bytes = vec![first(opcode, fin), 0xFF];
    bytes.extend(declared.to_be_bytes());
    bytes.extend(KEY);
    bytes
}

/// A masked close frame.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend(reason.as_bytes());
    frame(CLOSE, true, &payload)
}

/// A whole text message in one masked frame.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(TEXT, true, payload.as_bytes())
}
