#![doc = include_str!("../README.md")]

mod access;
mod admission;
mod broadcaster;
mod clock;
mod close;
mod config;
mod connection;
mod cursor;
mod drive;
mod failpoint;
mod fanout;
mod flush;
mod frame;
mod gate;
mod hub;
pub mod limits;
mod link;
mod mailbox;
mod mode;
mod observe;
mod peers;
mod presence;
mod registry;
mod relay;
mod reorder;
mod resume;
mod shift;
#[cfg(test)]
mod storm;
mod subscribe;
mod sweep;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;
mod upstream;
mod voice;
#[cfg(test)]
mod world;

pub use admission::{Hello, Refusal};
pub use clock::{Clock, Now, SystemClock};
pub use config::FanoutConfig;
pub use connection::Connection;
pub use cursor::{CursorError, Cursors, NoCursors, Reached};
pub use fanout::Fanout;
pub use frame::{Frame, Reach};
pub use mode::Mode;
pub use observe::{
    DisconnectReason, DropReason, FanoutStats, HistogramStats, QUEUE_BYTES_BOUNDS, QUEUE_FRAMES_BOUNDS,
    REPLAYED_EVENTS_BOUNDS, ResumeOutcome, TIME_BOUNDS_NS, VoiceSync,
};
pub use transport::{
    TransportWrite,
    memory::{MemoryMessage, MemoryRead, MemoryWrite, memory_pair},
};
pub use voice::{Reported, VoiceChanges, VoiceRefusal, VoiceUser};
