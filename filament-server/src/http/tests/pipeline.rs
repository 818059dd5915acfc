//! The pipeline, with routes made for the purpose.

use std::collections::HashSet;

use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Client, get, post, start};
use crate::http::answer::{self, Answer};
use crate::http::call::Call;
use crate::http::error::ApiError;
use crate::http::route::Route;
use crate::http::routes::routes;
use crate::http::system;
use crate::metrics::Snapshot;
use crate::server::Ended;

/// What hyper answers by itself; as a body it must pass untouched.
const CANNED: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

/// Says that a request has come to the route `/held`; one test uses it.
static HELD: Notify = Notify::const_new();

/// Lets it go on.
static RELEASE: Notify = Notify::const_new();

static ROUTES: &[Route] = routes! {
    GET  "/health"        Open    Ignored, system::health;
    GET  "/readyz"        Open    Ignored, system::ready, root;
    GET  "/metrics"       Metrics Ignored, system::metrics, root;
    POST "/json"          Open    Json,    length;
    POST "/bodiless/{id}" Open    Refused, id;
    GET  "/canned"        Open    Ignored, canned;
    GET  "/panic"         Open    Ignored, panicking;
    GET  "/held"          Open    Ignored, held;
    GET  "/endless"       Open    Ignored, endless;
    GET  "/mine"          Session Ignored, accept;
    POST "/mine"          Session Json,    accept;
};

async fn length(call: Call) -> Result<Answer, ApiError> {
    Ok(answer::text("text/plain", call.body.len().to_string()))
}

async fn id(call: Call) -> Result<Answer, ApiError> {
    Ok(answer::text("text/plain", call.path_text("id")?.into_owned()))
}

async fn canned(_call: Call) -> Result<Answer, ApiError> {
    Ok(answer::text("text/plain", CANNED.repeat(3)))
}

async fn panicking(_call: Call) -> Result<Answer, ApiError> {
    panic!("as asked")
}

async fn held(_call: Call) -> Result<Answer, ApiError> {
    let release = RELEASE.notified();
    HELD.notify_one();
    release.await;
    Ok(answer::accepted())
}

async fn endless(_call: Call) -> Result<Answer, ApiError> {
    std::future::pending().await
}

async fn accept(_call: Call) -> Result<Answer, ApiError> {
    Ok(answer::accepted())
}

/// Proves HTTP-2 and HTTP-11 for what hyper refuses before any handler runs.
#[tokio::test]
async fn heads_that_cannot_be_read_are_refused_as_json() {
    let running = start(ROUTES, |_| {}).await;
    let many_headers: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    let table = [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\nbad header\r\n\r\n".to_owned(), 400),
        ("POST /json HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(), 400),
        ("POST /json HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n".to_owned(), 400),
        (format!("GET /health HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(16_384)), 431),
        (format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "y".repeat(16_384)), 431),
        (format!("GET /health HTTP/1.1\r\n{many_headers}\r\n"), 431),
        (format!("GET /health HTTP/1.1\r\nx: {}", "y".repeat(100_000)), 431),
    ];
    for (request, status) in table {
        let mut client = Client::connect(&running).await;
        client.call(&request).await.assert_refusal(status, "invalid_request");
        assert!(client.is_closed().await);
    }
}

/// Proves the bound of a head in HTTP-11.
#[tokio::test]
async fn a_head_of_exactly_16_kib_is_read() {
    let running = start(ROUTES, |_| {}).await;
    let frame = "GET /health HTTP/1.1\r\nx: \r\n\r\n".len();
    for (bytes, status) in [(16_384, 200), (16_385, 431)] {
        let head = format!("GET /health HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(bytes - frame));
        assert_eq!(Client::connect(&running).await.call(&head).await.status, status);
    }
}

#[tokio::test]
async fn garbage_behind_a_good_request_is_refused_after_its_answer() {
    let running = start(ROUTES, |_| {}).await;
    let mut client = Client::connect(&running).await;
    client.send(format!("{}{}nonsense\r\n\r\n", get("/health"), get("/canned"))).await;
    assert_eq!(client.receive().await.unwrap().body, r#"{"status":"ok"}"#);
    assert_eq!(client.receive().await.unwrap().body, CANNED.repeat(3));
    client.receive().await.unwrap().assert_refusal(400, "invalid_request");
    assert!(client.is_closed().await);
}

/// Proves HTTP-1, HTTP-6 and the first steps of HTTP-8.
#[tokio::test]
async fn every_refusal_of_the_pipeline_is_json_and_keeps_the_connection() {
    let running = start(ROUTES, |_| {}).await;
    let json = "application/json";
    let table = [
        (get("/none"), 404, "not_found"),
        (get("/"), 404, "not_found"),
        (get("/api/readyz"), 404, "not_found"),
        (post("/none", json, "{}"), 404, "not_found"),
        (post("/health", json, "{}"), 405, "method_not_allowed"),
        (post("/json", "text/plain", "{}"), 415, "unsupported_media_type"),
        (post("/bodiless/1", json, "{}"), 400, "invalid_request"),
        (post("/bodiless/%ff", json, ""), 400, "invalid_request"),
        (get("/mine"), 401, "invalid_credentials"),
        (post("/mine", "text/plain", "{}"), 401, "invalid_credentials"),
        (get("/panic"), 500, "internal_error"),
    ];
    for prefix in ["", "/api"] {
        let mut client = Client::connect(&running).await;
        for (request, status, code) in &table {
            let request = request.replacen(" /", &format!(" {prefix}/"), 1);
            client.call(&request).await.assert_refusal(*status, code);
        }
        assert_eq!(
            client.call(post(&format!("{prefix}/json"), "application/json; charset=utf-8", "{}")).await.body,
            "2"
        );
        assert_eq!(client.call(post(&format!("{prefix}/bodiless/%F0%9F%91%8D"), "text/plain", "")).await.body, "👍");
    }
    let refused = Client::connect(&running).await.call(post("/health", json, "")).await;
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
}

/// Proves the 413 of HTTP-11: a client that writes its whole body before it reads still gets the answer.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_refusal_arrives() {
    let running = start(ROUTES, |_| {}).await;
    for _ in 0..20 {
        let mut client = Client::connect(&running).await;
        client
            .call(post("/json", "application/json", &"x".repeat(70_000)))
            .await
            .assert_refusal(413, "payload_too_large");
        assert!(client.is_closed().await);

        let mut client = Client::connect(&running).await;
        client.send("POST /json HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for _ in 0..7 {
            client.send(format!("2710\r\n{}\r\n", "x".repeat(10_000))).await;
        }
        client.receive().await.unwrap().assert_refusal(413, "payload_too_large");
    }
    let mut client = Client::connect(&running).await;
    assert_eq!(client.call(post("/json", "application/json", &"x".repeat(65_536))).await.body, "65536");
    // Too large is said before the token is asked for, and before the limiter counts.
    client.call(post("/mine", "text/plain", &"x".repeat(65_537))).await.assert_refusal(413, "payload_too_large");
}

/// Proves the 408 of HTTP-11.
#[tokio::test]
async fn a_body_that_does_not_come_is_refused_after_ten_seconds() {
    let running = start(ROUTES, |_| {}).await;
    let mut client = Client::connect(&running).await;
    client.send("POST /json HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{").await;
    let began = Instant::now();
    client.receive().await.unwrap().assert_refusal(408, "request_timeout");
    assert!((9..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(client.is_closed().await);
}

/// Proves the 503 of HTTP-11.
#[tokio::test]
async fn a_handler_that_does_not_answer_is_cut_off_after_six_seconds() {
    let running = start(ROUTES, |_| {}).await;
    let mut client = Client::connect(&running).await;
    let began = Instant::now();
    client.call(get("/endless")).await.assert_refusal(503, "overloaded");
    assert!((5..7).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(client.call(get("/health")).await.status, 200);
}

/// Proves HTTP-12: the id is the server's own.
#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let running = start(ROUTES, |_| {}).await;
    let mut client = Client::connect(&running).await;
    let mut seen = HashSet::new();
    for _ in 0..10 {
        let answer = client.call("GET /health HTTP/1.1\r\nhost: a\r\nx-request-id: mine\r\n\r\n").await;
        assert!(seen.insert(answer.header("x-request-id").unwrap().to_owned()));
    }
    assert!(!seen.contains("mine"));
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let running = start(ROUTES, |_| {}).await;
    let mut client = Client::connect(&running).await;
    for (path, status) in [("/health", 200), ("/none", 404), ("/mine", 401), ("/json", 405)] {
        let answer = client.call(format!("HEAD {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("content-length"), None);
    }
    assert_eq!(client.call(get("/health")).await.status, 200);
}

/// Proves HTTP-17 for requests without a token.
#[tokio::test]
async fn s096_a_burst_beyond_the_bucket_is_told_to_wait() {
    let running = start(ROUTES, |_| {}).await;
    let mut client = Client::connect(&running).await;
    let mut passed = 0;
    let mut refused = None;
    for _ in 0..700 {
        let answer = client.call(get("/health")).await;
        if answer.status == 200 {
            passed += 1;
        } else {
            refused = Some(answer);
        }
    }
    assert!((600..=650).contains(&passed), "{passed}");
    refused.unwrap().assert_refusal(429, "rate_limited");
    // The route is looked for first, the size second, the limiter third.
    client.call(get("/none")).await.assert_refusal(404, "not_found");
    let hits = running.app().metrics.render(&Snapshot::default());
    assert!(hits.contains(r#"filament_rate_limit_hits_total{surface="http",reason="global"}"#), "{hits}");
}

/// Proves HTTP-19.
#[tokio::test]
async fn listed_origins_get_a_preflight_and_may_read_answers() {
    let running = start(ROUTES, |config| config.allowed_origins = "https://chat.example".parse().unwrap()).await;
    let mut client = Client::connect(&running).await;
    let ask = |method: &str, origin: &str| {
        format!("{method} /json HTTP/1.1\r\nhost: a\r\norigin: {origin}\r\naccess-control-request-method: POST\r\n\r\n")
    };
    let answer = client.call(ask("OPTIONS", "https://chat.example")).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://chat.example"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, PATCH, DELETE"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization, content-type, idempotency-key"));
    let answer = client.call(ask("OPTIONS", "https://other.example")).await;
    answer.assert_refusal(405, "method_not_allowed");
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let answer = client.call(ask("POST", "https://chat.example")).await;
    answer.assert_refusal(415, "unsupported_media_type");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://chat.example"));
}

/// Proves the access of `/metrics` in §9.3.
#[tokio::test]
async fn metrics_are_open_unless_a_token_is_set() {
    let running = start(ROUTES, |_| {}).await;
    let answer = Client::connect(&running).await.call(get("/metrics")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));

    let running = start(ROUTES, |config| config.metrics_token = Some("letmein".parse().unwrap())).await;
    let mut client = Client::connect(&running).await;
    client.call(get("/metrics")).await.assert_refusal(401, "invalid_credentials");
    let with = |token: &str| format!("GET /metrics HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
    client.call(with("letmeim")).await.assert_refusal(401, "invalid_credentials");
    assert_eq!(client.call(with("letmein")).await.status, 200);
}

/// Proves GW-50 for requests: running ones are answered, new ones refused, idle connections closed.
#[tokio::test]
async fn draining_finishes_what_runs_and_refuses_the_rest() {
    let running = start(ROUTES, |_| {}).await;
    let mut idle = Client::connect(&running).await;
    assert_eq!(idle.call(get("/readyz")).await.body, json!({"status": "ready"}).to_string());
    let mut silent = Client::connect(&running).await;
    let mut busy = Client::connect(&running).await;
    busy.send(get("/held")).await;
    HELD.notified().await;

    running.shutdown();
    assert!(idle.is_closed().await);
    assert!(silent.is_closed().await);
    let mut late = Client::connect(&running).await;
    late.call(get("/readyz")).await.assert_refusal(503, "overloaded");
    let mut late = Client::connect(&running).await;
    late.call(post("/json", "application/json", "{}")).await.assert_refusal(503, "overloaded");
    RELEASE.notify_waiters();
    assert_eq!(busy.receive().await.unwrap().body, r#"{"accepted":true}"#);
    let address = running.address();
    assert_eq!(running.running.join().await, Ended::Drained);
    assert!(TcpStream::connect(address).await.is_err());
}
