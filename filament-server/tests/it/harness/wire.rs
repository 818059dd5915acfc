//! RFC 6455 frames written and read by hand, so that a test can send what no library would.

use std::io::{self, Read};

/// The frame kinds of RFC 6455 §5.2, and a way to send the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
    /// A reserved opcode, 3..=7 or 11..=15.
    Reserved(u8),
}

impl Opcode {
    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
            Self::Reserved(bits) => bits,
        }
    }

    fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            other => Self::Reserved(other),
        }
    }
}

/// One frame as a client may send it; every header bit can be chosen.
#[derive(Clone, Debug)]
pub(crate) struct RawFrame {
    pub(crate) fin: bool,
    /// The three reserved bits as a number 0..=7.
    pub(crate) reserved: u8,
    pub(crate) opcode: Opcode,
    pub(crate) masked: bool,
    pub(crate) payload: Vec<u8>,
}

impl RawFrame {
    /// A proper client frame: whole, masked, no reserved bit.
    pub(crate) fn new(opcode: Opcode, payload: impl Into<Vec<u8>>) -> Self {
        Self { fin: true, reserved: 0, opcode, masked: true, payload: payload.into() }
    }

    /// The same frame with the final bit off: the first or a middle fragment.
    pub(crate) fn unfinished(mut self) -> Self {
        self.fin = false;
        self
    }

    /// The same frame without a mask.
    pub(crate) fn unmasked(mut self) -> Self {
        self.masked = false;
        self
    }

    /// The bytes on the wire.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Any key is a legal key; a fixed one keeps runs comparable.
        const MASK: [u8; 4] = [0x5A, 0x17, 0xC3, 0x88];
        let mut bytes = vec![(u8::from(self.fin) << 7) | ((self.reserved & 7) << 4) | (self.opcode.bits() & 15)];
        let mask_bit = u8::from(self.masked) << 7;
        let length = self.payload.len();
        if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 126) {
            bytes.push(mask_bit | short);
        } else if let Ok(medium) = u16::try_from(length) {
            bytes.push(mask_bit | 126);
            bytes.extend_from_slice(&medium.to_be_bytes());
        } else {
            bytes.push(mask_bit | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
        if self.masked {
            bytes.extend_from_slice(&MASK);
            bytes.extend(self.payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
        } else {
            bytes.extend_from_slice(&self.payload);
        }
        bytes
    }
}

/// Reads one frame of the server. Server frames are whole, unmasked and without reserved bits here: permessage-deflate
/// is declined (GW-6) and the server has no reason to fragment.
///
/// # Errors
/// Whatever the socket says; `InvalidData` for a frame that a server must not send.
pub(crate) fn read_frame(stream: &mut impl Read) -> io::Result<(Opcode, Vec<u8>)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    if head[0] & 0xF0 != 0x80 || head[1] & 0x80 != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("server frame head {head:02x?}")));
    }
    let length = match head[1] {
        126 => {
            let mut bytes = [0; 2];
            stream.read_exact(&mut bytes)?;
            u64::from(u16::from_be_bytes(bytes))
        }
        127 => {
            let mut bytes = [0; 8];
            stream.read_exact(&mut bytes)?;
            u64::from_be_bytes(bytes)
        }
        short => u64::from(short),
    };
    // ENV-7 bounds every message; reading more would hide the fault.
    if length > 65_536 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("server frame of {length} bytes")));
    }
    let mut payload = vec![0; usize::try_from(length).expect("a checked length")];
    stream.read_exact(&mut payload)?;
    Ok((Opcode::from_bits(head[0] & 15), payload))
}
