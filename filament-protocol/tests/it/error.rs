//! §9.2: the table of error codes, against a copy of the contract's.

use filament_protocol::ErrorCode;
use filament_protocol::rest::{Accepted, ErrorBody};

const TABLE: [(&str, u16, bool); 20] = [
    ("invalid_request", 400, true),
    ("invalid_credentials", 401, false),
    ("forbidden", 403, true),
    ("audit_access_denied", 403, false),
    ("directory_join_user_banned", 403, false),
    ("directory_join_ip_banned", 403, false),
    ("guild_creation_limit_reached", 403, false),
    ("not_found", 404, true),
    ("method_not_allowed", 405, false),
    ("request_timeout", 408, false),
    ("quota_exceeded", 409, true),
    ("idempotency_conflict", 409, false),
    ("owner_must_transfer", 409, false),
    ("self_lockout", 409, false),
    ("payload_too_large", 413, true),
    ("unsupported_media_type", 415, false),
    ("rate_limited", 429, true),
    ("internal_error", 500, true),
    ("overloaded", 503, true),
    ("voice_unavailable", 503, false),
];

/// Every code of the contract, with its status and whether events may carry it, and no other.
#[test]
fn the_table_is_that_of_the_contract() {
    let listed: Vec<_> = ErrorCode::ALL.iter().map(|code| (code.as_str(), code.status(), code.in_event())).collect();
    assert_eq!(listed, TABLE);
    for (name, ..) in TABLE {
        assert_eq!(ErrorCode::from_name(name).map(ErrorCode::as_str), Some(name));
    }
}

/// Proves the shapes of HTTP-2 and HTTP-4: the code, and `detail` only if there is one; `{"accepted":true}` exactly.
#[test]
fn error_and_accepted_bodies_have_the_exact_shape() {
    let bare = ErrorBody { error: ErrorCode::NotFound, detail: None };
    assert_eq!(serde_json::to_string(&bare).unwrap(), r#"{"error":"not_found"}"#);
    let detailed = ErrorBody { error: ErrorCode::InvalidRequest, detail: "wrong \"name\"".parse().ok() };
    let text = serde_json::to_string(&detailed).unwrap();
    assert_eq!(text, r#"{"error":"invalid_request","detail":"wrong \"name\""}"#);
    assert_eq!(serde_json::from_str::<ErrorBody>(&text).unwrap(), detailed);
    assert_eq!(serde_json::to_string(&Accepted::YES).unwrap(), r#"{"accepted":true}"#);
}
