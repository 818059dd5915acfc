//! Answers that many routes share.

use crate::error::ErrorCode;
use crate::object::record;
use crate::text::ErrorMessage;
use crate::word::words;

record! {
    /// Body of every 4xx and 5xx answer (HTTP-2).
    pub struct ErrorBody {
        /// What was wrong.
        pub error: ErrorCode,
        /// Words for people.
        pub detail: Option<ErrorMessage>,
    }
}

record! {
    /// The answer `{"accepted":true}`.
    pub struct Accepted: Copy {
        /// Always true.
        pub accepted: bool [true],
    }
}

impl Accepted {
    /// The one value.
    pub const YES: Self = Self { accepted: true };
}

record! {
    /// Answer of the health routes (§9.3).
    pub struct Health: Copy {
        /// What the route vouches for.
        pub status: HealthStatus,
    }
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
