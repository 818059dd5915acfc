//! Cursors: where a stream stands, sealed so that only this server reads or makes one (contract RES-10).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use filament_core::Place;
use filament_fanout::{CursorError, Cursors, Reached};
use filament_protocol::{Timestamp, UserId};
use orion::hazardous::aead::xchacha20poly1305::{Nonce, SecretKey, XChaCha20Poly1305};

const LIFE_SECS: u64 = 86_400;
const PLAIN_BYTES: usize = 42;

/// Cursors of the journal of one epoch.
pub struct Sealed {
    key: SecretKey,
    epoch: u128,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sealed").finish_non_exhaustive()
    }
}

impl Sealed {
    /// Takes the key that has to outlive a restart, or clients begin anew.
    #[must_use]
    pub fn new(key: [u8; 32], epoch: u128) -> Self {
        Self { key: SecretKey::try_from(&key).expect("a key has 32 bytes"), epoch }
    }
}

impl Cursors for Sealed {
    fn seal(&self, user_id: UserId, reached: Reached, now: Timestamp, into: &mut Vec<u8>) {
        let mut plain = Vec::with_capacity(PLAIN_BYTES);
        plain.extend(self.epoch.to_be_bytes());
        plain.extend(reached.place.seq.to_be_bytes());
        plain.extend(reached.place.part.to_be_bytes());
        plain.extend(reached.access.to_be_bytes());
        plain.extend(now.as_secs().to_be_bytes());
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).expect("the system has randomness");
        let mut sealed = [0; PLAIN_BYTES + 16];
        let user = user_id.as_u128().to_be_bytes();
        XChaCha20Poly1305::seal(&self.key, &Nonce::from(nonce), &plain, Some(&user), &mut sealed).expect("it fits");
        into.extend(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()).bytes());
    }

    fn open(&self, text: &str, user_id: UserId, now: Timestamp) -> Result<Reached, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Invalid)?;
        let (nonce, sealed) = bytes.split_first_chunk::<24>().ok_or(CursorError::Invalid)?;
        let mut plain = [0; PLAIN_BYTES];
        if sealed.len() != PLAIN_BYTES + 16 {
            return Err(CursorError::Invalid);
        }
        let user = user_id.as_u128().to_be_bytes();
        XChaCha20Poly1305::open(&self.key, &Nonce::from(*nonce), sealed, Some(&user), &mut plain)
            .map_err(|_| CursorError::Invalid)?;
        let number = |from: usize| u64::from_be_bytes(*plain[from..].first_chunk().expect("cut to size"));
        if plain[..16] != self.epoch.to_be_bytes() {
            return Err(CursorError::Epoch);
        }
        if number(34).saturating_add(LIFE_SECS) < now.as_secs() {
            return Err(CursorError::Expired);
        }
        let place = Place { seq: number(16), part: u16::from_be_bytes([plain[24], plain[25]]) };
        Ok(Reached { place, access: number(26) })
    }
}
