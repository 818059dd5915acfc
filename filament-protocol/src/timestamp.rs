//! Points in time as the wire shows them: whole unix seconds.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::ser::{Serialize, Serializer};

use crate::shape::{Described, Integer, Shape};

/// Whole seconds since the unix epoch, 1..=9,007,199,254,740,991: the `time` of the contract.
///
/// The upper end is the largest integer a browser holds exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The earliest time: one second after the epoch.
    pub const MIN: Self = Self(1);
    /// The latest time.
    pub const MAX: Self = Self(9_007_199_254_740_991);

    /// Makes a time of whole unix seconds; `None` outside of [`MIN`](Self::MIN)..=[`MAX`](Self::MAX).
    #[must_use]
    pub const fn new(seconds: u64) -> Option<Self> {
        if seconds >= Self::MIN.0 && seconds <= Self::MAX.0 { Some(Self(seconds)) } else { None }
    }

    /// Returns the whole unix seconds.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// Returns the time `seconds` later, at most [`MAX`](Self::MAX).
    #[must_use]
    pub const fn plus_secs(self, seconds: u64) -> Self {
        let sum = self.0.saturating_add(seconds);
        if sum > Self::MAX.0 { Self::MAX } else { Self(sum) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u64::deserialize(deserializer)?;
        Self::new(seconds).ok_or_else(|| {
            D::Error::invalid_value(Unexpected::Unsigned(seconds), &"unix seconds in 1..=9007199254740991")
        })
    }
}

impl Described for Timestamp {
    const SHAPE: Shape = Shape::Integer(Integer { name: Some("Timestamp"), min: Self::MIN.0, max: Self::MAX.0 });
}
