//! A small HTTP and WebSocket client for the load: keep-alive requests, upgrades, nothing else.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::process::Server;

/// A keep-alive connection to the server's REST interface.
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    pub(crate) token: String,
}

impl Http {
    pub(crate) async fn connect(server: &Server, token: &str) -> Self {
        let stream = TcpStream::connect(server.address).await.expect("the server listens");
        stream.set_nodelay(true).expect("TCP");
        Self { stream: BufReader::new(stream), token: token.to_owned() }
    }

    /// Sends a request and reads its answer. Panics unless it is a success.
    pub(crate) async fn request(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let authorization =
            if self.token.is_empty() { String::new() } else { format!("authorization: Bearer {}\r\n", self.token) };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\n{authorization}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).await.expect("the server reads");
        let (status, length) = self.head().await;
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).await.expect("the body follows");
        assert!(status < 300, "{method} {path}: {status} {}", String::from_utf8_lossy(&answer));
        if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).expect("JSON") }
    }

    async fn head(&mut self) -> (u16, usize) {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            let count = self.stream.read_line(&mut line).await.expect("a head");
            assert!(count > 0, "the server closed a connection that was idle too long");
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                return (status, length);
            }
            if status == 0 {
                status = line.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status");
            }
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().expect("a length");
            }
        }
    }
}

/// Registers a user, logs in and gives a connection that speaks for it.
pub(crate) async fn user(server: &Server, name: &str) -> Http {
    let account = json!({ "username": name, "password": "correct horse battery" });
    let mut http = Http::connect(server, "").await;
    http.request("POST", "/auth/register", &account).await;
    let tokens = http.request("POST", "/auth/login", &account).await;
    http.token = tokens["access_token"].as_str().expect("a token").to_owned();
    http
}

/// A public guild with a text channel, owned by `owner`.
pub(crate) async fn guild(owner: &mut Http) -> (String, String) {
    let guild = owner.request("POST", "/guilds", &json!({ "name": "bench", "visibility": "public" })).await;
    let guild_id = guild["guild_id"].as_str().expect("an id").to_owned();
    let channel = owner.request("POST", &format!("/guilds/{guild_id}/channels"), &json!({ "name": "bench" })).await;
    (guild_id, channel["channel_id"].as_str().expect("an id").to_owned())
}

/// Opens a gateway connection; the answer's head and `ready` are read.
pub(crate) async fn gateway(server: &Server, token: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server.address).await.expect("the server listens");
    stream.set_nodelay(true).expect("TCP");
    let request = format!(
        "GET /gateway/ws?access_token={token} HTTP/1.1\r\nhost: bench\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut stream = BufReader::with_capacity(1_024, stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await.expect("a head");
    }
    let ready = frame(&mut stream).await;
    assert_eq!(ready["t"], "ready");
    stream
}

/// Reads the next text frame.
pub(crate) async fn frame(stream: &mut BufReader<TcpStream>) -> Value {
    loop {
        let first = stream.read_u8().await.expect("a frame");
        let length = match stream.read_u8().await.expect("a length") {
            126 => usize::from(stream.read_u16().await.expect("a length")),
            127 => usize::try_from(stream.read_u64().await.expect("a length")).expect("small"),
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.expect("a payload");
        if first & 15 == 1 {
            return serde_json::from_slice(&payload).expect("JSON");
        }
    }
}

/// Bytes of an event of the server's on the wire: its frame.
pub(crate) fn frame_bytes(event: &Value) -> usize {
    let payload = event.to_string().len();
    payload + if payload < 126 { 2 } else { 4 }
}

/// Subscribes a gateway connection and reads until that is answered whole.
pub(crate) async fn subscribe(stream: &mut BufReader<TcpStream>, guild_id: &str, channel_id: &str) {
    let command =
        json!({ "v": 1, "t": "subscribe", "d": { "guild_id": guild_id, "channel_id": channel_id } }).to_string();
    let mut bytes = vec![0x81];
    match u8::try_from(command.len()).expect("short") {
        short @ 0..126 => bytes.push(0x80 | short),
        long => bytes.extend([0x80 | 126, 0, long]),
    }
    bytes.extend([0; 4]); // a mask of zeros
    bytes.extend(command.as_bytes());
    stream.get_mut().write_all(&bytes).await.expect("the server reads");
    while frame(stream).await["t"] != "voice_participant_sync" {}
}
