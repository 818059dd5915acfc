//! What the writer, the readers and the callers have in common.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use filament_core::{Stamp, StampSource};

use crate::{config::WallClock, graph_cache::PublishedGraphs, journal::Tail, lineage::Lineage, stats::StoreStats};

const ID_RANDOM_BITS: u32 = 80;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) tail: Tail,
    pub(crate) graphs: PublishedGraphs,
    pub(crate) stats: StoreStats,
    pub(crate) wall_clock: WallClock,
    /// Set once: no command is accepted any more.
    pub(crate) closing: AtomicBool,
    /// Unix milliseconds of the last committed stamp: readers must not see an earlier time (ORD-7).
    stamped_ms: AtomicU64,
}

impl Shared {
    pub(crate) fn new(lineage: Lineage, wall_clock: WallClock) -> Self {
        let shared = Self {
            tail: Tail::new(lineage.epoch, lineage.oldest, lineage.head),
            graphs: PublishedGraphs::new(),
            stats: StoreStats::new(),
            wall_clock,
            closing: AtomicBool::new(false),
            stamped_ms: AtomicU64::new(0),
        };
        shared.stamped(lineage.stamp);
        shared.stats.journal_entries.store((lineage.head + 1).saturating_sub(lineage.oldest), Ordering::Relaxed);
        shared
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Notes the highest committed id.
    pub(crate) fn stamped(&self, last: u128) {
        self.stamped_ms.store(u64::try_from(last >> ID_RANDOM_BITS).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The moment of a read. Its ids are nobody's: reads mint none.
    pub(crate) fn read_stamp(&self) -> Stamp {
        let last = u128::from(self.stamped_ms.load(Ordering::Relaxed)) << ID_RANDOM_BITS;
        StampSource::after(last).next(self.wall_clock.unix_ms(), 0)
    }
}
