//! A small HTTP/1.1 client for one server: one connection per call, everything bounded in bytes and in time.

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

use crate::limits::{LIVEKIT_ANSWER_BYTES_MAX, LIVEKIT_CALL_MAX};

/// Why a call came to nothing.
#[derive(Debug, Error)]
pub enum CallError {
    /// Where LiveKit is cannot be reached in plain HTTP.
    #[error("no address for API calls: with wss, FILAMENT_LIVEKIT_API_URL names one")]
    NoAddress,
    /// It took too long.
    #[error("no answer in time")]
    OutOfTime,
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(#[source] std::io::Error),
    /// The exchange broke off, or was no HTTP.
    #[error("the exchange failed: {0}")]
    Http(#[source] hyper::Error),
    /// The answer is too large or broke off.
    #[error("the answer cannot be read")]
    Answer,
    /// LiveKit refused.
    #[error("answered {0}")]
    Refused(StatusCode),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Client {
    /// `host:port`.
    authority: Option<String>,
}

impl Client {
    pub(super) fn new(authority: Option<String>) -> Self {
        Self { authority }
    }

    /// Posts JSON and returns the answer's body.
    pub(super) async fn post(&self, path: &str, token: &str, body: Vec<u8>) -> Result<Bytes, CallError> {
        let authority = self.authority.as_deref().ok_or(CallError::NoAddress)?;
        let call = exchange(authority, path, token, body);
        tokio::time::timeout(LIVEKIT_CALL_MAX, call).await.unwrap_or(Err(CallError::OutOfTime))
    }
}

async fn exchange(authority: &str, path: &str, token: &str, body: Vec<u8>) -> Result<Bytes, CallError> {
    let stream = TcpStream::connect(authority).await.map_err(CallError::Connect)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(CallError::Http)?;
    let request = Request::post(path)
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| CallError::Answer)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(CallError::Http)?;
        let status = response.status();
        let limited = Limited::new(response.into_body(), LIVEKIT_ANSWER_BYTES_MAX);
        let bytes = limited.collect().await.map_err(|_| CallError::Answer)?.to_bytes();
        if status.is_success() { Ok(bytes) } else { Err(CallError::Refused(status)) }
    };
    let mut answer = std::pin::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection ends after the answer was read from it, or without one.
        ended = connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(CallError::Http(error)),
        },
    }
}
