//! Text made by machines: bearer tokens, idempotency keys, feature names.

use super::bounded_text;
use crate::limits::{CLOSE_NAME_UNITS_MAX, FEATURE_NAME_UNITS_MAX, IDEMPOTENCY_KEY_UNITS_MAX};

bounded_text! {
    /// An access or refresh token as the server hands it out: 1..=4,096 visible ASCII characters.
    ///
    /// `Debug` is redacted.
    pub token BearerToken(1, 4_096): verbatim VISIBLE
}

bounded_text! {
    /// Value of an `Idempotency-Key` header: `[A-Za-z0-9_-]{1,64}` (HTTP-16).
    pub struct IdempotencyKey(1, IDEMPOTENCY_KEY_UNITS_MAX): verbatim URL_SAFE
}

bounded_text! {
    /// Name of a gateway feature: `^[a-z0-9_]{1,32}$` (§7).
    pub struct FeatureName(1, FEATURE_NAME_UNITS_MAX): verbatim FEATURE
}

bounded_text! {
    /// Name of a close code (§6.5): 1..=64 lower-case ASCII letters, digits and `_`.
    pub struct CloseName(1, CLOSE_NAME_UNITS_MAX): verbatim FEATURE
}
