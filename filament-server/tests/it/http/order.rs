//! The order of checks (HTTP-8): a request that breaks two rules is refused for the one that comes first.

use serde_json::json;

use crate::harness::{Answer, Cast, Http, NOWHERE, Room, Server, User};

const JSON: (&str, &str) = ("content-type", "application/json");
const TEXT: (&str, &str) = ("content-type", "text/plain");

fn huge() -> Vec<u8> {
    vec![b'x'; 70_000]
}

fn anonymous(http: &Http, method: &str, path: &str, kind: (&str, &str), body: &[u8]) -> Answer {
    http.request(method, path, &[kind], Some(body))
}

fn signed(user: &User, path: &str, kind: (&str, &str), body: &str) -> Answer {
    let bearer = format!("Bearer {}", user.access_token);
    user.http.request("POST", path, &[("authorization", &bearer), kind], Some(body.as_bytes()))
}

/// Proves HTTP-8 from the route to the shape: 404 and 405, 413, 401, 415, 400, 422.
#[test]
fn what_a_request_is_comes_before_who_sends_it_and_that_before_its_body() {
    let server = Server::start();
    let user = server.user("member");
    let http = server.http();
    anonymous(&http, "POST", "/none", TEXT, &huge()).refused(404, "not_found");
    anonymous(&http, "PUT", "/guilds", TEXT, &huge()).refused(405, "method_not_allowed");
    anonymous(&http, "POST", "/guilds", TEXT, &huge()).refused(413, "payload_too_large");
    anonymous(&http, "POST", "/guilds", TEXT, b"{").refused(401, "invalid_credentials");
    anonymous(&http, "POST", "/guilds/x/channels", JSON, b"{}").refused(401, "invalid_credentials");
    signed(&user, "/guilds", TEXT, "{").refused(415, "unsupported_media_type");
    signed(&user, "/guilds/x/channels", TEXT, "{}").refused(415, "unsupported_media_type");
    signed(&user, "/guilds/x/channels", JSON, "{").refused(400, "invalid_request");
    signed(&user, "/guilds", JSON, r#"{"name":"a","name":"#).refused(400, "invalid_request");
    signed(&user, "/guilds/x/channels", JSON, r#"{"title":"a"}"#).refused(422, "invalid_request");
    signed(&user, "/guilds", JSON, r#"{"name":"","title":"a"}"#).refused(422, "invalid_request");
    let stranger = format!("/guilds/{NOWHERE}/channels");
    signed(&user, &stranger, JSON, r#"{"title":"a"}"#).refused(422, "invalid_request");
    signed(&user, &stranger, JSON, r#"{"name":""}"#).refused(400, "invalid_request");
    signed(&user, &stranger, JSON, r#"{"name":"a"}"#).refused(403, "forbidden");
}

/// Proves HTTP-8 from the values to the permission, and HTTP-13: 400, 403 (membership), 404, 403 (permission), and an
/// unknown message only after the permission.
#[test]
fn values_come_before_membership_and_that_before_existence_and_permission() {
    let cast = Cast::assemble();
    let unknown = Room { guild: cast.guild.clone(), id: NOWHERE.to_owned() };
    let (x, p) = (&cast.stranger, &cast.p);
    let nothing = json!({"name": ""});
    x.get(&format!("{}?limit=0", cast.text.messages())).refused(400, "invalid_request");
    x.patch(&cast.text.path(), &nothing).refused(400, "invalid_request");
    x.post(&cast.text.messages(), &json!({"content": ""})).refused(400, "invalid_request");
    x.get(&unknown.messages()).refused(403, "forbidden");
    x.delete(&unknown.path()).refused(403, "forbidden");
    p.delete(&unknown.path()).refused(404, "not_found");
    p.delete(&cast.text.path()).refused(403, "forbidden");
    p.patch(&unknown.path(), &json!({"name": "n"})).refused(404, "not_found");
    p.patch(&cast.text.path(), &json!({"name": "n"})).refused(403, "forbidden");
    let nobody = json!(NOWHERE);
    p.delete(&cast.hidden.message(&nobody)).refused(403, "forbidden");
    p.post_empty(&cast.hidden.reaction(&nobody, "x")).refused(403, "forbidden");
    p.delete(&cast.text.message(&nobody)).refused(404, "not_found");
    p.post_empty(&cast.text.reaction(&nobody, "x")).refused(404, "not_found");
    p.post_empty(&cast.hidden.reaction(&nobody, "a b")).refused(400, "invalid_request");
}

/// Proves HTTP-8 for the limiter: 429 comes after 413 and before 401, 415 and 400.
#[test]
fn the_limiter_stands_between_size_and_token() {
    let server = Server::with_env(&[("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1")]);
    let http = server.http();
    http.get("/guilds").refused(401, "invalid_credentials");
    http.get("/guilds").refused(429, "rate_limited");
    anonymous(&http, "POST", "/guilds", TEXT, b"{").refused(429, "rate_limited");
    anonymous(&http, "POST", "/auth/login", JSON, b"{").refused(429, "rate_limited");
    anonymous(&http, "POST", "/guilds", JSON, &huge()).refused(413, "payload_too_large");
    http.get("/none").refused(404, "not_found");
    http.request("PUT", "/guilds", &[], None).refused(405, "method_not_allowed");
}
