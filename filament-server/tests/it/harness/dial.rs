//! The opening handshake of a gateway connection, with every part of it chosen by the test.

use std::io::{self, BufReader};
use std::net::TcpStream;
use std::time::Duration;

use super::http::{read_answer, read_bare, read_body};
use super::server::Address;
use super::{Answer, Gateway};

/// The key and the accept value of the example in RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const HANDSHAKE_MAX: Duration = Duration::from_secs(20);

/// A gateway connection about to be opened.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    address: Address,
    name: String,
    path: String,
    headers: Vec<(String, String)>,
    answers_pings: bool,
    early: Vec<u8>,
}

impl Dial {
    /// A dial to `/gateway/ws` without a token; `name` stands in failure texts.
    pub(crate) fn new(address: &Address, name: &str) -> Self {
        Self {
            address: address.clone(),
            name: name.to_owned(),
            path: "/gateway/ws".to_owned(),
            headers: Vec::new(),
            answers_pings: true,
            early: Vec::new(),
        }
    }

    /// Replaces path and query.
    pub(crate) fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Adds a query member.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        let mark = if self.path.contains('?') { '&' } else { '?' };
        self.path.push_str(&format!("{mark}{name}={value}"));
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves pings unanswered, as a client that froze does.
    pub(crate) fn without_pongs(mut self) -> Self {
        self.answers_pings = false;
        self
    }

    /// Sends these bytes in the same write as the request, before the upgrade is answered.
    pub(crate) fn followed_by(mut self, bytes: &[u8]) -> Self {
        self.early.extend_from_slice(bytes);
        self
    }

    /// Opens the connection and starts to read it.
    ///
    /// # Errors
    /// The answer, if the server refused the upgrade.
    pub(crate) fn open(self) -> Result<Gateway, Box<Answer>> {
        let (link, answer) = self.shake().unwrap_or_else(|error| panic!("{}: handshake: {error}", self.name));
        match link {
            Some(link) => Ok(Gateway::run(&self.name, link, answer.headers, self.answers_pings)),
            None => Err(Box::new(answer)),
        }
    }

    /// Opens the connection, if there is a server that takes it.
    #[cfg(feature = "failpoints")]
    pub(crate) fn attempt(self) -> Option<Gateway> {
        let (link, answer) = self.shake().ok()?;
        Some(Gateway::run(&self.name, link?, answer.headers, self.answers_pings))
    }

    /// Opens a stream of Server-Sent Events and starts to read it.
    ///
    /// # Errors
    /// The answer, if the server refused.
    pub(crate) fn open_stream(self) -> Result<Gateway, Box<Answer>> {
        let (link, answer) = self.ask().unwrap_or_else(|error| panic!("{}: request: {error}", self.name));
        match link {
            Some(link) => Ok(Gateway::read_stream(&self.name, link, answer.headers)),
            None => Err(Box::new(answer)),
        }
    }

    fn ask(&self) -> io::Result<(Option<BufReader<TcpStream>>, Answer)> {
        let mut stream = self.connect()?;
        let mut head = format!("GET {} HTTP/1.1\r\nhost: filament.test\r\naccept: text/event-stream\r\n", self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        io::Write::write_all(&mut stream, head.as_bytes())?;
        let mut link = BufReader::new(stream);
        let head = read_bare(&mut link, &self.asked())?;
        if head.status != 200 {
            let (answer, _) = read_body(&mut link, head, false)?;
            answer.check();
            return Ok((None, answer));
        }
        link.get_ref().set_read_timeout(None)?;
        Ok((Some(link), head))
    }

    fn asked(&self) -> String {
        format!("GET {}", self.path.split('?').next().unwrap_or_default())
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address.now(), HANDSHAKE_MAX)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANDSHAKE_MAX))?;
        stream.set_write_timeout(Some(HANDSHAKE_MAX))?;
        Ok(stream)
    }

    /// Opens the connection and returns its socket with nothing read after the handshake: a client that never reads.
    pub(crate) fn open_unread(self) -> BufReader<TcpStream> {
        let (link, answer) = self.shake().unwrap_or_else(|error| panic!("{}: handshake: {error}", self.name));
        link.unwrap_or_else(|| panic!("{}: refused: {answer:?}", self.name))
    }

    fn shake(&self) -> io::Result<(Option<BufReader<TcpStream>>, Answer)> {
        let mut stream = self.connect()?;
        let mut head = format!(
            "GET {} HTTP/1.1\r\nhost: filament.test\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n",
            self.path
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.early);
        io::Write::write_all(&mut stream, &bytes)?;
        let mut link = BufReader::new(stream);
        let (answer, _) = read_answer(&mut link, &self.asked(), false)?;
        if answer.status != 101 {
            answer.check();
            return Ok((None, answer));
        }
        assert_eq!(answer.header("sec-websocket-accept"), Some(ACCEPT), "{}: wrong accept value", self.name);
        assert!(
            answer.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")),
            "{}: no upgrade header",
            self.name
        );
        assert_eq!(answer.header("sec-websocket-extensions"), None, "{}: GW-6, an extension was agreed", self.name);
        link.get_ref().set_read_timeout(None)?;
        Ok((Some(link), answer))
    }
}
