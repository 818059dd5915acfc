//! What the server counts, and how `GET /metrics` shows it (§15).
//!
//! Two kinds of numbers meet in [`Metrics::render`]: those recorded here while things happen, and a [`Snapshot`] of those
//! that delivery and store keep by themselves and are only asked for when somebody looks.
//!
//! Families with one closed label show all their values from the start, so that rates begin at zero; families with several
//! labels show only what occurred.

pub mod http;
pub mod label;
pub mod text;
mod unknown;
pub mod value;

use filament_protocol::{Class, EventKind};

use self::http::HttpMetrics;
use self::label::{
    AuthFailure, CLASSES, CallOutcome, DisconnectReason, DropReason, Label, LivekitCall, ParseRejection, RateReason,
    RateSurface, ResumeOutcome, Transport, VoiceSyncRepair, WebhookOutcome,
};
use self::text::{Exposition, MetricType};
pub use self::unknown::UnknownNames;
use self::value::{
    Counters, GROUP_SIZE, Histogram, HistogramSnapshot, QUEUE_BYTES, QUEUE_FRAMES, REPLAYED_EVENTS, SECONDS, Scale,
};
use crate::limits::{METRIC_SERIES_MAX, METRIC_UNKNOWN_NAMES_MAX};

/// Declares the catalogue: one row per metric.
macro_rules! catalogue {
    ( $( $variant:ident = $name:literal, $metric_type:ident, $help:literal; )+ ) => {
        /// A metric of the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Metric {
            $( #[doc = concat!("`", $name, "`: ", $help)] $variant, )+
        }

        impl Metric {
            /// Every metric, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }

            /// What it is.
            pub const fn metric_type(self) -> MetricType {
                match self { $( Self::$variant => MetricType::$metric_type, )+ }
            }

            /// What it means, in one sentence.
            pub const fn help(self) -> &'static str {
                match self { $( Self::$variant => $help, )+ }
            }
        }
    };
}

catalogue! {
    EventsEmitted = "filament_gateway_events_emitted_total", Counter, "Events queued, once for each connection.";
    EventsDropped = "filament_gateway_events_dropped_total", Counter, "Events that did not reach a connection they were meant for.";
    UnknownReceived = "filament_gateway_events_unknown_received_total", Counter, "Client messages of an unknown type.";
    ParseRejected = "filament_gateway_events_parse_rejected_total", Counter, "Client messages that could not be read.";
    VoiceSyncRepairs = "filament_voice_sync_repairs_total", Counter, "Complete lists of voice participants sent.";
    Disconnects = "filament_ws_disconnects_total", Counter, "WebSocket connections that ended.";
    Connections = "filament_gateway_connections", Gauge, "Open gateway connections.";
    Subscriptions = "filament_gateway_subscriptions", Gauge, "Channel subscriptions of all connections.";
    QueueFrames = "filament_gateway_queue_frames", Histogram, "Frames queued for a connection before a write.";
    QueueBytes = "filament_gateway_queue_bytes", Histogram, "Bytes queued for a connection before a write.";
    Delivery = "filament_gateway_delivery_seconds", Histogram, "Time from commit or creation of an event to its hand-over to the transport.";
    RevocationLag = "filament_gateway_revocation_lag_seconds", Histogram, "Time from a commit that takes access away to the moment it is in force on all connections.";
    Resumes = "filament_gateway_resumes_total", Counter, "Attempts to resume.";
    ReplayedEvents = "filament_gateway_replayed_events", Histogram, "Events sent again for a resume.";
    RelayLag = "filament_relay_lag_entries", Gauge, "Journal entries committed but not yet fanned out.";
    CommitGroupSize = "filament_store_commit_group_size", Histogram, "Commands in one commit.";
    CommitSeconds = "filament_store_commit_seconds", Histogram, "Time of a commit.";
    InboxDepth = "filament_store_inbox_depth", Gauge, "Commands waiting for the writer.";
    JournalEntries = "filament_journal_entries", Gauge, "Entries kept in the journal.";
    HttpRequests = "filament_http_requests_total", Counter, "Requests answered.";
    HttpSeconds = "filament_http_request_seconds", Histogram, "Time from the head of a request to its answer.";
    RateLimitHits = "filament_rate_limit_hits_total", Counter, "Requests and frames over a rate limit.";
    AuthFailures = "filament_auth_failures_total", Counter, "Requests refused for who asked.";
    PresenceOnline = "filament_presence_online_users", Gauge, "Users with a connection.";
    VoiceParticipants = "filament_voice_participants", Gauge, "Users in voice channels.";
    LivekitCalls = "filament_livekit_calls_total", Counter, "Calls to LiveKit.";
    LivekitWebhooks = "filament_livekit_webhooks_total", Counter, "Webhooks from LiveKit.";
    BuildInfo = "filament_build_info", Gauge, "Always 1; the label tells which version runs.";
}

/// Numbers that delivery and store keep, as they are at the moment of a scrape.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Open WebSocket connections.
    pub connections_ws: u64,
    /// Open Server-Sent Events streams.
    pub connections_sse: u64,
    /// Channel subscriptions of all connections.
    pub subscriptions: u64,
    /// Journal entries committed but not yet fanned out.
    pub relay_lag_entries: u64,
    /// Commands waiting for the writer.
    pub store_inbox_depth: u64,
    /// Entries kept in the journal.
    pub journal_entries: u64,
    /// Users with a connection.
    pub presence_online_users: u64,
    /// Users in voice channels.
    pub voice_participants: u64,
    /// Events queued since the process began, once for each connection.
    pub emitted: Vec<(EventKind, u64)>,
    /// Events that did not reach a connection since the process began.
    pub dropped: Vec<(EventKind, DropReason, u64)>,
    /// WebSocket connections that ended since the process began.
    pub disconnects: Vec<(DisconnectReason, u64)>,
    /// Attempts to resume since the process began.
    pub resumes: Vec<(ResumeOutcome, u64)>,
    /// Complete lists of voice participants that delivery sent since the process began.
    pub voice_syncs: Vec<(VoiceSyncRepair, u64)>,
    /// Histograms of delivery and store; one that is missing is shown as empty.
    pub histograms: Vec<ForeignHistogram>,
}

/// A histogram that delivery or store keeps.
#[derive(Clone, Debug)]
pub struct ForeignHistogram {
    /// Which metric it is.
    pub metric: Metric,
    /// The delivery class, for [`Metric::Delivery`] only.
    pub class: Option<Class>,
    /// Its state.
    pub snapshot: HistogramSnapshot,
}

impl Snapshot {
    fn emitted(&self, kind: EventKind) -> u64 {
        self.emitted.iter().filter(|row| row.0 == kind).map(|row| row.1).sum()
    }

    fn dropped(&self, kind: EventKind, reason: DropReason) -> u64 {
        self.dropped.iter().filter(|row| row.0 == kind && row.1 == reason).map(|row| row.2).sum()
    }

    fn disconnects(&self, reason: DisconnectReason) -> u64 {
        self.disconnects.iter().filter(|row| row.0 == reason).map(|row| row.1).sum()
    }

    fn histogram(&self, metric: Metric, class: Option<Class>, scale: &'static Scale) -> HistogramSnapshot {
        let foreign = self.histograms.iter().find(|foreign| foreign.metric == metric && foreign.class == class);
        foreign.map_or_else(|| Histogram::new(scale).snapshot(), |foreign| foreign.snapshot.clone())
    }
}

/// What the edge of the server counts while it happens; one per process, shared.
#[derive(Debug)]
pub struct Metrics {
    /// Client messages of an unknown type.
    pub unknown_received: UnknownNames,
    /// Client messages that could not be read.
    pub parse_rejected: Counters<ParseRejection>,
    /// Requests.
    pub http: HttpMetrics,
    /// Requests and frames over a rate limit.
    pub rate_limit_hits: Counters<(RateSurface, RateReason)>,
    /// Requests refused for who asked.
    pub auth_failures: Counters<AuthFailure>,
    /// Calls to LiveKit.
    pub livekit_calls: Counters<(LivekitCall, CallOutcome)>,
    /// Webhooks from LiveKit.
    pub livekit_webhooks: Counters<WebhookOutcome>,
}

impl Metrics {
    /// Makes the metrics of a server with that route table (method and template, without the `/api` mirror).
    ///
    /// # Panics
    /// If the table has more rows or templates than fit the bound of series (MET-3).
    pub fn new(routes: impl IntoIterator<Item = (::http::Method, &'static str)>) -> Self {
        Self {
            unknown_received: UnknownNames::default(),
            parse_rejected: Counters::default(),
            http: HttpMetrics::new(routes),
            rate_limit_hits: Counters::default(),
            auth_failures: Counters::default(),
            livekit_calls: Counters::default(),
            livekit_webhooks: Counters::default(),
        }
    }

    /// Writes everything in the text format 0.0.4, HELP and TYPE of every metric included (MET-1).
    pub fn render(&self, snapshot: &Snapshot) -> String {
        let mut out = Exposition::default();
        for &metric in Metric::ALL {
            out.head(metric.name(), metric.metric_type(), metric.help());
            self.write(metric, snapshot, &mut out);
        }
        out.into_text()
    }

    fn write(&self, metric: Metric, snapshot: &Snapshot, out: &mut Exposition) {
        let name = metric.name();
        let mut foreign = |scale| out.histogram(name, &[], &snapshot.histogram(metric, None, scale));
        match metric {
            Metric::QueueFrames => foreign(&QUEUE_FRAMES),
            Metric::QueueBytes => foreign(&QUEUE_BYTES),
            Metric::RevocationLag | Metric::CommitSeconds => foreign(&SECONDS),
            Metric::CommitGroupSize => foreign(&GROUP_SIZE),
            Metric::ReplayedEvents => foreign(&REPLAYED_EVENTS),
            Metric::EventsEmitted => write_emitted(name, snapshot, out),
            Metric::EventsDropped => write_dropped(name, snapshot, out),
            Metric::UnknownReceived => self.unknown_received.for_each(|event_type, count| {
                out.series(name, &[("scope", "ingress"), ("event_type", event_type)], count);
            }),
            Metric::ParseRejected => {
                for &reason in ParseRejection::ALL {
                    let labels = [("scope", "ingress"), ("reason", reason.name())];
                    out.series(name, &labels, self.parse_rejected.count(reason));
                }
            }
            Metric::VoiceSyncRepairs => {
                for &reason in VoiceSyncRepair::ALL {
                    out.series(name, &[("reason", reason.name())], counted(&snapshot.voice_syncs, reason));
                }
            }
            Metric::Disconnects => {
                for reason in DisconnectReason::all() {
                    out.series(name, &[("reason", reason.name())], snapshot.disconnects(reason));
                }
            }
            Metric::Connections => {
                out.series(name, &[("transport", Transport::Ws.name())], snapshot.connections_ws);
                out.series(name, &[("transport", Transport::Sse.name())], snapshot.connections_sse);
            }
            Metric::Subscriptions => out.series(name, &[], snapshot.subscriptions),
            Metric::Delivery => {
                for class in CLASSES {
                    let state = snapshot.histogram(metric, Some(class), &SECONDS);
                    out.histogram(name, &[("class", class.name())], &state);
                }
            }
            Metric::Resumes => {
                for &outcome in ResumeOutcome::ALL {
                    out.series(name, &[("outcome", outcome.name())], counted(&snapshot.resumes, outcome));
                }
            }
            Metric::RelayLag => out.series(name, &[], snapshot.relay_lag_entries),
            Metric::InboxDepth => out.series(name, &[], snapshot.store_inbox_depth),
            Metric::JournalEntries => out.series(name, &[], snapshot.journal_entries),
            Metric::HttpRequests => self.http.write_requests(name, out),
            Metric::HttpSeconds => self.http.write_seconds(name, out),
            Metric::RateLimitHits => self.write_rate_limit_hits(name, out),
            Metric::AuthFailures => {
                let values = AuthFailure::ALL.iter().map(|&value| (value, value.name()));
                family(out, name, "reason", values, &self.auth_failures);
            }
            Metric::PresenceOnline => out.series(name, &[], snapshot.presence_online_users),
            Metric::VoiceParticipants => out.series(name, &[], snapshot.voice_participants),
            Metric::LivekitCalls => self.write_livekit_calls(name, out),
            Metric::LivekitWebhooks => {
                let values = WebhookOutcome::ALL.iter().map(|&value| (value, value.name()));
                family(out, name, "outcome", values, &self.livekit_webhooks);
            }
            Metric::BuildInfo => out.series(name, &[("version", env!("CARGO_PKG_VERSION"))], 1),
        }
    }

    fn write_rate_limit_hits(&self, name: &str, out: &mut Exposition) {
        for &surface in RateSurface::ALL {
            for &reason in RateReason::ALL {
                let count = self.rate_limit_hits.count((surface, reason));
                if count > 0 {
                    out.series(name, &[("surface", surface.name()), ("reason", reason.name())], count);
                }
            }
        }
    }

    fn write_livekit_calls(&self, name: &str, out: &mut Exposition) {
        for &call in LivekitCall::ALL {
            for &outcome in CallOutcome::ALL {
                let count = self.livekit_calls.count((call, outcome));
                if count > 0 {
                    out.series(name, &[("call", call.name()), ("outcome", outcome.name())], count);
                }
            }
        }
    }
}

fn write_emitted(name: &str, snapshot: &Snapshot, out: &mut Exposition) {
    for &kind in EventKind::ALL {
        let count = snapshot.emitted(kind);
        if count > 0 {
            out.series(name, &[("scope", kind.scope().name()), ("event_type", kind.name())], count);
        }
    }
}

fn write_dropped(name: &str, snapshot: &Snapshot, out: &mut Exposition) {
    for &kind in EventKind::ALL {
        for &reason in DropReason::ALL {
            let count = snapshot.dropped(kind, reason);
            if count > 0 {
                let scope = kind.scope().name();
                out.series(name, &[("scope", scope), ("event_type", kind.name()), ("reason", reason.name())], count);
            }
        }
    }
}

/// Writes a family with one closed label, all values of it.
fn counted<L: Copy + PartialEq>(rows: &[(L, u64)], label: L) -> u64 {
    rows.iter().filter(|row| row.0 == label).map(|row| row.1).sum()
}

fn family<L: Label>(
    out: &mut Exposition,
    name: &str,
    label: &str,
    values: impl Iterator<Item = (L, &'static str)>,
    counters: &Counters<L>,
) {
    for (value, text) in values {
        out.series(name, &[(label, text)], counters.count(value));
    }
}

/// Series of a histogram: its buckets, the open one, sum and count.
const fn histogram_series(bounds: &[u64]) -> usize {
    bounds.len() + 3
}

/// Series there can be at most, by what the types can hold.
const SERIES_MAX: usize = EventKind::COUNT
    + <(EventKind, DropReason)>::COUNT
    + METRIC_UNKNOWN_NAMES_MAX
    + 1
    + ParseRejection::COUNT
    + VoiceSyncRepair::COUNT
    + DisconnectReason::COUNT
    + Transport::COUNT
    + histogram_series(QUEUE_FRAMES.bounds)
    + histogram_series(QUEUE_BYTES.bounds)
    + histogram_series(SECONDS.bounds) * (CLASSES.len() + 2)
    + ResumeOutcome::COUNT
    + histogram_series(REPLAYED_EVENTS.bounds)
    + histogram_series(GROUP_SIZE.bounds)
    + http::SERIES_MAX
    + <(RateSurface, RateReason)>::COUNT
    + AuthFailure::COUNT
    + <(LivekitCall, CallOutcome)>::COUNT
    + WebhookOutcome::COUNT
    // Gauges without a closed label, and the build.
    + 7;

const _: () = assert!(SERIES_MAX <= METRIC_SERIES_MAX);

#[cfg(test)]
mod tests;
