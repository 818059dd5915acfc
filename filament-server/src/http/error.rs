//! The one shape of every refusal: a code of contract §9.2, a status, and what the status demands (`Retry-After`, `Allow`).

use std::borrow::Cow;
use std::fmt;

use filament_core::{Denial, TransactError};
use filament_protocol::{DecodeError, ErrorCode};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::answer::{self, Answer};
use crate::limits::{RETRY_AFTER_OVERLOAD_SECS, RETRY_AFTER_READ_ONLY_SECS};

/// Longest `detail` in UTF-16 units (HTTP-2).
const DETAIL_UNITS_MAX: usize = 200;

/// What a client is told to wait when nothing better is known, in seconds (HTTP-12).
const RETRY_AFTER_SECS_DEFAULT: u32 = 1;

/// A refused request: becomes `{"error": code, "detail"?: text}` with its status (HTTP-2).
///
/// The `detail` is written for people by this server and never holds a secret or text of another component.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{status} {}", code.as_str())]
pub struct ApiError {
    code: ErrorCode,
    status: StatusCode,
    detail: Option<Cow<'static, str>>,
    retry_after_secs: Option<u32>,
    allow: Option<HeaderValue>,
    close: bool,
    by_address: bool,
}

/// The body of every refusal.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

impl ApiError {
    /// Makes a refusal with the code's own status.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { code, status, detail: None, retry_after_secs: None, allow: None, close: false, by_address: false }
    }

    /// 400: no JSON, a bad path or query value, a value out of bounds, contradictory values (HTTP-7).
    #[must_use]
    pub fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest).with_status(StatusCode::BAD_REQUEST).with_detail(detail)
    }

    /// 422: well-formed JSON of the wrong shape (HTTP-7).
    #[must_use]
    pub fn wrong_shape(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest).with_status(StatusCode::UNPROCESSABLE_ENTITY).with_detail(detail)
    }

    /// 401: no valid token, or a wrong login (HTTP-5). Says nothing more on purpose.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(ErrorCode::InvalidCredentials)
    }

    /// 404: no such route or record.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound)
    }

    /// 405 with the methods the path has (HTTP-8).
    #[must_use]
    pub fn method_not_allowed(allow: HeaderValue) -> Self {
        Self { allow: Some(allow), ..Self::new(ErrorCode::MethodNotAllowed) }
    }

    /// 413: the body is larger than the route takes. Ends the connection, because the rest of the body is not read.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(ErrorCode::PayloadTooLarge).closing()
    }

    /// 408: the body did not arrive in time (HTTP-11). Ends the connection.
    #[must_use]
    pub fn timed_out() -> Self {
        Self::new(ErrorCode::RequestTimeout).closing()
    }

    /// 503 with the seconds after which a repeat may succeed.
    #[must_use]
    pub fn overloaded(retry_after_secs: u32) -> Self {
        Self::new(ErrorCode::Overloaded).with_retry_after(retry_after_secs)
    }

    /// 429 with the seconds after which the bucket has room again.
    #[must_use]
    pub fn rate_limited(retry_after_secs: u32) -> Self {
        Self::new(ErrorCode::RateLimited).with_retry_after(retry_after_secs)
    }

    /// 500. The cause belongs in the log, never in the answer.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(ErrorCode::InternalError)
    }

    /// Adds a sentence for people.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Sets the seconds of `Retry-After`, at least 1 (HTTP-12).
    #[must_use]
    pub fn with_retry_after(mut self, secs: u32) -> Self {
        self.retry_after_secs = Some(secs.max(RETRY_AFTER_SECS_DEFAULT));
        self
    }

    /// Ends the connection after the answer, for refusals that leave request bytes unread.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// Returns whether it was refused for the address it came from (IPB-3).
    #[must_use]
    pub fn is_by_address(&self) -> bool {
        self.by_address
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Returns the code of contract §9.2.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the seconds of `Retry-After`: always there with 429 and 503 (HTTP-12).
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u32> {
        let demanded = matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        self.retry_after_secs.or(demanded.then_some(RETRY_AFTER_SECS_DEFAULT))
    }

    /// Returns whether the connection ends after this answer.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.close
    }

    /// Returns the JSON text of the body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let detail = self.detail.as_deref().map(|text| cut_units(text, DETAIL_UNITS_MAX));
        let body = ErrorBody { error: self.code.as_str(), detail };
        // Two strings always serialise; the fallback keeps the promise of a JSON body without a panic path.
        serde_json::to_vec(&body).unwrap_or_else(|_| br#"{"error":"internal_error"}"#.to_vec())
    }

    /// Turns the refusal into its answer: JSON, and `Retry-After` on every 429 and 503 (HTTP-2, HTTP-12).
    #[must_use]
    pub fn into_answer(self) -> Answer {
        let mut answer = answer::json_bytes(self.status, self.body());
        let headers = answer.headers_mut();
        if let Some(secs) = self.retry_after_secs() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, allow);
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

impl From<DecodeError> for ApiError {
    /// 422 for JSON of the wrong shape, 400 for everything else (HTTP-7).
    fn from(error: DecodeError) -> Self {
        let detail = error.to_string();
        if error.is_shape() { Self::wrong_shape(detail) } else { Self::invalid(detail) }
    }
}

impl From<Denial> for ApiError {
    /// The code of the rule that was broken, and its words.
    fn from(denial: Denial) -> Self {
        if let Denial::Unplanned(fact) = denial {
            tracing::error!(fact, "a decision asked for a fact that its plan does not name");
            return Self::internal();
        }
        let by_address = denial == Denial::AddressBanned;
        Self { by_address, ..Self::new(denial.code()).with_detail(denial.to_string()) }
    }
}

impl<E: std::error::Error + 'static> From<TransactError<E>> for ApiError {
    /// Refusals by rule as the rule says; faults of the store without a word about them, which go to the log.
    fn from(error: TransactError<E>) -> Self {
        match error {
            TransactError::Denied { denial, .. } => denial.into(),
            TransactError::Busy => Self::overloaded(RETRY_AFTER_OVERLOAD_SECS),
            TransactError::ReadOnly(source) => {
                tracing::error!(error = %Chain(&source), "the store cannot write");
                Self::overloaded(RETRY_AFTER_READ_ONLY_SECS).with_detail("nothing can be stored at the moment")
            }
            TransactError::Failed(source) => {
                tracing::error!(error = %Chain(&source), "the store failed");
                Self::internal()
            }
            // The port may learn further faults; none of them is the client's.
            other => {
                tracing::error!(error = %Chain(&other), "the store failed");
                Self::internal()
            }
        }
    }
}

/// Shows an error with everything that caused it.
struct Chain<'a>(&'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(formatter, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// Returns the longest prefix of `text` that has at most `units_max` UTF-16 units.
fn cut_units(text: &str, units_max: usize) -> &str {
    let mut units = 0;
    for (index, character) in text.char_indices() {
        units += character.len_utf16();
        if units > units_max {
            return &text[..index];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves HTTP-2 and HTTP-12 for refusals that a handler makes.
    #[test]
    fn every_refusal_is_json_and_says_when_to_come_back() {
        let table = [
            (ApiError::invalid("no"), 400, r#"{"error":"invalid_request","detail":"no"}"#, None),
            (ApiError::wrong_shape("x"), 422, r#"{"error":"invalid_request","detail":"x"}"#, None),
            (ApiError::unauthorized(), 401, r#"{"error":"invalid_credentials"}"#, None),
            (ApiError::not_found(), 404, r#"{"error":"not_found"}"#, None),
            (ApiError::timed_out(), 408, r#"{"error":"request_timeout"}"#, None),
            (ApiError::too_large(), 413, r#"{"error":"payload_too_large"}"#, None),
            (ApiError::rate_limited(0), 429, r#"{"error":"rate_limited"}"#, Some("1")),
            (ApiError::new(ErrorCode::RateLimited), 429, r#"{"error":"rate_limited"}"#, Some("1")),
            (ApiError::internal(), 500, r#"{"error":"internal_error"}"#, None),
            (ApiError::overloaded(7), 503, r#"{"error":"overloaded"}"#, Some("7")),
        ];
        for (error, status, body, retry_after) in table {
            assert_eq!(error.body(), body.as_bytes());
            let answer = error.into_answer();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
            let retry = answer.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(retry, retry_after);
        }
    }

    /// Proves the bound of HTTP-2 on `detail`, without cutting a surrogate pair.
    #[test]
    fn a_long_detail_is_cut_at_two_hundred_units() {
        assert_eq!(cut_units(&"a".repeat(201), 200).len(), 200);
        assert_eq!(cut_units(&"😀".repeat(101), 201).chars().count(), 100);
        assert_eq!(cut_units("short", 200), "short");
    }
}
