//! How many sessions a user may have (AUT-25).

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::PLENTY;
use crate::harness::{PASSWORD, Server};

const SESSIONS_MAX: usize = 256;

/// Proves AUT-25: the login after the 256th session ends the one that was used least recently, and its sockets (GW-41).
#[test]
fn the_257th_login_ends_the_session_used_least_recently() {
    const CLIENTS: usize = 8;
    let server = Server::with_env(&PLENTY);
    let mut first = server.user("member");
    // Times may be whole seconds, so more than one lies between the two uses.
    let idle = first.second_session();
    let mut idle_socket = idle.connect();
    let log_in = || {
        let body = json!({"username": "member", "password": PASSWORD});
        server.http().post("/auth/login", &body).ok().json()
    };
    thread::sleep(Duration::from_millis(1_100));
    first.refresh();
    let mut rest: Vec<Value> = Vec::new();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let count = (SESSIONS_MAX - 2 + CLIENTS - 1 - client) / CLIENTS;
                scope.spawn(move || (0..count).map(|_| log_in()).collect::<Vec<_>>())
            })
            .collect();
        rest.extend(calls.into_iter().flat_map(|call| call.join().expect("logins")));
    });
    assert_eq!(rest.len() + 2, SESSIONS_MAX);
    // Not asked over REST: that would be a use.
    idle_socket.is_usable();

    rest.push(log_in());
    idle.get("/auth/me").refused(401, "invalid_credentials");
    let body = json!({"refresh_token": idle.refresh_token});
    idle.http.post("/auth/refresh", &body).refused(401, "invalid_credentials");
    idle_socket.closed_with(4510, "session_revoked");
    first.get("/auth/me").ok();
    for tokens in &rest {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().expect("a token"));
        server.http().request("GET", "/auth/me", &[("authorization", &bearer)], None).ok();
    }
}
