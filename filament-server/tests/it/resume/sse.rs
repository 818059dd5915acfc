//! Server-Sent Events (§7.3): scenario 92 and the rules of a stream. What holds of every block is checked by the harness.

use std::time::Duration;

use serde_json::json;

use super::scenarios::{caught_up, durable};
use crate::harness::{Cast, Room, Server, User, types};

/// A dial to a stream that names these rooms.
fn dial(user: &User, rooms: &[&Room]) -> crate::harness::Dial {
    let dial = user.dial_stream();
    rooms.iter().fold(dial, |dial, room| dial.query("subscribe", &format!("{}:{}", room.guild, room.id)))
}

/// Proves scenario 92, SSE-1 to SSE-4, GW-21 and GW-41: envelopes as on a plain connection; what was missed comes once, by
/// `Last-Event-ID`; a logout ends the stream with `closing`.
#[test]
fn s092_a_stream_tells_resumes_and_says_why_it_ends() {
    let cast = Cast::assemble();
    let mut plain = cast.p.connect_to(&[&cast.text]);
    let mut stream = dial(&cast.p, &[&cast.text, &cast.hidden]).open_stream().expect("a stream");
    for (name, value) in
        [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
    {
        assert!(stream.headers.iter().any(|header| *header == (name.to_owned(), value.to_owned())), "SSE-1: {name}");
    }
    let frames = stream.through(|event| event.t() == "error");
    let names: Vec<&str> = types(&frames).into_iter().filter(|t| *t != "presence_update").collect();
    assert_eq!(names, ["ready", "presence_sync", "subscribed", "voice_participant_sync", "error"], "SSE-3, GW-21");
    assert_eq!(frames.last().expect("error")["channel_id"], *cast.hidden.id);

    cast.owner.say(&cast.text, "one\nof two lines");
    cast.owner.say(&cast.hidden, "not for P");
    cast.owner.say(&cast.text, "two");
    for _ in 0..2 {
        assert_eq!(
            stream.expect("message_create").text,
            plain.expect("message_create").text,
            "as on a plain connection"
        );
    }
    cast.server.metric_becomes("filament_gateway_connections", &[("transport", "sse")], 1.0);
    cast.server.metric_becomes("filament_gateway_connections", &[("transport", "ws")], 1.0);
    let last_id = stream.cursor();
    stream.cut();

    cast.owner.say(&cast.text, "missed");
    cast.owner.patch(&format!("/guilds/{}", cast.guild), &json!({"name": "Renamed"})).ok();
    // The header wins over the query.
    let again = dial(&cast.p, &[&cast.text]).query("cursor", "nonsense").header("last-event-id", &last_id);
    let mut stream = again.open_stream().expect("a stream");
    let frames = stream.through(|event| event.t() == "caught_up");
    assert_eq!(frames[0]["resume"], "replaying");
    let missed: Vec<&str> = durable(&frames).iter().map(|event| event.t()).collect();
    assert_eq!(missed, ["message_create", "workspace_update"]);
    assert_eq!(*frames.last().expect("caught_up").d(), caught_up(2, false));
    let mut by_query = dial(&cast.p, &[&cast.text]).query("cursor", &last_id).open_stream().expect("a stream");
    let frames = by_query.through(|event| event.t() == "caught_up");
    assert_eq!(durable(&frames).len(), 2);
    cast.owner.say(&cast.text, "live");
    assert_eq!(stream.expect("message_create")["content"], "live");

    let mut other = cast.p.second_session().connect();
    cast.p.http.post("/auth/logout", &json!({"refresh_token": cast.p.refresh_token})).is(204);
    stream.closed_with(4510, "session_revoked");
    by_query.closed_with(4510, "session_revoked");
    stream.end();
    other.is_usable();
}

/// Proves SSE-1: refusals as GW-4, token sources, and CORS as on other routes.
#[test]
fn a_stream_is_refused_as_an_upgrade_is() {
    let server = Server::with_env(&[("FILAMENT_ALLOWED_ORIGINS", "https://chat.example")]);
    let user = server.user("member");
    let bare = || user.dial_without_token().path("/gateway/sse");
    let bearer = format!("Bearer {}", user.access_token);
    for dial in [bare(), bare().query("access_token", "v4.local.nonsense"), bare().header("authorization", "Bearer x")]
    {
        let Err(answer) = dial.open_stream() else { panic!("let in") };
        answer.refused(401, "invalid_credentials");
    }
    let Err(answer) = user.dial_stream().header("origin", "https://evil.example").open_stream() else {
        panic!("let in")
    };
    answer.refused(403, "forbidden");
    let Err(answer) = user.dial_stream().query("subscribe", "x").open_stream() else { panic!("let in") };
    answer.refused(400, "invalid_request");
    let listed = bare().header("authorization", &bearer).header("origin", "https://chat.example");
    let mut stream = listed.open_stream().expect("a stream");
    assert_eq!(stream.expect("ready")["user_id"], *user.id);
    let allowed = ("access-control-allow-origin".to_owned(), "https://chat.example".to_owned());
    assert!(stream.headers.contains(&allowed), "{:?}", stream.headers);
    let mut mirrored = user.dial_without_token().path("/api/gateway/sse").query("access_token", &user.access_token);
    mirrored = mirrored.query("features", "batch");
    mirrored.open_stream().expect("a stream").expect("ready");
    user.post_empty("/gateway/sse").refused(405, "method_not_allowed");
}

/// Proves SSE-4 (ping) and SSE-5: a stream is alive for presence until it ends, and a comment comes every 15 s.
#[test]
fn a_stream_counts_for_presence_and_is_pinged() {
    let cast = Cast::assemble();
    let mut q = cast.q.connect_to(&[&cast.text]);
    let mut stream = dial(&cast.p, &[&cast.text]).open_stream().expect("a stream");
    stream.until("voice_participant_sync");
    let online = q.until_where(|event| event.t() == "presence_update" && event["user_id"] == *cast.p.id);
    assert_eq!(online["status"], "online");
    let pinged = std::time::Instant::now() + Duration::from_secs(20);
    while stream.pings().is_empty() {
        stream.next_within(Duration::from_millis(500));
        assert!(std::time::Instant::now() < pinged, "no ping within 20 s");
    }
    cast.p.http.post("/auth/logout", &json!({"refresh_token": cast.p.refresh_token})).is(204);
    stream.closed_with(4510, "session_revoked");
    let gone = q.until_where(|event| event.t() == "presence_update" && event["user_id"] == *cast.p.id);
    assert_eq!(gone["status"], "offline");
}

/// Proves SSE-4 and GW-50 for streams: a drain ends them with `closing` 1001 and a wait of their own, and is not held up by them.
#[test]
fn a_drain_ends_streams_with_closing() {
    let mut cast = Cast::assemble();
    let mut streams: Vec<_> = (0..3).map(|_| dial(&cast.p, &[&cast.text]).open_stream().expect("a stream")).collect();
    for stream in &mut streams {
        stream.until("voice_participant_sync");
    }
    cast.server.sigterm();
    let mut waits: Vec<u64> = Vec::new();
    for stream in &mut streams {
        let closing = stream.closed_with(1001, "going_away");
        waits.push(closing.retry_after_ms().expect("a wait"));
    }
    assert!(cast.server.wait_exit(Duration::from_secs(6)).success());
    waits.dedup();
    assert!(waits.len() > 1 && waits.iter().all(|wait| *wait <= 5_000), "{waits:?}");
}
