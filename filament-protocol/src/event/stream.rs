//! Events that carry and resume a stream of events (§4.2, §7).

use serde::Deserializer;

use crate::decode::{BATCH_ITEM_SHAPE, Received, read_batch_item};
use crate::field::{Allowed, Codec, Items};
use crate::id::{ChannelId, GuildId};
use crate::limits::{BATCH_EVENTS_MAX, INTEGER_MAX, REPLAY_EVENTS_MAX};
use crate::object::record;
use crate::shape::Shape;
use crate::text::ResumeCursor;
use crate::word::words;

record! {
    /// `batch`: several events in one frame, after `batch` was negotiated. At most 65,536 bytes.
    pub struct Batch {
        /// Number of the frame (GW-46), from 1.
        pub s: u64 [1..=INTEGER_MAX],
        /// The position behind everything in this and all earlier batches, if `resume` was negotiated.
        pub cursor: Option<ResumeCursor>,
        /// The events, in order, as whole envelopes: 1..=64, none of them a `batch`.
        pub events: Vec<Received> [as BatchEvents],
    }
}

/// Reads the events of a batch; those a reader does not know are kept by name (ENV-10).
type BatchEvents = Items<BatchItem, Allowed, 1, BATCH_EVENTS_MAX>;

/// Reads one event of a batch.
struct BatchItem;

impl Codec for BatchItem {
    type Value = Received;
    const SHAPE: Shape = BATCH_ITEM_SHAPE;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Received, D::Error> {
        read_batch_item(deserializer)
    }
}

record! {
    /// `reset`: something of the gap could not be replayed; the client fetches it anew.
    pub struct Reset: Copy {
        /// Why.
        pub reason: ResetReason,
        /// The guild of the channel, if it concerns one channel.
        pub guild_id: Option<GuildId>,
        /// The one channel it concerns; absent if it concerns everything.
        pub channel_id: Option<ChannelId>,
    }
    rules { together(guild_id, channel_id) }
}

words! {
    /// Why a stream could not be resumed in full.
    pub enum ResetReason {
        /// The cursor cannot be read, was forged, or is another user's.
        CursorInvalid = "cursor_invalid",
        /// The cursor is older than what is kept.
        CursorExpired = "cursor_expired",
        /// The cursor belongs to another journal.
        EpochChanged = "epoch_changed",
        /// Too much was missed.
        GapTooLarge = "gap_too_large",
        /// The channel was lost and regained meanwhile.
        VisibilityGap = "visibility_gap",
    }
}

record! {
    /// `caught_up`: everything that was missed has been told; live events follow.
    pub struct CaughtUp: Copy {
        /// How many events were replayed, 0..=2,000.
        pub replayed: u32 [0..=REPLAY_EVENTS_MAX],
        /// Whether there was a `reset` of everything.
        pub reset: bool,
    }
}
