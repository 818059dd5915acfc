//! Refresh tokens (AUT-20 to AUT-24): scenario 99.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Answer, Http, NOWHERE, Server, User, is_ulid};

const GRACE: Duration = Duration::from_secs(10);

fn refresh(http: &Http, token: &str) -> Answer {
    http.post("/auth/refresh", &json!({"refresh_token": token}))
}

fn text<'v>(tokens: &'v Value, member: &str) -> &'v str {
    tokens[member].as_str().unwrap_or_else(|| panic!("no {member} in {tokens}"))
}

/// The user as the tokens of this answer make it.
fn with_tokens(user: &User, tokens: &Value) -> User {
    let mut renewed = user.clone();
    text(tokens, "access_token").clone_into(&mut renewed.access_token);
    text(tokens, "refresh_token").clone_into(&mut renewed.refresh_token);
    renewed
}

/// Proves AUT-20's form and AUT-21's succession: a new token of the same session at each rotation.
#[test]
fn refresh_tokens_name_their_session() {
    let server = Server::start();
    let mut user = server.user("member");
    let other = user.second_session();
    let mut seen = vec![other.refresh_token];
    for _ in 0..3 {
        let token = user.refresh_token.clone();
        let (session, secret) = token.split_once('.').expect("a dot");
        assert!(is_ulid(session), "{token}");
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert!(secret.len() == 43 && secret.bytes().all(is_base64url), "{token}");
        assert!(!seen.contains(&token));
        seen.push(token);
        user.refresh();
    }
    let session = |token: &str| token.split('.').next().map(str::to_owned);
    assert_eq!(session(&seen[1]), session(&seen[3]));
    assert_ne!(session(&seen[0]), session(&seen[1]), "each login is a session");
}

/// Proves AUT-21, AUT-22 and AUT-23: two tasks that refresh at once end with the same live token after one rotation; the
/// old token 11 s later ends the session, its sockets included, and no other session.
#[test]
fn s099_a_refresh_race_has_one_winner_and_a_replay_ends_the_session() {
    let server = Server::start();
    let user = server.user("member");
    let bystander = user.second_session();
    let old = user.refresh_token.clone();
    let begun = Instant::now();
    let answers: Vec<Value> = thread::scope(|scope| {
        let calls = [0; 8].map(|_| {
            let http = server.http();
            let old = old.as_str();
            scope.spawn(move || refresh(&http, old).ok().json())
        });
        calls.into_iter().map(|call| call.join().expect("an answer")).collect()
    });
    let rotated = Instant::now();
    for tokens in &answers {
        assert_eq!(tokens["refresh_token"], answers[0]["refresh_token"], "one rotation, one live token");
        assert_ne!(tokens["refresh_token"], json!(old));
        assert_eq!(tokens["expires_in_secs"], 900);
        with_tokens(&user, tokens).get("/auth/me").ok();
    }
    user.get("/auth/me").ok();
    let live = with_tokens(&user, &answers[0]);
    let mut sockets = [live.connect(), user.connect()];
    let mut bystanding = bystander.connect();

    thread::sleep((GRACE - Duration::from_secs(3)).saturating_sub(begun.elapsed()));
    let in_grace = refresh(&live.http, &old).ok().json();
    assert_eq!(in_grace["refresh_token"], answers[0]["refresh_token"], "nothing rotates within the grace");

    thread::sleep((GRACE + Duration::from_secs(1)).saturating_sub(rotated.elapsed()));
    refresh(&live.http, &old).refused(401, "invalid_credentials");
    let refused = Instant::now();
    for socket in &mut sockets {
        let closing = socket.closed_with(4510, "session_revoked");
        let waited = closing.at.saturating_duration_since(refused);
        assert!(waited <= Duration::from_secs(3), "GW-41's second, and what a busy machine adds: {waited:?}");
    }
    live.get("/auth/me").refused(401, "invalid_credentials");
    refresh(&live.http, &live.refresh_token).refused(401, "invalid_credentials");
    bystanding.is_usable();
    bystander.get("/auth/me").ok();
}

/// Proves AUT-22: every generation that was rotated within the last 10 s gives the current token, not only the last one.
#[test]
fn any_generation_in_grace_gives_the_current_token() {
    let server = Server::start();
    let user = server.user("member");
    let mut tokens = vec![user.refresh_token.clone()];
    for _ in 0..3 {
        let newest = tokens.last().expect("a token");
        let answer = refresh(&user.http, newest).ok().json();
        tokens.push(text(&answer, "refresh_token").to_owned());
    }
    let current = tokens.pop().expect("a token");
    for old in tokens.iter().rev() {
        let answer = refresh(&user.http, old).ok().json();
        assert_eq!(text(&answer, "refresh_token"), current);
        with_tokens(&user, &answer).get("/auth/me").ok();
    }
}

/// Proves AUT-21's derivation and AUT-11: the token given out before a crash is given out again after it.
#[test]
fn a_crash_between_two_tabs_gives_both_the_same_token() {
    let mut server = Server::start();
    let user = server.user("member");
    let first = refresh(&user.http, &user.refresh_token).ok().json();
    server.kill9();
    server.restart();
    let second = refresh(&server.http(), &user.refresh_token).ok().json();
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    let live = with_tokens(&user, &second);
    live.get("/auth/me").ok();
    refresh(&server.http(), &live.refresh_token).ok();
}

/// Proves AUT-24: what is unknown or malformed is 401 for refresh and logout alike, and has no effect on the session it
/// seems to name.
#[test]
fn made_up_refresh_tokens_are_401_without_effect() {
    let server = Server::start();
    let user = server.user("member");
    let mut gateway = user.connect();
    let (session, secret) = user.refresh_token.split_once('.').expect("a dot");
    let flipped = |at: usize| {
        let other = if secret[at..].starts_with('A') { "B" } else { "A" };
        format!("{session}.{}{other}{}", &secret[..at], &secret[at + 1..])
    };
    let bad = [
        String::new(),
        ".".to_owned(),
        "nonsense".to_owned(),
        session.to_owned(),
        format!("{session}."),
        format!(".{secret}"),
        flipped(0),
        flipped(12),
        flipped(40),
        format!("{session}.{}", "A".repeat(43)),
        format!("{session}.{}", "_".repeat(43)),
        format!("{session}.{}", &secret[1..]),
        format!("{session}.{secret}A"),
        format!("{session}.{secret}="),
        format!(" {session}.{secret}"),
        format!("{}.{secret}", session.to_lowercase()),
        format!("{NOWHERE}.{secret}"),
        format!("{session}.{secret}.{secret}"),
        "A".repeat(513),
        user.access_token.clone(),
        format!("{session}.\0{}", &secret[1..]),
    ];
    for token in &bad {
        refresh(&user.http, token).refused(401, "invalid_credentials");
        let body = json!({"refresh_token": token});
        user.http.post("/auth/logout", &body).refused(401, "invalid_credentials");
    }
    user.get("/auth/me").ok();
    gateway.is_usable();
    let answer = refresh(&user.http, &user.refresh_token).ok().json();
    assert_ne!(answer["refresh_token"], json!(user.refresh_token), "still the current one until now");
}

/// Proves AUT-26: logout takes the current generation or one in grace, once.
#[test]
fn logout_accepts_a_token_in_grace() {
    let server = Server::start();
    for in_grace in [false, true] {
        let user = server.user(if in_grace { "grace" } else { "current" });
        let live = with_tokens(&user, &refresh(&user.http, &user.refresh_token).ok().json());
        let mut gateway = live.connect();
        let presented = if in_grace { &user.refresh_token } else { &live.refresh_token };
        let body = json!({"refresh_token": presented});
        live.http.post("/api/auth/logout", &body).is(204);
        gateway.closed_with(4510, "session_revoked");
        live.get("/auth/me").refused(401, "invalid_credentials");
        for token in [&user.refresh_token, &live.refresh_token] {
            refresh(&live.http, token).refused(401, "invalid_credentials");
            live.http.post("/auth/logout", &json!({"refresh_token": token})).refused(401, "invalid_credentials");
        }
    }
}
