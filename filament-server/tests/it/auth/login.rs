//! Registration, login and lockout (AUT-2, AUT-3): scenario 100.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{LOCAL_PROXY, PLENTY};
use crate::harness::{Answer, Http, PASSWORD, Server, User};

const LOCK: Duration = Duration::from_secs(30);
const FAILURES: usize = 5;

fn login(http: &Http, address: &str, name: &str, password: &str) -> Answer {
    let body = json!({"username": name, "password": password}).to_string();
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    http.request("POST", "/auth/login", &headers, Some(body.as_bytes()))
}

fn register(http: &Http, name: &str, password: &str) -> Answer {
    http.post("/auth/register", &json!({"username": name, "password": password}))
}

fn behind_a_proxy() -> Server {
    Server::with_env(&[LOCAL_PROXY, PLENTY[0], PLENTY[1]])
}

/// An answer without what differs in every answer.
fn comparable(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| name != "x-request-id" && name != "date");
    (answer.status, headers, answer.body.clone())
}

/// Proves §10.1 for names and passwords at registration, and that nothing is stored of what is refused.
#[test]
fn names_and_passwords_out_of_their_bounds_are_400() {
    let server = Server::with_env(&PLENTY);
    let http = server.http();
    for name in
        ["", "ab", &"a".repeat(33), "a b", "a-b", "käse", "a\u{feff}bc", " abc", "abc\n", "中中中", "a@b", "a\0b"]
    {
        register(&http, name, PASSWORD).refused(400, "invalid_request");
    }
    for password in ["", "elevenchars", &"p".repeat(129), &"\u{1F30A}".repeat(5), &"\u{1F30A}".repeat(65)] {
        register(&http, "someone", password).refused(400, "invalid_request");
    }
    http.post("/auth/login", &json!({"username": "someone", "password": PASSWORD})).refused(401, "invalid_credentials");

    let good = [
        ("abc", "twelve chars".to_owned()),
        ("A_z.9", "p".repeat(128)),
        ("aaaaaaaabbbbbbbbccccccccdddddddd", "\u{1F30A}".repeat(64)),
        ("...", " spaces are kept ".to_owned()),
        ("___", "\u{0}\u{1}\u{feff} any text at all".replace('\0', "")),
    ];
    for (name, password) in &good {
        let body = json!({"username": name, "password": password, "captcha_token": "ignored"});
        assert_eq!(http.post("/auth/register", &body).ok().json(), json!({"accepted": true}));
        let tokens = http.post("/auth/login", &body).ok().json();
        assert_eq!(tokens.as_object().map(serde_json::Map::len), Some(3), "{name}: {tokens}");
        assert_eq!(tokens["expires_in_secs"], 900);
        let trimmed = json!({"username": name, "password": format!("{password} ")});
        http.post("/auth/login", &trimmed).refused(401, "invalid_credentials");
    }
}

/// Proves AUT-2 for registration, and §10.1: a taken name, in whatever case, is accepted and changes nothing.
#[test]
fn registering_a_taken_name_says_nothing_and_changes_nothing() {
    let server = Server::with_env(&PLENTY);
    let http = server.http();
    let fresh = register(&http, "Somebody", PASSWORD).ok();
    let first = User::login(http.address(), "sOMEBODY");
    for name in ["Somebody", "SOMEBODY", "somebody"] {
        let taken = register(&http, name, "another password").ok();
        assert_eq!(comparable(&taken), comparable(&fresh));
        http.post("/auth/login", &json!({"username": name, "password": "another password"}))
            .refused(401, "invalid_credentials");
        assert_eq!(User::login(http.address(), name).id, first.id);
    }
    let me = first.get("/auth/me").ok().json();
    assert_eq!((&me["username"], &me["user_id"]), (&json!("Somebody"), &json!(first.id)));
    first.get(&format!("/users/{}/profile", first.id)).ok();
}

/// Proves §10.1's "unique": of many registrations of one name at once, in several cases, one made the account.
#[test]
fn a_name_registered_by_many_at_once_belongs_to_one() {
    let server = behind_a_proxy();
    let contenders: Vec<(String, String)> = (0..8)
        .map(|number| (if number % 2 == 0 { "Popular" } else { "popular" }, format!("the password of {number}")))
        .map(|(name, password)| (name.to_owned(), password))
        .collect();
    thread::scope(|scope| {
        for (name, password) in &contenders {
            scope.spawn(|| register(&server.http(), name, password).ok());
        }
    });
    let http = server.http();
    // Each from an address of its own, so that no failure locks the next one out.
    let winners = (0..contenders.len())
        .filter(|number| login(&http, &format!("203.0.113.{number}"), "POPULAR", &contenders[*number].1).status == 200)
        .count();
    assert_eq!(winners, 1);
}

/// Proves §9.4's "any failure, bad shape of the values included: 401", with the same bytes each time (AUT-2).
#[test]
fn every_failed_login_is_the_same_401() {
    let server = Server::with_env(&PLENTY);
    let http = server.http();
    register(&http, "member", PASSWORD).ok();
    let long = "x".repeat(10_000);
    let bodies = [
        json!({"username": "member", "password": "wrong password"}),
        json!({"username": "nobody", "password": PASSWORD}),
        json!({"username": "member", "password": PASSWORD.to_uppercase()}),
        json!({"username": "member", "password": ""}),
        json!({"username": "", "password": ""}),
        json!({"username": "a b", "password": PASSWORD}),
        json!({"username": "member\0", "password": PASSWORD}),
        json!({"username": " member", "password": PASSWORD}),
        json!({"username": long, "password": PASSWORD}),
        json!({"username": "nobody", "password": long}),
        json!({"username": "nobody", "password": "x", "captcha_token": "y"}),
    ];
    let answers = bodies.map(|body| comparable(&http.post("/auth/login", &body).refused(401, "invalid_credentials")));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    User::login(http.address(), "member");
}

/// Proves AUT-3: the sixth attempt with the right password is refused like the others, another address and another name
/// are not, and the name's case makes no second pair.
#[test]
fn s100_five_failures_lock_a_name_for_an_address_only() {
    let server = behind_a_proxy();
    let http = server.http();
    for name in ["member", "other"] {
        register(&http, name, PASSWORD).ok();
    }
    let (here, there) = ("203.0.113.1", "203.0.113.2");
    let unknown = comparable(&login(&http, here, "nobody", PASSWORD).refused(401, "invalid_credentials"));
    for number in 0..FAILURES + 1 {
        let name = if number % 2 == 0 { "member" } else { "MEMBER" };
        let answer = login(&http, here, name, "wrong password").refused(401, "invalid_credentials");
        assert_eq!(comparable(&answer), unknown);
    }
    for name in ["member", "Member"] {
        let answer = login(&http, here, name, PASSWORD).refused(401, "invalid_credentials");
        assert_eq!(comparable(&answer), unknown, "locked, and nothing says so");
    }
    login(&http, there, "member", PASSWORD).ok();
    login(&http, here, "other", PASSWORD).ok();
}

/// Proves AUT-3's "consecutive" and "success resets".
#[test]
fn a_login_starts_the_count_of_failures_anew() {
    let server = behind_a_proxy();
    let http = server.http();
    register(&http, "member", PASSWORD).ok();
    let here = "203.0.113.1";
    for _ in 0..3 {
        for _ in 0..FAILURES - 1 {
            login(&http, here, "member", "wrong password").refused(401, "invalid_credentials");
        }
        login(&http, here, "member", PASSWORD).ok();
    }
}

/// Proves AUT-3's 30 s and AUT-10's `exp`: waiting for both is most of this test.
#[test]
fn a_lock_ends_after_30_seconds_and_an_access_token_after_its_life() {
    let server = Server::with_env(&[("FILAMENT_ACCESS_TOKEN_SECS", "60")]);
    let http = server.http();
    let user = server.user("member");
    let tokens = http.post("/auth/login", &json!({"username": "member", "password": PASSWORD})).ok().json();
    let issued = Instant::now();
    assert_eq!(tokens["expires_in_secs"], 60);
    let token = tokens["access_token"].as_str().expect("a token").to_owned();
    let wrong = json!({"username": "member", "password": "wrong password"});
    for _ in 0..FAILURES {
        http.post("/auth/login", &wrong).refused(401, "invalid_credentials");
    }
    let locked = Instant::now();
    let right = json!({"username": "member", "password": PASSWORD});
    let wait_until = |start: Instant, after: Duration| thread::sleep(after.saturating_sub(start.elapsed()));
    wait_until(locked, LOCK - Duration::from_secs(3));
    http.post("/auth/login", &right).refused(401, "invalid_credentials");
    wait_until(locked, LOCK + Duration::from_secs(1));
    http.post("/auth/login", &right).ok();

    let me = |token: &str| {
        let bearer = format!("Bearer {token}");
        http.request("GET", "/auth/me", &[("authorization", bearer.as_str())], None)
    };
    wait_until(issued, Duration::from_secs(56));
    me(&token).ok();
    wait_until(issued, Duration::from_secs(62));
    me(&token).refused(401, "invalid_credentials");
    user.get("/auth/me").refused(401, "invalid_credentials");
    let Err(answer) = user.dial().open() else { panic!("a socket for an expired token") };
    answer.refused(401, "invalid_credentials");
    let mut user = user;
    user.refresh();
    user.get("/auth/me").ok();
}

/// The three cases whose times must not differ.
const CASES: [&str; 3] = ["unknown user", "wrong password", "locked"];

/// Locks the pair of the member and a new address, and returns the address.
fn lock_somewhere(http: &Http, number: usize) -> String {
    let address = format!("198.51.100.{number}");
    for _ in 0..FAILURES {
        login(http, &address, "member", "wrong password").refused(401, "invalid_credentials");
    }
    address
}

/// Times one login of each case; every login is the first of its pair except the locked one.
fn time_each(http: &Http, locked: &str, round: usize, times: &mut BTreeMap<&'static str, Vec<Duration>>) {
    let address = format!("203.0.113.{}", 10 + round % 200);
    let unknown = format!("nobody_{round}");
    let cases = [
        (CASES[0], address.as_str(), unknown.as_str(), PASSWORD),
        (CASES[1], address.as_str(), "member", "wrong password"),
        (CASES[2], locked, "member", PASSWORD),
    ];
    for offset in 0..cases.len() {
        let (case, address, name, password) = cases[(round + offset) % cases.len()];
        let begun = Instant::now();
        login(http, address, name, password).refused(401, "invalid_credentials");
        times.entry(case).or_default().push(begun.elapsed());
    }
}

fn share(times: &BTreeMap<&'static str, Vec<Duration>>, pick: impl Fn(&[Duration]) -> Duration) -> f64 {
    let values: Vec<f64> = times
        .values()
        .map(|times| {
            let mut sorted = times.clone();
            sorted.sort();
            pick(&sorted).as_secs_f64()
        })
        .collect();
    let (least, most) =
        values.iter().fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(*value), high.max(*value)));
    most / least - 1.0
}

/// Proves AUT-2 for time: the medians of (unknown user, wrong password, locked) differ by less than 20 %.
///
/// The cases take turns, so that whatever else the machine does falls on all three alike. Where it does so much that
/// medians of a batch differ, more batches are taken; if they never agree, the shortest times, which hold the least of
/// it, decide.
#[test]
fn s100_failed_logins_take_the_same_time() {
    const BATCHES: usize = 5;
    const ROUNDS: usize = 9;
    const DIFFERENCE_MAX: f64 = 0.2;
    let server = behind_a_proxy();
    let http = server.http();
    register(&http, "member", PASSWORD).ok();
    let (mut locked, mut locked_at) = (lock_somewhere(&http, 0), Instant::now());
    let mut times = BTreeMap::new();
    for batch in 0..BATCHES {
        for round in (0..ROUNDS).map(|round| batch * ROUNDS + round) {
            if locked_at.elapsed() > LOCK / 3 {
                (locked, locked_at) = (lock_somewhere(&http, 1 + round), Instant::now());
            }
            time_each(&http, &locked, round, &mut times);
        }
        if share(&times, |sorted| sorted[sorted.len() / 2]) < DIFFERENCE_MAX {
            return;
        }
    }
    let difference = share(&times, |sorted| sorted[0]);
    assert!(difference < DIFFERENCE_MAX, "the shortest times differ by {difference:.2}: {times:?}");
}

/// Proves AUT-1 as far as it shows outside: however many log in at once, each is answered in order or told `overloaded`, and
/// nobody else waits for their hashes.
#[test]
fn a_storm_of_logins_does_not_hold_up_the_others() {
    const CLIENTS: usize = 200;
    let server = Server::with_env(&PLENTY);
    let user = server.user("member");
    let body = json!({"username": "member", "password": PASSWORD});
    thread::scope(|scope| {
        let storm: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| server.http().post("/auth/login", &body))).collect();
        let mut longest = Duration::ZERO;
        while !storm.iter().all(thread::ScopedJoinHandle::is_finished) {
            let begun = Instant::now();
            user.get("/guilds").ok();
            longest = longest.max(begun.elapsed());
            thread::sleep(Duration::from_millis(20));
        }
        assert!(longest < Duration::from_secs(2), "{longest:?} for a list of guilds");
        let mut let_in = 0;
        for answer in storm.into_iter().map(|call| call.join().expect("an answer")) {
            if answer.status == 200 {
                let_in += 1;
            } else {
                answer.refused(503, "overloaded");
            }
        }
        assert!(let_in >= 8, "{let_in} logins of {CLIENTS}");
    });
}

/// Proves that the answer of `GET /auth/me` is the profile of §4.1 and never fails for a valid token.
#[test]
fn me_is_the_own_profile() {
    let server = Server::start();
    let user = server.user("Mem.ber_1");
    let expected: Value = json!({
        "user_id": user.id, "username": "Mem.ber_1", "about_markdown": "", "about_markdown_tokens": [],
        "avatar_version": 0, "banner_version": 0,
    });
    assert_eq!(user.get("/auth/me").ok().json(), expected);
    let other = server.user("other");
    assert_eq!(other.get(&format!("/users/{}/profile", user.id)).ok().json(), expected);
    other.get(&format!("/users/{}/profile", crate::harness::NOWHERE)).refused(404, "not_found");
}
