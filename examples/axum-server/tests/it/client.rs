//! A server in this process on a port of its own, people with a REST client, and WebSocket clients.

use std::{collections::VecDeque, net::SocketAddr, path::Path, time::Duration};

use filament_axum_server::Chat;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// How long a frame is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    address: SocketAddr,
    chat: Chat,
    tasks: [JoinHandle<()>; 2],
}

impl Server {
    pub(crate) async fn start(folder: &Path) -> Self {
        let chat = Chat::open(folder).expect("opens");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (fanout, router) = (chat.fanout.clone(), chat.router());
        let tasks = [
            tokio::spawn(async move { fanout.run(std::future::pending()).await }),
            tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") }),
        ];
        Self { address, chat, tasks }
    }

    /// Tells everybody to come back, and ends.
    pub(crate) async fn stop(self) {
        self.chat.fanout.drain().await;
        for task in self.tasks {
            task.abort();
            drop(task.await);
        }
        self.chat.engine.store().close().await.expect("closes");
    }

    pub(crate) async fn enter(&self, name: &str) -> Person {
        let mut person = Person { address: self.address, token: String::new() };
        let answer = person.done("POST", "/people", &json!({ "name": name })).await;
        answer["token"].as_str().expect("a token").clone_into(&mut person.token);
        person
    }
}

#[derive(Clone)]
pub(crate) struct Person {
    address: SocketAddr,
    token: String,
}

/// A channel by its two ids.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) guild: String,
    pub(crate) channel: String,
}

impl Room {
    pub(crate) fn messages(&self) -> String {
        format!("/guilds/{}/channels/{}/messages", self.guild, self.channel)
    }
}

impl Person {
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: it\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.expect("listens");
        stream.write_all(request.as_bytes()).await.expect("reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    pub(crate) async fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A public guild with a channel.
    pub(crate) async fn found(&self, name: &str) -> Room {
        let guild = self.done("POST", "/guilds", &json!({ "name": name, "visibility": "public" })).await;
        let guild = guild["guild_id"].as_str().expect("an id").to_owned();
        let channel = self.done("POST", &format!("/guilds/{guild}/channels"), &json!({ "name": name })).await;
        Room { guild, channel: channel["channel_id"].as_str().expect("an id").to_owned() }
    }

    pub(crate) async fn join(&self, room: &Room) {
        self.done("POST", &format!("/guilds/{}/join", room.guild), &Value::Null).await;
    }

    pub(crate) async fn say(&self, room: &Room, content: &str) -> Value {
        self.done("POST", &room.messages(), &json!({ "content": content })).await
    }

    /// A connection past its `ready`.
    pub(crate) async fn connect(&self, query: &str) -> Gateway {
        let url = format!("ws://it/gateway/ws?access_token={}{query}", self.token);
        let stream = TcpStream::connect(self.address).await.expect("listens");
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await.expect("upgraded");
        let mut gateway = Gateway { socket, waiting: VecDeque::new(), cursor: None, s: 0, close: None };
        assert_eq!(gateway.next().await.expect("a frame")["t"], "ready");
        gateway
    }
}

/// A client's side of a connection; batches are taken apart.
pub(crate) struct Gateway {
    socket: WebSocketStream<TcpStream>,
    waiting: VecDeque<Value>,
    /// That of the last batch.
    pub(crate) cursor: Option<String>,
    s: u64,
    /// The code and reason with which the server closed.
    pub(crate) close: Option<(u16, String)>,
}

impl Gateway {
    pub(crate) async fn send(&mut self, t: &str, d: &Value) {
        let text = json!({ "v": 1, "t": t, "d": d }).to_string();
        self.socket.send(Message::text(text)).await.expect("reads");
    }

    pub(crate) async fn subscribe(&mut self, room: &Room) {
        self.send("subscribe", &json!({ "guild_id": room.guild, "channel_id": room.channel })).await;
        self.until("voice_participant_sync").await;
    }

    /// The next event; nothing once the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a frame in time")?.ok()?;
            match frame {
                Message::Text(text) => self.take(serde_json::from_str(&text).expect("JSON")),
                Message::Close(frame) => {
                    self.close = frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
                    drop(self.socket.close(None).await);
                    return None;
                }
                _ => {}
            }
        }
    }

    /// The next event of a batch that has come already.
    pub(crate) fn waiting(&mut self) -> Option<Value> {
        self.waiting.pop_front()
    }

    fn take(&mut self, event: Value) {
        if event["t"] != "batch" {
            return self.waiting.push_back(event);
        }
        self.s += 1;
        assert_eq!(event["d"]["s"], self.s, "RES-1, GW-46: dense numbers");
        self.cursor = event["d"]["cursor"].as_str().map(str::to_owned).or(self.cursor.take());
        self.waiting.extend(event["d"]["events"].as_array().expect("events").iter().cloned());
    }

    /// The next event of that kind, others passed over.
    pub(crate) async fn until(&mut self, t: &str) -> Value {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("ended before a {t}: {:?}", self.close));
            assert!(event["t"] != "error", "{event}");
            if event["t"] == t {
                return event["d"].clone();
            }
        }
    }

    /// The next messages.
    pub(crate) async fn hear(&mut self, count: usize) -> Vec<Value> {
        let mut heard = Vec::with_capacity(count);
        for _ in 0..count {
            heard.push(self.until("message_create").await);
        }
        heard
    }
}
