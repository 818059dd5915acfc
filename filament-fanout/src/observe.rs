//! What delivery counts: plain atomics while it happens, plain numbers for whoever looks (contract §15).

use std::sync::atomic::{AtomicU64, Ordering};

use filament_protocol::{Class, CloseCode, EventKind, event::ResetReason};

/// Inclusive upper bounds of the time buckets in nanoseconds: 0.5 ms to 5 s (MET-2).
pub const TIME_BOUNDS_NS: [u64; 13] = [
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
];
/// Inclusive upper bounds of the buckets of waiting frames, up to the largest queue that may be configured.
pub const QUEUE_FRAMES_BOUNDS: [u64; 12] = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 1_024, 4_096];
/// Inclusive upper bounds of the buckets of waiting bytes, up to the largest queue that may be configured.
pub const QUEUE_BYTES_BOUNDS: [u64; 9] = [0, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 8_388_608];

/// Inclusive upper bounds of the buckets of replayed events, up to the most there can be (RES-15).
pub const REPLAYED_EVENTS_BOUNDS: [u64; 10] = [0, 1, 5, 10, 50, 100, 250, 500, 1_000, 2_000];

const KINDS: usize = EventKind::ALL.len();
const NS_PER_US: u64 = 1_000;

/// Why a frame did not reach a connection it was meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// It did not fit: the ephemeral lane dropped it, or the connection was closed with 4008 because of it.
    FullQueue,
    /// The connection was closed while it waited.
    Closed,
    /// A newer value took its place.
    Coalesced,
    /// The receiver lost access while it waited (DEL-2).
    Revoked,
    /// It would be larger than a message may be.
    OversizedOutbound,
}

impl DropReason {
    /// Every reason, in the order of the contract.
    pub const ALL: [Self; 5] = [Self::FullQueue, Self::Closed, Self::Coalesced, Self::Revoked, Self::OversizedOutbound];

    /// The label value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullQueue => "full_queue",
            Self::Closed => "closed",
            Self::Coalesced => "coalesced",
            Self::Revoked => "revoked",
            Self::OversizedOutbound => "oversized_outbound",
        }
    }
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisconnectReason {
    /// The server closed it with this code.
    Closed(CloseCode),
    /// The client closed it.
    ClientClose,
    /// The socket failed or ended without a close.
    SocketError,
}

impl DisconnectReason {
    const COUNT: usize = CloseCode::ALL.len() + 2;

    /// Every reason, codes first.
    pub fn all() -> impl Iterator<Item = Self> {
        CloseCode::ALL.iter().map(|code| Self::Closed(*code)).chain([Self::ClientClose, Self::SocketError])
    }

    /// The label value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed(code) => code.name(),
            Self::ClientClose => "client_close",
            Self::SocketError => "socket_error",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Closed(code) => code as usize,
            Self::ClientClose => Self::COUNT - 2,
            Self::SocketError => Self::COUNT - 1,
        }
    }
}

/// What became of a connection that presented a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResumeOutcome {
    /// It was told what it had missed.
    Replayed,
    /// Its cursor could not be used, for this reason.
    Reset(ResetReason),
    /// Too many were being resumed.
    Refused,
}

impl ResumeOutcome {
    /// Every outcome, in the order of the contract.
    pub const ALL: [Self; 6] = [
        Self::Replayed,
        Self::Reset(ResetReason::CursorInvalid),
        Self::Reset(ResetReason::CursorExpired),
        Self::Reset(ResetReason::EpochChanged),
        Self::Reset(ResetReason::GapTooLarge),
        Self::Refused,
    ];

    fn index(self) -> usize {
        // The gap of one channel is no outcome of a resume.
        Self::ALL.iter().position(|known| *known == self).unwrap_or(0)
    }
}

/// Why a complete list of a voice channel was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VoiceSync {
    /// A subscribe was accepted.
    Subscribe,
    /// A stream was resumed.
    Resume,
    /// Something may have been missed (VOI-24).
    Repair,
}

impl VoiceSync {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Subscribe, Self::Resume, Self::Repair];
}

/// Plain numbers of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanoutStats {
    /// Open connections.
    pub connections: u64,
    /// Those of them that are streams of Server-Sent Events.
    pub streams: u64,
    /// Connections whose close was decided and whose socket is still there.
    pub closing: u64,
    /// Subscriptions of all connections.
    pub subscriptions: u64,
    /// Entries committed and not yet fanned out.
    pub relay_lag_entries: u64,
    /// Users with a live connection or within its grace.
    pub presence_online_users: u64,
    /// Users in voice channels.
    pub voice_participants: u64,
    /// Frames queued, once per connection, by event; only events that occurred.
    pub emitted: Vec<(EventKind, u64)>,
    /// Frames that did not reach a connection, by event and reason; only those that occurred.
    pub dropped: Vec<(EventKind, DropReason, u64)>,
    /// Connections that ended, by reason; only those that occurred.
    pub disconnects: Vec<(DisconnectReason, u64)>,
    /// Connections that presented a cursor, by what became of them.
    pub resumes: Vec<(ResumeOutcome, u64)>,
    /// Events told to each that was resumed.
    pub replayed_events: HistogramStats,
    /// Complete lists of voice channels, by reason.
    pub voice_syncs: Vec<(VoiceSync, u64)>,
    /// Frames waiting before each write.
    pub queue_frames: HistogramStats,
    /// Bytes waiting before each write.
    pub queue_bytes: HistogramStats,
    /// Commit, or creation, to hand-over to the transport, in nanoseconds: durable, live, ephemeral.
    pub delivery: [HistogramStats; 3],
    /// Commit to the moment a loss of access was in force, in nanoseconds (FEN-7).
    pub revocation_lag: HistogramStats,
}

/// A histogram of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramStats {
    /// Inclusive upper bounds of all buckets but the last.
    pub bounds: &'static [u64],
    /// How many values each bucket alone holds; one more than there are bounds.
    pub buckets: Vec<u64>,
    /// Sum of all values.
    pub sum: u64,
}

/// The counters, shared by everything that delivers.
#[derive(Debug)]
pub(crate) struct Stats {
    emitted: [AtomicU64; KINDS],
    dropped: [[AtomicU64; DropReason::ALL.len()]; KINDS],
    disconnects: [AtomicU64; DisconnectReason::COUNT],
    resumes: [AtomicU64; ResumeOutcome::ALL.len()],
    replayed_events: Histogram<11>,
    voice_syncs: [AtomicU64; VoiceSync::ALL.len()],
    queue_frames: Histogram<13>,
    queue_bytes: Histogram<10>,
    delivery: [Histogram<14>; 3],
    revocation_lag: Histogram<14>,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            emitted: std::array::from_fn(|_| AtomicU64::new(0)),
            dropped: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
            disconnects: std::array::from_fn(|_| AtomicU64::new(0)),
            resumes: std::array::from_fn(|_| AtomicU64::new(0)),
            replayed_events: Histogram::new(&REPLAYED_EVENTS_BOUNDS),
            voice_syncs: std::array::from_fn(|_| AtomicU64::new(0)),
            queue_frames: Histogram::new(&QUEUE_FRAMES_BOUNDS),
            queue_bytes: Histogram::new(&QUEUE_BYTES_BOUNDS),
            delivery: std::array::from_fn(|_| Histogram::new(&TIME_BOUNDS_NS)),
            revocation_lag: Histogram::new(&TIME_BOUNDS_NS),
        }
    }
}

impl Stats {
    pub(crate) fn emitted(&self, kind: EventKind, count: u64) {
        self.emitted[kind as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self, kind: EventKind, reason: DropReason) {
        self.dropped[kind as usize][reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn disconnected(&self, reason: DisconnectReason) {
        self.disconnects[reason.index()].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn resumed(&self, outcome: ResumeOutcome, replayed: u32) {
        self.resumes[outcome.index()].fetch_add(1, Ordering::Relaxed);
        if outcome == ResumeOutcome::Replayed {
            let mut counts = LocalHistogram::new(&REPLAYED_EVENTS_BOUNDS);
            counts.observe(u64::from(replayed));
            self.replayed_events.merge(&mut counts);
        }
    }

    pub(crate) fn voice_synced(&self, reason: VoiceSync) {
        self.voice_syncs[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn revoked_after_us(&self, lag_us: u64) {
        let mut counts = LocalHistogram::new(&TIME_BOUNDS_NS);
        counts.observe(lag_us.saturating_mul(NS_PER_US));
        self.revocation_lag.merge(&mut counts);
    }

    /// Takes over what a flush loop counted, and leaves it empty.
    pub(crate) fn merge(&self, tally: &mut Tally) {
        self.queue_frames.merge(&mut tally.queue_frames);
        self.queue_bytes.merge(&mut tally.queue_bytes);
        for (shared, counted) in self.delivery.iter().zip(&mut tally.delivery) {
            shared.merge(counted);
        }
    }

    /// The counters as they are, with gauges left at zero.
    pub(crate) fn snapshot(&self) -> FanoutStats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let some = |count: u64| (count > 0).then_some(count);
        let kinds = || EventKind::ALL.iter().copied();
        let emitted = kinds().filter_map(|kind| Some((kind, some(count(&self.emitted[kind as usize]))?)));
        let dropped = kinds().flat_map(|kind| DropReason::ALL.map(|reason| (kind, reason)));
        let dropped = dropped.filter_map(|(kind, reason)| {
            Some((kind, reason, some(count(&self.dropped[kind as usize][reason as usize]))?))
        });
        let disconnects = DisconnectReason::all();
        let disconnects =
            disconnects.filter_map(|reason| Some((reason, some(count(&self.disconnects[reason.index()]))?)));
        FanoutStats {
            connections: 0,
            streams: 0,
            closing: 0,
            subscriptions: 0,
            relay_lag_entries: 0,
            presence_online_users: 0,
            voice_participants: 0,
            emitted: emitted.collect(),
            dropped: dropped.collect(),
            disconnects: disconnects.collect(),
            resumes: ResumeOutcome::ALL.map(|outcome| (outcome, count(&self.resumes[outcome.index()]))).into(),
            replayed_events: self.replayed_events.snapshot(),
            voice_syncs: VoiceSync::ALL.map(|reason| (reason, count(&self.voice_syncs[reason as usize]))).into(),
            queue_frames: self.queue_frames.snapshot(),
            queue_bytes: self.queue_bytes.snapshot(),
            delivery: std::array::from_fn(|class| self.delivery[class].snapshot()),
            revocation_lag: self.revocation_lag.snapshot(),
        }
    }
}

/// What one flush loop counts between two visits to the shared counters: no other core touches it.
#[derive(Debug)]
pub(crate) struct Tally {
    queue_frames: LocalHistogram<13>,
    queue_bytes: LocalHistogram<10>,
    delivery: [LocalHistogram<14>; 3],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            queue_frames: LocalHistogram::new(&QUEUE_FRAMES_BOUNDS),
            queue_bytes: LocalHistogram::new(&QUEUE_BYTES_BOUNDS),
            delivery: std::array::from_fn(|_| LocalHistogram::new(&TIME_BOUNDS_NS)),
        }
    }
}

impl Tally {
    pub(crate) fn depth(&mut self, frames: usize, bytes: usize) {
        self.queue_frames.observe(frames as u64);
        self.queue_bytes.observe(bytes as u64);
    }

    pub(crate) fn delivered_after_us(&mut self, class: Class, age_us: u64) {
        let index = match class {
            Class::Durable => 0,
            Class::Live => 1,
            Class::Ephemeral => 2,
        };
        self.delivery[index].observe(age_us.saturating_mul(NS_PER_US));
    }
}

#[derive(Debug)]
struct Histogram<const BUCKETS: usize> {
    bounds: &'static [u64],
    buckets: [AtomicU64; BUCKETS],
    sum: AtomicU64,
}

impl<const BUCKETS: usize> Histogram<BUCKETS> {
    fn new(bounds: &'static [u64]) -> Self {
        assert!(BUCKETS == bounds.len() + 1, "one bucket lies above the last bound");
        Self { bounds, buckets: std::array::from_fn(|_| AtomicU64::new(0)), sum: AtomicU64::new(0) }
    }

    fn merge(&self, counted: &mut LocalHistogram<BUCKETS>) {
        if counted.is_empty() {
            return;
        }
        for (shared, count) in self.buckets.iter().zip(&mut counted.buckets) {
            if *count > 0 {
                shared.fetch_add(std::mem::take(count), Ordering::Relaxed);
            }
        }
        self.sum.fetch_add(std::mem::take(&mut counted.sum), Ordering::Relaxed);
    }

    fn snapshot(&self) -> HistogramStats {
        HistogramStats {
            bounds: self.bounds,
            buckets: self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

#[derive(Debug)]
struct LocalHistogram<const BUCKETS: usize> {
    bounds: &'static [u64],
    buckets: [u64; BUCKETS],
    sum: u64,
}

impl<const BUCKETS: usize> LocalHistogram<BUCKETS> {
    const fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, buckets: [0; BUCKETS], sum: 0 }
    }

    fn observe(&mut self, value: u64) {
        // The small values are the common ones: a walk from below beats a search.
        let bucket = self.bounds.iter().position(|bound| value <= *bound).unwrap_or(BUCKETS - 1);
        self.buckets[bucket] += 1;
        self.sum = self.sum.saturating_add(value);
    }

    fn is_empty(&self) -> bool {
        self.buckets.iter().all(|count| *count == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves MET-2.
    #[test]
    fn times_fall_into_the_agreed_buckets() {
        let stats = Stats::default();
        let millis = [0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0];
        assert_eq!(TIME_BOUNDS_NS.map(|bound| bound as f64 / 1e6), millis);
        for bound in TIME_BOUNDS_NS {
            stats.revoked_after_us(bound / NS_PER_US);
            stats.revoked_after_us(bound / NS_PER_US + 1);
        }
        let lag = stats.snapshot().revocation_lag;
        assert_eq!(lag.buckets, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
        assert_eq!(lag.sum, 2 * TIME_BOUNDS_NS.iter().sum::<u64>() + 13 * NS_PER_US);
    }

    #[test]
    fn merging_a_tally_empties_it() {
        let stats = Stats::default();
        let mut tally = Tally::default();
        tally.depth(3, 700);
        tally.delivered_after_us(Class::Ephemeral, 700);
        stats.merge(&mut tally);
        stats.merge(&mut tally);
        let snapshot = stats.snapshot();
        assert_eq!(snapshot.queue_frames.buckets[3], 1);
        assert_eq!(snapshot.queue_bytes.sum, 700);
        assert_eq!(snapshot.delivery[2].buckets[1], 1);
        assert_eq!(snapshot.delivery[0].buckets.iter().sum::<u64>(), 0);
    }

    #[test]
    fn every_reason_has_a_counter_of_its_own() {
        let stats = Stats::default();
        for reason in DisconnectReason::all() {
            stats.disconnected(reason);
        }
        for kind in EventKind::ALL {
            stats.emitted(*kind, 2);
            DropReason::ALL.iter().for_each(|reason| stats.dropped(*kind, *reason));
        }
        let snapshot = stats.snapshot();
        assert!(snapshot.disconnects.iter().map(|row| row.0).eq(DisconnectReason::all()));
        assert!(snapshot.disconnects.iter().all(|row| row.1 == 1));
        assert_eq!(snapshot.emitted.len(), EventKind::ALL.len());
        assert!(snapshot.dropped.iter().all(|row| row.2 == 1));
    }
}
