//! Answers that many routes share.

use serde::{Deserialize, Serialize};

use crate::error::ErrorCode;
use crate::field::present;
use crate::text::ErrorMessage;
use crate::word::words;

/// Body of every 4xx and 5xx answer (HTTP-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What was wrong.
    pub error: ErrorCode,
    /// Words for people.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub detail: Option<ErrorMessage>,
}

/// The answer `{"accepted":true}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Always true.
    pub accepted: bool,
}

impl Accepted {
    /// The one value.
    pub const YES: Self = Self { accepted: true };
}

/// Answer of the health routes (§9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What the route vouches for.
    pub status: HealthStatus,
}

words! {
    /// What a health route vouches for.
    pub enum HealthStatus {
        /// The process runs.
        Ok = "ok",
        /// The process takes requests.
        Ready = "ready",
    }
}
