//! Where event streams begin (§6, §7.3).

use super::build::{get, invalid, refusal};
use super::parameter::{ACCESS_TOKEN, CURSOR, FEATURES, LAST_EVENT_ID, SUBSCRIBE};
use super::{Answer, Content, Endpoint, Family, Refusal};
use crate::error::ErrorCode;

const REFUSALS: &[Refusal] = &[
    invalid("a malformed list of features, cursor or pair"),
    refusal(ErrorCode::Forbidden, "an origin the operator did not list"),
    refusal(ErrorCode::RateLimited, "32 connections of the user are open"),
];

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.refuses(REFUSALS)
}

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(get("/gateway/ws", "open_gateway", "Opens a WebSocket for commands and events."))
        .of(Family::Gateway, "6.1")
        .with(&[ACCESS_TOKEN, FEATURES, CURSOR, SUBSCRIBE])
        .answers(&[Answer {
            status: 101,
            content: Content::Upgrade,
            about: "The connection goes on as a WebSocket; `asyncapi.json` says what travels on it.",
        }])
        .notes("The token may also stand in `Sec-WebSocket-Protocol: filament.v1, bearer.<token>`.")
        .served(),
    row(get("/gateway/sse", "open_event_stream", "Opens a stream of Server-Sent Events, without commands."))
        .of(Family::Gateway, "7.3")
        .with(&[ACCESS_TOKEN, SUBSCRIBE, CURSOR, LAST_EVENT_ID])
        .answers(&[Answer {
            status: 200,
            content: Content::Bytes(&["text/event-stream"]),
            about: "One envelope per event.",
        }])
        .served(),
];
