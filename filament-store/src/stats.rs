//! Numbers about the store, as plain atomics: for `filament_store_*` and `filament_journal_entries` of contract §15.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

/// What a store counts. Reading costs nothing to anybody.
#[derive(Debug)]
pub struct StoreStats {
    /// Commands per committed transaction (`filament_store_commit_group_size`).
    pub commit_group_size: Histogram,
    /// Microseconds from the start of a transaction to its end on disk (`filament_store_commit_seconds`).
    pub commit_micros: Histogram,
    pub(crate) inbox_depth: AtomicUsize,
    pub(crate) journal_entries: AtomicU64,
}

impl StoreStats {
    /// Upper bounds of `commit_group_size`.
    pub const GROUP_SIZE_BOUNDS: &'static [u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];
    /// Upper bounds of `commit_micros`: the time buckets of MET-2.
    pub const MICROS_BOUNDS: &'static [u64] =
        &[500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000];

    pub(crate) fn new() -> Self {
        Self {
            commit_group_size: Histogram::new(Self::GROUP_SIZE_BOUNDS),
            commit_micros: Histogram::new(Self::MICROS_BOUNDS),
            inbox_depth: AtomicUsize::new(0),
            journal_entries: AtomicU64::new(0),
        }
    }

    /// Commands waiting for the writer (`filament_store_inbox_depth`).
    #[must_use]
    pub fn inbox_depth(&self) -> usize {
        self.inbox_depth.load(Relaxed)
    }

    /// Entries the journal holds (`filament_journal_entries`).
    #[must_use]
    pub fn journal_entries(&self) -> u64 {
        self.journal_entries.load(Relaxed)
    }

    pub(crate) fn committed(&self, commands: usize, took: Duration) {
        self.commit_group_size.observe(commands as u64);
        self.commit_micros.observe(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// Counts of values by upper bound.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    fn observe(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    /// Inclusive upper bounds, ascending; one more bucket holds what is above them.
    #[must_use]
    pub const fn bounds(&self) -> &'static [u64] {
        self.bounds
    }

    /// Values per bucket, not cumulated; one more than there are bounds.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().map(|count| count.load(Relaxed))
    }

    /// Sum of all values.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_bucket_that_bounds_them() {
        let histogram = Histogram::new(&[1, 4]);
        for value in [0, 1, 2, 4, 5, 100] {
            histogram.observe(value);
        }
        assert_eq!(histogram.counts().collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(histogram.sum(), 112);
    }
}
