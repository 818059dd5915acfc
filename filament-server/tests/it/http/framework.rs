//! What no route sees: bytes that are no request, heads and bodies that are too long or too slow (HTTP-2, HTTP-11).

use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Answer, Http, Server};

/// HTTP-11.
const HEAD_BYTES_MAX: usize = 16_384;
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// The contract gives a slow head no time; for ever is too long.
const HEAD_TIME_MAX: Duration = Duration::from_secs(45);
/// What a busy machine may add to a time-out.
const TOLERANCE: Duration = Duration::from_secs(4);

fn login_head(rest: &str) -> String {
    format!("POST /auth/login HTTP/1.1\r\nhost: filament.test\r\ncontent-type: application/json\r\n{rest}\r\n")
}

/// Proves HTTP-2 for the framework's own answers: each is JSON with a code and an id.
#[test]
fn s093_bytes_that_are_no_request_are_refused_as_json() {
    let server = Server::start();
    let http = server.http();
    let health = |rest: &str| format!("GET /health HTTP/1.1\r\nhost: filament.test\r\n{rest}\r\n\r\n");
    for (what, bytes) in [
        ("a word", "garbage\r\n\r\n".to_owned()),
        ("a TLS hello", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}\r\n\r\n".to_owned()),
        ("an unknown version", "GET /health HTTP/7.7\r\nhost: filament.test\r\n\r\n".to_owned()),
        ("a space in the path", "GET /hea lth HTTP/1.1\r\nhost: filament.test\r\n\r\n".to_owned()),
        ("a line that is no header", health("no colon")),
        ("a header name with a space", health("x y: z")),
        ("a control character in a header", health("x: a\u{1}b")),
        ("a length that is no number", health("content-length: x")),
        ("a negative length", health("content-length: -1")),
        ("two lengths", login_head("content-length: 2\r\ncontent-length: 3\r\n") + "{} "),
        ("an unknown coding", login_head("transfer-encoding: gzip\r\n") + "{}"),
        ("a chunk size that is no number", login_head("transfer-encoding: chunked\r\n") + "zz\r\n{}\r\n0\r\n\r\n"),
        ("a chunk without its end", login_head("transfer-encoding: chunked\r\n") + "2\r\n{}xx0\r\n\r\n"),
    ] {
        let answer = http.raw(bytes.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{what}: {answer:?}");
    }
    http.get("/health").ok();
}

/// Proves HTTP-11: a head of nearly 16 KiB is read, a longer one is 431, whether by a header, many or the path.
#[test]
fn s093_a_head_ends_at_16_kib() {
    let server = Server::start();
    let http = server.http();
    // What exactly counts as head may differ by a line end.
    let slack = 64;
    let head = |bytes: usize, line: &dyn Fn(usize) -> String| {
        let empty = line(0).len();
        http.raw(line(bytes - empty).as_bytes()).expect("an answer")
    };
    let one_header =
        |pad: usize| format!("GET /health HTTP/1.1\r\nhost: filament.test\r\nx-pad: {}\r\n\r\n", "a".repeat(pad));
    let query = |pad: usize| format!("GET /health?{} HTTP/1.1\r\nhost: filament.test\r\n\r\n", "a".repeat(pad));
    let headers = |pad: usize| {
        let lines: String = (0..40).map(|number| format!("x-{number}: {}\r\n", "a".repeat(pad / 40))).collect();
        format!("GET /health HTTP/1.1\r\nhost: filament.test\r\n{lines}\r\n")
    };
    let shapes: [&dyn Fn(usize) -> String; 3] = [&one_header, &query, &headers];
    for line in shapes {
        head(HEAD_BYTES_MAX - slack, line).ok();
        head(HEAD_BYTES_MAX + slack, line).refused(431, "invalid_request");
        head(10 * HEAD_BYTES_MAX, line).refused(431, "invalid_request");
    }
    http.get("/health").ok();
}

/// Proves that requests sent in one piece are answered in their order.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::start();
    let mut link = server.http().connect().expect("a connection");
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: filament.test\r\n\r\n");
    let bytes = ask("/health") + &ask("/none") + &ask("/guilds") + &ask("/readyz");
    link.get_mut().write_all(bytes.as_bytes()).expect("write");
    for status in [200, 404, 401, 200] {
        assert_eq!(read_one(&mut link).expect("an answer").status, status);
    }
}

/// How a slow request ended: the answer, if there was one, and after which time.
type Ending = (Option<Answer>, Duration);

/// Sends the start, then one byte of `drip` at every interval until the server answers or ends the connection.
fn dribble(http: &Http, start: &str, drip: Option<u8>) -> Ending {
    let mut link = http.connect().expect("a connection");
    link.get_ref().set_read_timeout(Some(HEAD_TIME_MAX)).expect("a time-out");
    let mut writer = link.get_ref().try_clone().expect("a second handle");
    writer.write_all(start.as_bytes()).expect("write");
    let begun = Instant::now();
    if let Some(byte) = drip {
        thread::spawn(move || {
            while writer.write_all(&[byte]).is_ok() && begun.elapsed() < HEAD_TIME_MAX {
                thread::sleep(Duration::from_millis(250));
            }
        });
    }
    let answer = read_one(&mut link);
    if let Some(answer) = &answer {
        answer.check();
    }
    (answer, begun.elapsed())
}

/// Reads one answer with a length; absent when the connection ends instead.
fn read_one(link: &mut BufReader<TcpStream>) -> Option<Answer> {
    crate::harness::read_answer(link, "raw bytes", false).map(|(answer, _)| answer).ok()
}

/// Proves HTTP-11: a body that is not there after 10 s is 408, silent or dribbling, with a length or in chunks. A head that
/// does not end is not waited for without end either; the server meanwhile serves others.
#[test]
fn s093_slow_bodies_and_heads_are_ended() {
    let server = Server::start();
    let with_length = login_head("content-length: 5000\r\n") + "{";
    let in_chunks = login_head("transfer-encoding: chunked\r\n") + "1388\r\n{";
    let head = "GET /health HTTP/1.1\r\nhost: filament.test\r\nx-slow: ";
    thread::scope(|scope| {
        let spawn = |start: &str, drip: Option<u8>| {
            let (http, start) = (server.http(), start.to_owned());
            scope.spawn(move || dribble(&http, &start, drip))
        };
        let bodies = [spawn(&with_length, None), spawn(&with_length, Some(b' ')), spawn(&in_chunks, Some(b' '))];
        let heads = [spawn(head, None), spawn(head, Some(b'a'))];
        server.http().get("/health").ok();
        for body in bodies {
            let (answer, after) = body.join().expect("a body");
            let answer = answer.expect("an answer and not only an end").refused(408, "request_timeout");
            assert!(after + Duration::from_millis(500) >= BODY_TIME_MAX, "{after:?}: {answer:?}");
            assert!(after <= BODY_TIME_MAX + TOLERANCE, "{after:?}");
        }
        for head in heads {
            let (answer, after) = head.join().expect("a head");
            assert!(after < HEAD_TIME_MAX, "{after:?}");
            if let Some(answer) = answer {
                answer.refused(408, "request_timeout");
            }
        }
    });
    server.http().get("/health").ok();
}

/// Proves that a body nobody reads ends neither the server nor its answer: 413 comes although the client is still sending.
#[test]
fn a_refusal_reaches_a_client_that_is_still_sending() {
    let server = Server::start();
    let mut link = server.http().connect().expect("a connection");
    let head = login_head("content-length: 50000000\r\n");
    link.get_mut().write_all(head.as_bytes()).expect("write");
    let piece = vec![b' '; 65_536];
    for _ in 0..4 {
        if link.get_mut().write_all(&piece).is_err() {
            break;
        }
    }
    read_one(&mut link).expect("an answer").refused(413, "payload_too_large");
    let mut rest = Vec::new();
    match link.read_to_end(&mut rest) {
        Ok(_) => assert!(rest.is_empty()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

/// Sends bytes on one connection and reads answers until this many have come or the connection ends.
fn exchange(http: &Http, bytes: &[u8], answers: &[&str]) -> Vec<u16> {
    let mut link = http.connect().expect("a connection");
    link.get_mut().write_all(bytes).expect("write");
    let read = answers.iter().map_while(|method| {
        let (answer, _) = crate::harness::read_answer(&mut link, "raw bytes", *method == "HEAD").ok()?;
        Some(answer.status)
    });
    read.collect()
}

/// Proves that a body left unread by a refusal is never taken for the next request: what follows it is answered, or the
/// connection ends.
#[test]
fn the_body_of_a_refused_request_is_not_the_next_request() {
    let server = Server::start();
    let http = server.http();
    let hidden = "GET /health HTTP/1.1\r\nhost: filament.test\r\n\r\n";
    let json = "content-type: application/json\r\n";
    for (line, headers, status) in [
        ("POST /none", json, 404),
        ("PUT /guilds", json, 405),
        ("POST /guilds", json, 401),
        ("POST /auth/login", "", 415),
        ("POST /auth/login", json, 400),
        ("GET /guilds", "", 401),
        ("POST /guilds/x/join", "", 401),
    ] {
        let with_length = format!("content-length: {}\r\n\r\n{hidden}", hidden.len());
        let in_chunks = format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
        for body in [with_length, in_chunks] {
            let next = "GET /nowhere HTTP/1.1\r\nhost: filament.test\r\nconnection: close\r\n\r\n";
            let bytes = format!("{line} HTTP/1.1\r\nhost: filament.test\r\n{headers}{body}{next}");
            let statuses = exchange(&http, bytes.as_bytes(), &["GET"; 3]);
            assert!([&[status][..], &[status, 404]].contains(&&statuses[..]), "{line}: {statuses:?}");
        }
    }
}

/// Proves that the less usual forms of a proper request are understood (RFC 9110, RFC 9112), and that what is no resource
/// is refused as JSON, which the reading of each answer checks.
#[test]
fn unusual_but_proper_requests_are_answered() {
    let server = Server::start();
    let http = server.http();
    let health = "GET /health HTTP/1.1\r\nhost: filament.test\r\n\r\n";
    let head = "HEAD /health HTTP/1.1\r\nhost: filament.test\r\n\r\n";
    let missing = "HEAD /none HTTP/1.1\r\nhost: filament.test\r\n\r\n";
    let bytes = [head, health, missing, health].concat();
    assert_eq!(exchange(&http, bytes.as_bytes(), &["HEAD", "GET", "HEAD", "GET"]), [200, 200, 404, 200]);
    let absolute = "GET http://filament.test/health HTTP/1.1\r\nhost: filament.test\r\n\r\n";
    http.raw(absolute.as_bytes()).expect("an answer").ok();
    let close = "GET /health HTTP/1.1\r\nhost: filament.test\r\nconnection: close\r\n\r\n";
    assert_eq!(exchange(&http, (close.to_owned() + health).as_bytes(), &["GET"; 2]), [200]);
    for bytes in
        ["OPTIONS * HTTP/1.1\r\nhost: filament.test\r\n\r\n", "CONNECT a.test:443 HTTP/1.1\r\nhost: a.test\r\n\r\n"]
    {
        let answer = http.raw(bytes.as_bytes()).expect("an answer");
        assert!(matches!(answer.status, 400 | 404 | 405), "{answer:?}");
    }
    let many: String = (0..90).map(|number| format!("x-{number}: y\r\n")).collect();
    let headers = format!("GET /health HTTP/1.1\r\nhost: filament.test\r\n{many}\r\n");
    http.raw(headers.as_bytes()).expect("an answer").ok();
}

/// Proves that a client which waits for `100 Continue` gets it for a body that is read, and the refusal for one that is not.
#[test]
fn a_client_that_expects_100_continue_is_not_left_waiting() {
    let server = Server::start();
    let body = r#"{"username":"nobody","password":"a wrong password"}"#;
    let mut link = server.http().connect().expect("a connection");
    let head = login_head(&format!("expect: 100-continue\r\ncontent-length: {}\r\n", body.len()));
    link.get_mut().write_all(head.as_bytes()).expect("write");
    assert_eq!(read_one(&mut link).expect("an answer").status, 100);
    link.get_mut().write_all(body.as_bytes()).expect("write");
    read_one(&mut link).expect("an answer").refused(401, "invalid_credentials");

    let mut link = server.http().connect().expect("a connection");
    let head = login_head("expect: 100-continue\r\ncontent-length: 70000\r\n");
    link.get_mut().write_all(head.as_bytes()).expect("write");
    read_one(&mut link).expect("an answer").refused(413, "payload_too_large");
}
