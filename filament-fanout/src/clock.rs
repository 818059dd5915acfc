//! Time, as the state machines are handed it and as the drivers read it.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use filament_protocol::Timestamp;
use tokio::time::Instant;

/// One moment: a monotonic reading for deadlines, the wall clock for stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Microseconds since the clock began. Never runs backwards.
    pub us: u64,
    /// The wall clock.
    pub wall: Timestamp,
}

impl Now {
    /// Milliseconds since the clock began.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.us / 1_000
    }
}

/// Where moments come from. Implement it to move time by hand.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Now;
}

/// The clock of the runtime and of the system.
#[derive(Debug)]
pub struct SystemClock {
    began: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { began: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Now {
            us: u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            wall: Timestamp::new(wall).unwrap_or(Timestamp::MIN),
        }
    }
}
