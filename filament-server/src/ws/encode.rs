//! Frames a server sends: whole, unmasked, and therefore the same bytes for every receiver, so one encoding serves all.

use filament_protocol::CloseReason;

use super::head::CONTROL_PAYLOAD_BYTES_MAX;

/// Longest head a server sends: 2 bytes and 8 of extended length.
pub const TEXT_HEAD_BYTES_MAX: usize = 10;

/// Longest frame [`ping`], [`pong`] and the close encoders give: 2 bytes of head and 125 of payload.
pub const CONTROL_FRAME_BYTES_MAX: usize = 2 + CONTROL_PAYLOAD_BYTES_MAX;

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;

/// Head of one unfragmented data frame; put it before the payload, in the same buffer or the same vectored write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    bytes: [u8; TEXT_HEAD_BYTES_MAX],
    length: u8,
}

impl FrameHead {
    fn new(first: u8, payload_bytes: usize) -> Self {
        let mut bytes = [0; TEXT_HEAD_BYTES_MAX];
        bytes[0] = first;
        let length = if let Ok(short @ 0..126) = u8::try_from(payload_bytes) {
            bytes[1] = short;
            2
        } else if let Ok(medium) = u16::try_from(payload_bytes) {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&medium.to_be_bytes());
            4
        } else {
            bytes[1] = 127;
            bytes[2..].copy_from_slice(&(payload_bytes as u64).to_be_bytes());
            10
        };
        Self { bytes, length }
    }
}

impl AsRef<[u8]> for FrameHead {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// Gives the head, 2 to 10 bytes, of a text frame with `payload_bytes` bytes of payload.
#[must_use]
pub fn text_head(payload_bytes: usize) -> FrameHead {
    FrameHead::new(TEXT, payload_bytes)
}

/// Gives the head of a binary frame; for conformance tests of the layer itself (ENV-13: the gateway sends text only).
#[must_use]
pub fn binary_head(payload_bytes: usize) -> FrameHead {
    FrameHead::new(BINARY, payload_bytes)
}

/// Writes a whole text frame, head and payload, in one exact allocation.
#[must_use]
pub fn text(payload: &str) -> Vec<u8> {
    let head = text_head(payload.len());
    [head.as_ref(), payload.as_bytes()].concat()
}

/// Writes a ping. A payload over 125 bytes, which no frame could carry, is cut there.
#[must_use]
pub fn ping(payload: &[u8]) -> Vec<u8> {
    control(PING, payload)
}

/// Writes the pong that answers a ping with `payload`. A payload over 125 bytes, which no ping can have had, is cut there.
#[must_use]
pub fn pong(payload: &[u8]) -> Vec<u8> {
    control(PONG, payload)
}

/// Writes the close frame for a reason of the contract: its code and its text (§6.5).
#[must_use]
pub fn close(reason: CloseReason) -> Vec<u8> {
    let mut payload = reason.code.code().to_be_bytes().to_vec();
    payload.extend(reason.to_string().into_bytes());
    control(CLOSE, &payload)
}

/// Writes the close frame that answers the peer's: its own code, or none if it gave none (RFC 6455 §5.5.1).
#[must_use]
pub fn close_answer(code: Option<u16>) -> Vec<u8> {
    match code {
        Some(code) => control(CLOSE, &code.to_be_bytes()),
        None => control(CLOSE, &[]),
    }
}

fn control(first: u8, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(CONTROL_PAYLOAD_BYTES_MAX)];
    let head = FrameHead::new(first, payload.len());
    [head.as_ref(), payload].concat()
}

#[cfg(test)]
mod tests {
    use filament_protocol::CloseCode;

    use super::*;
    use crate::ws::client_frame;

    #[test]
    fn heads_use_the_shortest_length() {
        let table: &[(usize, &[u8])] = &[
            (0, &[0x81, 0]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xFF, 0xFF]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ];
        for (payload_bytes, expected) in table {
            assert_eq!(text_head(*payload_bytes).as_ref(), *expected);
        }
    }

    #[test]
    fn whole_frames_match_an_independent_encoding() {
        for payload in ["", "Hello", &"x".repeat(126), &"y".repeat(65_536)] {
            assert_eq!(text(payload), client_frame::unmasked(client_frame::TEXT, true, payload.as_bytes()));
        }
        assert_eq!(ping(b"25"), client_frame::unmasked(client_frame::PING, true, b"25"));
        assert_eq!(pong(b""), client_frame::unmasked(client_frame::PONG, true, b""));
        let longest = [b'p'; 125];
        assert_eq!(pong(&longest), client_frame::unmasked(client_frame::PONG, true, &longest));
        assert_eq!(pong(&[b'p'; 126]), pong(&longest));
    }

    /// Proves the reason text of contract §6.5.
    #[test]
    fn close_frames_carry_code_and_reason() {
        let plain = close(CloseCode::EventTooLarge.reason(None));
        assert_eq!(plain, client_frame::unmasked(client_frame::CLOSE, true, b"\x11\x97event_too_large"));
        let waiting = close(CloseCode::RateLimited.reason(Some(5_000)));
        assert_eq!(
            waiting,
            client_frame::unmasked(client_frame::CLOSE, true, b"\x11\x30rate_limited;retry_after_ms=5000")
        );
        assert_eq!(close_answer(Some(1000)), [0x88, 2, 0x03, 0xE8]);
        assert_eq!(close_answer(None), [0x88, 0]);
    }
}
