//! What holds while waiting: cancelling, order, back-pressure, memory; and the whole layer over loopback sockets.

use std::time::Duration;

use filament_protocol::CloseCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::*;
use crate::ws::client_frame::{self, BINARY, CONTINUATION, PING, PONG, TEXT, close, frame, text, unmasked};
use crate::ws::encode;

/// No observation in these tests takes longer on a working layer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Remembers texts; each costs a permit, taken while waiting.
#[derive(Default)]
struct Recorder {
    texts: Vec<String>,
    pending: Option<String>,
    permits: Option<Semaphore>,
    heard: usize,
}

impl Handler for Recorder {
    fn heard(&mut self, bytes: usize) {
        self.heard += bytes;
    }

    fn incoming(&mut self, incoming: Incoming<'_>) -> Flow {
        assert_eq!(self.pending, None, "a second message while one is in flight");
        match incoming {
            Incoming::Text(text) => self.pending = Some(text.into_owned()),
            Incoming::Close { .. } => return Flow::Stop,
            Incoming::Binary(_) | Incoming::Ping(_) | Incoming::Pong => return Flow::Continue,
        }
        Flow::Wait
    }

    async fn proceed(&mut self) -> Flow {
        match &self.permits {
            Some(permits) => permits.acquire().await.unwrap().forget(),
            None => tokio::task::yield_now().await,
        }
        self.texts.extend(self.pending.take());
        Flow::Continue
    }
}

async fn loopback() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    client.set_nodelay(true).unwrap();
    (client, listener.accept().await.unwrap().0)
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("message {number}")).collect()
}

#[tokio::test]
async fn row_01_a_read_that_is_dropped_loses_nothing() {
    let (mut client, server) = loopback().await;
    let sent = numbered(40);
    let bytes: Vec<u8> = sent.iter().flat_map(|message| text(message)).chain(close(1000, "")).collect();
    let writer = tokio::spawn(async move {
        for byte in bytes {
            client.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        client
    });
    let mut reader = Reader::new(server, Vec::new(), ReaderLimits::default());
    let mut recorder = Recorder::default();
    let mut drops = 0;
    let reading = async {
        loop {
            tokio::select! {
                biased;
                ended = reader.run(&mut recorder) => return ended,
                () = tokio::task::yield_now() => drops += 1,
            }
        }
    };
    assert!(matches!(timeout(DEADLINE, reading).await.unwrap(), Ok(Ended::Stopped)));
    assert_eq!(recorder.texts, sent);
    assert!(drops > 100, "only {drops} reads were dropped");
    writer.await.unwrap();
}

/// Proves the part of CMD-1 that concerns reading: arrival order, one in flight (`Recorder` asserts it).
#[tokio::test]
async fn pipelined_messages_are_handed_out_in_order_one_in_flight() {
    let (mut client, server) = loopback().await;
    let sent = numbered(2_000);
    let mut bytes: Vec<u8> = sent.iter().flat_map(|message| text(message)).collect();
    bytes.extend(close(1000, ""));
    let total = bytes.len();
    let early = bytes.drain(..33).collect();
    client.write_all(&bytes).await.unwrap();
    let mut reader = Reader::new(server, early, ReaderLimits::default());
    let mut recorder = Recorder::default();
    timeout(DEADLINE, reader.run(&mut recorder)).await.unwrap().unwrap();
    assert_eq!(recorder.texts, sent);
    assert_eq!(recorder.heard, total - 33);
}

/// Proves the part of GW-26 that concerns reading: while the handler waits, nothing more is read.
#[tokio::test]
async fn a_handler_that_waits_stops_the_reading() {
    let (mut client, server) = duplex(1_024);
    let sent = numbered(1_000);
    let expected = sent.clone();
    let writer = tokio::spawn(async move {
        for message in sent {
            client.write_all(&text(&message)).await.unwrap();
        }
        client
    });
    let mut reader = Reader::new(server, Vec::new(), ReaderLimits::default());
    let mut recorder = Recorder { permits: Some(Semaphore::new(0)), ..Recorder::default() };
    while recorder.pending.is_none() {
        tokio::select! {
            biased;
            _ = reader.run(&mut recorder) => unreachable!("neither side closes"),
            () = tokio::task::yield_now() => {}
        }
    }
    let heard = recorder.heard;
    for _ in 0..100 {
        tokio::select! {
            biased;
            _ = reader.run(&mut recorder) => unreachable!("neither side closes"),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!((recorder.heard, recorder.texts.len()), (heard, 0));
    assert!(!writer.is_finished(), "the peer could send on");

    recorder.permits = None;
    let finishing = async {
        while recorder.texts.len() < expected.len() {
            tokio::select! {
                biased;
                _ = reader.run(&mut recorder) => unreachable!("neither side closes"),
                () = tokio::task::yield_now() => {}
            }
        }
    };
    timeout(DEADLINE, finishing).await.unwrap();
    assert_eq!(recorder.texts, expected);
    drop(writer.await.unwrap());
}

#[tokio::test]
async fn row_10_an_idle_connection_holds_no_buffer() {
    let (mut client, server) = loopback().await;
    let mut reader = Reader::new(server, Vec::new(), ReaderLimits::default());
    let mut recorder = Recorder::default();
    let largest = "x".repeat(65_536);
    let cut =
        [frame(TEXT, false, &largest.as_bytes()[..40_000]), frame(CONTINUATION, true, &largest.as_bytes()[40_000..])];
    for bytes in [text("one"), text(&largest), cut.concat(), [text("two"), text("three")].concat()] {
        client.write_all(&bytes).await.unwrap();
    }
    let reading = async {
        while recorder.texts.len() < 5 {
            tokio::select! {
                biased;
                _ = reader.run(&mut recorder) => unreachable!("neither side closes"),
                () = tokio::task::yield_now() => {}
            }
        }
    };
    timeout(DEADLINE, reading).await.unwrap();
    assert_eq!(reader.buffered_bytes(), 0);
    let (fixed, source) = (size_of::<Reader<OwnedReadHalf>>(), size_of::<OwnedReadHalf>());
    assert!(fixed <= source + 256, "{fixed} bytes per connection");
}

#[tokio::test]
async fn the_end_of_the_stream_is_told_apart_from_a_close() {
    for partial in [&b""[..], b"\x81", &text("cut off")[..9]] {
        let (mut client, server) = loopback().await;
        client.write_all(partial).await.unwrap();
        drop(client);
        let mut reader = Reader::new(server, Vec::new(), ReaderLimits::default());
        let ended = timeout(DEADLINE, reader.run(&mut Recorder::default())).await.unwrap();
        assert!(matches!(ended, Ok(Ended::PeerGone)), "{ended:?}");
    }
}

/// Proves the part of GW-35 that concerns reading: what is held for a connection goes when its close is decided.
#[tokio::test]
async fn closing_frees_what_is_held_and_looks_for_the_close_frame_only() {
    let (mut client, server) = duplex(100_000);
    client.write_all(&frame(TEXT, false, &[b'x'; 50_000])).await.unwrap();
    let mut reader = Reader::new(server, Vec::new(), ReaderLimits::default());
    let mut recorder = Recorder::default();
    while reader.buffered_bytes() < 50_000 {
        tokio::select! {
            biased;
            _ = reader.run(&mut recorder) => unreachable!("neither side closes"),
            () = tokio::task::yield_now() => {}
        }
    }
    reader.skip_to_close();
    assert_eq!(reader.buffered_bytes(), 0);
    let ignored = [frame(BINARY, true, b"x"), text(&"x".repeat(70_000)), unmasked(TEXT, true, b"x")];
    client.write_all(&[ignored.concat(), close(1000, "")].concat()).await.unwrap();
    let ended = timeout(DEADLINE, reader.run(&mut recorder)).await.unwrap();
    assert!(matches!(ended, Ok(Ended::Stopped)), "{ended:?}");
    assert_eq!(recorder.texts, [""; 0]);
}

/// Echoes text as a gateway would answer: the frame is built anew and handed to the socket.
struct Echo {
    socket: tokio::net::tcp::OwnedWriteHalf,
    reply: Vec<u8>,
    peer_code: Option<u16>,
}

impl Handler for Echo {
    fn incoming(&mut self, incoming: Incoming<'_>) -> Flow {
        match incoming {
            Incoming::Text(text) => self.reply = encode::text(&text),
            Incoming::Ping(payload) => self.reply = encode::pong(&payload),
            Incoming::Close { code, .. } => {
                self.peer_code = code;
                return Flow::Stop;
            }
            Incoming::Binary(_) | Incoming::Pong => return Flow::Continue,
        }
        Flow::Wait
    }

    async fn proceed(&mut self) -> Flow {
        self.socket.write_all(&self.reply).await.unwrap();
        Flow::Continue
    }
}

/// Serves one connection until it has ended, as a gateway would, without its deadlines.
async fn serve(server: TcpStream) {
    let (read_half, write_half) = server.into_split();
    let mut reader = Reader::new(read_half, Vec::new(), ReaderLimits::default());
    let mut echo = Echo { socket: write_half, reply: Vec::new(), peer_code: None };
    match reader.run(&mut echo).await {
        Ok(Ended::Stopped) => echo.socket.write_all(&encode::close_answer(echo.peer_code)).await.unwrap(),
        Ok(Ended::PeerGone) | Err(ReadError::Io(_)) => {}
        Err(ReadError::Protocol(error)) => {
            echo.socket.write_all(&encode::close(error.close_code().reason(None))).await.unwrap();
            if !error.ends_peer() {
                reader.skip_to_close();
                assert_eq!(reader.run(&mut echo).await.unwrap(), Ended::Stopped, "only the peer's close is handed out");
            }
        }
    }
}

async fn served() -> (TcpStream, tokio::task::JoinHandle<()>) {
    let (client, server) = loopback().await;
    (client, tokio::spawn(serve(server)))
}

async fn read_to_end(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    timeout(DEADLINE, client.read_to_end(&mut bytes)).await.unwrap().unwrap();
    bytes
}

#[tokio::test]
async fn row_08_an_answer_is_a_clean_unmasked_frame() {
    let (mut client, server) = served().await;
    let sent = [text("hello"), frame(PING, true, b"25"), text(&"x".repeat(65_536)), close(4000, "bye")];
    client.write_all(&sent.concat()).await.unwrap();
    let expected = [
        unmasked(TEXT, true, b"hello"),
        unmasked(PONG, true, b"25"),
        unmasked(TEXT, true, &[b'x'; 65_536]),
        unmasked(client_frame::CLOSE, true, &4000u16.to_be_bytes()),
    ];
    assert!(read_to_end(&mut client).await == expected.concat());
    server.await.unwrap();
}

/// Proves ENV-7 and ENV-13 on the wire: what is refused is answered with its close frame, and only with that.
#[tokio::test]
async fn row_03_every_refusal_sends_its_close_frame() {
    let table = [
        (text(&"x".repeat(65_537)), CloseCode::EventTooLarge),
        ([frame(TEXT, false, &[b'x'; 65_536]), frame(CONTINUATION, true, b"x")].concat(), CloseCode::EventTooLarge),
        (frame(BINARY, true, b"x"), CloseCode::UnsupportedFrame),
        (frame(TEXT, true, b"\xFF"), CloseCode::InvalidUtf8),
        (unmasked(TEXT, true, b"x"), CloseCode::WsProtocolError),
        (frame(0x40 | TEXT, true, b"x"), CloseCode::WsProtocolError),
        (frame(PONG, true, &[0; 126]), CloseCode::WsProtocolError),
        ([frame(TEXT, false, b"a"), text("b")].concat(), CloseCode::WsProtocolError),
    ];
    for (bytes, code) in table {
        let (mut client, server) = served().await;
        client.write_all(&bytes).await.unwrap();
        let answer = encode::close(code.reason(None));
        let mut received = vec![0; answer.len()];
        timeout(DEADLINE, client.read_exact(&mut received)).await.unwrap().unwrap();
        assert_eq!(received, answer, "{code}");
        client.write_all(&[text("ignored"), close(code.code(), "")].concat()).await.unwrap();
        assert_eq!(read_to_end(&mut client).await, b"");
        server.await.unwrap();
    }
}

/// A refused close frame is the peer's last: nothing more is waited for.
#[tokio::test]
async fn a_refused_close_frame_is_answered_and_not_waited_for() {
    for bytes in
        [close(999, ""), frame(client_frame::CLOSE, true, &[3]), frame(client_frame::CLOSE, true, b"\x03\xe8\xff")]
    {
        let (mut client, server) = served().await;
        client.write_all(&bytes).await.unwrap();
        let received = read_to_end(&mut client).await;
        assert_eq!(received[..2], [0x88, u8::try_from(received.len() - 2).unwrap()]);
        server.await.unwrap();
    }
}
