//! Answers: the response body type and the few shapes a handler may return.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use serde::Serialize;

use super::error::ApiError;
use super::file::FileBody;
use crate::gateway::StreamBody;

/// What every handler returns.
pub type Answer = Response<AnswerBody>;

/// A body that is in memory, comes from a file, or never ends.
#[derive(Debug)]
pub enum AnswerBody {
    /// The whole body, possibly empty.
    Full(Full<Bytes>),
    /// A file, read while it is sent.
    File(FileBody),
    /// Server-Sent Events, for as long as the connection lives.
    Stream(StreamBody),
}

impl AnswerBody {
    /// Returns a body of zero bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::Full(Full::default())
    }
}

impl From<Vec<u8>> for AnswerBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Full(Full::new(Bytes::from(bytes)))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.get_mut() {
            Self::Full(full) => Pin::new(full).poll_frame(context).map_err(|never| match never {}),
            Self::File(file) => file.poll_chunk(context),
            Self::Stream(stream) => stream.poll_piece(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(full) => full.is_end_stream(),
            Self::File(file) => file.remaining() == 0,
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(full) => full.size_hint(),
            Self::File(file) => SizeHint::with_exact(file.remaining()),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

/// 200 with `record` as JSON.
///
/// # Errors
/// `internal_error` when the record cannot be serialised.
pub fn json(record: &impl Serialize) -> Result<Answer, ApiError> {
    let bytes = serde_json::to_vec(record).map_err(|error| {
        tracing::error!(%error, "an answer could not be serialised");
        ApiError::internal()
    })?;
    Ok(json_bytes(StatusCode::OK, bytes))
}

/// JSON text that is ready to be sent.
///
/// Nothing the API says may be kept by a cache in between, tokens least of all.
#[must_use]
pub fn json_bytes(status: StatusCode, bytes: Vec<u8>) -> Answer {
    let mut answer = Response::new(AnswerBody::from(bytes));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// 204 with zero body bytes: what the contract calls *empty* (HTTP-4).
#[must_use]
pub fn empty() -> Answer {
    let mut answer = Response::new(AnswerBody::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// 200 with zero body bytes: what a webhook is answered with (§9.11).
#[must_use]
pub fn blank() -> Answer {
    Response::new(AnswerBody::empty())
}

/// 200 `{"accepted":true}` (HTTP-4).
#[must_use]
pub fn accepted() -> Answer {
    json_bytes(StatusCode::OK, br#"{"accepted":true}"#.to_vec())
}

/// 200 with text of the given content type.
#[must_use]
pub fn text(content_type: &'static str, text: String) -> Answer {
    let mut answer = Response::new(AnswerBody::from(text.into_bytes()));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    /// Proves HTTP-4.
    #[tokio::test]
    async fn empty_is_204_without_bytes_and_accepted_is_exact() {
        let answer = empty();
        assert_eq!(answer.status(), 204);
        assert!(answer.into_body().collect().await.unwrap().to_bytes().is_empty());

        let answer = accepted();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), r#"{"accepted":true}"#);
    }
}
