//! JSON Web Tokens as LiveKit wants them: HS256 and nothing else, so that no header can ask for another check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

use crate::config::SecretValue;
use crate::limits::MEDIA_JWT_BYTES_MAX;

/// Base64url of `{"alg":"HS256","typ":"JWT"}`.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum JwtError {
    /// It has not the form of one.
    #[error("malformed")]
    Malformed,
    /// It is signed in another way.
    #[error("not HS256")]
    Algorithm,
    /// It was not signed with the secret.
    #[error("wrong signature")]
    Signature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// Signs claims.
///
/// # Errors
/// When the claims cannot be written as JSON.
pub(super) fn sign(secret: &SecretValue, claims: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut token = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?));
    let signature = mac(secret, token.as_bytes()).finalize().into_bytes();
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// Reads the claims of a token that was signed with the secret.
///
/// # Errors
/// [`JwtError`].
pub(super) fn verify<T: DeserializeOwned>(secret: &SecretValue, token: &str) -> Result<T, JwtError> {
    if token.len() > MEDIA_JWT_BYTES_MAX {
        return Err(JwtError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwtError::Malformed)?;
    if header.alg != "HS256" {
        return Err(JwtError::Algorithm);
    }
    // Compares in a time that does not depend on where they differ.
    mac(secret, signed.as_bytes()).verify_slice(&decode(signature)?).map_err(|_| JwtError::Signature)?;
    serde_json::from_slice(&decode(claims)?).map_err(|_| JwtError::Malformed)
}

fn mac(secret: &SecretValue, text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretValue {
        text.parse().expect("a secret")
    }

    /// The example of RFC 7515, appendix A.1, has another header; this value was computed with Python's `hmac`.
    #[test]
    fn a_token_is_signed_as_others_sign_it() {
        let token = sign(&secret("secret"), &serde_json::json!({"iss": "key"})).expect("signs");
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        assert_eq!(signed, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrZXkifQ");
        assert_eq!(signature, SIGNATURE);
        let claims: serde_json::Value = verify(&secret("secret"), &token).expect("verifies");
        assert_eq!(claims, serde_json::json!({"iss": "key"}));
    }

    const SIGNATURE: &str = "XLpe7XoNQ_cxAaKWZmfv5JypkfFh82RTx4leaxQ5qCo";

    #[test]
    fn nothing_else_is_believed() {
        let key = secret("secret");
        let token = sign(&key, &serde_json::json!({"iss": "key"})).expect("signs");
        let verdict = |token: &str| verify::<serde_json::Value>(&key, token).expect_err("refused");
        assert_eq!(verify::<serde_json::Value>(&secret("other"), &token), Err(JwtError::Signature));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let (_, rest) = token.split_once('.').expect("three parts");
        assert_eq!(verdict(&format!("{none}.{rest}")), JwtError::Algorithm);
        let (signed, _) = token.rsplit_once('.').expect("three parts");
        assert_eq!(verdict(&format!("{signed}.")), JwtError::Signature);
        let changed = URL_SAFE_NO_PAD.encode(r#"{"iss":"kez"}"#);
        let (_, signature) = token.rsplit_once('.').expect("three parts");
        assert_eq!(verdict(&format!("{HEADER}.{changed}.{signature}")), JwtError::Signature);
        for malformed in ["", ".", "..", "a.b.c", signed, &format!("{token}="), &"a".repeat(MEDIA_JWT_BYTES_MAX + 1)] {
            assert_eq!(verdict(malformed), JwtError::Malformed, "{malformed}");
        }
    }
}
