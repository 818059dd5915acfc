//! Cross-origin requests: off unless origins are listed, never with credentials (HTTP-19).

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use super::answer::{Answer, AnswerBody};
use crate::config::AllowedOrigins;

/// How long a browser may remember a preflight, in seconds.
const PREFLIGHT_SECS: &str = "600";

/// The origins whose pages may read answers.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    allowed: AllowedOrigins,
}

impl Cors {
    /// Takes the listed origins; without any, CORS is off.
    #[must_use]
    pub fn new(allowed: AllowedOrigins) -> Self {
        Self { allowed }
    }

    /// Returns whether a gateway upgrade with these headers may go on: without a list, or without `Origin`, always.
    #[must_use]
    pub fn admits_upgrade(&self, headers: &HeaderMap) -> bool {
        self.allowed.is_empty() || headers.get(header::ORIGIN).is_none_or(|origin| self.lists(origin))
    }

    fn lists(&self, origin: &HeaderValue) -> bool {
        self.allowed.contains(origin.as_bytes())
    }

    /// Answers a preflight of a listed origin; anything else is an ordinary request.
    #[must_use]
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Answer> {
        if method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        headers.get(header::ORIGIN).filter(|origin| self.lists(origin))?;
        let mut answer = Response::new(AnswerBody::empty());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, DELETE"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, idempotency-key"),
            (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECS),
        ] {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        Some(answer)
    }

    /// Adds to `answer` what lets the page of a listed `origin` read it.
    pub fn allow(&self, origin: Option<&HeaderValue>, answer: &mut Answer) {
        if self.allowed.is_empty() {
            return;
        }
        let headers = answer.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin.filter(|origin| self.lists(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("idempotency-replayed, retry-after, x-request-id"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    fn headers(origin: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        headers
    }

    /// Proves HTTP-19.
    #[test]
    fn only_listed_origins_get_anything() {
        let cors = Cors::new("https://chat.example".parse().unwrap());
        let preflight = cors.preflight(&Method::OPTIONS, &headers("https://chat.example")).unwrap();
        assert_eq!(preflight.status(), 204);
        assert_eq!(preflight.headers()[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, POST, PATCH, DELETE");
        assert!(cors.preflight(&Method::OPTIONS, &headers("https://other.example")).is_none());
        assert!(cors.preflight(&Method::POST, &headers("https://chat.example")).is_none());

        let mut answer = answer::accepted();
        cors.allow(Some(&HeaderValue::from_static("https://chat.example")), &mut answer);
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://chat.example");
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));

        let mut answer = answer::accepted();
        cors.allow(Some(&HeaderValue::from_static("https://other.example")), &mut answer);
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }

    #[test]
    fn without_a_list_nothing_is_said_and_every_upgrade_is_admitted() {
        let cors = Cors::default();
        assert!(cors.preflight(&Method::OPTIONS, &headers("https://chat.example")).is_none());
        let mut answer = answer::accepted();
        cors.allow(Some(&HeaderValue::from_static("https://chat.example")), &mut answer);
        assert!(!answer.headers().contains_key(header::VARY));
        assert!(cors.admits_upgrade(&headers("https://other.example")));
        assert!(!Cors::new("https://chat.example".parse().unwrap()).admits_upgrade(&headers("https://other.example")));
        assert!(Cors::new("https://chat.example".parse().unwrap()).admits_upgrade(&HeaderMap::new()));
    }
}
