//! Counters and histograms as plain atomics: recording takes no lock and allocates nothing.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use filament_fanout::{QUEUE_BYTES_BOUNDS, QUEUE_FRAMES_BOUNDS, REPLAYED_EVENTS_BOUNDS, TIME_BOUNDS_NS};

use super::label::Label;

/// One counter for each value of a label.
#[derive(Debug)]
pub struct Counters<L> {
    counts: Box<[AtomicU64]>,
    label: PhantomData<fn(L)>,
}

impl<L: Label> Default for Counters<L> {
    fn default() -> Self {
        Self { counts: (0..L::COUNT).map(|_| AtomicU64::new(0)).collect(), label: PhantomData }
    }
}

impl<L: Label> Counters<L> {
    /// Counts one.
    pub fn increment(&self, label: L) {
        self.add(label, 1);
    }

    /// Counts several at once.
    pub fn add(&self, label: L, count: u64) {
        self.counts[label.index()].fetch_add(count, Ordering::Relaxed);
    }

    /// The present count.
    pub fn count(&self, label: L) -> u64 {
        self.counts[label.index()].load(Ordering::Relaxed)
    }
}

/// The upper bounds of the buckets of a histogram, and how its values are written.
#[derive(Debug)]
pub struct Scale {
    /// Inclusive upper bounds, ascending; above the last there is one more bucket.
    pub bounds: &'static [u64],
    /// How many of the recorded unit make one of the exposed unit.
    pub divisor: u64,
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Durations, recorded in nanoseconds, exposed in seconds: 0.5 ms to 5 s (MET-2).
pub const SECONDS: Scale = Scale { bounds: &TIME_BOUNDS_NS, divisor: NANOS_PER_SECOND };
/// Frames in a queue: up to the default bound of 256 and the largest that may be configured.
pub const QUEUE_FRAMES: Scale = Scale { bounds: &QUEUE_FRAMES_BOUNDS, divisor: 1 };
/// Bytes in a queue: up to the default bound of 1 MiB and the largest that may be configured.
pub const QUEUE_BYTES: Scale = Scale { bounds: &QUEUE_BYTES_BOUNDS, divisor: 1 };
/// Events sent after a resume: up to the 2,000 that a replay delivers.
pub const REPLAYED_EVENTS: Scale = Scale { bounds: &REPLAYED_EVENTS_BOUNDS, divisor: 1 };
/// Commands in one commit: up to the largest group of the writer.
pub const GROUP_SIZE: Scale = Scale { bounds: &[1, 2, 4, 8, 16, 32, 64, 128, 256], divisor: 1 };

/// How many values fell into which bucket, and their sum.
#[derive(Debug)]
pub struct Histogram {
    scale: &'static Scale,
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Makes an empty one.
    pub fn new(scale: &'static Scale) -> Self {
        let buckets = (0..=scale.bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { scale, buckets, sum: AtomicU64::new(0) }
    }

    /// Records a value in the unit of the scale.
    pub fn observe(&self, value: u64) {
        let bucket = self.scale.bounds.partition_point(|&bound| bound < value);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Records a duration, on a scale of [`SECONDS`].
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The present state.
    pub fn snapshot(&self) -> HistogramSnapshot {
        HistogramSnapshot {
            scale: self.scale,
            buckets: self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

/// The state of a histogram at one moment.
#[derive(Clone, Debug)]
pub struct HistogramSnapshot {
    /// The bounds of the buckets.
    pub scale: &'static Scale,
    /// How many values each bucket alone holds; one more than there are bounds.
    pub buckets: Vec<u64>,
    /// Sum of all values in the unit of the scale.
    pub sum: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves MET-2.
    #[test]
    fn durations_are_sorted_into_the_agreed_buckets() {
        let millis = [0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0];
        assert_eq!(SECONDS.bounds.len(), millis.len());
        let histogram = Histogram::new(&SECONDS);
        for (index, millis) in millis.into_iter().enumerate() {
            let bound = Duration::from_secs_f64(millis / 1000.0);
            histogram.observe_duration(bound);
            histogram.observe_duration(bound + Duration::from_nanos(1));
            assert_eq!(u128::from(SECONDS.bounds[index]), bound.as_nanos());
        }
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.buckets, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
        assert_eq!(snapshot.sum, 2 * SECONDS.bounds.iter().sum::<u64>() + 13);
    }

    #[test]
    fn bounds_ascend() {
        for scale in [&SECONDS, &QUEUE_FRAMES, &QUEUE_BYTES, &REPLAYED_EVENTS, &GROUP_SIZE] {
            assert!(scale.bounds.is_sorted_by(|low, high| low < high), "{scale:?}");
        }
    }
}
