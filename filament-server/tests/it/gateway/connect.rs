//! Opening a connection (§6.1, §6.2).

use std::collections::BTreeSet;

use serde_json::json;

use super::{heartbeat, text};
use crate::harness::{AMBIENT, Dial, Event, Gateway, PASSWORD, Server, User, is_ulid, types};

/// Every way to present the token, and the subprotocol that must be answered.
fn accepted_dials(user: &User) -> Vec<(Dial, Option<&'static str>)> {
    let token = user.access_token.as_str();
    let bare = || user.dial_without_token();
    let bearer = format!("Bearer {token}");
    let protocols = format!("filament.v1, bearer.{token}");
    let (authorization, protocol, query) = ("authorization", "sec-websocket-protocol", "access_token");
    let v1 = Some("filament.v1");
    vec![
        (bare().query(query, token), None),
        (bare().header(authorization, &bearer), None),
        (bare().header(authorization, &format!("bEARER {token}")), None),
        (bare().header(protocol, &protocols), v1),
        (bare().path("/api/gateway/ws").query(query, token), None),
        // The first source present wins, the others are not looked at.
        (bare().header(authorization, &bearer).query(query, "stale"), None),
        (bare().header(authorization, &bearer).header(protocol, "filament.v1"), v1),
        (bare().header(protocol, &protocols).query(query, "stale"), v1),
        (user.dial().query("unknown", "1").query("features", "nothing_known,other"), None),
    ]
}

fn check_ready(ready: &Event, user: &User) {
    assert_eq!(ready.t(), "ready");
    assert_eq!(ready["user_id"], *user.id);
    assert_eq!(ready["heartbeat_interval_ms"], 30_000);
    assert_eq!(ready["features"], json!([]));
    assert!(ready.d().get("resume").is_none());
    let (now, expiry) = (&ready["server_time_unix"], &ready["token_expires_at_unix"]);
    let life = expiry.as_u64().expect("a time") - now.as_u64().expect("a time");
    assert!((890..=900).contains(&life), "{life} s of token life left");
}

/// Proves GW-1, GW-2, GW-3, GW-10 and GW-12.
#[test]
fn s075_a_connection_opens_by_query_header_or_subprotocol() {
    let pings = [("FILAMENT_GATEWAY_PING_SECS", "1"), ("FILAMENT_GATEWAY_IDLE_SECS", "3")];
    let server = Server::with_env(&pings);
    let user = server.user("member");
    let mut sessions = BTreeSet::new();
    for (dial, subprotocol) in accepted_dials(&user) {
        let opened = dial.clone().open();
        let mut gateway = opened.unwrap_or_else(|answer| panic!("{dial:?} refused: {answer:?}"));
        let answered = gateway.headers.iter().find(|(name, _)| name == "sec-websocket-protocol");
        assert_eq!(answered.map(|(_, value)| value.as_str()), subprotocol, "{dial:?}");
        let ready = gateway.next();
        check_ready(&ready, &user);
        assert!(gateway.pings().is_empty(), "GW-10: a ping before ready");
        assert!(sessions.insert(ready["session_id"].to_string()), "GW-12: an id of its own");
        assert_eq!(types(&gateway.heartbeat()), Vec::<&str>::new(), "GW-10: exactly one ready");
    }
}

/// Proves GW-2 and GW-4 (401), and §7's rule on a malformed feature list.
#[test]
fn s075_a_bad_token_or_feature_list_is_refused_before_the_upgrade() {
    let server = Server::start();
    let user = server.user("member");
    let token = user.access_token.as_str();
    let bare = || user.dial_without_token();
    let mut forged = token.to_owned();
    // The first character of the sealed part; the last ones may hold bits that no decoder looks at.
    let position = "v4.local.".len();
    let other = if forged[position..].starts_with('A') { "B" } else { "A" };
    forged.replace_range(position..=position, other);
    for dial in [
        bare(),
        bare().query("access_token", ""),
        bare().query("access_token", &forged),
        bare().query("access_token", "v4.local.nonsense"),
        bare().query("access_token", &user.refresh_token),
        bare().header("authorization", &format!("Basic {token}")),
        bare().header("authorization", "Bearer stale").query("access_token", token),
        bare().header("sec-websocket-protocol", "filament.v1, bearer.stale").query("access_token", token),
    ] {
        let Err(answer) = dial.clone().open() else { panic!("{dial:?} was let in") };
        answer.refused(401, "invalid_credentials");
    }
    for features in ["Batch", "a,,b", "a%20b", &["x"; 17].join(","), &"x".repeat(33)] {
        let Err(answer) = user.dial().query("features", features).open() else {
            panic!("features={features} was let in")
        };
        answer.refused(400, "invalid_request");
    }
    user.connect().is_usable();
}

/// Proves GW-10 and CMD-1 for a client that does not wait: frames sent along with the request are read after `ready`.
#[test]
fn frames_sent_along_with_the_request_are_answered_after_ready() {
    let server = Server::start();
    let user = server.user("member");
    let room = user.own_room();
    let d = json!({"guild_id": room.guild, "channel_id": room.id});
    let mut early = text(json!({"v": 1, "t": "subscribe", "d": d}).to_string()).encode();
    early.extend(text(heartbeat()).encode());
    // The last frame is cut in the middle: its rest comes after the upgrade.
    let last = text(heartbeat()).encode();
    early.extend_from_slice(&last[..5]);
    let mut gateway = user.dial().followed_by(&early).open().expect("an upgrade");
    let mut frames = gateway.through(|event| event.t() == "heartbeat_ack");
    frames.retain(|event| !AMBIENT.contains(&event.t()));
    let expected = ["ready", "presence_sync", "subscribed", "voice_participant_sync", "heartbeat_ack"];
    assert_eq!(types(&frames), expected);
    gateway.try_send_bytes(&last[5..]).expect("an open socket");
    gateway.expect("heartbeat_ack");
}

/// Proves HTTP-2 for requests at the gateway's path that are no proper handshake; none of them is upgraded.
#[test]
fn what_is_no_handshake_is_refused_as_json() {
    let server = Server::start();
    let user = server.user("member");
    let bearer = format!("authorization: Bearer {}\r\n", user.access_token);
    let handshake = [
        "connection: Upgrade\r\n",
        "upgrade: websocket\r\n",
        "sec-websocket-version: 13\r\n",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ];
    let ask = |lines: &[&str]| {
        let head = format!("GET /gateway/ws HTTP/1.1\r\nhost: x\r\n{bearer}{}\r\n", lines.concat());
        server.http().raw(head.as_bytes()).expect("an answer")
    };
    for missing in 0..handshake.len() {
        let mut lines = handshake.to_vec();
        lines.remove(missing);
        let answer = ask(&lines);
        assert!((400..500).contains(&answer.status), "without {}: {answer:?}", handshake[missing]);
    }
    for (index, wrong) in [
        (1, "upgrade: h2c\r\n"),
        (2, "sec-websocket-version: 8\r\n"),
        (3, "sec-websocket-key: short\r\n"),
        (3, "sec-websocket-key: !!!!IHNhbXBsZSBub25jZQ==\r\n"),
    ] {
        let mut lines = handshake.to_vec();
        lines[index] = wrong;
        let answer = ask(&lines);
        assert!((400..500).contains(&answer.status), "{wrong}: {answer:?}");
    }
    user.post_empty("/gateway/ws").refused(405, "method_not_allowed");
    user.connect().is_usable();
}

/// Proves GW-4's cap of 32 connections per user, and that a closed connection frees its place.
#[test]
fn the_33rd_connection_of_a_user_is_refused() {
    let server = Server::start();
    let [user, other] = ["member", "other"].map(|name| server.user(name));
    let mut gateways: Vec<Gateway> = (0..32).map(|_| user.connect()).collect();
    let Err(answer) = user.dial().open() else { panic!("a 33rd connection") };
    let answer = answer.refused(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), Some("5"));
    other.connect().is_usable();
    gateways.pop().expect("a connection").close(1000);
    let mut late = user.connect();
    late.is_usable();
}

/// Proves GW-5 and CFG-4 for tokens: the log at its most talkative and the metrics hold none of them.
#[test]
fn tokens_and_query_strings_stay_out_of_log_and_metrics() {
    let server = Server::with_env(&[("RUST_LOG", "debug")]);
    let user = server.user("member");
    let room = user.own_room();
    let mut gateway = user.dial().query("cursor", "SecretCursor").open().expect("an upgrade");
    assert_eq!(gateway.next().t(), "ready");
    gateway.subscribe(&room);
    user.say(&room, "a very private sentence");
    gateway.send_text("nonsense that closes");
    gateway.closed_with(4500, "invalid_envelope");
    let stale = user.dial_without_token().query("access_token", "v4.local.SecretStaleToken");
    assert!(stale.open().is_err(), "a stale token was accepted");
    user.http.post("/auth/logout", &json!({"refresh_token": user.refresh_token})).is(204);

    let log = std::fs::read_to_string(server.log_path()).expect("the log");
    let metrics = server.http().get("/metrics").ok().text();
    let secrets = [
        user.access_token.as_str(),
        user.refresh_token.as_str(),
        PASSWORD,
        "SecretCursor",
        "SecretStaleToken",
        "access_token=",
    ];
    for (what, text) in [("log", &log), ("metrics", &metrics)] {
        for secret in secrets {
            assert!(!text.contains(secret), "`{secret}` stands in the {what}");
        }
    }
    assert!(is_ulid(&user.id));
    assert!(!metrics.contains(&user.id) && !metrics.contains(&room.guild), "§15: no id in a label");
}
