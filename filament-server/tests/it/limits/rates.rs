//! Allowances and whom they are charged to (HTTP-17, HTTP-18): scenario 96.

use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Server, User};

const BURST: usize = 600;
const REFILL_PER_SEC: usize = 10;
/// Lets a test choose its address.
const LOCAL_PROXY: (&str, &str) = ("FILAMENT_TRUSTED_PROXY_CIDRS", "127.0.0.0/8");

/// How many of these answers were let through; the others must be proper refusals by the limiter.
fn passed(answers: &[Answer], status: u16) -> usize {
    for answer in answers {
        match answer.status {
            429 => assert_eq!(answer.error(), "rate_limited"),
            other => assert_eq!(other, status, "{answer:?}"),
        }
    }
    answers.iter().filter(|answer| answer.status == status).count()
}

/// Asks this often on several connections at once.
fn storm(user: &User, requests: usize) -> Vec<Answer> {
    const CONNECTIONS: usize = 10;
    thread::scope(|scope| {
        let calls: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let user = user.clone();
                scope.spawn(move || (0..requests / CONNECTIONS).map(|_| user.get("/auth/me")).collect::<Vec<_>>())
            })
            .collect();
        calls.into_iter().flat_map(|call| call.join().expect("a connection")).collect()
    })
}

/// What a bucket may let through: what it holds, and what flows in until all have asked.
fn allowed(held: usize, flowing: Duration) -> RangeInclusive<usize> {
    let refill = REFILL_PER_SEC * (usize::try_from(flowing.as_secs()).expect("seconds") + 1);
    held..=held + 1 + refill
}

/// Proves HTTP-17's global bucket of 600 with 10 per second, per user over all sessions, and its counter.
#[test]
fn s096_a_burst_of_700_is_cut_at_600_and_flows_again() {
    let server = Server::start();
    let user = server.user("busy");
    let (second, other) = (user.second_session(), server.user("calm"));
    let asked_before = 2;
    let begun = Instant::now();
    let answers = storm(&user, 700);
    let got = passed(&answers, 200);
    let expected = allowed(BURST - asked_before, begun.elapsed());
    assert!(expected.contains(&got), "{got} of 700 passed, not {expected:?}");
    assert!(answers.iter().any(|answer| answer.status == 429), "the machine is too slow for a burst");
    for answer in answers.iter().filter(|answer| answer.status == 429) {
        let wait: u64 = answer.header("retry-after").and_then(|value| value.parse().ok()).expect("Retry-After");
        assert!((1..=60).contains(&wait), "{answer:?}");
    }
    assert!(passed(&storm(&second, 100), 200) < 100, "the other session has the same bucket");
    let drained = Instant::now();
    other.get("/auth/me").ok();
    server.http().get("/auth/me").refused(401, "invalid_credentials");
    let limited = server.metric("filament_rate_limit_hits_total", &[("surface", "http"), ("reason", "global")]);
    assert!(limited >= f64::from(u32::try_from(700 - got).expect("a count")), "{limited} counted");

    thread::sleep(Duration::from_secs(10).saturating_sub(drained.elapsed()));
    let flowing = drained.elapsed();
    let begun = Instant::now();
    let got = passed(&storm(&user, 200), 200);
    let most = REFILL_PER_SEC * usize::try_from((flowing + begun.elapsed()).as_secs() + 2).expect("seconds");
    assert!((95..=most).contains(&got), "{got} passed after 10 s, at most {most} may");
}

/// Asks without a token as somebody behind these proxies.
fn ask_as(server: &Server, forwarded: &[&str]) -> u16 {
    let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
    server.http().request("GET", "/guilds", &headers, None).status
}

/// Proves HTTP-17's charge to addresses and HTTP-18: which requests share a bucket of one.
#[test]
fn requests_without_a_token_are_charged_to_the_address_before_the_trusted_proxies() {
    let server = Server::with_env(&[LOCAL_PROXY, ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1")]);
    let long = |last: &str| format!("{}{last}", "203.0.113.200, ".repeat(40));
    let (long_a, long_b) = (long("203.0.113.201"), long("203.0.113.202"));
    assert!(long_a.len() > 512);
    let same = [
        (vec!["203.0.113.1"], vec!["203.0.113.1"]),
        (vec!["198.51.100.7, 203.0.113.2"], vec!["203.0.113.2"]),
        (vec!["203.0.113.3, 127.0.0.9"], vec!["203.0.113.3"]),
        (vec!["203.0.113.4,127.0.0.9, 127.1.2.3"], vec!["198.51.100.1, 203.0.113.4"]),
        (vec!["::ffff:203.0.113.5"], vec!["203.0.113.5"]),
        (vec!["203.0.113.6, ::ffff:127.0.0.1"], vec!["203.0.113.6"]),
        (vec!["2001:db8:5::1"], vec!["2001:db8:5:0:ffff:ffff:ffff:ffff"]),
        (vec!["198.51.100.2", "203.0.113.7"], vec!["203.0.113.7"]),
        // Too long, therefore ignored: the peer's own bucket.
        (vec![long_a.as_str()], vec![long_b.as_str()]),
    ];
    for (first, second) in same {
        assert_eq!(ask_as(&server, &first), 401, "{first:?}");
        assert_eq!(ask_as(&server, &second), 429, "{second:?} is the address of {first:?}");
    }
    assert_eq!(ask_as(&server, &[]), 429);
    for different in [["203.0.113.21", "203.0.113.22"], ["2001:db8:6:1::1", "2001:db8:6:2::1"]] {
        assert_eq!(different.map(|address| ask_as(&server, &[address])), [401, 401], "{different:?}");
    }
}

/// Proves HTTP-18's default: nobody is believed.
#[test]
fn forwarded_addresses_of_strangers_are_ignored() {
    for proxies in ["", "10.0.0.0/8,2001:db8::/32"] {
        let server = Server::with_env(&[
            ("FILAMENT_TRUSTED_PROXY_CIDRS", proxies),
            ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "1"),
        ]);
        assert_eq!(ask_as(&server, &["203.0.113.1"]), 401);
        assert_eq!(ask_as(&server, &["203.0.113.2"]), 429, "trusted: {proxies:?}");
        assert_eq!(ask_as(&server, &[]), 429);
    }
}

/// Proves HTTP-17: only a valid token moves the charge from the address to the user.
#[test]
fn a_bad_token_is_charged_to_the_address_and_a_good_one_is_not() {
    let variables = [LOCAL_PROXY, ("FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE", "4")];
    let server = Server::with_env(&variables);
    let user = server.user("member");
    let from = ("x-forwarded-for", "203.0.113.1");
    for status in [401, 401, 401, 401, 429] {
        let bad = ("authorization", "Bearer v4.local.nonsense-of-at-least-32-characters");
        assert_eq!(server.http().request("GET", "/guilds", &[bad, from], None).status, status);
    }
    // One of the four was the question for the user's id.
    for status in [200, 200, 200, 429] {
        assert_eq!(user.request("GET", "/guilds", &[from], None).status, status);
    }
    assert_eq!(user.request("GET", "/api/guilds", &[], None).status, 429, "/api is no second bucket");
}

fn post_from(server: &Server, address: &str, path: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    server.http().request("POST", path, &headers, Some(body.to_string().as_bytes()))
}

/// Proves HTTP-17 for login, register and refresh: 60 per 60 s for each route and address, under both paths together.
#[test]
fn each_auth_route_takes_60_requests_of_an_address() {
    let server = Server::with_env(&[LOCAL_PROXY]);
    let (here, there) = ("203.0.113.1", "203.0.113.2");
    let bogus = json!({"refresh_token": "nonsense"});
    let begun = Instant::now();
    let answers: Vec<Answer> = (0..80)
        .map(|number| if number % 2 == 0 { "/auth/refresh" } else { "/api/auth/refresh" })
        .map(|path| post_from(&server, here, path, &bogus))
        .collect();
    let got = passed(&answers, 401);
    let most = 61 + usize::try_from(begun.elapsed().as_secs()).expect("seconds");
    assert!((60..=most).contains(&got), "{got} of 80 passed");
    let counted = 80 - u32::try_from(got).expect("a count");
    let labels = [("surface", "http"), ("reason", "auth_route")];
    server.metric_becomes("filament_rate_limit_hits_total", &labels, f64::from(counted));

    post_from(&server, there, "/auth/refresh", &bogus).refused(401, "invalid_credentials");
    let account = json!({"username": "member", "password": PASSWORD});
    post_from(&server, here, "/auth/register", &account).ok();
    let tokens = post_from(&server, here, "/auth/login", &account).ok().json();
    post_from(&server, here, "/auth/logout", &json!({"refresh_token": tokens["refresh_token"]})).is(204);
}

/// Proves HTTP-17 for register and login: over the allowance the right password is refused too, before anything else.
#[test]
fn register_and_login_have_allowances_of_their_own() {
    let server = Server::with_env(&[LOCAL_PROXY, ("FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE", "2")]);
    let here = "203.0.113.1";
    let account = json!({"username": "member", "password": PASSWORD});
    for path in ["/auth/register", "/auth/login"] {
        for status in [200, 200, 429] {
            assert_eq!(post_from(&server, here, path, &account).status, status, "{path}");
        }
        post_from(&server, here, path, &json!({"nothing": "fits"})).refused(429, "rate_limited");
    }
    post_from(&server, "203.0.113.2", "/auth/login", &account).ok();
}

/// Proves §9.6's limits of joins, by address and by user, and their counter.
#[test]
fn joins_are_limited_by_address_and_by_user() {
    let server = Server::with_env(&[
        LOCAL_PROXY,
        ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_IP", "3"),
        ("FILAMENT_DIRECTORY_JOIN_REQUESTS_PER_MINUTE_PER_USER", "2"),
    ]);
    let [owner, a, b, c] = ["owner", "user_a", "user_b", "user_c"].map(|name| server.user(name));
    let join = format!("/guilds/{}/join", owner.create_guild("g", "public"));
    let join_from = |user: &User, address: &str| user.request("POST", &join, &[("x-forwarded-for", address)], None);
    for user in [&a, &a, &b] {
        join_from(user, "203.0.113.1").ok();
    }
    join_from(&c, "203.0.113.1").refused(429, "rate_limited");
    join_from(&a, "203.0.113.2").refused(429, "rate_limited");
    join_from(&b, "203.0.113.3").ok();
    server.metric_becomes("filament_rate_limit_hits_total", &[("surface", "http"), ("reason", "join")], 2.0);
    a.get("/guilds").ok();
}
