//! The upgrade from HTTP: judging the request, answering it, and taking the bare socket back from hyper.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, Version};
use http_body_util::Empty;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// The one subprotocol there is (GW-3).
pub const SUBPROTOCOL: &str = "filament.v1";

/// Bytes of a decoded `Sec-WebSocket-Key` (RFC 6455 §4.1).
const KEY_BYTES: usize = 16;

/// Why a request is no WebSocket handshake (RFC 6455 §4.2.1). The HTTP edge gives each its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// Another method than GET.
    #[error("the handshake is a GET request")]
    Method,
    /// Another version than HTTP/1.1.
    #[error("the handshake needs HTTP/1.1")]
    HttpVersion,
    /// `Upgrade` does not list `websocket`, or `Connection` does not list `upgrade`.
    #[error("not an upgrade to websocket")]
    NotAnUpgrade,
    /// `Sec-WebSocket-Version` is not 13. The answer should carry `sec-websocket-version: 13` (§4.4).
    #[error("websocket version 13 is the only one supported")]
    WebSocketVersion,
    /// `Sec-WebSocket-Key` is missing, repeated, or not the base64 form of 16 bytes.
    #[error("sec-websocket-key is not one base64 value of 16 bytes")]
    Key,
}

/// Why no socket came out of an accepted upgrade.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// The HTTP connection ended before the upgrade was complete.
    #[error("the connection ended before it was upgraded")]
    Http(#[from] hyper::Error),
    /// The HTTP connection was not served over the expected type of socket.
    #[error("the upgraded connection is of another type")]
    OtherTransport,
}

/// A request that is a valid WebSocket handshake, with its answer ready. Whether its sender and its `Origin` are welcome is
/// for the caller to decide before [`accept`](Self::accept).
#[derive(Debug)]
pub struct Handshake {
    response: Response<Empty<Bytes>>,
}

impl Handshake {
    /// Judges a request by RFC 6455 §4.2.1 and chooses the subprotocol: `filament.v1` if offered, else none (GW-3).
    /// Extensions are ignored, which declines them (GW-6).
    ///
    /// # Errors
    /// The first rule broken, in the order of [`HandshakeError`].
    pub fn check<B>(request: &Request<B>) -> Result<Self, HandshakeError> {
        if request.method() != Method::GET {
            return Err(HandshakeError::Method);
        }
        if request.version() != Version::HTTP_11 {
            return Err(HandshakeError::HttpVersion);
        }
        let headers = request.headers();
        let lists = |name, token| list(headers, name).any(|entry| entry.eq_ignore_ascii_case(token));
        if !lists(header::UPGRADE, "websocket") || !lists(header::CONNECTION, "upgrade") {
            return Err(HandshakeError::NotAnUpgrade);
        }
        if only(headers, header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(HandshakeError::WebSocketVersion);
        }
        let key = only(headers, header::SEC_WEBSOCKET_KEY).filter(|key| is_key(key)).ok_or(HandshakeError::Key)?;
        let mut response = switching_protocols(key)?;
        if list(headers, header::SEC_WEBSOCKET_PROTOCOL).any(|entry| entry == SUBPROTOCOL) {
            let chosen = HeaderValue::from_static(SUBPROTOCOL);
            response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, chosen);
        }
        Ok(Self { response })
    }

    /// Gives the answer, status 101, and what resolves to the connection ([`take_stream`]) once hyper has sent that answer.
    /// The connection must be served with `with_upgrades()`.
    pub fn accept<B>(self, request: &mut Request<B>) -> (Response<Empty<Bytes>>, OnUpgrade) {
        (self.response, hyper::upgrade::on(request))
    }
}

/// Waits for an accepted upgrade and takes the socket of type `T` (as in `TokioIo<T>`) out of hyper, with the bytes hyper
/// had read past the request. Those are a copy, so that hyper's read buffer does not live on with the connection.
///
/// # Errors
/// [`UpgradeError::Http`] when the client left first, [`UpgradeError::OtherTransport`] when the socket is no `T`.
pub async fn take_stream<T>(upgrade: OnUpgrade) -> Result<(T, Vec<u8>), UpgradeError>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgraded = upgrade.await?;
    let parts = upgraded.downcast::<TokioIo<T>>().map_err(|_| UpgradeError::OtherTransport)?;
    Ok((parts.io.into_inner(), parts.read_buf.to_vec()))
}

/// Lets fastwebsockets derive `Sec-WebSocket-Accept` and phrase the answer.
fn switching_protocols(key: &HeaderValue) -> Result<Response<Empty<Bytes>>, HandshakeError> {
    let mut request = Request::new(());
    request.headers_mut().insert(header::SEC_WEBSOCKET_KEY, key.clone());
    request.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let (response, _) = fastwebsockets::upgrade::upgrade(request).map_err(|_| HandshakeError::Key)?;
    Ok(response)
}

/// Gives the value of a header that must stand there exactly once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).into_iter();
    values.next().filter(|_| values.next().is_none())
}

/// Walks the comma-separated entries of all headers of one name. A value that is not visible ASCII has none.
fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|entry| entry.trim_matches([' ', '\t']))
}

fn is_key(value: &HeaderValue) -> bool {
    // Room for what 24 base64 characters can decode to, before padding is known.
    let mut decoded = [0; KEY_BYTES + 2];
    STANDARD.decode_slice(value, &mut decoded).is_ok_and(|bytes| bytes == KEY_BYTES)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    use super::*;

    /// The request of RFC 6455 §1.3, as its own headers.
    fn request() -> Request<()> {
        let mut request = Request::new(());
        let headers = [
            ("upgrade", "websocket"),
            ("connection", "Upgrade"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ];
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        request
    }

    fn with(changes: &[(&'static str, &'static str)]) -> Request<()> {
        let mut request = request();
        for (name, _) in changes {
            request.headers_mut().remove(*name);
        }
        for (name, value) in changes {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        request
    }

    #[test]
    fn the_example_of_the_rfc_is_answered_as_there() {
        let handshake = Handshake::check(&request()).unwrap();
        let (response, _) = handshake.accept(&mut request());
        assert_eq!(response.status(), 101);
        let headers = response.headers();
        assert_eq!(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(headers["upgrade"], "websocket");
        assert_eq!(headers["connection"], "upgrade");
        assert_eq!(headers.len(), 3);
    }

    /// Headers that replace those of [`request`].
    type Changes = &'static [(&'static str, &'static str)];

    #[test]
    fn row_11_what_is_no_handshake_is_refused_with_the_rule_it_breaks() {
        let check = |request: &Request<()>| Handshake::check(request).map(|_| ());
        let mut post = request();
        *post.method_mut() = Method::POST;
        assert_eq!(check(&post), Err(HandshakeError::Method));
        for version in [Version::HTTP_10, Version::HTTP_2] {
            let mut other = request();
            *other.version_mut() = version;
            assert_eq!(check(&other), Err(HandshakeError::HttpVersion));
        }
        let table: &[(Changes, Result<(), HandshakeError>)] = &[
            (&[("connection", "keep-alive, Upgrade"), ("upgrade", "h2c, WebSocket")], Ok(())),
            (&[("connection", "keep-alive"), ("connection", "upgrade")], Ok(())),
            (&[("connection", "keep-alive")], Err(HandshakeError::NotAnUpgrade)),
            (&[("connection", "upgrades")], Err(HandshakeError::NotAnUpgrade)),
            (&[("upgrade", "h2c")], Err(HandshakeError::NotAnUpgrade)),
            (&[("upgrade", "")], Err(HandshakeError::NotAnUpgrade)),
            (&[("sec-websocket-version", "8")], Err(HandshakeError::WebSocketVersion)),
            (&[("sec-websocket-version", "13, 8")], Err(HandshakeError::WebSocketVersion)),
            (&[("sec-websocket-version", "13"), ("sec-websocket-version", "8")], Err(HandshakeError::WebSocketVersion)),
            (&[("sec-websocket-key", "")], Err(HandshakeError::Key)),
            (&[("sec-websocket-key", "SGVsbG8sIHdvcmxkIQ==")], Err(HandshakeError::Key)),
            (&[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZSE=")], Err(HandshakeError::Key)),
            (&[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ")], Err(HandshakeError::Key)),
            (&[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZ!==")], Err(HandshakeError::Key)),
            (
                &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")],
                Err(HandshakeError::Key),
            ),
        ];
        for (changes, expected) in table {
            assert_eq!(check(&with(changes)), *expected, "{changes:?}");
        }
        for name in ["upgrade", "connection", "sec-websocket-version", "sec-websocket-key"] {
            let mut missing = request();
            missing.headers_mut().remove(name);
            assert!(check(&missing).is_err(), "without {name}");
        }
    }

    /// Proves GW-3.
    #[test]
    fn the_subprotocol_is_ours_or_none_and_the_token_is_never_echoed() {
        let table: &[(&[&'static str], Option<&str>)] = &[
            (&["filament.v1"], Some("filament.v1")),
            (&["filament.v1, bearer.v4.local.abc-_9"], Some("filament.v1")),
            (&["bearer.one", "chat,filament.v1", "bearer.two"], Some("filament.v1")),
            (&["bearer.one"], None),
            (&["filament.v2, chat"], None),
            (&["Filament.V1"], None),
            (&[], None),
        ];
        for (offers, answered) in table {
            let changes: Vec<_> = offers.iter().map(|offer| ("sec-websocket-protocol", *offer)).collect();
            let mut request = with(&changes);
            let handshake = Handshake::check(&request).unwrap();
            let (response, _) = handshake.accept(&mut request);
            let chosen = response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
            assert_eq!(chosen, *answered, "{offers:?}");
        }
    }

    /// Proves GW-6.
    #[test]
    fn row_12_compression_is_declined() {
        let mut request = with(&[("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")]);
        let (response, _) = Handshake::check(&request).unwrap().accept(&mut request);
        assert!(!response.headers().contains_key("sec-websocket-extensions"));
    }

    const WIRE: &str = "GET /gateway/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    /// Serves one upgrade over loopback and takes the socket as a `T`; gives the client's end too.
    async fn upgraded<T>(after_request: &[u8]) -> (TcpStream, Result<(T, Vec<u8>), UpgradeError>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let (sender, mut upgrades) = mpsc::unbounded_channel();
        let service = service_fn(move |mut request| {
            let (response, upgrade) = Handshake::check(&request).unwrap().accept(&mut request);
            sender.send(upgrade).unwrap();
            async { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(server), service).with_upgrades());
        client.write_all(&[WIRE.as_bytes(), after_request].concat()).await.unwrap();
        let upgrade = upgrades.recv().await.unwrap();
        let taken = timeout(Duration::from_secs(5), take_stream(upgrade)).await.unwrap();
        (client, taken)
    }

    #[tokio::test]
    async fn the_bare_socket_comes_back_with_what_was_read_past_the_request() {
        let (mut client, taken) = upgraded::<TcpStream>(b"early").await;
        let (mut socket, already_read) = taken.unwrap();
        assert_eq!(already_read, b"early");
        socket.write_all(b"straight").await.unwrap();
        drop(socket);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nstraight"), "{answer}");
    }

    #[tokio::test]
    async fn row_10_nothing_of_hypers_buffer_stays_with_the_connection() {
        let (_client, taken) = upgraded::<TcpStream>(b"").await;
        assert_eq!(taken.unwrap().1.capacity(), 0);
    }

    #[tokio::test]
    async fn a_socket_of_another_type_is_told_apart() {
        let (_client, taken) = upgraded::<DuplexStream>(b"").await;
        assert!(matches!(taken, Err(UpgradeError::OtherTransport)));
    }
}
