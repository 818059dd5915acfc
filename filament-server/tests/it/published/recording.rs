//! Connections of which every text is kept as it came: nothing checks, sorts or takes apart what they hear.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Opcode, PROMPT_MAX, RawFrame, Room, User, parse, read_frame};

/// What one connection heard, from its first text to its end.
pub(super) struct Recording {
    pub(super) name: String,
    pub(super) texts: Vec<String>,
}

/// A connection that is being recorded.
pub(super) struct Recorder {
    name: String,
    writer: TcpStream,
    texts: Arc<Mutex<Vec<String>>>,
    reading: JoinHandle<()>,
}

fn pairs(rooms: &[&Room]) -> Vec<String> {
    rooms.iter().map(|room| format!("{}:{}", room.guild, room.id)).collect()
}

impl Recorder {
    /// A WebSocket with these features, subscribed to these rooms.
    pub(super) fn socket(user: &User, features: &str, cursor: Option<&str>, rooms: &[&Room]) -> Self {
        let mut dial = user.dial().query("features", features);
        dial = cursor.into_iter().fold(dial, |dial, cursor| dial.query("cursor", cursor));
        dial = pairs(rooms).iter().fold(dial, |dial, pair| dial.query("subscribe", pair));
        let mut link = dial.open_unread();
        Self::run(format!("{} features={features}", user.name), link.get_ref().try_clone(), move |keep| {
            while let Ok((opcode, payload)) = read_frame(&mut link) {
                if opcode == Opcode::Text {
                    keep(String::from_utf8(payload).expect("a text is UTF-8"));
                }
            }
        })
    }

    /// A stream of Server-Sent Events, subscribed to these rooms.
    pub(super) fn stream(user: &User, rooms: &[&Room]) -> Self {
        let mut link = TcpStream::connect(user.http.address().now()).expect("a connection");
        let query: String = pairs(rooms).iter().map(|pair| format!("&subscribe={pair}")).collect();
        let request = format!(
            "GET /gateway/sse?access_token={}{query} HTTP/1.1\r\nhost: filament.test\r\naccept: text/event-stream\r\n\r\n",
            user.access_token
        );
        link.write_all(request.as_bytes()).expect("a write");
        Self::run(format!("{} stream", user.name), link.try_clone(), move |keep| {
            let mut lines = BufReader::new(Body::behind_head(BufReader::new(link))).lines();
            while let Some(Ok(line)) = lines.next() {
                if let Some(text) = line.strip_prefix("data: ") {
                    keep(text.to_owned());
                }
            }
        })
    }

    fn run(
        name: String,
        writer: std::io::Result<TcpStream>,
        read: impl FnOnce(&dyn Fn(String)) + Send + 'static,
    ) -> Self {
        let texts = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&texts);
        let reading = thread::spawn(move || read(&|text| kept.lock().expect("texts").push(text)));
        Self { name, writer: writer.expect("a second handle of the socket"), texts, reading }
    }

    /// Sends a command.
    pub(super) fn send(&mut self, t: &str, d: &Value) {
        let command = RawFrame::new(Opcode::Text, json!({"v": 1, "t": t, "d": d}).to_string());
        self.writer.write_all(&command.encode()).expect("a write");
    }

    /// Waits until an event has come for which this holds: of the payload of events of that name.
    #[track_caller]
    pub(super) fn hears(&self, t: &str, found: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + PROMPT_MAX;
        let is_it = |envelope: &Value| envelope["t"] == t && found(&envelope["d"]);
        while !self.envelopes().iter().any(is_it) {
            assert!(Instant::now() < deadline, "{}: no {t}", self.name);
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn envelopes(&self) -> Vec<Value> {
        let texts = self.texts.lock().expect("texts").clone();
        texts.iter().filter(|text| parse(text).is_ok()).flat_map(|text| super::envelopes(text)).collect()
    }

    /// What was heard, once the server has ended the connection.
    pub(super) fn end(self) -> Recording {
        self.reading.join().expect("a reader");
        let texts = std::mem::take(&mut *self.texts.lock().expect("texts"));
        Recording { name: self.name, texts }
    }
}

/// A body in chunks (RFC 9112 §7.1), as one stream of bytes.
struct Body {
    link: BufReader<TcpStream>,
    left: usize,
}

impl Body {
    fn behind_head(mut link: BufReader<TcpStream>) -> Self {
        let mut line = String::new();
        while link.read_line(&mut line).expect("a head") > 2 {
            line.clear();
        }
        Self { link, left: 0 }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.left == 0 {
            let mut line = String::new();
            if self.link.read_line(&mut line)? == 0 {
                return Ok(0);
            }
            // The line that ends a chunk is empty.
            if !line.trim().is_empty() {
                self.left = usize::from_str_radix(line.trim(), 16).map_err(|_| ErrorKind::InvalidData)?;
                if self.left == 0 {
                    return Ok(0);
                }
            }
        }
        let most = buffer.len().min(self.left);
        let count = self.link.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
}
