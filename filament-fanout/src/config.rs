//! What an operator may choose about delivery.

use std::thread::available_parallelism;

use filament_core::voice::VoiceConfirm;

use crate::{
    limits::{
        CONNECTIONS_MAX, CONNECTIONS_PER_USER, IDLE_SECS, INPUT_BYTES_MAX, INPUT_FRAMES_MAX, PING_SECS, QUEUE_BYTES,
        QUEUE_FRAMES, QUEUE_FRAMES_LIMIT, SHARDS_MAX, STREAM_PING_SECS, TOKEN_GRACE_SECS,
    },
    mode::Mode,
};

/// Bounds and times of delivery. The defaults are the contract's (§16.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanoutConfig {
    /// Durable and live frames one connection may have waiting, 16..=4096 (GW-43).
    pub queue_frames: usize,
    /// Bytes of those frames, 131,072..=8,388,608 (GW-43).
    pub queue_bytes: usize,
    /// Connections of the process.
    pub connections_max: usize,
    /// Connections of one user (GW-4).
    pub connections_per_user: usize,
    /// Seconds a connection outlives the newest access token of its session (GW-42).
    pub token_grace_secs: u64,
    /// Seconds between two pings (GW-40).
    pub ping_secs: u64,
    /// Seconds between two pings of a stream (SSE-4).
    pub stream_ping_secs: u64,
    /// Seconds without an inbound byte that close a connection (GW-40); more than twice `ping_secs`.
    pub idle_secs: u64,
    /// Flush loops, 1..=64; by default one for every two cores, so that relay, readers and store have the others.
    pub shards: usize,
    /// What makes the holder of a voice token a participant (VOI-2).
    pub voice_confirm: VoiceConfirm,
}

impl Default for FanoutConfig {
    fn default() -> Self {
        Self {
            queue_frames: QUEUE_FRAMES,
            queue_bytes: QUEUE_BYTES,
            connections_max: CONNECTIONS_MAX,
            connections_per_user: CONNECTIONS_PER_USER,
            token_grace_secs: TOKEN_GRACE_SECS,
            ping_secs: PING_SECS,
            stream_ping_secs: STREAM_PING_SECS,
            idle_secs: IDLE_SECS,
            shards: (available_parallelism().map_or(1, usize::from) / 2).clamp(1, SHARDS_MAX),
            voice_confirm: VoiceConfirm::Immediate,
        }
    }
}

impl FanoutConfig {
    /// The flush loops there really are.
    pub(crate) fn shard_count(&self) -> usize {
        self.shards.clamp(1, SHARDS_MAX)
    }

    /// Milliseconds between two pings of a connection of that form.
    pub(crate) const fn ping_ms(&self, mode: Mode) -> u64 {
        match mode {
            Mode::Plain | Mode::Batch { .. } => self.ping_secs * 1_000,
            Mode::Stream => self.stream_ping_secs * 1_000,
        }
    }

    /// The bounds of one mailbox.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            frames: self.queue_frames.min(QUEUE_FRAMES_LIMIT),
            bytes: self.queue_bytes,
            input_frames: INPUT_FRAMES_MAX.min(self.queue_frames / 2),
            input_bytes: INPUT_BYTES_MAX.min(self.queue_bytes / 2),
        }
    }
}

/// How much one mailbox may hold, and up to where its connection's commands are read (GW-26, GW-43).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
    pub(crate) input_frames: usize,
    pub(crate) input_bytes: usize,
}
