//! What fanout and store count, in the form that `/metrics` shows.

use filament_fanout::{DisconnectReason, DropReason, HistogramStats, ResumeOutcome, VoiceSync};
use filament_protocol::Class;
use filament_protocol::event::ResetReason;
use filament_store::Histogram;

use super::Gateway;
use crate::app::Store;
use crate::metrics::value::{
    GROUP_SIZE, HistogramSnapshot, QUEUE_BYTES, QUEUE_FRAMES, REPLAYED_EVENTS, SECONDS, Scale,
};
use crate::metrics::{ForeignHistogram, Metric, Snapshot, label};

/// Nanoseconds per microsecond: the store counts in the latter, times are shown from the former.
const NANOS_PER_MICRO: u64 = 1_000;

impl Gateway {
    /// The numbers of this moment.
    #[must_use]
    pub fn snapshot(&self, store: &Store) -> Snapshot {
        let fanout = self.fanout.stats();
        let stats = store.stats();
        let [durable, live, ephemeral] = &fanout.delivery;
        let foreign = |metric, class, scale, stats| ForeignHistogram { metric, class, snapshot: shown(scale, stats) };
        Snapshot {
            connections_ws: fanout.connections - fanout.streams,
            connections_sse: fanout.streams,
            subscriptions: fanout.subscriptions,
            relay_lag_entries: fanout.relay_lag_entries,
            store_inbox_depth: stats.inbox_depth() as u64,
            journal_entries: stats.journal_entries(),
            presence_online_users: fanout.presence_online_users,
            voice_participants: fanout.voice_participants,
            dropped: fanout.dropped.iter().map(|&(kind, reason, count)| (kind, drop_reason(reason), count)).collect(),
            disconnects: fanout.disconnects.iter().map(|&(reason, count)| (disconnect(reason), count)).collect(),
            resumes: fanout.resumes.iter().map(|&(outcome, count)| (resume(outcome), count)).collect(),
            voice_syncs: fanout.voice_syncs.iter().map(|&(reason, count)| (voice_sync(reason), count)).collect(),
            histograms: vec![
                foreign(Metric::ReplayedEvents, None, &REPLAYED_EVENTS, &fanout.replayed_events),
                foreign(Metric::QueueFrames, None, &QUEUE_FRAMES, &fanout.queue_frames),
                foreign(Metric::QueueBytes, None, &QUEUE_BYTES, &fanout.queue_bytes),
                foreign(Metric::Delivery, Some(Class::Durable), &SECONDS, durable),
                foreign(Metric::Delivery, Some(Class::Live), &SECONDS, live),
                foreign(Metric::Delivery, Some(Class::Ephemeral), &SECONDS, ephemeral),
                foreign(Metric::RevocationLag, None, &SECONDS, &fanout.revocation_lag),
                stored(Metric::CommitGroupSize, &GROUP_SIZE, &stats.commit_group_size, 1),
                stored(Metric::CommitSeconds, &SECONDS, &stats.commit_micros, NANOS_PER_MICRO),
            ],
            emitted: fanout.emitted,
        }
    }
}

fn shown(scale: &'static Scale, stats: &HistogramStats) -> HistogramSnapshot {
    debug_assert_eq!(scale.bounds, stats.bounds, "counted in the buckets that are shown");
    HistogramSnapshot { scale, buckets: stats.buckets.clone(), sum: stats.sum }
}

fn stored(metric: Metric, scale: &'static Scale, counted: &Histogram, unit: u64) -> ForeignHistogram {
    debug_assert!(
        counted.bounds().iter().map(|bound| bound * unit).eq(scale.bounds.iter().copied()),
        "counted in the buckets that are shown"
    );
    let snapshot =
        HistogramSnapshot { scale, buckets: counted.counts().collect(), sum: counted.sum().saturating_mul(unit) };
    ForeignHistogram { metric, class: None, snapshot }
}

const fn drop_reason(reason: DropReason) -> label::DropReason {
    match reason {
        DropReason::FullQueue => label::DropReason::FullQueue,
        DropReason::Closed => label::DropReason::Closed,
        DropReason::Coalesced => label::DropReason::Coalesced,
        DropReason::Revoked => label::DropReason::Revoked,
        DropReason::OversizedOutbound => label::DropReason::OversizedOutbound,
    }
}

const fn resume(outcome: ResumeOutcome) -> label::ResumeOutcome {
    match outcome {
        ResumeOutcome::Replayed => label::ResumeOutcome::Replayed,
        ResumeOutcome::Reset(ResetReason::CursorInvalid) => label::ResumeOutcome::CursorInvalid,
        ResumeOutcome::Reset(ResetReason::CursorExpired) => label::ResumeOutcome::CursorExpired,
        ResumeOutcome::Reset(ResetReason::EpochChanged) => label::ResumeOutcome::EpochChanged,
        // The gap of one channel is no outcome of a resume.
        ResumeOutcome::Reset(ResetReason::GapTooLarge | ResetReason::VisibilityGap) => {
            label::ResumeOutcome::GapTooLarge
        }
        ResumeOutcome::Refused => label::ResumeOutcome::Refused,
    }
}

const fn voice_sync(reason: VoiceSync) -> label::VoiceSyncRepair {
    match reason {
        VoiceSync::Subscribe => label::VoiceSyncRepair::Subscribe,
        VoiceSync::Resume => label::VoiceSyncRepair::Resume,
        VoiceSync::Repair => label::VoiceSyncRepair::Repair,
    }
}

const fn disconnect(reason: DisconnectReason) -> label::DisconnectReason {
    match reason {
        DisconnectReason::Closed(code) => label::DisconnectReason::Closed(code),
        DisconnectReason::ClientClose => label::DisconnectReason::ClientClose,
        DisconnectReason::SocketError => label::DisconnectReason::SocketError,
    }
}
