//! Text made by machines: bearer tokens, idempotency keys, feature names.

use super::{TextError, bounded_text, check_bytes, verbatim};
use crate::limits::{FEATURE_NAME_UNITS_MAX, IDEMPOTENCY_KEY_UNITS_MAX};

bounded_text! {
    /// An access or refresh token as the server hands it out: 1..=4,096 visible ASCII characters. `Debug` is redacted.
    pub token BearerToken(1, 4_096) { prepare: verbatim, check: check_visible }
}

fn check_visible(text: &str) -> Result<(), TextError> {
    check_bytes(text, |byte| byte.is_ascii_graphic())
}

bounded_text! {
    /// Value of an `Idempotency-Key` header: `[A-Za-z0-9_-]{1,64}` (HTTP-16).
    pub struct IdempotencyKey(1, IDEMPOTENCY_KEY_UNITS_MAX) { prepare: verbatim, check: check_url_safe }
}

fn check_url_safe(text: &str) -> Result<(), TextError> {
    check_bytes(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

bounded_text! {
    /// Name of a gateway feature: `^[a-z0-9_]{1,32}$` (§7).
    pub struct FeatureName(1, FEATURE_NAME_UNITS_MAX) { prepare: verbatim, check: check_feature }
}

fn check_feature(text: &str) -> Result<(), TextError> {
    check_bytes(text, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
