//! The web shell (HTTP-20, HTTP-21): scenario 98.

use std::fs;

use crate::harness::{Answer, DataDir, Http, Server};

/// HTTP-21, up to and behind the place of the voice server's origin.
const POLICY: [&str; 2] = [
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; \
     img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'",
    "; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'",
];
const INDEX: &str = "<!doctype html><title>shell</title>";
const SCRIPT: &str = "export const answer = 42;";
const OUTSIDE: &str = "not for the web";
const RESERVED: [&str; 11] =
    ["api", "auth", "users", "friends", "guilds", "gateway", "livekit", "health", "healthz", "readyz", "metrics"];

/// A web root with a file beside it that must not be served.
fn web_root() -> DataDir {
    let folder = DataDir::create();
    let root = folder.path().join("web");
    fs::create_dir_all(root.join("assets")).expect("folders");
    fs::write(root.join("index.html"), INDEX).expect("a file");
    fs::write(root.join("assets/x.js"), SCRIPT).expect("a file");
    fs::write(root.join("favicon.ico"), [0, 0, 1, 0]).expect("a file");
    fs::write(folder.path().join("outside.txt"), OUTSIDE).expect("a file");
    folder
}

fn serve(folder: &DataDir, more: &[(&str, &str)]) -> Server {
    let root = folder.path().join("web");
    let mut variables = vec![("FILAMENT_WEB_ROOT", root.to_str().expect("a path in UTF-8"))];
    variables.extend_from_slice(more);
    Server::with_env(&variables)
}

#[track_caller]
fn check_headers(answer: &Answer, policy: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", policy),
    ] {
        assert_eq!(answer.header(name), Some(value), "HTTP-21, {name}: {answer:?}");
    }
}

#[track_caller]
fn is_index(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (200, INDEX), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-cache"), "{answer:?}");
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{answer:?}");
    check_headers(answer, &POLICY.concat());
}

/// Proves HTTP-20 and HTTP-21 without a voice server.
#[test]
fn s098_the_shell_serves_files_and_its_start_page_and_nothing_of_the_api() {
    let folder = web_root();
    let server = serve(&folder, &[]);
    let http = server.http();
    for path in ["/", "/login", "/app", "/app/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/apiary", "/a.b/c", "/login?next=/app.js"] {
        is_index(&http.get(path));
    }
    let script = http.get("/assets/x.js").ok();
    assert_eq!(script.text(), SCRIPT);
    assert!(script.header("content-type").is_some_and(|kind| kind.contains("javascript")), "{script:?}");
    check_headers(&script, &POLICY.concat());
    assert_eq!(http.get("/favicon.ico").ok().body, [0, 0, 1, 0]);

    for path in ["/assets/none.js", "/none.html", "/app/x.css", "/api/none", "/api/", "/api/healthz"] {
        http.get(path).refused(404, "not_found");
    }
    for segment in RESERVED {
        http.get(&format!("/{segment}/nothing/here")).refused(404, "not_found");
        http.get(&format!("/api/{segment}/nothing/here")).refused(404, "not_found");
    }
    for path in ["/guilds", "/api/guilds", "/auth/me"] {
        http.get(path).refused(401, "invalid_credentials");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        http.request(method, "/app", &[], None).refused(404, "not_found");
        http.request(method, "/", &[], None).refused(404, "not_found");
    }
    head_requests(&http);
}

fn head_requests(http: &Http) {
    for (path, length) in [("/", INDEX.len()), ("/app", INDEX.len()), ("/assets/x.js", SCRIPT.len())] {
        let answer = http.request("HEAD", path, &[("accept", "*/*")], None).ok();
        assert!(answer.body.is_empty());
        // RFC 9110 §8.6: it may be left out, but not lie.
        let announced = answer.header("content-length").map(str::to_owned);
        assert!(announced.is_none_or(|announced| announced == length.to_string()), "{answer:?}");
        check_headers(&answer, &POLICY.concat());
    }
}

/// Proves that HTTP-20 means files of the folder: no spelling of a path leads out of it.
#[test]
fn no_path_leads_out_of_the_web_root() {
    let folder = web_root();
    std::os::unix::fs::symlink("../outside.txt", folder.path().join("web/link.txt")).expect("a link");
    let server = serve(&folder, &[]);
    let http = server.http();
    for path in [
        "/../outside.txt",
        "/assets/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/assets/..%2f..%2foutside.txt",
        "/..%5coutside.txt",
        "//outside.txt",
        "/assets%00/outside.txt",
        "/link.txt",
        &folder.path().join("outside.txt").to_string_lossy(),
        &format!("/{}", folder.path().join("outside.txt").display()),
    ] {
        let answer = http.get(path);
        assert!(!answer.text().contains(OUTSIDE), "{path} is served");
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
    }
}

/// Proves HTTP-21's origin of the voice server.
#[test]
fn the_policy_lets_the_shell_reach_the_voice_server() {
    let folder = web_root();
    let server = serve(
        &folder,
        &[
            ("FILAMENT_LIVEKIT_API_KEY", "key"),
            ("FILAMENT_LIVEKIT_API_SECRET", "a-secret-of-more-than-thirty-two-bytes"),
            ("FILAMENT_LIVEKIT_URL", "wss://voice.filament.test:7443"),
        ],
    );
    let [front, back] = POLICY;
    check_headers(&server.http().get("/").ok(), &format!("{front} wss://voice.filament.test:7443{back}"));
}

/// Proves HTTP-20 without the variable: JSON 404 for every page.
#[test]
fn s098_without_a_web_root_every_page_is_a_json_404() {
    let server = Server::start();
    for path in ["/", "/login", "/index.html", "/assets/x.js"] {
        server.http().get(path).refused(404, "not_found");
    }
}
