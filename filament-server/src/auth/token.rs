//! Access tokens: PASETO v4.local, opaque to everybody but this server (AUT-10, AUT-11).
//!
//! ```text
//! v4.local.<encrypted>.<footer>
//! claims  {"sub": user ULID, "sid": session ULID, "jti": 22 random characters, "iat", "nbf", "exp": RFC 3339, UTC}
//! footer  {"kid": "k4.lid.<44 characters>"}, the PASERK id of the key
//! ```
//!
//! A valid token says who asks, not that the session still lives: that is asked of the store on every request (AUT-12).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filament_protocol::{SessionId, Timestamp, UserId};
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::paserk::{FormatAsPaserk as _, Id};
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use crate::limits::{ACCESS_TOKEN_CHARS_MAX, ACCESS_TOKEN_CHARS_MIN};

/// Why a token was not issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The system gives no random bytes.
    #[error("no random bytes for a token")]
    Random,
    /// The clock is beyond the year 9999, which the claims cannot say.
    #[error("the clock is beyond the year 9999")]
    Clock,
}

/// Why a presented token is not accepted. All of it is 401 `invalid_credentials` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Shorter than 32 or longer than 4,096 characters, not visible ASCII, or not of the form.
    #[error("not an access token")]
    Malformed,
    /// The footer names no key of this server.
    #[error("made with a key that is not known")]
    UnknownKey,
    /// The key named did not make this token, or what it carries is not what this server writes.
    #[error("not made by this server")]
    Forged,
    /// Its time has not come.
    #[error("not valid yet")]
    NotYetValid,
    /// Its time is over.
    #[error("expired")]
    Expired,
}

/// What a valid token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Who asks.
    pub user: UserId,
    /// The login it comes from.
    pub session: SessionId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends; it is refused from that second on.
    pub expires_at: Timestamp,
}

/// A new token and the claims in it.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token as the client sends it back: about 430 characters.
    pub text: Zeroizing<String>,
    /// What it says.
    pub claims: AccessClaims,
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// One key of access tokens with the footer that names it. Erased from memory when dropped; `Debug` shows the footer only.
#[derive(Clone)]
pub struct AccessKey {
    key: SymmetricKey<V4>,
    footer: Box<str>,
}

impl AccessKey {
    /// Takes 32 secret bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        Self::new(SymmetricKey::from(bytes.as_ref()).expect("a key of v4.local has 32 bytes"))
    }

    /// Reads the PASERK form `k4.local.…`, or gives `None` for any other text.
    pub fn from_paserk(text: &str) -> Option<Self> {
        SymmetricKey::try_from(text).ok().map(Self::new)
    }

    /// The PASERK form, 52 characters.
    pub fn to_paserk(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        self.key.fmt(&mut *text).expect("writing to a string");
        text
    }

    /// The footer of its tokens, `{"kid":"k4.lid.…"}`; not secret.
    pub fn footer(&self) -> &str {
        &self.footer
    }

    fn new(key: SymmetricKey<V4>) -> Self {
        let mut id = String::new();
        Id::from(&key).fmt(&mut id).expect("writing to a string");
        Self { key, footer: format!(r#"{{"kid":"{id}"}}"#).into() }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("footer", &self.footer).finish_non_exhaustive()
    }
}

/// The claims as they are written: registered names and forms of PASETO.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: UserId,
    sid: SessionId,
    jti: String,
    iat: String,
    nbf: String,
    exp: String,
}

/// Issues and verifies access tokens; one per process, shared.
#[derive(Debug)]
pub struct AccessTokens {
    signing: AccessKey,
    accepted: Vec<AccessKey>,
    lifetime: Duration,
}

impl AccessTokens {
    /// Takes the keys, of which the first signs and all are accepted, and the life of a token in whole seconds.
    ///
    /// # Panics
    /// If there is no key.
    pub fn new(keys: Vec<AccessKey>, lifetime: Duration) -> Self {
        let signing = keys.first().expect("at least one access key").clone();
        Self { signing, accepted: keys, lifetime }
    }

    /// The life of a token: `expires_in_secs` of login and refresh.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Issues a token for a session of the user, valid from now (AUT-10).
    ///
    /// # Errors
    /// [`IssueError`] if the system has no random bytes or no sensible clock.
    pub fn issue(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<IssuedToken, IssueError> {
        let expires_at = now.plus_secs(self.lifetime.as_secs());
        let mut unique = [0; 16];
        getrandom::fill(&mut unique).map_err(|_| IssueError::Random)?;
        let issued = date_time(now).ok_or(IssueError::Clock)?;
        let claims = Claims {
            sub: user,
            sid: session,
            jti: URL_SAFE_NO_PAD.encode(unique),
            nbf: issued.clone(),
            iat: issued,
            exp: date_time(expires_at).ok_or(IssueError::Clock)?,
        };
        let text = self.signing.seal(&serde_json::to_vec(&claims).expect("claims are plain texts"))?;
        Ok(IssuedToken { text, claims: AccessClaims { user, session, issued_at: now, expires_at } })
    }

    /// Reads a presented token at that time. The cost is one key derivation, one MAC and one decryption: 7 µs.
    ///
    /// # Errors
    /// Any [`TokenError`].
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let size = ACCESS_TOKEN_CHARS_MIN..=ACCESS_TOKEN_CHARS_MAX;
        if !size.contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Malformed);
        }
        let untrusted = UntrustedToken::<Local, V4>::try_from(text).map_err(|_| TokenError::Malformed)?;
        let footer = untrusted.untrusted_footer();
        let key = self.accepted.iter().find(|key| key.footer.as_bytes() == footer).ok_or(TokenError::UnknownKey)?;
        let trusted = LocalToken::decrypt(&key.key, &untrusted, Some(footer), None).map_err(|_| TokenError::Forged)?;
        let claims: Claims = serde_json::from_str(trusted.payload()).map_err(|_| TokenError::Forged)?;
        let issued_at = timestamp(&claims.iat).ok_or(TokenError::Forged)?;
        let not_before = timestamp(&claims.nbf).ok_or(TokenError::Forged)?;
        let expires_at = timestamp(&claims.exp).ok_or(TokenError::Forged)?;
        if now < not_before {
            return Err(TokenError::NotYetValid);
        }
        if now >= expires_at {
            return Err(TokenError::Expired);
        }
        Ok(AccessClaims { user: claims.sub, session: claims.sid, issued_at, expires_at })
    }
}

impl AccessKey {
    fn seal(&self, payload: &[u8]) -> Result<Zeroizing<String>, IssueError> {
        LocalToken::encrypt(&self.key, payload, Some(self.footer.as_bytes()), None)
            .map(Zeroizing::new)
            .map_err(|_| IssueError::Random)
    }
}

fn date_time(at: Timestamp) -> Option<String> {
    let secs = i64::try_from(at.as_secs()).ok()?;
    OffsetDateTime::from_unix_timestamp(secs).ok()?.format(&Rfc3339).ok()
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let secs = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp();
    Timestamp::new(u64::try_from(secs).ok()?)
}

#[cfg(test)]
mod tests {
    use pasetors::claims::{Claims as StandardClaims, ClaimsValidationRules};
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_795_475_340;

    fn at(secs: u64) -> Timestamp {
        Timestamp::new(secs).expect("a time")
    }

    fn key(byte: u8) -> AccessKey {
        AccessKey::from_bytes([byte; 32])
    }

    fn tokens(keys: &[u8]) -> AccessTokens {
        AccessTokens::new(keys.iter().map(|&byte| key(byte)).collect(), Duration::from_secs(900))
    }

    fn issue(tokens: &AccessTokens) -> String {
        let issued = tokens.issue(UserId::from_u128(1), SessionId::from_u128(2), at(NOW)).expect("a token");
        issued.text.to_string()
    }

    fn sealed(payload: &str) -> String {
        key(1).seal(payload.as_bytes()).expect("a token").to_string()
    }

    /// Proves AUT-10 (claims, lifetime, length).
    #[test]
    fn a_token_is_valid_from_its_second_until_900_seconds_later() {
        let tokens = tokens(&[1]);
        let issued = tokens.issue(UserId::from_u128(1), SessionId::from_u128(2), at(NOW)).expect("a token");
        let expected = AccessClaims {
            user: UserId::from_u128(1),
            session: SessionId::from_u128(2),
            issued_at: at(NOW),
            expires_at: at(NOW + 900),
        };
        assert_eq!(issued.claims, expected);
        let verify = |secs| tokens.verify(&issued.text, at(secs));
        assert_eq!(verify(NOW - 1), Err(TokenError::NotYetValid));
        assert_eq!(verify(NOW), Ok(expected));
        assert_eq!(verify(NOW + 899), Ok(expected));
        assert_eq!(verify(NOW + 900), Err(TokenError::Expired));
        assert!(issued.text.len() < 512 && issued.text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_ne!(*issued.text, issue(&tokens), "every token is its own");
    }

    /// Proves AUT-10: an independent PASETO reader finds the claims and the footer.
    #[test]
    fn the_claims_are_those_of_the_paseto_standard() {
        let text = issue(&tokens(&[1]));
        let untrusted = UntrustedToken::<Local, V4>::try_from(text.as_str()).expect("the form");
        let trusted = LocalToken::decrypt(&key(1).key, &untrusted, None, None).expect("the key");
        let claims = StandardClaims::from_string(trusted.payload()).expect("standard claims");
        let claim = |name: &str| claims.get_claim(name).and_then(|value| value.as_str()).expect(name).to_owned();
        assert_eq!(claim("sub"), "00000000000000000000000001");
        assert_eq!(claim("sid"), "00000000000000000000000002");
        assert_eq!(claim("jti").len(), 22);
        assert_eq!(
            [claim("iat"), claim("nbf"), claim("exp")],
            ["2026-11-23T23:09:00Z", "2026-11-23T23:09:00Z", "2026-11-23T23:24:00Z"]
        );
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(trusted.payload()).expect("an object");
        assert_eq!(members.len(), 6, "{members:?}");
        let mut rules = ClaimsValidationRules::new();
        rules.validate_subject_with("00000000000000000000000001");
        let validated = rules.validate_claims(&claims);
        assert!(!matches!(validated, Err(pasetors::errors::Error::InvalidClaim)), "{validated:?}");
        let footer = std::str::from_utf8(trusted.footer()).expect("a text");
        assert!(footer.starts_with(r#"{"kid":"k4.lid."#) && footer.ends_with(r#""}"#), "{footer}");
    }

    /// The vector of the PASERK specification for `k4.lid`, first key of its test file.
    #[test]
    fn a_key_is_named_by_its_paserk_id() {
        let footer = key(0).footer().to_owned();
        assert_eq!(footer, r#"{"kid":"k4.lid.bqltbNc4JLUAmc9Xtpok-fBuI0dQN5_m3CD9W_nbh559"}"#);
        assert_eq!(AccessKey::from_paserk(&key(0).to_paserk()).expect("a key").footer(), footer);
        for text in
            ["", "k4.local.", "k4.local.AAAA", "k4.secret.AAAA", "k2.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
        {
            assert!(AccessKey::from_paserk(text).is_none(), "{text}");
        }
    }

    /// Proves AUT-11 (old keys are accepted).
    #[test]
    fn tokens_of_every_accepted_key_are_read_and_of_no_other() {
        let old = issue(&tokens(&[1]));
        assert!(tokens(&[2, 1]).verify(&old, at(NOW)).is_ok());
        assert_eq!(tokens(&[2]).verify(&old, at(NOW)), Err(TokenError::UnknownKey));
        let new = issue(&tokens(&[2, 1]));
        assert_eq!(tokens(&[1]).verify(&new, at(NOW)), Err(TokenError::UnknownKey), "the first key signs");
    }

    #[test]
    fn a_footer_that_is_not_the_keys_own_is_refused() {
        let good = issue(&tokens(&[1]));
        let body = good.rsplit_once('.').expect("a footer").0;
        let with_footer = |footer: &str| format!("{body}.{}", URL_SAFE_NO_PAD.encode(footer));
        let verify = |text: &str| tokens(&[1, 2]).verify(text, at(NOW));
        assert!(verify(&with_footer(key(1).footer())).is_ok());
        assert_eq!(verify(body), Err(TokenError::UnknownKey));
        assert_eq!(verify(&with_footer("")), Err(TokenError::UnknownKey));
        assert_eq!(verify(&with_footer(r#"{"kid":"1"}"#)), Err(TokenError::UnknownKey));
        assert_eq!(verify(&with_footer(&format!("{} ", key(1).footer()))), Err(TokenError::UnknownKey));
        assert_eq!(verify(&with_footer(key(2).footer())), Err(TokenError::Forged));
    }

    /// Proves AUT-10 (32..4,096 visible ASCII characters).
    #[test]
    fn texts_of_another_size_or_kind_are_malformed() {
        let tokens = tokens(&[1]);
        let good = issue(&tokens);
        for text in [
            String::new(),
            "v4.local.AAAA".to_owned(),
            "A".repeat(31),
            "A".repeat(32),
            "A".repeat(4_096),
            format!("{good}{}", "A".repeat(4_097 - good.len())),
            format!("{good} "),
            format!(" {good}"),
            good.replacen("v4.local", "v4.public", 1),
            good.replacen("v4.local", "v3.local", 1),
            good.replacen("v4", "é4", 1),
            format!("v4.local.{}.AAAA", "A".repeat(40)),
            format!("{good}."),
        ] {
            assert_eq!(tokens.verify(&text, at(NOW)), Err(TokenError::Malformed), "{text}");
        }
    }

    #[test]
    fn claims_that_this_server_does_not_write_are_refused() {
        let good = r#"{"sub":"00000000000000000000000001","sid":"00000000000000000000000002","jti":"x","iat":"2026-11-23T23:09:00Z","nbf":"2026-11-23T23:09:00Z","exp":"2026-11-23T23:24:00Z"}"#;
        let verify = |payload: &str| tokens(&[1]).verify(&sealed(payload), at(NOW));
        assert!(verify(good).is_ok());
        for payload in [
            "{}".to_owned(),
            "no json".to_owned(),
            good.replace(r#""sid":"00000000000000000000000002","#, ""),
            good.replace("00000000000000000000000001", "0000000000000000000000000u"),
            good.replace("23:24:00Z", "yesterday"),
            good.replace("2026-11-23T23:24", "1926-11-23T23:24"),
            good.replace(r#""jti":"x""#, r#""jti":"x","aud":"y""#),
        ] {
            assert_eq!(verify(&payload), Err(TokenError::Forged), "{payload}");
        }
        assert_eq!(verify(&good.replace(r#""nbf":"2026"#, r#""nbf":"2027"#)), Err(TokenError::NotYetValid));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let tokens = tokens(&[7]);
        let issued = tokens.issue(UserId::from_u128(1), SessionId::from_u128(2), at(NOW)).expect("a token");
        let shown = format!("{tokens:?}{issued:?}");
        assert!(!shown.contains(&*key(7).to_paserk()) && !shown.contains(&*issued.text) && !shown.contains("BwcHBw"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_token_with_any_character_changed_is_refused(position: prop::sample::Index, replacement in "[A-Za-z0-9_.-]") {
            let tokens = tokens(&[1]);
            let mut text = issue(&tokens);
            let position = position.index(text.len());
            prop_assume!(text[position..=position] != replacement);
            text.replace_range(position..=position, &replacement);
            prop_assert!(tokens.verify(&text, at(NOW)).is_err());
        }

        #[test]
        fn times_survive_their_text(secs in 1_u64..253_402_300_800) {
            prop_assert_eq!(timestamp(&date_time(at(secs)).expect("a date")), Some(at(secs)));
        }
    }
}
