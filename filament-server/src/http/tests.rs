//! The server over real sockets: what a client sees, byte by byte.

mod pipeline;
mod resources;
mod shell;

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::route::Route;
use crate::app::fixture;
use crate::config::Config;
use crate::server::Running;

/// A running server and its data folder.
struct Started {
    running: Running,
    _folder: fixture::Folder,
}

impl Deref for Started {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

async fn start(routes: &'static [Route], change: impl FnOnce(&mut Config)) -> Started {
    let (app, folder) = fixture::app(routes, change);
    let running = Running::start(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::new(app)).await.unwrap();
    Started { running, _folder: folder }
}

/// One answer as it came.
#[derive(Debug)]
struct Raw {
    status: u16,
    head: String,
    body: String,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Checks everything HTTP-2 and HTTP-12 ask of a refusal.
    #[track_caller]
    fn assert_refusal(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert_eq!(self.header("x-request-id").map(str::len), Some(16), "{self:?}");
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["error"], code);
        assert!(body.as_object().unwrap().keys().all(|key| key == "error" || key == "detail"));
        if status == 429 || status == 503 {
            assert!(self.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
        }
    }
}

struct Client(TcpStream);

impl Client {
    async fn connect(running: &Running) -> Self {
        Self(TcpStream::connect(running.address()).await.unwrap())
    }

    async fn send(&mut self, text: impl AsRef<[u8]>) {
        self.0.write_all(text.as_ref()).await.unwrap();
    }

    /// Reads one answer; `None` when the server closes instead.
    async fn receive(&mut self) -> Option<Raw> {
        let read = async {
            let mut bytes = Vec::new();
            let end = loop {
                if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                    break end + 4;
                }
                let byte = self.0.read_u8().await.ok()?;
                bytes.push(byte);
            };
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let status = head[9..12].parse().unwrap();
            let mut raw = Raw { status, head, body: String::new() };
            let length = raw.header("content-length").map_or(0, |text| text.parse().unwrap());
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await.unwrap();
            raw.body = String::from_utf8(body).unwrap();
            Some(raw)
        };
        tokio::time::timeout(Duration::from_secs(15), read).await.expect("an answer in time")
    }

    async fn call(&mut self, text: impl AsRef<[u8]>) -> Raw {
        self.send(text).await;
        self.receive().await.expect("an answer")
    }

    async fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        matches!(tokio::time::timeout(Duration::from_secs(5), self.0.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")
}

fn post(path: &str, content_type: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Raw {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
