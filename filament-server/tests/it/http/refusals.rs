//! Requests that are refused whoever asks (HTTP-2, HTTP-7): scenario 93.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Answer, Cast, NOWHERE, Room, Server, User, hidden_from_members};

/// HTTP-11.
const BODY_BYTES_MAX: usize = 65_536;

/// A request, and the refusal it must get.
struct Row {
    method: &'static str,
    path: String,
    content_type: Option<&'static str>,
    body: String,
    status: u16,
    code: &'static str,
}

impl Row {
    fn ask(&self, user: &User, prefix: &str) -> Answer {
        let bearer = format!("Bearer {}", user.access_token);
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(self.content_type.map(|kind| ("content-type", kind)));
        let body = Some(self.body.as_bytes()).filter(|body| !body.is_empty());
        user.http.request(self.method, &format!("{prefix}{}", self.path), &headers, body)
    }
}

/// A request without a body.
fn bare(method: &'static str, path: &str, status: u16, code: &'static str) -> Row {
    Row { method, path: path.to_owned(), content_type: None, body: String::new(), status, code }
}

/// A request with a body of JSON.
fn with_body(method: &'static str, path: &str, body: &impl ToString, status: u16, code: &'static str) -> Row {
    Row { content_type: Some("application/json"), body: body.to_string(), ..bare(method, path, status, code) }
}

fn scenario(guild: &str, room: &Room, member_role: &str) -> Vec<Row> {
    let (channels, messages) = (format!("/guilds/{guild}/channels"), room.messages());
    let lower_case = guild.to_lowercase();
    let unknown_permission = json!({"name": "c", "overrides": [
        {"target_kind": "role", "target_id": member_role, "allow": ["fly"], "deny": []}
    ]});
    let (name, content) = (json!({"name": "n"}), json!({"content": "c"}));
    let no_type = |path: &str, body: &Value| Row {
        content_type: None,
        ..with_body("POST", path, body, 415, "unsupported_media_type")
    };
    let other_type = |kind: &'static str| Row {
        content_type: Some(kind),
        ..with_body("POST", "/guilds", &name, 415, "unsupported_media_type")
    };
    let too_long = json!({"content": "c".repeat(70_000)});
    vec![
        bare("GET", "/none", 404, "not_found"),
        bare("GET", "/", 404, "not_found"),
        bare("GET", "/guild", 404, "not_found"),
        bare("GET", "/auth", 404, "not_found"),
        bare("GET", "/GUILDS", 404, "not_found"),
        bare("GET", &format!("{messages}/x/y/z"), 404, "not_found"),
        bare("DELETE", "/none", 404, "not_found"),
        no_type("/guilds", &name),
        no_type(&messages, &content),
        other_type("text/plain"),
        other_type("text/json"),
        other_type("application/jsonx"),
        other_type("application/x-www-form-urlencoded"),
        other_type("multipart/form-data; boundary=application/json"),
        with_body("POST", "/guilds", &r#"{"name":"n""#, 400, "invalid_request"),
        with_body("POST", &messages, &r#"{"content":}"#, 400, "invalid_request"),
        with_body("POST", "/guilds", &json!({"name": "n", "colour": 1}), 422, "invalid_request"),
        with_body("POST", &messages, &json!({"content": "c", "nonce": "1"}), 422, "invalid_request"),
        with_body("POST", &channels, &unknown_permission, 422, "invalid_request"),
        with_body("POST", "/guilds", &json!({"name": "n", "visibility": "secret"}), 422, "invalid_request"),
        bare("GET", &format!("/guilds/{lower_case}"), 400, "invalid_request"),
        bare("GET", "/guilds/1", 400, "invalid_request"),
        bare("GET", &format!("/guilds/8{}", &NOWHERE[1..]), 400, "invalid_request"),
        bare("GET", &format!("/guilds/{}U", &NOWHERE[1..]), 400, "invalid_request"),
        bare("GET", &format!("/guilds/{NOWHERE}0"), 400, "invalid_request"),
        bare("GET", &format!("/guilds/{guild}/channels/x/messages"), 400, "invalid_request"),
        bare("DELETE", &format!("{messages}/x"), 400, "invalid_request"),
        with_body("POST", &messages, &too_long, 413, "payload_too_large"),
        with_body("PATCH", &format!("/guilds/{guild}"), &" ".repeat(70_000), 413, "payload_too_large"),
    ]
}

/// Proves HTTP-1, HTTP-2, HTTP-6, HTTP-7 and HTTP-11 (size) by the scenario's list and its neighbours.
#[test]
fn s093_refusals_are_json_with_their_code_here_and_under_api() {
    let server = Server::start();
    let user = server.user("member");
    let room = user.own_room();
    let role = user.member_role(&room.guild);
    for row in scenario(&room.guild, &room, &role) {
        let mut bodies = BTreeSet::new();
        for prefix in ["", "/api"] {
            let answer = row.ask(&user, prefix).refused(row.status, row.code);
            assert!(bodies.is_empty() || bodies.contains(&answer.body), "{}: the mirror says otherwise", answer.asked);
            bodies.insert(answer.body);
        }
    }
    let guilds = user.get("/guilds").ok().json();
    assert_eq!(guilds["guilds"].as_array().map(Vec::len), Some(1), "nothing was created: {guilds}");
    assert!(user.history(&room, 20).is_empty());
    assert_eq!(user.channel_ids(&room.guild), [room.id]);
}

/// Proves HTTP-1's exceptions: what exists at the root only is a JSON 404 under `/api`.
#[test]
fn probes_and_metrics_exist_at_the_root_only() {
    let server = Server::start();
    let http = server.http();
    for (path, body) in [
        ("/health", json!({"status": "ok"})),
        ("/api/health", json!({"status": "ok"})),
        ("/healthz", json!({"status": "ok"})),
        ("/readyz", json!({"status": "ready"})),
    ] {
        let answer = http.get(path).ok();
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json(), body, "{path}");
    }
    for path in ["/api/healthz", "/api/readyz", "/api/metrics", "/api", "/api/", "/api/api/health"] {
        http.get(path).refused(404, "not_found");
    }
}

/// Proves HTTP-8's 405: a known path with another method names the methods it has, under `/api` too and without a token.
#[test]
fn s093_a_wrong_method_is_405_with_the_methods_there_are() {
    let server = Server::start();
    let http = server.http();
    let guild = format!("/guilds/{NOWHERE}");
    for (method, path, methods) in [
        ("DELETE", "/guilds".to_owned(), vec!["GET", "POST"]),
        ("PUT", guild.clone(), vec!["GET", "PATCH"]),
        ("GET", format!("{guild}/join"), vec!["POST"]),
        ("PATCH", format!("{guild}/channels"), vec!["GET", "POST"]),
        ("GET", format!("{guild}/channels/{NOWHERE}/messages/{NOWHERE}/reactions/x"), vec!["DELETE", "POST"]),
        ("GET", "/auth/login".to_owned(), vec!["POST"]),
        ("POST", "/auth/me".to_owned(), vec!["GET"]),
        ("POST", "/gateway/ws".to_owned(), vec!["GET"]),
        ("POST", "/health".to_owned(), vec!["GET"]),
    ] {
        for prefix in ["", "/api"] {
            let answer = http.request(method, &format!("{prefix}{path}"), &[], None);
            let answer = answer.refused(405, "method_not_allowed");
            let allow = answer.header("allow").unwrap_or_else(|| panic!("no Allow: {answer:?}"));
            let allowed: BTreeSet<&str> = allow.split(',').map(str::trim).collect();
            assert!(methods.iter().all(|method| allowed.contains(method)), "{} allows {allow}", answer.asked);
            assert!(!allowed.contains(method), "{} allows {allow}", answer.asked);
        }
    }
    http.request("POST", "/metrics", &[], None).refused(405, "method_not_allowed");
}

/// Proves HTTP-11: 65,536 bytes are a body, one more is 413, with a length and in chunks.
#[test]
fn s093_a_json_body_ends_at_65536_bytes() {
    let server = Server::start();
    let user = server.user("member");
    let padded = |bytes: usize| {
        let body = json!({"name": "padded"}).to_string();
        " ".repeat(bytes - body.len()) + &body
    };
    let row = |body: String| with_body("POST", "/guilds", &body, 413, "payload_too_large");
    row(padded(BODY_BYTES_MAX)).ask(&user, "").ok();
    row(padded(BODY_BYTES_MAX + 1)).ask(&user, "").refused(413, "payload_too_large");

    let chunked = |bytes: usize| {
        let head = format!(
            "POST /guilds HTTP/1.1\r\nhost: filament.test\r\nauthorization: Bearer {}\r\ncontent-type: \
             application/json\r\ntransfer-encoding: chunked\r\n\r\n",
            user.access_token
        );
        let body = padded(bytes);
        let (front, back) = body.split_at(40_000);
        format!("{head}{:x}\r\n{front}\r\n{:x}\r\n{back}\r\n0\r\n\r\n", front.len(), back.len())
    };
    let raw = |bytes: usize| user.http.raw(chunked(bytes).as_bytes()).expect("an answer");
    raw(BODY_BYTES_MAX).ok();
    raw(BODY_BYTES_MAX + 1).refused(413, "payload_too_large");
    assert_eq!(user.get("/guilds").ok().json()["guilds"].as_array().map(Vec::len), Some(2));
}

/// Proves HTTP-7 for query values and the encoded parts of a path, and HTTP-10's "ignored elsewhere".
#[test]
fn query_values_out_of_form_are_400_and_unknown_members_are_ignored() {
    let server = Server::start();
    let user = server.user("member");
    let room = user.own_room();
    let message = user.say(&room, "one");
    let messages = room.messages();
    for query in
        ["limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=%2B5", "limit=x", "limit=99999999999999999999"]
    {
        user.get(&format!("{messages}?{query}")).refused(400, "invalid_request");
    }
    let id = message["message_id"].as_str().expect("an id");
    for before in ["x", &id.to_lowercase(), &id[1..], &format!("8{}", &id[1..])] {
        user.get(&format!("{messages}?before={before}")).refused(400, "invalid_request");
    }
    for query in ["q=%ZZ", "q=%FF", "q=%4", "limit=51"] {
        user.get(&format!("/guilds/public?{query}")).refused(400, "invalid_request");
    }
    for emoji in ["%ZZ", "%FF", "%E2%82", "%20", "a%20b", "%00", "%EF%BB%BF"] {
        let path = format!("{}/reactions/{emoji}", room.message(&message["message_id"]));
        user.post_empty(&path).refused(400, "invalid_request");
    }
    for path in [format!("{messages}?limit=100&v=2"), "/guilds?x".to_owned(), "/auth/me?access_token=x".to_owned()] {
        user.get(&path).ok();
    }
}

/// Proves HTTP-9: unknown guild and foreign guild are the same bytes on every guild route; for a member, unknown channel
/// and hidden channel differ.
#[test]
fn a_foreign_guild_and_an_unknown_guild_are_one_answer() {
    let cast = Cast::assemble();
    let secret = cast.owner.create_guild("secret", "private");
    let room = cast.owner.create_text(&secret, "c");
    let message = cast.owner.say(&room, "m");
    let ids = [room.id.as_str(), message["message_id"].as_str().expect("an id")];
    let name = Some(json!({"name": "n"}));
    let content = Some(json!({"content": "c"}));
    let routes: [(&str, &str, Option<Value>); 15] = [
        ("GET", "", None),
        ("PATCH", "", name.clone()),
        ("POST", "/leave", None),
        ("GET", "/channels", None),
        ("POST", "/channels", name.clone()),
        ("POST", "/channels/reorder", Some(json!({"channel_ids": [room.id]}))),
        ("GET", "/permissions/self", None),
        ("PATCH", "/channels/C", name),
        ("DELETE", "/channels/C", None),
        ("GET", "/channels/C/permissions/self", None),
        ("GET", "/channels/C/messages", None),
        ("POST", "/channels/C/messages", content.clone()),
        ("PATCH", "/channels/C/messages/M", content),
        ("DELETE", "/channels/C/messages/M", None),
        ("POST", "/channels/C/messages/M/reactions/x", None),
    ];
    for (method, rest, body) in &routes {
        let rest = rest.replace("/C", &format!("/{}", ids[0])).replace("/M", &format!("/{}", ids[1]));
        let ask = |guild: &str| {
            let answer = cast.stranger.request(method, &format!("/guilds/{guild}{rest}"), &[], body.as_ref());
            answer.refused(403, "forbidden").body
        };
        assert_eq!(ask(&secret), ask(NOWHERE), "{method} {rest}");
    }
    assert_eq!(cast.owner.history(&room, 20), [message]);

    let hidden = cast.owner.create_channel(&cast.guild, &hidden_from_members("H2", &cast.member_role, &[]));
    let nowhere = Room { guild: cast.guild.clone(), id: NOWHERE.to_owned() };
    cast.p.get(&hidden.messages()).refused(403, "forbidden");
    cast.p.get(&nowhere.messages()).refused(404, "not_found");
    // The same channel under another guild is not a channel of that guild.
    let crossed = Room { guild: cast.guild.clone(), id: room.id.clone() };
    cast.owner.get(&crossed.messages()).refused(404, "not_found");
}

/// Proves HTTP-12's id: every answer has one of its own, refusals included.
#[test]
fn every_answer_has_a_request_id_of_its_own() {
    let server = Server::start();
    let http = server.http();
    let ids: BTreeSet<String> = ["/health", "/none", "/guilds", "/metrics", "/health", "/none"]
        .iter()
        .map(|path| http.get(path).header("x-request-id").expect("an id").to_owned())
        .collect();
    assert_eq!(ids.len(), 6);
}
