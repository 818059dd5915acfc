//! The life of a gateway connection (§1, §5, §6): scenarios 75 to 84 and what surrounds them.

mod commands;
mod connect;
mod drain;
mod lane;
mod refused;
mod rollout;
mod session;
mod slow;
mod subscribe;

use serde_json::json;

use crate::harness::{Opcode, RawFrame};

/// A whole, masked text frame.
fn text(content: impl Into<String>) -> RawFrame {
    RawFrame::new(Opcode::Text, content.into())
}

/// A heartbeat as text.
fn heartbeat() -> String {
    json!({"v": 1, "t": "heartbeat", "d": {"s": 0}}).to_string()
}
