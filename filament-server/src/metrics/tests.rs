//! The whole exposition against the contract.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use filament_protocol::CloseCode;

use super::*;

/// Names, types and labels as the contract lists them.
const CONTRACT: &[(&str, &str, &[&str])] = &[
    ("filament_gateway_events_emitted_total", "counter", &["scope", "event_type"]),
    ("filament_gateway_events_dropped_total", "counter", &["scope", "event_type", "reason"]),
    ("filament_gateway_events_unknown_received_total", "counter", &["scope", "event_type"]),
    ("filament_gateway_events_parse_rejected_total", "counter", &["scope", "reason"]),
    ("filament_voice_sync_repairs_total", "counter", &["reason"]),
    ("filament_ws_disconnects_total", "counter", &["reason"]),
    ("filament_gateway_connections", "gauge", &["transport"]),
    ("filament_gateway_subscriptions", "gauge", &[]),
    ("filament_gateway_queue_frames", "histogram", &[]),
    ("filament_gateway_queue_bytes", "histogram", &[]),
    ("filament_gateway_delivery_seconds", "histogram", &["class"]),
    ("filament_gateway_revocation_lag_seconds", "histogram", &[]),
    ("filament_gateway_resumes_total", "counter", &["outcome"]),
    ("filament_gateway_replayed_events", "histogram", &[]),
    ("filament_relay_lag_entries", "gauge", &[]),
    ("filament_store_commit_group_size", "histogram", &[]),
    ("filament_store_commit_seconds", "histogram", &[]),
    ("filament_store_inbox_depth", "gauge", &[]),
    ("filament_journal_entries", "gauge", &[]),
    ("filament_http_requests_total", "counter", &["method", "route", "status"]),
    ("filament_http_request_seconds", "histogram", &["route"]),
    ("filament_rate_limit_hits_total", "counter", &["surface", "reason"]),
    ("filament_auth_failures_total", "counter", &["reason"]),
    ("filament_presence_online_users", "gauge", &[]),
    ("filament_voice_participants", "gauge", &[]),
    ("filament_livekit_calls_total", "counter", &["call", "outcome"]),
    ("filament_livekit_webhooks_total", "counter", &["outcome"]),
    ("filament_build_info", "gauge", &["version"]),
];

fn metrics() -> Metrics {
    Metrics::new([
        (::http::Method::GET, "/health"),
        (::http::Method::GET, "/guilds"),
        (::http::Method::POST, "/guilds"),
        (::http::Method::PATCH, "/guilds/{guild_id}"),
    ])
}

/// What delivery counts when everything happened once.
fn everything_delivered() -> Snapshot {
    let kinds = || EventKind::ALL.iter().copied();
    Snapshot {
        emitted: kinds().map(|kind| (kind, 1)).collect(),
        dropped: kinds().flat_map(|kind| DropReason::ALL.iter().map(move |&reason| (kind, reason, 1))).collect(),
        disconnects: DisconnectReason::all().map(|reason| (reason, 1)).collect(),
        ..Snapshot::default()
    }
}

/// Counts once whatever can be counted here.
fn count_everything(metrics: &Metrics) {
    for number in 0..100 {
        metrics.unknown_received.increment(&format!("made_up_{number}"));
        let path = format!("/made/up/{number}");
        let method = ::http::Method::from_bytes(format!("M{number}").as_bytes()).expect("a method");
        metrics.http.observe(metrics.http.label(&method, Some(&path)), number, Duration::from_millis(number.into()));
    }
    for &surface in RateSurface::ALL {
        for &reason in RateReason::ALL {
            metrics.rate_limit_hits.increment((surface, reason));
        }
    }
    for &call in LivekitCall::ALL {
        for &outcome in CallOutcome::ALL {
            metrics.livekit_calls.increment((call, outcome));
        }
    }
}

type Labels = Vec<(String, String)>;

/// A plain reader of the format: series with their labels in order, by metric.
struct Parsed {
    heads: Vec<(String, String)>,
    series: Vec<(String, Labels)>,
}

fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed { heads: Vec::new(), series: Vec::new() };
    let mut helped = None;
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').map(|(name, _)| name.to_owned());
        } else if let Some(head) = line.strip_prefix("# TYPE ") {
            let (name, metric_type) = head.split_once(' ').expect("a type");
            assert_eq!(helped.as_deref(), Some(name), "HELP precedes TYPE");
            parsed.heads.push((name.to_owned(), metric_type.to_owned()));
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let pairs = labels.strip_suffix('}').unwrap_or_default();
            let labels = pairs.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
                let (label, value) = pair.split_once('=').expect("a label");
                (label.to_owned(), value.trim_matches('"').to_owned())
            });
            value.parse::<f64>().expect("a number");
            let current = &parsed.heads.last().expect("a head").0;
            assert!(name.starts_with(current.as_str()), "{name} under {current}");
            parsed.series.push((name.to_owned(), labels.collect()));
        }
    }
    assert!(text.ends_with('\n'));
    parsed
}

/// Proves MET-1.
#[test]
fn help_and_type_of_every_metric_are_always_printed() {
    let metrics = metrics();
    for round in 0..2 {
        let heads = parse(&metrics.render(&Snapshot::default())).heads;
        let expected: Vec<(String, String)> =
            CONTRACT.iter().map(|(name, metric_type, _)| ((*name).to_owned(), (*metric_type).to_owned())).collect();
        assert_eq!(heads, expected, "round {round}");
        count_everything(&metrics);
    }
}

#[test]
fn series_have_the_labels_of_the_contract_and_are_told_apart() {
    let metrics = metrics();
    count_everything(&metrics);
    let parsed = parse(&metrics.render(&everything_delivered()));
    let contract: BTreeMap<&str, &[&str]> = CONTRACT.iter().map(|(name, _, labels)| (*name, *labels)).collect();
    let mut seen = BTreeSet::new();
    for (name, labels) in &parsed.series {
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let metric = stem.filter(|stem| contract.contains_key(stem)).unwrap_or(name);
        let mut names: Vec<&str> = labels.iter().map(|(label, _)| label.as_str()).collect();
        if name.ends_with("_bucket") {
            assert_eq!(names.pop(), Some("le"), "{name}");
        }
        assert_eq!(names, contract[metric], "{name}");
        assert!(seen.insert((name.clone(), labels.clone())), "twice: {name} {labels:?}");
    }
    for (name, _, _) in CONTRACT {
        assert!(parsed.series.iter().any(|(series, _)| series.starts_with(name)), "{name} has no series");
    }
}

/// Proves MET-3, for the 53 event names of the contract and a full route table.
#[test]
fn a_process_has_at_most_5000_series() {
    let templates: Vec<&'static str> =
        (1..crate::limits::METRIC_HTTP_TEMPLATES_MAX).map(|number| &*format!("/route{number}").leak()).collect();
    let rows = crate::limits::METRIC_HTTP_ROWS_MAX - label::MethodLabel::COUNT;
    let methods = [::http::Method::GET, ::http::Method::POST];
    let routes = (0..rows).map(|row| (methods[row / templates.len()].clone(), templates[row % templates.len()]));
    let metrics = Metrics::new(routes.clone());
    count_everything(&metrics);
    let others = label::MethodLabel::ALL.iter().map(|label| label.name().parse().expect("a method"));
    for (method, template) in
        routes.map(|(method, template)| (method, Some(template))).chain(others.map(|method| (method, None)))
    {
        for status in 100..600 {
            metrics.http.observe(metrics.http.label(&method, template), status, Duration::from_millis(1));
        }
    }
    let lines = metrics.render(&everything_delivered()).lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(lines, SERIES_MAX);
    let missing_events = 53 - EventKind::COUNT;
    assert!(lines + missing_events * (1 + DropReason::COUNT) <= METRIC_SERIES_MAX, "{lines}");
}

#[test]
fn values_are_where_they_belong() {
    let metrics = metrics();
    metrics.unknown_received.increment("made_up");
    metrics.parse_rejected.increment(ParseRejection::InvalidEnvelope);
    metrics.rate_limit_hits.increment((RateSurface::Http, RateReason::Global));
    let patch = metrics.http.label(&::http::Method::PATCH, Some("/guilds/{guild_id}"));
    metrics.http.observe(patch, 200, Duration::from_millis(1));
    let wrong_method = metrics.http.label(&::http::Method::DELETE, Some("/guilds"));
    metrics.http.observe(wrong_method, 405, Duration::from_millis(1));
    let snapshot = Snapshot {
        connections_ws: 4,
        subscriptions: 9,
        emitted: vec![(EventKind::MessageCreate, 5)],
        dropped: vec![
            (EventKind::PresenceUpdate, DropReason::FullQueue, 5),
            (EventKind::PresenceUpdate, DropReason::Coalesced, 1),
        ],
        disconnects: vec![(DisconnectReason::Closed(CloseCode::SlowConsumer), 1), (DisconnectReason::ClientClose, 1)],
        resumes: vec![(ResumeOutcome::GapTooLarge, 2)],
        voice_syncs: vec![(VoiceSyncRepair::Resume, 3)],
        histograms: [Metric::QueueFrames, Metric::ReplayedEvents]
            .map(|metric| ForeignHistogram {
                metric,
                class: None,
                snapshot: HistogramSnapshot {
                    scale: &value::Scale { bounds: &[8], divisor: 1 },
                    buckets: vec![1, 2],
                    sum: 40,
                },
            })
            .into(),
        ..Snapshot::default()
    };
    let text = metrics.render(&snapshot);
    for line in [
        r#"filament_gateway_events_emitted_total{scope="channel",event_type="message_create"} 5"#,
        r#"filament_gateway_events_dropped_total{scope="guild",event_type="presence_update",reason="full_queue"} 5"#,
        r#"filament_gateway_events_dropped_total{scope="guild",event_type="presence_update",reason="coalesced"} 1"#,
        r#"filament_gateway_events_unknown_received_total{scope="ingress",event_type="made_up"} 1"#,
        r#"filament_gateway_events_parse_rejected_total{scope="ingress",reason="invalid_envelope"} 1"#,
        r#"filament_gateway_events_parse_rejected_total{scope="ingress",reason="invalid_heartbeat_payload"} 0"#,
        r#"filament_ws_disconnects_total{reason="slow_consumer"} 1"#,
        r#"filament_ws_disconnects_total{reason="client_close"} 1"#,
        r#"filament_ws_disconnects_total{reason="socket_error"} 0"#,
        r#"filament_gateway_connections{transport="ws"} 4"#,
        r#"filament_gateway_connections{transport="sse"} 0"#,
        "filament_gateway_subscriptions 9",
        r#"filament_gateway_queue_frames_bucket{le="8"} 1"#,
        r#"filament_gateway_queue_frames_bucket{le="+Inf"} 3"#,
        "filament_gateway_queue_frames_sum 40",
        r#"filament_gateway_delivery_seconds_count{class="ephemeral"} 0"#,
        "filament_store_commit_seconds_count 0",
        "filament_gateway_replayed_events_sum 40",
        r#"filament_gateway_resumes_total{outcome="gap_too_large"} 2"#,
        r#"filament_gateway_resumes_total{outcome="replayed"} 0"#,
        r#"filament_voice_sync_repairs_total{reason="resume"} 3"#,
        r#"filament_http_requests_total{method="PATCH",route="/guilds/{guild_id}",status="200"} 1"#,
        r#"filament_http_requests_total{method="DELETE",route="unmatched",status="405"} 1"#,
        r#"filament_http_request_seconds_count{route="/guilds/{guild_id}"} 1"#,
        r#"filament_rate_limit_hits_total{surface="http",reason="global"} 1"#,
        &format!("filament_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(text.lines().any(|candidate| candidate == line), "missing {line} in\n{text}");
    }
}

#[test]
fn counting_from_many_threads_loses_nothing() {
    let metrics = metrics();
    let values = Histogram::new(&REPLAYED_EVENTS);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for value in 0..10_000 {
                    metrics.auth_failures.increment(AuthFailure::Forbidden);
                    values.observe(value);
                }
            });
        }
    });
    assert_eq!(metrics.auth_failures.count(AuthFailure::Forbidden), 40_000);
    assert_eq!(values.snapshot().buckets.iter().sum::<u64>(), 40_000);
}
