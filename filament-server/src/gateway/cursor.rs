//! Cursors (RES-10): where a stream stands, sealed so that only this server can read or make one.
//!
//! ```text
//! cursor  = base64url of  form (1) ‖ nonce (24) ‖ sealed (42) ‖ tag (16): 111 characters, always
//! sealed  = epoch (16) ‖ entry (8) ‖ part (2) ‖ access (8) ‖ issued (8), big-endian, by XChaCha20-Poly1305
//! bound to  "filament cursor v1" ‖ user (16), which are authenticated and not sent
//! nonce   = first 24 bytes of HMAC-SHA-256(a secret of this process, count of cursors made)
//! ```
//!
//! A nonce costs no system call, and shows nothing: had it counted openly, two cursors would tell how much was delivered to
//! others between them (DEL-6).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filament_core::Place;
use filament_fanout::{CursorError, Cursors, Reached};
use filament_protocol::{Timestamp, UserId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use orion::hazardous::aead::xchacha20poly1305::{Nonce, SecretKey, XChaCha20Poly1305};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::limits::CURSOR_LIFE_SECS;

const PURPOSE: &[u8; 18] = b"filament cursor v1";
/// Tells later forms from this one before anything is opened.
const FORM: u8 = 1;
const NONCE_BYTES: usize = 24;
const PLAIN_BYTES: usize = 42;
const SEALED_BYTES: usize = PLAIN_BYTES + 16;
const CURSOR_BYTES: usize = 1 + NONCE_BYTES + SEALED_BYTES;
/// Characters of every cursor.
const CURSOR_CHARS: usize = (CURSOR_BYTES * 4).div_ceil(3);

const _: () = assert!(CURSOR_CHARS <= filament_fanout::limits::CURSOR_BYTES_MAX);

/// The key of cursors. Erased from memory when dropped.
#[derive(Clone)]
pub struct CursorKey(Zeroizing<[u8; 32]>);

impl CursorKey {
    /// Takes 32 secret bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey")
    }
}

/// Makes and reads the cursors of one journal.
pub struct SealedCursors {
    key: SecretKey,
    epoch: u128,
    nonces: Hmac<Sha256>,
    made: AtomicU64,
}

impl fmt::Debug for SealedCursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCursors").finish_non_exhaustive()
    }
}

impl SealedCursors {
    /// Cursors of the journal of that epoch.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(key: &CursorKey, epoch: u128) -> Result<Self, getrandom::Error> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut())?;
        Ok(Self {
            key: SecretKey::try_from(&*key.0).expect("a key has 32 bytes"),
            epoch,
            nonces: Hmac::new_from_slice(secret.as_ref()).expect("any length will do"),
            made: AtomicU64::new(0),
        })
    }

    fn nonce(&self) -> [u8; NONCE_BYTES] {
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        let tag = self.nonces.clone().chain_update(count.to_be_bytes()).finalize().into_bytes();
        *tag.first_chunk().expect("a tag has 32 bytes")
    }
}

impl Cursors for SealedCursors {
    fn seal(&self, user_id: UserId, reached: Reached, now: Timestamp, into: &mut Vec<u8>) {
        let mut plain = [0; PLAIN_BYTES];
        plain[..16].copy_from_slice(&self.epoch.to_be_bytes());
        plain[16..24].copy_from_slice(&reached.place.seq.to_be_bytes());
        plain[24..26].copy_from_slice(&reached.place.part.to_be_bytes());
        plain[26..34].copy_from_slice(&reached.access.to_be_bytes());
        plain[34..].copy_from_slice(&now.as_secs().to_be_bytes());
        let nonce = self.nonce();
        let mut bytes = [0; CURSOR_BYTES];
        let (head, sealed) = bytes.split_at_mut(1 + NONCE_BYTES);
        head[0] = FORM;
        head[1..].copy_from_slice(&nonce);
        XChaCha20Poly1305::seal(&self.key, &Nonce::from(nonce), &plain, Some(&bound_to(user_id)), sealed)
            .expect("the room for it is exact");
        let start = into.len();
        into.resize(start + CURSOR_CHARS, 0);
        URL_SAFE_NO_PAD.encode_slice(bytes, &mut into[start..]).expect("the room for it is exact");
    }

    fn open(&self, text: &str, user_id: UserId, now: Timestamp) -> Result<Reached, CursorError> {
        let mut bytes = [0; CURSOR_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(CURSOR_BYTES) if bytes[0] == FORM => {}
            Ok(_) | Err(_) => return Err(CursorError::Invalid),
        }
        let nonce: [u8; NONCE_BYTES] = *bytes[1..].first_chunk().expect("cut to size");
        let mut plain = [0; PLAIN_BYTES];
        let sealed = &bytes[1 + NONCE_BYTES..];
        XChaCha20Poly1305::open(&self.key, &Nonce::from(nonce), sealed, Some(&bound_to(user_id)), &mut plain)
            .map_err(|_| CursorError::Invalid)?;
        let number = |from: usize| u64::from_be_bytes(*plain[from..].first_chunk().expect("cut to size"));
        if plain[..16] != self.epoch.to_be_bytes() {
            return Err(CursorError::Epoch);
        }
        if number(34).saturating_add(CURSOR_LIFE_SECS) < now.as_secs() {
            return Err(CursorError::Expired);
        }
        let place = Place { seq: number(16), part: u16::from_be_bytes([plain[24], plain[25]]) };
        Ok(Reached { place, access: number(26) })
    }
}

fn bound_to(user_id: UserId) -> [u8; PURPOSE.len() + 16] {
    let mut bytes = [0; PURPOSE.len() + 16];
    bytes[..PURPOSE.len()].copy_from_slice(PURPOSE);
    bytes[PURPOSE.len()..].copy_from_slice(&user_id.as_u128().to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const USER: UserId = UserId::from_u128(7);
    const REACHED: Reached = Reached { place: Place { seq: 123_456_789_012, part: 3 }, access: 123_456_789_000 };

    fn cursors(key: u8, epoch: u128) -> SealedCursors {
        SealedCursors::new(&CursorKey::from_bytes([key; 32]), epoch).expect("random bytes")
    }

    fn at(secs: u64) -> Timestamp {
        Timestamp::new(secs).expect("a time")
    }

    fn seal(cursors: &SealedCursors, reached: Reached) -> String {
        let mut text = b"before".to_vec();
        cursors.seal(USER, reached, at(1_000_000), &mut text);
        String::from_utf8(text.split_off(6)).expect("ASCII")
    }

    /// Proves RES-10: opaque, of constant length, bound to user and epoch, kept over restarts, expired after 24 hours.
    #[test]
    fn a_cursor_says_its_place_to_its_user_for_a_day() {
        let text = seal(&cursors(1, 5), REACHED);
        let after_restart = cursors(1, 5);
        assert_eq!(after_restart.open(&text, USER, at(1_000_000 + 86_400)), Ok(REACHED));
        assert_eq!(after_restart.open(&text, USER, at(1_000_000 + 86_401)), Err(CursorError::Expired));
        assert_eq!(after_restart.open(&text, UserId::from_u128(8), at(1_000_000)), Err(CursorError::Invalid));
        assert_eq!(cursors(2, 5).open(&text, USER, at(1_000_000)), Err(CursorError::Invalid));
        assert_eq!(cursors(1, 6).open(&text, USER, at(1_000_000)), Err(CursorError::Epoch));
        let url_safe = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let last = Reached { place: Place { seq: u64::MAX, part: u16::MAX }, access: u64::MAX };
        for reached in [Reached::default(), REACHED, last] {
            let text = seal(&after_restart, reached);
            assert!(text.len() == CURSOR_CHARS && url_safe(&text), "{text}");
            assert_eq!(after_restart.open(&text, USER, at(1_000_000)), Ok(reached));
        }
    }

    /// Proves RES-15 for cursors that were tampered with.
    #[test]
    fn no_changed_character_passes() {
        let cursors = cursors(1, 5);
        let text = seal(&cursors, REACHED);
        for index in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("ASCII");
            assert_eq!(cursors.open(&forged, USER, at(1_000_000)), Err(CursorError::Invalid), "{index}");
        }
        for other in ["", "A", &text[1..], &format!("{text}A"), &"!".repeat(CURSOR_CHARS), &"A".repeat(CURSOR_CHARS)] {
            assert_eq!(cursors.open(other, USER, at(1_000_000)), Err(CursorError::Invalid), "{other}");
        }
    }

    #[test]
    fn no_nonce_is_used_twice() {
        let (one, other) = (cursors(1, 5), cursors(1, 5));
        let nonces: HashSet<_> = (0..1_000).flat_map(|_| [one.nonce(), other.nonce()]).collect();
        assert_eq!(nonces.len(), 2_000);
    }
}
