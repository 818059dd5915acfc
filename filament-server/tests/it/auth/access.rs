//! Access tokens (AUT-10 to AUT-12, HTTP-5): scenarios 101 and 102.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Answer, Http, PASSWORD, Server};

fn me(http: &Http, authorization: &str) -> Answer {
    http.request("GET", "/auth/me", &[("authorization", authorization)], None)
}

/// The position of the first character of each dot-separated part behind `v4.local.`: the sealed part and the footer.
fn parts(token: &str) -> Vec<usize> {
    token.char_indices().filter(|(_, unit)| *unit == '.').map(|(index, _)| index + 1).skip(1).collect()
}

/// The token with another character at this place.
fn altered(token: &str, at: usize) -> String {
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

/// Proves AUT-10: form, alphabet and length, and that each token is one of its own.
#[test]
fn access_tokens_are_v4_local_with_a_key_id() {
    let server = Server::start();
    let mut user = server.user("member");
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let token = user.access_token.clone();
        assert!((32..=4096).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic()), "{token}");
        let fields: Vec<&str> = token.split('.').collect();
        assert_eq!((fields.len(), fields[0], fields[1]), (4, "v4", "local"), "with a footer: {token}");
        assert!(seen.insert(token));
        user.refresh();
        user.get("/auth/me").ok();
    }
}

/// Proves HTTP-5: the scheme in any case, one space, the token and nothing else; no other place and no cookie counts.
#[test]
fn a_token_is_taken_from_the_authorization_header_in_one_form() {
    let server = Server::start();
    let user = server.user("member");
    let (http, token) = (server.http(), user.access_token.as_str());
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        me(&http, &format!("{scheme} {token}")).ok();
    }
    for bad in [
        String::new(),
        token.to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token} x"),
        format!("Bearer {token},"),
        format!("Bearer \"{token}\""),
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("Bearer Bearer {token}"),
        format!("Bearer {}", user.refresh_token),
        "Bearer short".to_owned(),
        format!("Bearer v4.local.{}", "A".repeat(4_100)),
    ] {
        me(&http, &bad).refused(401, "invalid_credentials");
    }
    http.get(&format!("/auth/me?access_token={token}")).refused(401, "invalid_credentials");
    for cookie in [format!("access_token={token}"), format!("Authorization=Bearer {token}")] {
        http.request("GET", "/auth/me", &[("cookie", &cookie)], None).refused(401, "invalid_credentials");
    }
    http.request("GET", "/auth/me", &[("sec-websocket-protocol", &format!("filament.v1, bearer.{token}"))], None)
        .refused(401, "invalid_credentials");
}

/// Proves AUT-10's seal: a token altered anywhere, cut, of another server or of another kind is no token.
#[test]
fn a_token_altered_anywhere_is_refused() {
    let server = Server::start();
    let user = server.user("member");
    let (http, token) = (server.http(), user.access_token.as_str());
    let starts = parts(token);
    let (sealed, footer) = (starts[0], starts[1]);
    let mut bad: Vec<String> = [sealed, sealed + 20, sealed + 60, footer - 10, footer, footer + 5]
        .iter()
        .map(|place| altered(token, *place))
        .collect();
    bad.extend([
        token[..footer - 1].to_owned(),
        token[..token.len() - 2].to_owned(),
        format!("{token}AA"),
        token.replacen("v4", "v3", 1),
        token.replacen("local", "public", 1),
        token.to_uppercase(),
        format!("{}{}", &token[..footer], "eyJraWQiOiIxIn0"),
    ]);
    let other = Server::start();
    bad.push(other.user("member").access_token);
    for token in &bad {
        me(&http, &format!("Bearer {token}")).refused(401, "invalid_credentials");
    }
    me(&http, &format!("Bearer {token}")).ok();
}

/// Proves AUT-11: old access tokens are good after an orderly restart and after a kill; ORD-8 for sessions.
#[test]
fn s101_tokens_outlive_restarts() {
    let mut server = Server::start();
    let mut user = server.user("member");
    server.kill9();
    server.restart();
    user.get("/auth/me").ok();
    server.sigterm();
    assert_eq!(server.wait_exit(Duration::from_secs(15)).code(), Some(0));
    server.restart();
    user.get("/auth/me").ok();
    user.connect().is_usable();
    user.refresh();
    user.get("/auth/me").ok();
}

/// Proves AUT-12 and AUT-26 for logout: the session's token is refused everywhere at once and stays so after a restart;
/// the same user's other session is not touched. (The image part of the scenario waits for images.)
#[test]
fn s102_the_token_of_a_logged_out_session_is_refused() {
    let mut server = Server::start();
    let user = server.user("member");
    let other = user.second_session();
    let room = user.own_room();
    user.http.post("/auth/logout", &json!({"refresh_token": user.refresh_token})).is(204);
    let check = || {
        user.get("/auth/me").refused(401, "invalid_credentials");
        user.post("/guilds", &json!({"name": "n"})).refused(401, "invalid_credentials");
        user.post(&room.messages(), &json!({"content": "c"})).refused(401, "invalid_credentials");
        let refresh = json!({"refresh_token": user.refresh_token});
        user.http.post("/auth/refresh", &refresh).refused(401, "invalid_credentials");
        let Err(answer) = user.dial().open() else { panic!("a socket of an ended session") };
        answer.refused(401, "invalid_credentials");
        other.get("/auth/me").ok();
    };
    check();
    server.kill9();
    server.restart();
    check();
    user.http.post("/auth/login", &json!({"username": "member", "password": PASSWORD})).ok();
}
