//! Attachments: up, down, with messages and gone (§9.9, §10.4).

mod access;
mod crash;
mod download;
mod messages;
mod quota;
mod slow;
mod upload;

use sha2::{Digest as _, Sha256};

/// Some bytes that are no text, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    // Begins with a control character, whatever follows.
    let mut bytes = vec![0];
    while bytes.len() < length {
        bytes.extend(next());
    }
    bytes.truncate(length);
    bytes
}

fn hex_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
