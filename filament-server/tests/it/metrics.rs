//! `GET /metrics` against §15: names, types, labels, values, buckets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::harness::{Cast, NOWHERE, Opcode, RawFrame, Series, Server, is_ulid};

/// Name, type and labels of every metric.
const CATALOGUE: &str = "
filament_gateway_events_emitted_total counter scope event_type
filament_gateway_events_dropped_total counter scope event_type reason
filament_gateway_events_unknown_received_total counter scope event_type
filament_gateway_events_parse_rejected_total counter scope reason
filament_voice_sync_repairs_total counter reason
filament_ws_disconnects_total counter reason
filament_gateway_connections gauge transport
filament_gateway_subscriptions gauge
filament_gateway_queue_frames histogram
filament_gateway_queue_bytes histogram
filament_gateway_delivery_seconds histogram class
filament_gateway_revocation_lag_seconds histogram
filament_gateway_resumes_total counter outcome
filament_gateway_replayed_events histogram
filament_relay_lag_entries gauge
filament_store_commit_group_size histogram
filament_store_commit_seconds histogram
filament_store_inbox_depth gauge
filament_journal_entries gauge
filament_http_requests_total counter method route status
filament_http_request_seconds histogram route
filament_rate_limit_hits_total counter surface reason
filament_auth_failures_total counter reason
filament_presence_online_users gauge
filament_voice_participants gauge
filament_livekit_calls_total counter call outcome
filament_livekit_webhooks_total counter outcome
filament_build_info gauge version
";

/// The closed sets of label values: metric, label, values.
const VALUES: &str = "
filament_gateway_events_emitted_total scope connection channel guild user
filament_gateway_events_dropped_total scope connection channel guild user
filament_gateway_events_dropped_total reason full_queue closed coalesced revoked oversized_outbound
filament_gateway_events_unknown_received_total scope ingress
filament_gateway_events_parse_rejected_total scope ingress
filament_gateway_events_parse_rejected_total reason invalid_envelope invalid_subscribe_payload invalid_unsubscribe_payload invalid_message_create_payload invalid_heartbeat_payload
filament_voice_sync_repairs_total reason subscribe resume repair
filament_ws_disconnects_total reason normal going_away ws_protocol_error invalid_utf8 internal_error token_expired idle_timeout slow_consumer continuity_lost state_lost rate_limited overloaded invalid_envelope unknown_event invalid_payload event_too_large unsupported_frame session_revoked client_close socket_error
filament_gateway_connections transport ws sse
filament_gateway_delivery_seconds class durable live ephemeral
filament_gateway_resumes_total outcome replayed cursor_invalid cursor_expired epoch_changed gap_too_large refused
filament_rate_limit_hits_total surface http gateway
filament_rate_limit_hits_total reason global auth_route join voice_token ingress subscribe
filament_auth_failures_total reason unauthorized forbidden
filament_livekit_calls_total outcome ok error
filament_livekit_webhooks_total outcome applied ignored duplicate unauthorized
";

/// The 53 names of §4.10.
const EVENTS: &str = "ready subscribed message_create message_update message_delete message_reaction channel_create \
    channel_update channel_delete presence_sync presence_update workspace_update workspace_member_add \
    workspace_member_update workspace_member_remove workspace_member_ban workspace_role_create workspace_role_update \
    workspace_role_delete workspace_role_reorder workspace_role_assignment_add workspace_role_assignment_remove \
    workspace_channel_override_update workspace_ip_ban_sync profile_update profile_avatar_update friend_request_create \
    friend_request_update friend_request_delete friend_remove voice_participant_sync voice_participant_join \
    voice_participant_leave voice_participant_update voice_stream_publish voice_stream_unpublish profile_banner_update \
    workspace_channel_role_override_update channel_reorder workspace_available workspace_unavailable \
    workspace_access_update workspace_delete workspace_owner_update workspace_default_role_update \
    workspace_member_unban unsubscribed error batch reset caught_up heartbeat_ack closing";

/// MET-2, in the spelling of the text format.
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// MET-3.
const SERIES_MAX: usize = 5_000;

/// The metric a series belongs to, for histograms without the suffix of its part.
fn family(series: &Series) -> &str {
    let part = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| series.name.strip_suffix(suffix));
    part.filter(|name| kind(name) == Some("histogram")).unwrap_or(&series.name)
}

fn row(name: &str) -> Option<Vec<&'static str>> {
    CATALOGUE.lines().map(|line| line.split(' ').collect::<Vec<_>>()).find(|row| row[0] == name)
}

fn kind(name: &str) -> Option<&'static str> {
    row(name).map(|row| row[1])
}

/// Fails unless every series of the server has the labels of §15 with values of their sets.
fn check_labels(all: &[Series]) {
    for series in all.iter().filter(|series| series.name.starts_with("filament_")) {
        let family = family(series);
        let row = row(family).unwrap_or_else(|| panic!("{} is not in §15", series.name));
        let mut labels: BTreeSet<&str> = row[2..].iter().copied().collect();
        if series.name.ends_with("_bucket") && row[1] == "histogram" {
            labels.insert("le");
        }
        let has: BTreeSet<&str> = series.labels.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(has, labels, "{series:?}");
        for (label, value) in &series.labels {
            let set = VALUES.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            if let Some(set) = set.into_iter().find(|set| set[0] == family && set[1..].first() == Some(&label.as_str()))
            {
                assert!(set[2..].contains(&value.as_str()), "{series:?}");
            }
            match label.as_str() {
                "event_type" if family != "filament_gateway_events_unknown_received_total" => {
                    assert!(EVENTS.split_whitespace().any(|event| event == value), "{series:?}");
                }
                "route" => assert!(!value.split('/').any(is_ulid), "{series:?}"),
                "status" => assert!(value.len() == 3 && value.parse::<u16>().is_ok(), "{series:?}"),
                "version" => assert!(!value.is_empty(), "{series:?}"),
                _ => {}
            }
        }
    }
}

/// Fails unless every histogram is cumulative, ends with `+Inf` and has sum and count; times have the buckets of MET-2.
fn check_histograms(all: &[Series]) {
    type Key<'s> = (&'s str, Vec<(String, String)>);
    let mut buckets: BTreeMap<Key<'_>, Vec<(f64, f64)>> = BTreeMap::new();
    for series in all.iter().filter(|series| kind(family(series)) == Some("histogram")) {
        let mut labels = series.labels.clone();
        labels.retain(|(name, _)| name != "le");
        let key = (family(series), labels);
        if let Some(bound) = series.label("le") {
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().expect("a bound") };
            buckets.entry(key).or_default().push((bound, series.value));
        }
    }
    assert!(!buckets.is_empty());
    for ((family, labels), list) in &buckets {
        assert!(list.is_sorted_by(|low, high| low.0 < high.0 && low.1 <= high.1), "{family} {labels:?}: {list:?}");
        assert_eq!(list.last().map(|(bound, _)| *bound), Some(f64::INFINITY), "{family}");
        let part = |suffix: &str| {
            let name = format!("{family}{suffix}");
            let found = all.iter().find(|series| series.name == name && series.labels == *labels);
            found.unwrap_or_else(|| panic!("no {name} {labels:?}")).value
        };
        assert_eq!(list.last().map(|(_, count)| *count), Some(part("_count")), "{family}");
        assert!(part("_sum") >= 0.0);
        if family.ends_with("_seconds") {
            let bounds: Vec<f64> = list.iter().map(|(bound, _)| *bound).take(list.len() - 1).collect();
            assert_eq!(bounds, SECONDS, "MET-2: {family}");
        }
    }
}

/// Proves MET-1, MET-2 and the names and types of §15 on a server that did nothing yet.
#[test]
fn every_metric_has_help_and_type_from_the_start() {
    let server = Server::start();
    let answer = server.http().get("/metrics").ok();
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    assert!(text.ends_with('\n'));
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            assert_eq!(types.insert(name, kind), None, "{name} twice");
        }
    }
    types.retain(|name, _| name.starts_with("filament_"));
    let expected: BTreeMap<&str, &str> = CATALOGUE
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .map(|row| (row[0], row[1]))
        .collect();
    assert_eq!(types, expected);
    for name in expected.keys() {
        let help = text.lines().filter(|line| line.starts_with(&format!("# HELP {name} "))).count();
        assert_eq!(help, 1, "MET-1: HELP of {name}");
    }
    let series = server.metrics();
    check_labels(&series);
    check_histograms(&series);
    let build: Vec<&Series> = series.iter().filter(|one| one.name == "filament_build_info").collect();
    assert!(build.len() == 1 && (build[0].value - 1.0).abs() < f64::EPSILON, "{build:?}");
}

/// Proves §15's labels and values after traffic of all kinds, MET-3, and that no label holds an id, a name or a token.
#[test]
fn labels_come_from_closed_sets_whatever_clients_send() {
    let cast = Cast::assemble();
    let mut gateway = cast.p.connect_to(&[&cast.text, &cast.voice]);
    cast.owner.say(&cast.text, "m");
    gateway.expect("message_create");
    let mut spoiled = cast.p.connect();
    spoiled.send_frame(&RawFrame::new(Opcode::Text, "{}"));
    spoiled.closed_with(4500, "invalid_envelope");
    cast.q.connect().cut();
    cast.p.leave(&cast.guild);
    let http = cast.server.http();
    for number in 0..150 {
        http.get(&format!("/unknown/{number}")).refused(404, "not_found");
        http.request(&format!("METHOD{number}"), "/guilds", &[], None).refused(405, "method_not_allowed");
        cast.stranger.get(&format!("/guilds/{NOWHERE}/channels?number={number}")).refused(403, "forbidden");
    }
    cast.stranger.get("/guilds/none").refused(400, "invalid_request");

    let series = cast.server.metrics();
    check_labels(&series);
    check_histograms(&series);
    assert!(series.len() <= SERIES_MAX, "MET-3: {} series", series.len());
    let names: BTreeSet<String> = series.iter().map(|one| format!("{} {:?}", one.name, one.labels)).collect();
    assert_eq!(names.len(), series.len(), "no series twice");
    let of = |name: &str, label: &str| -> BTreeSet<String> {
        let with = series.iter().filter(|one| one.name == name);
        with.filter_map(|one| one.label(label).map(str::to_owned)).collect()
    };
    assert!(of("filament_http_requests_total", "method").len() <= 12, "methods are a closed set");
    for secret in [&cast.guild, &cast.text.id, &cast.p.id, &cast.p.name, &cast.p.access_token] {
        let found = series.iter().find(|one| one.labels.iter().any(|(_, value)| value.contains(secret.as_str())));
        assert!(found.is_none(), "{found:?}");
    }
    let listing = series.iter().filter(|one| one.name == "filament_http_requests_total");
    let refused: Vec<&Series> = listing.filter(|one| one.value > 149.5 && one.label("status") == Some("403")).collect();
    assert_eq!(refused.len(), 1, "one template, not 150 paths: {refused:?}");
    assert_eq!(refused[0].label("method"), Some("GET"));
}

/// Proves what the counters and gauges of §15 count: one event per connection, failures by reason, connections,
/// subscriptions, people online, commits.
#[test]
fn counters_count_what_happened() {
    let cast = Cast::assemble();
    let server = &cast.server;
    let value = |name: &str, labels: &[(&str, &str)]| server.metric(name, labels);
    let emitted = "filament_gateway_events_emitted_total";
    let created = [("scope", "channel"), ("event_type", "message_create")];
    let commits = value("filament_store_commit_seconds_count", &[]);
    let entries = value("filament_journal_entries", &[]);
    assert!(value(emitted, &created) < 0.5);

    let mut gateways = [&cast.owner, &cast.p, &cast.p].map(|user| user.connect_to(&[&cast.text]));
    cast.owner.say(&cast.text, "m");
    for gateway in &mut gateways {
        gateway.expect("message_create");
    }
    server.metric_becomes(emitted, &created, 3.0);
    server.metric_becomes(emitted, &[("scope", "connection"), ("event_type", "ready")], 3.0);
    server.metric_becomes(emitted, &[("scope", "connection"), ("event_type", "subscribed")], 3.0);
    server.metric_becomes("filament_voice_sync_repairs_total", &[("reason", "subscribe")], 3.0);
    server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 3.0);
    server.metric_becomes("filament_gateway_subscriptions", &[], 3.0);
    server.metric_becomes("filament_presence_online_users", &[], 2.0);
    server.metric_becomes("filament_relay_lag_entries", &[], 0.0);
    assert!(value("filament_store_commit_seconds_count", &[]) > commits + 0.5);
    assert!(value("filament_store_commit_group_size_count", &[]) > 0.5);
    assert!(value("filament_journal_entries", &[]) > entries + 0.5);
    assert!(value("filament_gateway_delivery_seconds_count", &[("class", "durable")]) > 2.5);
    assert!(value("filament_gateway_queue_frames_count", &[]) > 2.5);
    assert!(value("filament_gateway_queue_bytes_sum", &[]) >= 0.0);

    let unauthorized = [("reason", "unauthorized")];
    let forbidden = [("reason", "forbidden")];
    let before = [&unauthorized, &forbidden].map(|labels| value("filament_auth_failures_total", labels));
    server.http().get("/guilds").refused(401, "invalid_credentials");
    cast.stranger.get(&format!("/guilds/{}", cast.guild)).refused(403, "forbidden");
    cast.p.get(&cast.hidden.messages()).refused(403, "forbidden");
    server.metric_becomes("filament_auth_failures_total", &unauthorized, before[0] + 1.0);
    server.metric_becomes("filament_auth_failures_total", &forbidden, before[1] + 2.0);

    let [first, ..] = &mut gateways;
    first.close(1000);
    server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 2.0);
    server.metric_becomes("filament_ws_disconnects_total", &[("reason", "client_close")], 1.0);
    server.metric_becomes("filament_gateway_subscriptions", &[], 2.0);
}

/// Proves §9.3 for `FILAMENT_METRICS_TOKEN`: with it, only its bearer may look.
#[test]
fn metrics_ask_for_their_token_if_there_is_one() {
    let token = "a-token-for-the-scraper-0123456789";
    let server = Server::with_env(&[("FILAMENT_METRICS_TOKEN", token)]);
    let user = server.user("member");
    let get = |authorization: &str| server.http().request("GET", "/metrics", &[("authorization", authorization)], None);
    server.http().get("/metrics").refused(401, "invalid_credentials");
    let longer = format!("Bearer {token}x");
    let shorter = format!("Bearer {}", &token[1..]);
    let other = format!("Bearer {}", user.access_token);
    for bad in [longer.as_str(), &shorter, &other, "Bearer ", token, &format!("Basic {token}")] {
        get(bad).refused(401, "invalid_credentials");
    }
    server.http().get(&format!("/metrics?token={token}")).refused(401, "invalid_credentials");
    for scheme in ["Bearer", "bearer"] {
        assert!(get(&format!("{scheme} {token}")).ok().text().contains("filament_build_info"));
    }
    for path in ["/healthz", "/readyz", "/health"] {
        server.http().get(path).ok();
    }
    let body = json!({"name": "n"});
    user.post("/guilds", &body).ok();
}
