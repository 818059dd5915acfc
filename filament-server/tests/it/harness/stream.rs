//! A client of Server-Sent Events (§7.3): reads the body of an answer block by block, each held against the contract, and files
//! what it reads as a [`Gateway`](super::Gateway) does.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::net::TcpStream;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use super::batch::Batch;
use super::recorder::{Arrival, Closing, Event};
use super::shape;

/// The longest line there may be: `data: ` and a sealed event.
const LINE_BYTES_MAX: u64 = 70_000;

/// A body in chunks (RFC 9112 §7.1), as one stream of bytes.
struct Chunked {
    link: BufReader<TcpStream>,
    left: u64,
    is_over: bool,
}

impl Chunked {
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        (&mut self.link).take(100).read_line(&mut line)?;
        line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }
}

impl Read for Chunked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over {
            return Ok(0);
        }
        if self.left == 0 {
            let size = self.line()?;
            self.left = u64::from_str_radix(&size, 16).map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
            if self.left == 0 {
                self.line()?;
                self.is_over = true;
                return Ok(0);
            }
        }
        let count = (&mut self.link).take(self.left).read(buffer)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        if self.left == 0 && !self.line()?.is_empty() {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(count)
    }
}

/// What of a stream was read so far.
#[derive(Default)]
struct Blocks {
    /// Events so far.
    s: u64,
    cursor: Option<String>,
    retry: bool,
}

/// Reads blocks until the stream ends; runs on a thread of its own.
pub(super) fn record(link: BufReader<TcpStream>, tx: &mpsc::Sender<Arrival>) {
    let mut lines = BufReader::new(Chunked { link, left: 0, is_over: false });
    let mut blocks = Blocks::default();
    let mut block = Vec::new();
    loop {
        let mut line = String::new();
        let at = Instant::now();
        let arrival = match (&mut lines).take(LINE_BYTES_MAX).read_line(&mut line) {
            Ok(0) => Arrival::End(at, "the body ended".to_owned()),
            Err(error) => Arrival::End(at, error.to_string()),
            Ok(_) if !line.ends_with('\n') => Arrival::Broken("SSE-2: a line without an end".to_owned()),
            Ok(_) if line == "\n" => {
                let arrivals = blocks.read(&std::mem::take(&mut block), Instant::now());
                match arrivals {
                    Ok(arrivals) => {
                        if arrivals.into_iter().any(|arrival| tx.send(arrival).is_err()) {
                            return;
                        }
                        continue;
                    }
                    Err(why) => Arrival::Broken(format!("{why} in {block:?}")),
                }
            }
            Ok(_) => {
                block.push(line.trim_end_matches('\n').to_owned());
                continue;
            }
        };
        let _ = tx.send(arrival);
        return;
    }
}

impl Blocks {
    /// One block without the empty line that ends it.
    fn read(&mut self, block: &[String], at: Instant) -> Result<Vec<Arrival>, String> {
        let mut arrivals = Vec::new();
        let mut data = None;
        for line in block {
            if line == ": ping" {
                arrivals.push(Arrival::Ping(at));
            } else if line == "retry: 2000" && !self.retry && self.s == 0 {
                self.retry = true;
            } else if let Some(id) = line.strip_prefix("id: ") {
                let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                let length = self.cursor.as_ref().map_or(id.len(), String::len);
                if id.len() != length || !(1..=256).contains(&id.len()) || !id.bytes().all(is_url_safe) {
                    return Err("RES-10: a cursor".to_owned());
                }
                self.cursor = Some(id.to_owned());
            } else if let Some(text) = line.strip_prefix("data: ")
                && data.is_none()
            {
                data = Some(text);
            } else {
                return Err(format!("SSE-2: a line `{line}`"));
            }
        }
        if let Some(text) = data {
            arrivals.extend(self.event(text, at)?);
        }
        Ok(arrivals)
    }

    fn event(&mut self, text: &str, at: Instant) -> Result<Vec<Arrival>, String> {
        let envelope = shape::check_frame(text)?;
        let t = envelope["t"].as_str().unwrap_or_default().to_owned();
        if (self.s == 0) != (t == "ready") || self.s == 0 && !self.retry {
            return Err("SSE-2: `retry`, then `ready`, first and once".to_owned());
        }
        if t == "ready" && envelope["d"]["features"] != serde_json::json!(["resume"]) {
            return Err("SSE-2: the features of a stream".to_owned());
        }
        if ["workspace_channel_role_override_update", "batch"].contains(&t.as_str()) {
            return Err("§4.11, RES-1: not on a stream".to_owned());
        }
        let closing = (t == "closing").then(|| Closing::of_event(&envelope["d"], at));
        let batch = Batch { s: self.s, cursor: self.cursor.clone(), events: 1 };
        self.s += 1;
        let event = Event::new(text.to_owned(), envelope, at, Some(Arc::new(batch)));
        Ok(closing.map_or(vec![Arrival::Event(event)], |closing| vec![Arrival::Close(closing)]))
    }
}
