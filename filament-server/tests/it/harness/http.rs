//! A small HTTP/1.1 client over blocking sockets: keep-alive, chunked bodies, and raw bytes where a test needs them.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::Answer;
use super::server::Address;

/// Longer than any deadline the contract gives an answer (HTTP-11: 10 s for a body).
const READ_MAX: Duration = Duration::from_secs(20);

/// One client with at most one kept connection. A clone has a connection of its own.
#[derive(Debug)]
pub(crate) struct Http {
    address: Address,
    kept: Mutex<Option<BufReader<TcpStream>>>,
}

impl Clone for Http {
    fn clone(&self) -> Self {
        Self::new(self.address.clone())
    }
}

impl Http {
    /// Makes a client; it connects at the first request.
    pub(crate) fn new(address: Address) -> Self {
        Self { address, kept: Mutex::new(None) }
    }

    /// Where this client connects to.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// `GET` without headers.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], None)
    }

    /// `POST` of a JSON body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, &[("content-type", "application/json")], Some(body.to_string().as_bytes()))
    }

    /// Sends a request and reads its answer. Repeats it once if the kept connection turns out to be closed.
    #[track_caller]
    pub(crate) fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        let reused = self.kept.lock().expect("connection lock").is_some();
        let answer = match self.attempt(method, path, headers, body) {
            Err(error) if reused && is_closed(&error) => self.attempt(method, path, headers, body),
            other => other,
        };
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends a request once; for tests in which the server may be gone.
    ///
    /// # Errors
    /// Whatever the socket says; `UnexpectedEof` if the server closed instead of answering.
    pub(crate) fn attempt(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: filament.test\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if body.is_some() || method != "GET" {
            head.push_str(&format!("content-length: {}\r\n", body.map_or(0, <[u8]>::len)));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        let mut kept = self.kept.lock().expect("connection lock");
        let mut link = match kept.take() {
            Some(link) => link,
            None => self.connect()?,
        };
        link.get_mut().write_all(&bytes)?;
        let (answer, keep) = read_answer(&mut link, &format!("{method} {path}"), method == "HEAD")?;
        answer.check();
        if keep {
            *kept = Some(link);
        }
        Ok(answer)
    }

    /// Opens a connection of its own, writes these bytes as they are and reads one answer.
    ///
    /// # Errors
    /// Whatever the socket says; `UnexpectedEof` if the server closed instead of answering.
    pub(crate) fn raw(&self, bytes: &[u8]) -> io::Result<Answer> {
        let mut link = self.connect()?;
        link.get_mut().write_all(bytes)?;
        let (answer, _) = read_answer(&mut link, "raw bytes", false)?;
        answer.check();
        Ok(answer)
    }

    /// A fresh connection, for tests that write or read in their own way.
    ///
    /// # Errors
    /// Whatever the socket says.
    pub(crate) fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.address.now(), READ_MAX)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_MAX))?;
        stream.set_write_timeout(Some(READ_MAX))?;
        Ok(BufReader::new(stream))
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

/// Reads one answer; the flag says whether the connection may be used again.
pub(crate) fn read_answer(link: &mut BufReader<TcpStream>, asked: &str, bodiless: bool) -> io::Result<(Answer, bool)> {
    let answer = read_bare(link, asked)?;
    read_body(link, answer, bodiless)
}

/// Reads the head of an answer.
pub(crate) fn read_bare(link: &mut BufReader<TcpStream>, asked: &str) -> io::Result<Answer> {
    let (status, headers) = read_head(link)?;
    Ok(Answer { asked: asked.to_owned(), status, headers, body: Vec::new() })
}

/// Reads the body of an answer whose head was read.
pub(crate) fn read_body(
    link: &mut BufReader<TcpStream>,
    mut answer: Answer,
    bodiless: bool,
) -> io::Result<(Answer, bool)> {
    let status = answer.status;
    let header = |name: &str| answer.header(name).map(str::to_ascii_lowercase);
    let mut keep = header("connection").as_deref() != Some("close");
    let body = if bodiless || matches!(status, 100..=199 | 204 | 304) {
        Vec::new()
    } else if header("transfer-encoding").as_deref() == Some("chunked") {
        read_chunks(link)?
    } else if let Some(length) = header("content-length") {
        let mut body = vec![0; length.parse().map_err(|_| malformed("content-length"))?];
        link.read_exact(&mut body)?;
        body
    } else {
        keep = false;
        let mut body = Vec::new();
        link.read_to_end(&mut body)?;
        body
    };
    answer.body = body;
    Ok((answer, keep))
}

fn read_head(link: &mut BufReader<TcpStream>) -> io::Result<(u16, Vec<(String, String)>)> {
    let status_line = read_line(link)?;
    let status = status_line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .ok_or_else(|| malformed(&status_line))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(link)?;
        if line.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(&line))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn read_chunks(link: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size_line = read_line(link)?;
        let size = usize::from_str_radix(&size_line, 16).map_err(|_| malformed(&size_line))?;
        let start = body.len();
        body.resize(start + size, 0);
        link.read_exact(&mut body[start..])?;
        read_line(link)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_line(link: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if link.read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("not HTTP/1.1: {what}"))
}
