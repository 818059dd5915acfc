//! `/openapi.json`, `/asyncapi.json` and `/schema/v1/…`: what this server speaks, for programs (contract §9.3).
//!
//! The documents are those of the protocol crate this server was built with. They are made at the first request and kept:
//! about a megabyte of text that never changes while the process runs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use filament_protocol::schema;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use sha2::{Digest as _, Sha256};

use super::answer::{Answer, AnswerBody};
use super::call::Call;
use super::conditional::{CACHE_CONTROL, knows};
use super::error::ApiError;

/// Bytes of the digest in an entity tag: more than enough to tell releases apart.
const TAG_BYTES: usize = 16;

/// A document as it is sent.
#[derive(Debug)]
struct Served {
    bytes: Bytes,
    tag: HeaderValue,
    content_type: &'static str,
}

static DOCUMENTS: LazyLock<BTreeMap<String, Served>> = LazyLock::new(|| {
    let documents = schema::documents().into_iter();
    documents.map(|document| (document.name.clone(), Served::new(&document.name, document.text))).collect()
});

impl Served {
    fn new(name: &str, text: String) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let hex: String = digest.iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::from_str(&format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        let content_type = match name {
            "openapi.json" | "asyncapi.json" | "catalog.json" => "application/json",
            _ => "application/schema+json",
        };
        Self { bytes: Bytes::from(text), tag, content_type }
    }

    fn answer(&self, headers: &HeaderMap) -> Answer {
        let is_known = knows(headers, &self.tag);
        let body = if is_known { AnswerBody::empty() } else { AnswerBody::Full(Full::new(self.bytes.clone())) };
        let mut answer = Response::new(body);
        let fields = answer.headers_mut();
        fields.insert(header::ETAG, self.tag.clone());
        fields.insert(header::CACHE_CONTROL, CACHE_CONTROL);
        if is_known {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        answer
    }
}

/// Answers one document by name.
async fn serve(call: &Call, name: String) -> Result<Answer, ApiError> {
    // The first request makes them all, which is work for a thread that nobody else waits for.
    let found = tokio::task::spawn_blocking(move || DOCUMENTS.get(&name)).await.map_err(|_| ApiError::internal())?;
    found.map(|document| document.answer(&call.headers)).ok_or_else(ApiError::not_found)
}

/// `GET /openapi.json`: the REST interface as OpenAPI 3.1.
///
/// # Errors
/// None.
pub async fn openapi(call: Call) -> Result<Answer, ApiError> {
    serve(&call, "openapi.json".to_owned()).await
}

/// `GET /asyncapi.json`: the gateway as AsyncAPI 3.
///
/// # Errors
/// None.
pub async fn asyncapi(call: Call) -> Result<Answer, ApiError> {
    serve(&call, "asyncapi.json".to_owned()).await
}

/// `GET /schema/v1/{document}`: a JSON Schema, or the catalogue of events.
///
/// # Errors
/// 404 when there is no document of that name, 400 when the name is not percent-encoded UTF-8.
pub async fn schema(call: Call) -> Result<Answer, ApiError> {
    let name = call.path_text("document")?.into_owned();
    serve(&call, name).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_tags_of_their_own() {
        let one = Served::new("event.ready.json", "{}\n".to_owned());
        let other = Served::new("openapi.json", "{ }\n".to_owned());
        assert_ne!(one.tag, other.tag);
        assert_eq!(one.tag.len(), 2 + 2 * TAG_BYTES);
        assert_eq!((one.content_type, other.content_type), ("application/schema+json", "application/json"));
    }
}
