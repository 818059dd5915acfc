//! The reading half of a gateway connection: every frame, checked, with its time of arrival.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::ops::Index;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use serde_json::Value;

use super::batch::{Batch, Unpacker};
use super::wire::{Opcode, RawFrame, read_frame};

/// One event frame, parsed and checked.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// When it was read from the socket.
    pub(crate) at: Instant,
    /// The text as it came.
    pub(crate) text: String,
    /// The `batch` it came in.
    pub(crate) batch: Option<Arc<Batch>>,
    envelope: Value,
}

impl Event {
    /// An event whose envelope was checked.
    pub(super) fn new(text: String, envelope: Value, at: Instant, batch: Option<Arc<Batch>>) -> Self {
        Self { at, text, batch, envelope }
    }

    /// The event name.
    pub(crate) fn t(&self) -> &str {
        self.envelope["t"].as_str().unwrap_or_default()
    }

    /// The payload.
    pub(crate) fn d(&self) -> &Value {
        &self.envelope["d"]
    }
}

impl Index<&str> for Event {
    type Output = Value;

    fn index(&self, member: &str) -> &Value {
        &self.envelope["d"][member]
    }
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    /// The status of the close frame; absent if the stream ended without one, or if the frame held none.
    pub(crate) code: Option<u16>,
    pub(crate) reason: String,
    pub(crate) at: Instant,
}

impl Closing {
    /// As an event says it at the end of a stream (SSE-4).
    pub(super) fn of_event(d: &Value, at: Instant) -> Self {
        let code = d["code"].as_u64().and_then(|code| u16::try_from(code).ok());
        let name = d["name"].as_str().unwrap_or_default();
        let wait = d.get("retry_after_ms").map(|wait| format!(";retry_after_ms={wait}")).unwrap_or_default();
        Self { code, reason: format!("{name}{wait}"), at }
    }

    /// The name part of the reason (§6.5).
    pub(crate) fn name(&self) -> &str {
        self.reason.split(';').next().unwrap_or_default()
    }

    /// The `retry_after_ms` part of the reason.
    pub(crate) fn retry_after_ms(&self) -> Option<u64> {
        self.reason.split_once(";retry_after_ms=")?.1.parse().ok()
    }
}

/// What one read of the socket gave.
pub(crate) enum Arrival {
    Event(Event),
    Ping(Instant),
    Pong(Vec<u8>),
    Close(Closing),
    /// The stream ended; the text says how.
    End(Instant, String),
    /// A frame that breaks the contract; shown when the test next looks.
    Broken(String),
}

/// Reads frames until the stream ends; runs on a thread of its own.
pub(crate) fn record(
    mut link: BufReader<TcpStream>,
    tx: &mpsc::Sender<Arrival>,
    writer: &Mutex<TcpStream>,
    answers_pings: bool,
) {
    let mut unpacker = Unpacker::default();
    loop {
        let frame = read_frame(&mut link);
        let at = Instant::now();
        let arrival = match frame {
            Ok((Opcode::Text, payload)) => match read_events(payload, &mut unpacker, at) {
                Ok(events) => {
                    let mut sent = events.into_iter().map(|event| tx.send(Arrival::Event(event)));
                    if sent.any(|sent| sent.is_err()) {
                        return;
                    }
                    continue;
                }
                Err(why) => Arrival::Broken(why),
            },
            Ok((Opcode::Ping, payload)) => {
                if answers_pings {
                    let pong = RawFrame::new(Opcode::Pong, payload).encode();
                    let _ = writer.lock().expect("writer lock").write_all(&pong);
                }
                Arrival::Ping(at)
            }
            Ok((Opcode::Pong, payload)) => Arrival::Pong(payload),
            Ok((Opcode::Close, payload)) => {
                let echo = RawFrame::new(Opcode::Close, payload.get(..2).unwrap_or_default()).encode();
                let _ = writer.lock().expect("writer lock").write_all(&echo);
                let code = payload.get(..2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
                let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
                Arrival::Close(Closing { code, reason, at })
            }
            Ok((opcode, _)) => Arrival::Broken(format!("the server sent a {opcode:?} frame")),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Arrival::Broken(error.to_string()),
            Err(error) => Arrival::End(at, error.to_string()),
        };
        let last = matches!(arrival, Arrival::End(..) | Arrival::Broken(_));
        if tx.send(arrival).is_err() || last {
            return;
        }
    }
}

fn read_events(payload: Vec<u8>, unpacker: &mut Unpacker, at: Instant) -> Result<Vec<Event>, String> {
    let text = String::from_utf8(payload).map_err(|_| "a text frame that is not UTF-8".to_owned())?;
    unpacker.unpack(&text, at).map_err(|why| format!("{why} in {text}"))
}
