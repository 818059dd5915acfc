//! The byte stream below hyper, with three things hyper leaves open.
//!
//! - hyper answers a head it cannot read (400) or that is too long (431) by itself and with an empty body, before any
//!   handler runs. Every refusal of this server is JSON with an `x-request-id` (HTTP-2, HTTP-12), so that canned head is
//!   recognised where an answer begins and replaced. Answers of handlers are known by their `x-request-id`; their length
//!   is counted, so that no body can be taken for a head, whatever it holds.
//! - A client that reads none of its answer would keep the connection for ever: after a bounded wait it is dropped.
//! - Closing a socket with unread bytes resets it, and the reset may overtake the last answer: a connection that ends in
//!   the middle of a request body is read on for a moment, within bounds.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use filament_protocol::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::error::ApiError;
use super::request_id::{self, RequestIds};
use crate::limits::{LINGER_BYTES_MAX, LINGER_MAX, WRITE_STALL_MAX};

/// Whether bytes of a request may be left unread when the connection ends; set by the service, read by the wire.
#[derive(Debug, Default)]
pub struct Unread(AtomicBool);

impl Unread {
    /// Notes that a request was answered before its body was read.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A client's socket as hyper sees it, inside a `TokioIo`.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    request_ids: Arc<RequestIds>,
    unread: Arc<Unread>,
    outgoing: Outgoing,
    stall: Option<Pin<Box<Sleep>>>,
    linger: Option<Linger>,
}

/// Where in the stream of answers the next written byte stands.
#[derive(Debug, PartialEq, Eq)]
enum Outgoing {
    /// At the first byte of a head.
    Head,
    /// Inside an answer that has this many bytes left.
    Answer { left: u64 },
    /// Inside the text that stands in for `stands_for` bytes of hyper's own.
    Replacement { text: Vec<u8>, written: usize, stands_for: usize },
    /// In a stream without further heads: another protocol, or a body without a length.
    Raw,
}

#[derive(Debug)]
struct Linger {
    deadline: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl Wire {
    /// Wraps an accepted socket.
    #[must_use]
    pub fn new(stream: TcpStream, request_ids: Arc<RequestIds>, unread: Arc<Unread>) -> Self {
        Self { stream, request_ids, unread, outgoing: Outgoing::Head, stall: None, linger: None }
    }

    /// Returns the bare socket, for a protocol that takes over after an upgrade.
    #[must_use]
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Writes to the socket and gives up on a peer that takes nothing for too long.
    fn poll_socket(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(result) => {
                self.stall = None;
                Poll::Ready(result)
            }
            Poll::Pending => {
                let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(WRITE_STALL_MAX)));
                ready!(stall.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    fn judge_head(&self, bytes: &[u8]) -> Outgoing {
        match Framing::of(bytes) {
            Framing::Message { bytes } => Outgoing::Answer { left: bytes },
            Framing::Canned { status, head_bytes, date } => {
                let text = replacement(status, date, &self.request_ids);
                Outgoing::Replacement { text, written: 0, stands_for: head_bytes }
            }
            Framing::Unbounded => Outgoing::Raw,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if wire.outgoing == Outgoing::Head {
            wire.outgoing = wire.judge_head(bytes);
        }
        match std::mem::replace(&mut wire.outgoing, Outgoing::Raw) {
            Outgoing::Head | Outgoing::Raw => wire.poll_socket(context, bytes),
            Outgoing::Answer { left } => {
                let part = &bytes[..bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
                let result = wire.poll_socket(context, part);
                let written = if let Poll::Ready(Ok(written)) = result { written as u64 } else { 0 };
                wire.outgoing = match left.saturating_sub(written) {
                    0 => Outgoing::Head,
                    left => Outgoing::Answer { left },
                };
                result
            }
            Outgoing::Replacement { text, mut written, stands_for } => loop {
                match wire.poll_socket(context, &text[written..]) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(more)) => written += more,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {
                        wire.outgoing = Outgoing::Replacement { text, written, stands_for };
                        return Poll::Pending;
                    }
                }
                if written == text.len() {
                    // What could not be read as a head is still in the socket.
                    wire.unread.note();
                    wire.outgoing = Outgoing::Head;
                    return Poll::Ready(Ok(stands_for));
                }
            },
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if wire.linger.is_none() {
            ready!(Pin::new(&mut wire.stream).poll_shutdown(context))?;
            if !wire.unread.is_noted() {
                return Poll::Ready(Ok(()));
            }
        }
        let linger = wire.linger.get_or_insert_with(Linger::new);
        linger.poll(context, &mut wire.stream)
    }
}

impl Linger {
    fn new() -> Self {
        Self { deadline: Box::pin(sleep_until(Instant::now() + LINGER_MAX)), bytes_left: LINGER_BYTES_MAX }
    }

    /// Reads and drops until the peer closes or a bound is reached.
    fn poll(&mut self, context: &mut Context<'_>, stream: &mut TcpStream) -> Poll<io::Result<()>> {
        let mut scratch = [0; 4_096];
        while self.bytes_left > 0 && self.deadline.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                break;
            }
            self.bytes_left = self.bytes_left.saturating_sub(buffer.filled().len());
        }
        Poll::Ready(Ok(()))
    }
}

/// Tells the peer of a connection that there is no room for it, and waits a moment for it to read that.
pub async fn refuse(mut stream: TcpStream, request_ids: &RequestIds, error: &ApiError) {
    let told = async {
        stream.write_all(&raw_answer(error, None, request_ids)).await?;
        stream.shutdown().await?;
        let mut linger = Linger::new();
        std::future::poll_fn(|context| linger.poll(context, &mut stream)).await
    };
    // Whether the peer heard it or is gone makes no difference here.
    let _: Result<io::Result<()>, _> = tokio::time::timeout(LINGER_MAX, told).await;
}

/// How far an answer reaches that begins with these bytes.
#[derive(Debug, PartialEq, Eq)]
enum Framing<'a> {
    /// An answer of a handler: head and body together have this many bytes.
    Message { bytes: u64 },
    /// An answer hyper made by itself: nothing but a head.
    Canned { status: u16, head_bytes: usize, date: Option<&'a [u8]> },
    /// No length can be told; no head follows.
    Unbounded,
}

impl<'a> Framing<'a> {
    /// Reads a head as hyper writes it: whole, names in lower case, lines ended by CR LF.
    fn of(bytes: &'a [u8]) -> Self {
        let Some(status) = status(bytes) else { return Self::Unbounded };
        let Some(head_bytes) = head_bytes(bytes) else { return Self::Unbounded };
        if status == 101 {
            return Self::Unbounded;
        }
        let (mut body_bytes, mut handled, mut date) = (0, false, None);
        for line in bytes[..head_bytes].split(|byte| *byte == b'\n').skip(1) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Some(value) = line.strip_prefix(b"content-length: ") {
                let Some(length) = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()) else {
                    return Self::Unbounded;
                };
                body_bytes = length;
            } else if line.starts_with(b"transfer-encoding: ") {
                return Self::Unbounded;
            } else if line.starts_with(request_id::HEADER.as_str().as_bytes()) {
                handled = true;
            } else if line.starts_with(b"date: ") {
                date = Some(line);
            }
        }
        if !handled && status >= 400 {
            return Self::Canned { status, head_bytes, date };
        }
        Self::Message { bytes: head_bytes as u64 + body_bytes }
    }
}

fn status(bytes: &[u8]) -> Option<u16> {
    let rest = bytes.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(rest.get(2..5)?).ok()?.parse().ok()
}

fn head_bytes(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|position| position + 4)
}

/// The answer this server gives in place of hyper's own.
fn replacement(status: u16, date: Option<&[u8]>, request_ids: &RequestIds) -> Vec<u8> {
    let error = match status {
        431 => ApiError::new(ErrorCode::InvalidRequest)
            .with_status(http::StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
            .with_detail("the head is too large"),
        400..=499 => ApiError::invalid("the request cannot be read as HTTP/1.1"),
        _ => ApiError::internal(),
    };
    raw_answer(&error, date, request_ids)
}

/// A whole refusal as bytes, for places where no hyper is there to write it.
fn raw_answer(error: &ApiError, date: Option<&[u8]>, request_ids: &RequestIds) -> Vec<u8> {
    let body = error.body();
    let status = error.status();
    let id = request_ids.next();
    tracing::debug!(request_id = %id, status = status.as_u16(), "refused before a request could be read");
    let mut text = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{}: {id}\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or(""),
        body.len(),
        request_id::HEADER,
    );
    if let Some(secs) = error.retry_after_secs() {
        text.push_str(&format!("retry-after: {secs}\r\n"));
    }
    let mut text = text.into_bytes();
    if let Some(line) = date {
        text.extend_from_slice(line);
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(&body);
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Wire, TcpStream, Arc<Unread>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let unread = Arc::new(Unread::default());
        (Wire::new(stream, Arc::new(RequestIds::starting_at(7)), Arc::clone(&unread)), client, unread)
    }

    #[test]
    fn answers_of_handlers_are_told_from_those_of_hyper() {
        for whole in [
            "HTTP/1.1 200 OK\r\nx-request-id: 1\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.0 204 No Content\r\nx-request-id: 1\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] {
            let followed = format!("{whole}HTTP/1.1 200 OK\r\n\r\n");
            assert_eq!(Framing::of(followed.as_bytes()), Framing::Message { bytes: whole.len() as u64 }, "{whole}");
        }
        for (head, status, date) in [
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: now\r\n\r\n", 400, Some("date: now")),
            ("HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n", 431, None),
        ] {
            let expected = Framing::Canned { status, head_bytes: head.len(), date: date.map(str::as_bytes) };
            assert_eq!(Framing::of(head.as_bytes()), expected, "{head}");
        }
        for unbounded in [
            "HTTP/1.1 101 Switching Protocols\r\nx-request-id: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nx-request-id: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            "\x01\x05hello",
            "",
        ] {
            assert_eq!(Framing::of(unbounded.as_bytes()), Framing::Unbounded, "{unbounded}");
        }
    }

    /// Proves HTTP-2 however the bytes of answers are handed over.
    #[tokio::test]
    async fn a_canned_answer_is_replaced_wherever_the_writes_are_cut() {
        let body = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        let good = format!("HTTP/1.1 200 OK\r\nx-request-id: 1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let canned = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        let head_bytes = good.len() - body.len();
        for cut in (head_bytes..good.len()).step_by(7) {
            let (mut wire, mut client, _) = pair().await;
            wire.write_all(&good.as_bytes()[..cut]).await.unwrap();
            wire.write_all(format!("{}{good}{canned}", &good[cut..]).as_bytes()).await.unwrap();
            drop(wire);
            let mut read = String::new();
            client.read_to_string(&mut read).await.unwrap();
            let rest = read.strip_prefix(&format!("{good}{good}")).unwrap_or_else(|| panic!("{read}"));
            assert!(rest.starts_with("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"), "{rest}");
            assert!(rest.contains("\r\nx-request-id: ") && rest.contains("\r\ndate: now\r\n"), "{rest}");
            assert!(rest.contains(r#"{"error":"invalid_request","detail":""#), "{rest}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_is_given_up() {
        let (mut wire, client, _) = pair().await;
        let began = Instant::now();
        let piece = vec![0xFF; 65_536];
        let error = loop {
            if let Err(error) = wire.write_all(&piece).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= WRITE_STALL_MAX);
        drop(client);
    }

    #[tokio::test]
    async fn unread_bytes_do_not_reset_the_last_answer() {
        let (mut wire, mut client, unread) = pair().await;
        client.write_all(&[b'x'; 200_000]).await.unwrap();
        wire.write_all(b"HTTP/1.1 200 OK\r\nx-request-id: 1\r\n\r\n").await.unwrap();
        unread.note();
        let (read, closed) = tokio::join!(
            async {
                let mut read = String::new();
                client.read_to_string(&mut read).await.unwrap();
                drop(client);
                read
            },
            async {
                let closed = wire.shutdown().await;
                drop(wire);
                closed
            }
        );
        closed.unwrap();
        assert!(read.ends_with("\r\n\r\n"), "{read}");
    }

    #[tokio::test]
    async fn lingering_ends_after_a_moment() {
        let (mut wire, client, unread) = pair().await;
        unread.note();
        let began = Instant::now();
        wire.shutdown().await.unwrap();
        assert!(began.elapsed() >= LINGER_MAX && began.elapsed() < LINGER_MAX + Duration::from_secs(2));
        drop(client);
    }
}
