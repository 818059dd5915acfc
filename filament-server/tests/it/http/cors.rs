//! Calls from other origins (HTTP-19).

use std::collections::BTreeSet;

use crate::harness::{Answer, Server};

const HOME: &str = "https://chat.filament.test";
const SECOND: &str = "http://localhost:5173";
/// Differ from [`HOME`] in one part each.
const STRANGERS: [&str; 6] = [
    "https://evil.test",
    "http://chat.filament.test",
    "https://chat.filament.test:8443",
    "https://chat.filament.test.evil.test",
    "https://evilchat.filament.test",
    "null",
];

fn preflight(server: &Server, path: &str, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "authorization, content-type"),
    ];
    server.http().request("OPTIONS", path, &headers, None)
}

fn words(answer: &Answer, header: &str) -> BTreeSet<String> {
    let value = answer.header(header).unwrap_or_else(|| panic!("no {header}: {answer:?}"));
    value.split(',').map(|word| word.trim().to_ascii_lowercase()).collect()
}

fn set<const N: usize>(list: [&str; N]) -> BTreeSet<String> {
    list.map(str::to_owned).into()
}

fn has_no_cors(answer: &Answer) {
    let header = answer.headers.iter().find(|(name, _)| name.starts_with("access-control-"));
    assert!(header.is_none(), "{answer:?}");
}

/// Proves HTTP-19 for listed origins: the preflight of every route, refusals and answers, never with credentials.
#[test]
fn listed_origins_may_call() {
    let server = Server::with_env(&[("FILAMENT_ALLOWED_ORIGINS", &format!("{HOME},{SECOND}"))]);
    let user = server.user("member");
    for origin in [HOME, SECOND] {
        for path in ["/guilds", "/api/guilds", "/auth/login", "/api/guilds/x/channels/y/messages/z"] {
            let answer = preflight(&server, path, origin).is(204);
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
            assert_eq!(words(&answer, "access-control-allow-methods"), set(["get", "post", "patch", "delete"]));
            let headers = set(["authorization", "content-type", "idempotency-key"]);
            assert_eq!(words(&answer, "access-control-allow-headers"), headers);
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
        for answer in [
            user.request("GET", "/guilds", &[("origin", origin)], None).ok(),
            server.http().request("GET", "/guilds", &[("origin", origin)], None).refused(401, "invalid_credentials"),
        ] {
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{answer:?}");
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
        user.dial().header("origin", origin).open().expect("an upgrade");
    }
    user.dial().open().expect("an upgrade of a program that is no browser");
}

/// Proves HTTP-19 and GW-4 (403) for every other origin.
#[test]
fn other_origins_may_neither_read_nor_connect() {
    let server = Server::with_env(&[("FILAMENT_ALLOWED_ORIGINS", HOME)]);
    let user = server.user("member");
    for origin in STRANGERS {
        has_no_cors(&preflight(&server, "/guilds", origin));
        has_no_cors(&user.request("GET", "/guilds", &[("origin", origin)], None));
        for path in ["/gateway/ws", "/api/gateway/ws"] {
            let dial = user.dial_without_token().path(path).query("access_token", &user.access_token);
            let Err(answer) = dial.header("origin", origin).open() else { panic!("{origin} was let in") };
            answer.refused(403, "forbidden");
        }
    }
}

/// Proves HTTP-19's "off": no header, no preflight, and an upgrade asks for no origin.
#[test]
fn without_a_list_nothing_is_said_about_origins() {
    let server = Server::start();
    let user = server.user("member");
    has_no_cors(&preflight(&server, "/guilds", HOME).refused(405, "method_not_allowed"));
    has_no_cors(&preflight(&server, "/none", HOME).refused(404, "not_found"));
    has_no_cors(&user.request("GET", "/guilds", &[("origin", HOME)], None).ok());
    let mut gateway = user.dial().header("origin", HOME).open().expect("an upgrade");
    assert_eq!(gateway.next().t(), "ready");
}
