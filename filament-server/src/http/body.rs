//! Request bodies: bounded in bytes and in time, never collected without a limit (HTTP-6, HTTP-11).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use filament_core::Actor;
use filament_protocol::ErrorCode;
use filament_protocol::limits::{ATTACHMENT_BYTES_MAX, BODY_BYTES_MAX};
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body;

use super::error::ApiError;
use super::upload::Upload;
use crate::app::App;
use crate::limits::{AVATAR_BYTES_MAX, BANNER_BYTES_MAX, BODY_DISCARD_MAX, BODY_READ_MAX};

/// What a route does with the body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// JSON of at most 65,536 bytes, with its content type.
    Json,
    /// Marked "no body" in the contract: a non-empty one is 400, a content type is not asked for (HTTP-6).
    Refused,
    /// Not looked at: reads and deletions.
    Ignored,
    /// None; the connection may change its protocol instead.
    Upgrade,
    /// Bytes of any content type, at most 65,536: signed by who sent them.
    Signed,
    /// The bytes of an attachment, taken piece by piece.
    Attachment,
    /// The bytes of an avatar, taken piece by piece.
    Avatar,
    /// The bytes of a banner, taken piece by piece.
    Banner,
}

impl BodyKind {
    /// Returns the most bytes such a body may have.
    #[must_use]
    pub const fn bytes_max(self) -> u64 {
        match self {
            Self::Json | Self::Refused | Self::Ignored | Self::Upgrade | Self::Signed => BODY_BYTES_MAX as u64,
            Self::Attachment => ATTACHMENT_BYTES_MAX,
            Self::Avatar => AVATAR_BYTES_MAX,
            Self::Banner => BANNER_BYTES_MAX,
        }
    }

    /// Returns whether the handler takes the bytes itself, as they come.
    #[must_use]
    pub const fn is_upload(self) -> bool {
        match self {
            Self::Attachment | Self::Avatar | Self::Banner => true,
            Self::Json | Self::Refused | Self::Ignored | Self::Upgrade | Self::Signed => false,
        }
    }
}

/// Returns whether the content type is `application/json`, parameters allowed.
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(text) = value.to_str() else { return false };
    let essence = text.split_once(';').map_or(text, |(essence, _)| essence);
    essence.trim_matches([' ', '\t']).eq_ignore_ascii_case("application/json")
}

/// The body of one request: read once, or settled so that the connection knows what is left in it.
#[derive(Debug)]
pub struct RequestBody<B> {
    /// `None` once it was read, whatever came of that.
    incoming: Option<B>,
    declared_bytes: Option<u64>,
    awaits_continue: bool,
    /// Whether the bytes that a handler took itself came to their end.
    upload_ended: Option<Arc<AtomicBool>>,
}

impl<B> RequestBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Takes the body that follows a head with these fields.
    #[must_use]
    pub fn new(headers: &HeaderMap, incoming: B) -> Self {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let awaits_continue = headers.contains_key(header::EXPECT);
        Self { incoming: Some(incoming), declared_bytes: length, awaits_continue, upload_ended: None }
    }

    /// Compares the declared size with the bound of the route, before anything is read.
    ///
    /// # Errors
    /// 413.
    pub fn check_declared(&self, kind: BodyKind) -> Result<(), ApiError> {
        match self.declared_bytes {
            Some(bytes) if bytes > kind.bytes_max() => Err(ApiError::too_large()),
            Some(_) | None => Ok(()),
        }
    }

    /// Reads the body as the route wants it.
    ///
    /// # Errors
    /// 415 for another content type than JSON, 413 beyond 65,536 bytes, 408 after 10 s, 400 when the transfer coding is
    /// broken or a route without body gets one.
    pub async fn read(&mut self, kind: BodyKind, headers: &HeaderMap) -> Result<Bytes, ApiError> {
        if kind == BodyKind::Json && !is_json(headers) {
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType));
        }
        let bytes = match self.incoming.take() {
            Some(incoming) if !incoming.is_end_stream() => collect(incoming).await?,
            Some(_) | None => Bytes::new(),
        };
        match kind {
            BodyKind::Json | BodyKind::Signed => Ok(bytes),
            BodyKind::Refused if !bytes.is_empty() => Err(ApiError::invalid("this route takes no body")),
            BodyKind::Refused
            | BodyKind::Ignored
            | BodyKind::Upgrade
            | BodyKind::Attachment
            | BodyKind::Avatar
            | BodyKind::Banner => Ok(Bytes::new()),
        }
    }

    /// Reads and drops what is left, so that the connection can go on after a refusal.
    ///
    /// Returns whether it can: not when the rest is too large, too slow, or was never sent because the client waits for
    /// `100 Continue`.
    pub async fn discard(mut self) -> bool {
        match self.incoming.take() {
            Some(incoming) if !incoming.is_end_stream() => {
                !self.awaits_continue && self.check_declared(BodyKind::Ignored).is_ok() && discard(incoming).await
            }
            Some(_) | None => self.upload_ended.is_none_or(|ended| ended.load(Ordering::Relaxed)),
        }
    }
}

impl<B> RequestBody<B>
where
    B: Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Hands the bytes to the handler, if the route is one of uploads.
    ///
    /// # Errors
    /// 503 when too many uploads are under way.
    pub fn begin_upload(
        &mut self,
        kind: BodyKind,
        app: &App,
        actor: Option<Actor>,
    ) -> Result<Option<Upload>, ApiError> {
        let (true, Some(actor)) = (kind.is_upload(), actor) else { return Ok(None) };
        let turn = app.uploads.begin(actor.user_id)?;
        let Some(incoming) = self.incoming.take() else { return Ok(None) };
        let ended = Arc::new(AtomicBool::new(false));
        self.upload_ended = Some(Arc::clone(&ended));
        Ok(Some(Upload::new(incoming, kind.bytes_max(), turn, ended)))
    }
}

async fn collect<B>(body: B) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let limited = Limited::new(body, BODY_BYTES_MAX);
    match tokio::time::timeout(BODY_READ_MAX, limited.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::too_large()),
        Ok(Err(_)) => Err(ApiError::invalid("the body is incomplete or badly framed").closing()),
        Err(_elapsed) => Err(ApiError::timed_out()),
    }
}

async fn discard<B>(mut body: B) -> bool
where
    B: Body<Data = Bytes> + Unpin,
{
    let read_all = async {
        let mut left = BODY_BYTES_MAX;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let length = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(length) else { return false };
            left = rest;
        }
        true
    };
    tokio::time::timeout(BODY_DISCARD_MAX, read_all).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http_body_util::Full;

    use super::*;

    /// Proves the content types HTTP-6 allows.
    #[test]
    fn json_is_recognised_with_parameters_and_in_any_case() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/json ;charset=utf-8", true),
            ("application/jsonp", false),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
        let mut twice = HeaderMap::new();
        twice.append(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        twice.append(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert!(!is_json(&twice));
    }

    fn request(headers: &[(header::HeaderName, &'static str)], bytes: usize) -> (HeaderMap, RequestBody<Full<Bytes>>) {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let body = RequestBody::new(&headers, Full::new(Bytes::from(vec![b' '; bytes])));
        (headers, body)
    }

    async fn outcome(kind: BodyKind, content_type: Option<&'static str>, bytes: usize) -> Result<usize, u16> {
        let fields: Vec<_> = content_type.map(|value| (header::CONTENT_TYPE, value)).into_iter().collect();
        let (headers, mut body) = request(&fields, bytes);
        body.read(kind, &headers).await.map(|read| read.len()).map_err(|error| error.status().as_u16())
    }

    /// Proves HTTP-6 and the size bound of HTTP-11 for bodies that do not declare their size.
    #[tokio::test]
    async fn each_kind_of_route_takes_the_body_it_should() {
        let json = Some("application/json");
        for (kind, content_type, bytes, expected) in [
            (BodyKind::Json, json, BODY_BYTES_MAX, Ok(BODY_BYTES_MAX)),
            (BodyKind::Json, json, BODY_BYTES_MAX + 1, Err(413)),
            (BodyKind::Json, json, 0, Ok(0)),
            (BodyKind::Json, None, 2, Err(415)),
            (BodyKind::Json, Some("text/plain"), 2, Err(415)),
            (BodyKind::Refused, None, 0, Ok(0)),
            (BodyKind::Refused, Some("text/plain"), 0, Ok(0)),
            (BodyKind::Refused, json, 2, Err(400)),
            (BodyKind::Ignored, None, 2, Ok(0)),
            (BodyKind::Ignored, None, BODY_BYTES_MAX + 1, Err(413)),
        ] {
            assert_eq!(outcome(kind, content_type, bytes).await, expected, "{kind:?} {content_type:?} {bytes}");
        }
    }

    #[test]
    fn a_declared_size_is_refused_before_anything_is_read() {
        for (kind, length, expected) in [
            (BodyKind::Json, "65536", true),
            (BodyKind::Json, "65537", false),
            (BodyKind::Json, "18446744073709551615", false),
            (BodyKind::Attachment, "26214400", true),
            (BodyKind::Attachment, "26214401", false),
            (BodyKind::Avatar, "2097152", true),
            (BodyKind::Avatar, "2097153", false),
            (BodyKind::Banner, "6291456", true),
            (BodyKind::Banner, "6291457", false),
        ] {
            let (_, body) = request(&[(header::CONTENT_LENGTH, length)], 0);
            assert_eq!(body.check_declared(kind).is_ok(), expected, "{kind:?} {length}");
        }
    }

    #[tokio::test]
    async fn the_rest_of_a_refused_body_is_dropped_within_bounds() {
        assert!(request(&[], 0).1.discard().await);
        assert!(request(&[], BODY_BYTES_MAX).1.discard().await);
        assert!(!request(&[], BODY_BYTES_MAX + 1).1.discard().await);
        assert!(!request(&[(header::EXPECT, "100-continue")], 2).1.discard().await);
        assert!(!request(&[(header::CONTENT_LENGTH, "70000")], 70_000).1.discard().await);
    }
}
