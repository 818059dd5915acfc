//! An HTTP answer, checked for what the contract says of every answer.

use serde_json::Value;

/// The whole list of §9.2.
const ERROR_CODES: [&str; 19] = [
    "invalid_request",
    "invalid_credentials",
    "forbidden",
    "audit_access_denied",
    "directory_join_user_banned",
    "directory_join_ip_banned",
    "guild_creation_limit_reached",
    "not_found",
    "method_not_allowed",
    "request_timeout",
    "quota_exceeded",
    "idempotency_conflict",
    "owner_must_transfer",
    "self_lockout",
    "payload_too_large",
    "unsupported_media_type",
    "rate_limited",
    "internal_error",
    "overloaded",
];
/// HTTP-3.
const JSON_BYTES_MAX: usize = 65_536;

/// Status, headers (names in lower case) and body of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// What was asked, for failure texts.
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first header of that name (lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("a UTF-8 body")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in the body of {self:?}"))
    }

    /// Passes a 200 on.
    pub(crate) fn ok(self) -> Self {
        self.is(200)
    }

    /// Passes an answer of that status on, fails otherwise.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {}", self.asked, self.shown());
        self
    }

    /// Passes a refusal of that status and error code on, fails otherwise.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.error().as_str()), (status, code), "{} answered {}", self.asked, self.shown());
        self
    }

    /// The error code of a refusal, empty for a success.
    pub(crate) fn error(&self) -> String {
        if self.status < 400 { String::new() } else { self.json()["error"].as_str().unwrap_or_default().to_owned() }
    }

    /// Fails unless what holds for every answer of the server holds: HTTP-2, HTTP-3, HTTP-4, HTTP-12, §9.2.
    pub(crate) fn check(&self) {
        let shown = || format!("{} answered {}", self.asked, self.shown());
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "no x-request-id: {}", shown());
        assert!(self.header("set-cookie").is_none(), "HTTP-5, a cookie: {}", shown());
        if self.status == 204 {
            assert!(self.body.is_empty(), "HTTP-4, a 204 with a body: {}", shown());
        }
        let is_json = self.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        // The documents about the interface are the JSON that caches may keep, and are not bounded (§9.3).
        let is_document = self.header("cache-control").is_some_and(|value| value.starts_with("public"));
        if is_json && !is_document {
            assert!(self.body.len() <= JSON_BYTES_MAX, "HTTP-3, {} bytes: {}", self.body.len(), self.asked);
        }
        if self.status < 400 {
            return;
        }
        assert_eq!(self.header("content-type"), Some("application/json"), "HTTP-2: {}", shown());
        let body = self.json();
        let members = body.as_object().unwrap_or_else(|| panic!("HTTP-2, no object: {}", shown()));
        let code = body["error"].as_str().unwrap_or_default();
        assert!(ERROR_CODES.contains(&code) || code == "voice_unavailable", "an unknown error code: {}", shown());
        for (name, value) in members {
            match name.as_str() {
                "error" => {}
                "detail" => assert!(
                    value.as_str().is_some_and(|text| text.encode_utf16().count() <= 200),
                    "HTTP-2, a bad detail: {}",
                    shown()
                ),
                _ => panic!("HTTP-2, another member `{name}`: {}", shown()),
            }
        }
        if matches!(self.status, 429 | 503) {
            let seconds = self.header("retry-after").and_then(|value| value.parse::<u64>().ok());
            assert!(seconds.is_some_and(|seconds| seconds >= 1), "HTTP-12, no Retry-After: {}", shown());
        }
    }

    fn shown(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let cut: String = body.chars().take(600).collect();
        format!("{} {:?} {cut}", self.status, self.headers)
    }
}
