//! Refresh tokens that can be given out again, because they are computed and not drawn (AUT-20, AUT-21).
//!
//! ```text
//! token  = <session ULID> "." <43 characters base64url of 32 bytes>
//! bytes  = generation (8, big-endian) ‖ tag (24)
//! tag    = first 24 bytes of HMAC-SHA-256(server key, "filament refresh v1" ‖ session (16) ‖ generation (8))
//! ```
//!
//! A token names its generation, so one from long ago is told from one that was never issued without a list of old ones:
//! the former is a replay that ends the session (AUT-23), the latter has no effect (AUT-24). Which generation is current
//! or in grace is decided where sessions are kept.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filament_protocol::SessionId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use crate::limits::REFRESH_TOKEN_BYTES_MAX;

const PURPOSE: &[u8] = b"filament refresh v1";
const SECRET_BYTES: usize = 32;
const GENERATION_BYTES: usize = 8;
const ULID_CHARS: usize = 26;
const SECRET_CHARS: usize = 43;
/// Length of every token.
const TOKEN_CHARS: usize = ULID_CHARS + 1 + SECRET_CHARS;

const _: () = assert!(TOKEN_CHARS <= REFRESH_TOKEN_BYTES_MAX);

/// The text has not the form of a refresh token: 401 without effect (AUT-24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a refresh token")]
pub struct MalformedRefreshToken;

/// A refresh token: one that the server issues, or one that somebody presents and that may be made up.
///
/// Equality takes the same time wherever the first difference is. `Debug` shows the session only.
#[derive(Clone)]
pub struct RefreshToken {
    session: SessionId,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

impl RefreshToken {
    /// Reads the text form. It proves nothing but the form.
    ///
    /// # Errors
    /// [`MalformedRefreshToken`] if the text is longer than 512 bytes or not exactly of the form.
    pub fn parse(text: &str) -> Result<Self, MalformedRefreshToken> {
        if text.len() > REFRESH_TOKEN_BYTES_MAX {
            return Err(MalformedRefreshToken);
        }
        let (session, secret_text) = text.split_once('.').ok_or(MalformedRefreshToken)?;
        let session: SessionId = session.parse().map_err(|_| MalformedRefreshToken)?;
        if secret_text.len() != SECRET_CHARS {
            return Err(MalformedRefreshToken);
        }
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        match URL_SAFE_NO_PAD.decode_slice(secret_text, secret.as_mut()) {
            Ok(SECRET_BYTES) => Ok(Self { session, secret }),
            Ok(_) | Err(_) => Err(MalformedRefreshToken),
        }
    }

    /// The session that the token says it belongs to.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The text form, 70 characters.
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(TOKEN_CHARS));
        text.push_str(&self.session.to_string());
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(self.secret.as_ref(), &mut text);
        text
    }

    /// SHA-256 of the text form: what is stored of a token (AUT-20).
    pub fn hash(&self) -> RefreshTokenHash {
        RefreshTokenHash(Sha256::digest(self.text().as_bytes()).into())
    }

    fn generation_bytes(&self) -> [u8; GENERATION_BYTES] {
        let mut bytes = [0; GENERATION_BYTES];
        bytes.copy_from_slice(&self.secret[..GENERATION_BYTES]);
        bytes
    }
}

impl PartialEq for RefreshToken {
    fn eq(&self, other: &Self) -> bool {
        self.session == other.session && self.secret.ct_eq(other.secret.as_ref()).into()
    }
}

impl Eq for RefreshToken {}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("session", &self.session).finish_non_exhaustive()
    }
}

/// What is stored of a refresh token. Equality takes the same time wherever the first difference is.
#[derive(Clone, Copy)]
pub struct RefreshTokenHash([u8; 32]);

impl RefreshTokenHash {
    /// Takes back what was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for RefreshTokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for RefreshTokenHash {}

impl fmt::Debug for RefreshTokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshTokenHash(redacted)")
    }
}

/// The server key that refresh tokens are derived from. Erased from memory when dropped.
#[derive(Clone)]
pub struct RefreshKey(Zeroizing<[u8; 32]>);

impl RefreshKey {
    /// Takes the 32 secret bytes of the key file.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The token of a generation of a session; the same one every time (AUT-21).
    pub fn token(&self, session: SessionId, generation: u64) -> RefreshToken {
        let generation = generation.to_be_bytes();
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        secret[..GENERATION_BYTES].copy_from_slice(&generation);
        let mut tag = self.tag(session, generation);
        secret[GENERATION_BYTES..].copy_from_slice(&tag[..SECRET_BYTES - GENERATION_BYTES]);
        tag.zeroize();
        RefreshToken { session, secret }
    }

    /// The generation of a token that this key made, or `None` for one that it did not make.
    pub fn generation(&self, token: &RefreshToken) -> Option<u64> {
        let generation = u64::from_be_bytes(token.generation_bytes());
        self.generation_matches(token, generation).then_some(generation)
    }

    /// Tells whether the token is the one of that generation of its session.
    pub fn generation_matches(&self, token: &RefreshToken, generation: u64) -> bool {
        self.token(token.session, generation) == *token
    }

    fn tag(&self, session: SessionId, generation: [u8; GENERATION_BYTES]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_ref()).expect("HMAC takes keys of any length");
        mac.update(PURPOSE);
        mac.update(&session.as_u128().to_be_bytes());
        mac.update(&generation);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SESSION: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn key(byte: u8) -> RefreshKey {
        RefreshKey::from_bytes([byte; 32])
    }

    fn session() -> SessionId {
        SESSION.parse().expect("a ULID")
    }

    /// Proves AUT-20 (form), and that the derivation never changes: sessions outlive the program.
    #[test]
    fn a_known_key_and_session_give_a_known_token() {
        let token = key(7).token(session(), 3);
        assert_eq!(*token.text(), VECTOR);
        assert_eq!(VECTOR.len(), TOKEN_CHARS);
        assert_eq!(hex(token.hash().as_bytes()), VECTOR_HASH);
    }

    /// Computed with Python's `hmac`, `hashlib` and `base64`.
    const VECTOR: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV.AAAAAAAAAAMgRfI6Kr-RbcW9wUFzrw2ywbQ3tCvu-s8";
    const VECTOR_HASH: &str = "d1a8c4f87919727e4bf1f28bcdde7e8bd24f7ade7fe79458d7f005841ed19ec3";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Proves AUT-24 (malformed).
    #[test]
    fn other_texts_are_malformed() {
        let good = VECTOR;
        assert!(RefreshToken::parse(good).is_ok());
        let secret = &good[27..];
        for text in [
            String::new(),
            ".".to_owned(),
            good.replace('.', ""),
            good.replace('.', ".."),
            good.to_lowercase(),
            format!("{good} "),
            format!("{good}="),
            good[..good.len() - 1].to_owned(),
            format!("{SESSION}.{}", secret.replace(&secret[..1], "+")),
            format!("{SESSION}.{}", "é".repeat(21) + "a"),
            format!("81ARZ3NDEKTSV4RRFFQ69G5FAV.{secret}"),
            // The last character carries two bits that must be zero.
            format!("{SESSION}.{}B", &secret[..42]),
            "A".repeat(100_000),
        ] {
            assert_eq!(RefreshToken::parse(&text).err(), Some(MalformedRefreshToken), "{text}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let token = key(7).token(session(), 3);
        let shown = format!("{:?}{:?}{:?}", key(7), token, token.hash());
        assert!(!shown.contains(&VECTOR[27..]) && !shown.contains("7, 7") && !shown.contains(VECTOR_HASH));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Proves AUT-21 (the plaintext can be given out again).
        #[test]
        fn a_token_survives_its_text_and_names_its_generation(session: u128, generation: u64) {
            let key = key(1);
            let issued = key.token(SessionId::from_u128(session), generation);
            let presented = RefreshToken::parse(&issued.text()).expect("the form");
            prop_assert_eq!(presented.session(), SessionId::from_u128(session));
            prop_assert_eq!(key.generation(&presented), Some(generation));
            prop_assert!(key.generation_matches(&presented, generation));
            prop_assert!(!key.generation_matches(&presented, generation.wrapping_add(1)));
            prop_assert_eq!(presented.hash(), key.token(SessionId::from_u128(session), generation).hash());
        }

        #[test]
        fn a_token_with_any_bit_changed_has_no_generation(generation in 0_u64..1_000, bit in 0_usize..256) {
            let key = key(1);
            let mut token = key.token(session(), generation);
            token.secret[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key.generation(&token), None);
        }

        #[test]
        fn a_token_of_another_key_or_session_has_no_generation(generation: u64) {
            let token = key(1).token(session(), generation);
            prop_assert_eq!(key(2).generation(&token), None);
            let moved = RefreshToken { session: SessionId::from_u128(1), ..token };
            prop_assert_eq!(key(1).generation(&moved), None);
        }
    }
}
