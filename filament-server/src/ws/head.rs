//! The head of a frame: 2 to 14 bytes that say what follows and how long it is.

use super::ProtocolError;

/// Longest head a client can send: 2 bytes, 8 of extended length, 4 of mask.
pub(super) const HEAD_BYTES_MAX: usize = 14;

/// Longest payload of a close, ping or pong (RFC 6455 §5.5).
pub(super) const CONTROL_PAYLOAD_BYTES_MAX: usize = 125;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
    Reserved(u8),
}

impl Opcode {
    const fn from_bits(bits: u8) -> Self {
        match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            other => Self::Reserved(other),
        }
    }

    pub(super) const fn is_control(self) -> bool {
        match self {
            Self::Close | Self::Ping | Self::Pong => true,
            Self::Continuation | Self::Text | Self::Binary => false,
            Self::Reserved(bits) => bits >= 0x8,
        }
    }
}

/// A complete head as it stood on the wire, not yet judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) fin: bool,
    pub(super) reserved_bits: bool,
    pub(super) opcode: Opcode,
    pub(super) masked: bool,
    pub(super) length: u64,
    /// Whether the length used the shortest of its three forms.
    pub(super) minimal: bool,
    /// Masking key; all zero, which changes nothing, when the frame is not masked.
    pub(super) key: [u8; 4],
}

/// Tells how many bytes a head has in all, as far as its first bytes tell: 2 until the second byte is known.
pub(super) fn size(start: &[u8]) -> usize {
    let Some(&second) = start.get(1) else {
        return 2;
    };
    let extended = match second & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let key = if second & 0x80 == 0 { 0 } else { 4 };
    2 + extended + key
}

impl Head {
    /// Reads a head of exactly [`size`] bytes. Never fails: what the bytes say is judged by [`Head::check`].
    pub(super) fn parse(bytes: &[u8]) -> Self {
        debug_assert_eq!(bytes.len(), size(bytes));
        let masked = bytes[1] & 0x80 != 0;
        let (plain, key) = bytes.split_at(bytes.len() - if masked { 4 } else { 0 });
        let extended = plain[2..].iter().fold(0, |length, &byte| length << 8 | u64::from(byte));
        let (length, minimal) = match bytes[1] & 0x7F {
            126 => (extended, extended > 125),
            127 => (extended, extended > u64::from(u16::MAX)),
            short => (u64::from(short), true),
        };
        Self {
            fin: bytes[0] & 0x80 != 0,
            reserved_bits: bytes[0] & 0x70 != 0,
            opcode: Opcode::from_bits(bytes[0] & 0x0F),
            masked,
            length,
            minimal,
            key: key.try_into().unwrap_or_default(),
        }
    }

    /// Judges what a head alone can be judged by, in this order: reserved bits, opcode, mask, length form, control rules.
    pub(super) fn check(&self) -> Result<(), ProtocolError> {
        if self.reserved_bits {
            return Err(ProtocolError::ReservedBits);
        }
        if let Opcode::Reserved(bits) = self.opcode {
            return Err(ProtocolError::ReservedOpcode(bits));
        }
        if !self.masked {
            return Err(ProtocolError::Unmasked);
        }
        if self.length >> 63 == 1 {
            return Err(ProtocolError::LengthOutOfRange);
        }
        if !self.minimal {
            return Err(ProtocolError::LengthNotMinimal);
        }
        if self.opcode.is_control() {
            if !self.fin {
                return Err(ProtocolError::ControlFragmented);
            }
            if self.length > CONTROL_PAYLOAD_BYTES_MAX as u64 {
                return Err(ProtocolError::ControlTooLong);
            }
        }
        Ok(())
    }

    /// Gives the masking key as it applies to the payload from `offset` on.
    pub(super) fn key_at(&self, offset: u64) -> [u8; 4] {
        let mut key = self.key;
        key.rotate_left((offset % 4) as usize);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_head_is_measured_by_its_second_byte() {
        for (second, expected) in
            [(0x00, 2), (0x7D, 2), (0x7E, 4), (0x7F, 10), (0x80, 6), (0xFD, 6), (0xFE, 8), (0xFF, HEAD_BYTES_MAX)]
        {
            assert_eq!(size(&[0x81, second]), expected, "second byte {second:#04x}");
        }
        assert_eq!(size(&[]), 2);
        assert_eq!(size(&[0x81]), 2);
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        // RFC 6455 §5.7: a single-frame masked text message "Hello".
        let head = Head::parse(&[0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D]);
        let expected = Head {
            fin: true,
            reserved_bits: false,
            opcode: Opcode::Text,
            masked: true,
            length: 5,
            minimal: true,
            key: [0x37, 0xFA, 0x21, 0x3D],
        };
        assert_eq!(head, expected);
        assert_eq!(head.key_at(5), [0xFA, 0x21, 0x3D, 0x37]);
    }

    #[test]
    fn a_head_is_judged_in_a_fixed_order() {
        let masked_key = [1, 2, 3, 4];
        let table: &[(&[u8], Result<(), ProtocolError>)] = &[
            (&[0xC3, 0x00], Err(ProtocolError::ReservedBits)),
            (&[0xA1, 0x80], Err(ProtocolError::ReservedBits)),
            (&[0x91, 0x80], Err(ProtocolError::ReservedBits)),
            (&[0x83, 0x00], Err(ProtocolError::ReservedOpcode(3))),
            (&[0x87, 0x80], Err(ProtocolError::ReservedOpcode(7))),
            (&[0x8B, 0x80], Err(ProtocolError::ReservedOpcode(11))),
            (&[0x0F, 0x80], Err(ProtocolError::ReservedOpcode(15))),
            (&[0x81, 0x00], Err(ProtocolError::Unmasked)),
            (&[0x88, 0x7E, 0, 126], Err(ProtocolError::Unmasked)),
            (&[0x81, 0xFE, 0, 125], Err(ProtocolError::LengthNotMinimal)),
            (&[0x81, 0xFE, 0, 126], Ok(())),
            (&[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], Err(ProtocolError::LengthNotMinimal)),
            (&[0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0], Ok(())),
            (&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], Err(ProtocolError::LengthOutOfRange)),
            (&[0x09, 0x80], Err(ProtocolError::ControlFragmented)),
            (&[0x89, 0xFD], Ok(())),
            (&[0x89, 0xFE, 0, 126], Err(ProtocolError::ControlTooLong)),
        ];
        for (start, expected) in table {
            let mut bytes = start.to_vec();
            if start[1] & 0x80 != 0 {
                bytes.extend(masked_key);
            }
            assert_eq!(Head::parse(&bytes).check(), *expected, "{bytes:02x?}");
        }
    }
}
