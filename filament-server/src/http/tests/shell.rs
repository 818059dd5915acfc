//! The web shell, with the routes of the server.

use std::path::PathBuf;

use super::{Client, get, post, start};
use crate::http::routes::ROUTES;

/// A folder of files, removed at the end.
struct Site(PathBuf);

impl Site {
    fn new() -> Self {
        let base = std::env::temp_dir().join(format!("filament-shell-{}", std::process::id()));
        let root = base.join("root");
        std::fs::create_dir_all(root.join("assets")).unwrap();
        std::fs::write(root.join("index.html"), "<!doctype html>start").unwrap();
        std::fs::write(root.join("assets/x.js"), "export {};").unwrap();
        std::fs::write(root.join("assets/large.bin"), vec![b'L'; 300_000]).unwrap();
        std::fs::write(base.join("secret.txt"), "secret").unwrap();
        std::os::unix::fs::symlink(base.join("secret.txt"), root.join("link.txt")).unwrap();
        Self(base)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _already_gone = std::fs::remove_dir_all(&self.0);
    }
}

/// Proves HTTP-20 and HTTP-21.
#[tokio::test]
async fn s098_the_web_shell_serves_files_and_its_start_page() {
    let site = Site::new();
    let root = site.0.join("root");
    let running = start(ROUTES, |config| config.web_root = Some(root)).await;
    let mut client = Client::connect(&running).await;
    for path in ["/", "/login", "/app", "/app/deep?x=1.2", "/assets"] {
        let answer = client.call(get(path)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "<!doctype html>start"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    }
    let answer = client.call(get("/assets/x.js")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "export {};"));
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'; script-src 'self'; "));
    assert_eq!(client.call(get("/assets/large.bin")).await.body.len(), 300_000);
    assert_eq!(client.call("HEAD /assets/x.js HTTP/1.1\r\nhost: a\r\n\r\n").await.status, 200);
    for path in [
        "/assets/none.js",
        "/api/none",
        "/friends/none/either",
        "/gateway",
        "/link.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2f..%2fsecret.txt",
        "/assets/%5c..%5csecret.txt",
        "/%00.txt",
        "/%ff.txt",
    ] {
        client.call(get(path)).await.assert_refusal(404, "not_found");
    }
    client.call(post("/login", "application/json", "{}")).await.assert_refusal(404, "not_found");
    client.call(get("/guilds")).await.assert_refusal(401, "invalid_credentials");
}
