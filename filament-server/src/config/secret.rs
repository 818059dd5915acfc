//! Values that are never shown (CFG-4).

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::limits::SECRET_BYTES_MAX;

const REDACTED: &str = "[redacted]";

/// A secret from the configuration: 1 to 512 visible ASCII characters, erased from memory when dropped.
///
/// `Debug` and `Display` write `[redacted]`; equality takes the same time wherever the first difference is.
#[derive(Clone)]
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// The secret itself. Not for logs, answers or errors.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Tells whether what somebody presents is the secret, in a time that depends on the lengths only.
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(presented).into()
    }
}

impl PartialEq for SecretValue {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.0.as_bytes())
    }
}

impl Eq for SecretValue {}

impl FromStr for SecretValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (1..=SECRET_BYTES_MAX).contains(&text.len()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(format!("must be 1 to {SECRET_BYTES_MAX} visible ASCII characters"))
        }
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves CFG-4 (no text form).
    #[test]
    fn a_secret_is_compared_but_not_shown() {
        let secret: SecretValue = "correct-horse".parse().expect("a secret");
        assert_eq!(format!("{secret:?} {secret}"), "[redacted] [redacted]");
        assert!(secret.matches(b"correct-horse"));
        assert!(!secret.matches(b"correct-hors") && !secret.matches(b"correct-horsE") && !secret.matches(b""));
    }

    #[test]
    fn a_secret_is_visible_ascii() {
        for text in ["", " ", "a b", "a\n", "é", &"a".repeat(SECRET_BYTES_MAX + 1)] {
            assert!(text.parse::<SecretValue>().is_err(), "{text}");
        }
    }
}
