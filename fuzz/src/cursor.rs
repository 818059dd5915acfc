//! Positions that come back from clients: ids as page cursors (HTTP-15), query members, waiting times in close reasons; and what they search for.

use filament_protocol::{CloseReason, MessageId};
use filament_server::http::query::Query;

use crate::document::is_ulid;
use crate::search;

/// Checks a text as a cursor, as a query that holds one, as a close reason, and as a search.
pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let parsed = MessageId::parse(&text);
    assert_eq!(parsed.is_ok(), is_ulid(&text), "{text:?}");
    if let Ok(id) = parsed {
        assert_eq!(id.to_string(), text);
        assert_eq!(MessageId::from_u128(id.as_u128()), id);
        assert!(id.timestamp_ms() < 1 << 48);
    }
    query(&text);
    search::check(&text);
    if let Some(milliseconds) = CloseReason::retry_after_ms_of(&text) {
        let digits = text.split_once(";retry_after_ms=").map_or("", |(_, digits)| digits);
        assert_eq!(digits.trim_start_matches('+').parse(), Ok(milliseconds), "{text:?}");
    }
}

/// A query member is found under its name, however it is spelt, and never twice.
fn query(text: &str) {
    let query = Query::new(Some(text));
    let found = query.text("before");
    let given = text.split('&').filter(|pair| pair.split('=').next() == Some("before")).count();
    match &found {
        Ok(Some(_)) => assert!(given <= 1),
        Ok(None) => assert_eq!(given, 0, "{text:?}"),
        Err(error) => assert_eq!(error.status(), 400),
    }
    match query.parse::<MessageId>("before") {
        Ok(Some(id)) => assert_eq!(found.ok().flatten().as_deref(), Some(id.to_string().as_str())),
        Ok(None) => assert!(matches!(found, Ok(None))),
        Err(error) => assert_eq!(error.status(), 400),
    }
    // Encoded as any client may, the value is the same.
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let again = format!("before={encoded}");
    let value = Query::new(Some(&again)).text("before").ok().flatten();
    assert_eq!(value.as_deref(), Some(text), "encoded and decoded");
}
