//! `/health`, `/healthz`, `/readyz`, `/metrics` (contract §9.3).

use http::StatusCode;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use crate::limits::RETRY_AFTER_DRAIN_SECS;

/// `GET /health` and `GET /healthz`: the process runs.
///
/// # Errors
/// None.
pub async fn health(_call: Call) -> Result<Answer, ApiError> {
    Ok(answer::json_bytes(StatusCode::OK, br#"{"status":"ok"}"#.to_vec()))
}

/// `GET /readyz`: requests are welcome.
///
/// # Errors
/// 503 `overloaded` while the server drains.
pub async fn ready(call: Call) -> Result<Answer, ApiError> {
    if call.app.drain.has_begun() {
        return Err(ApiError::overloaded(RETRY_AFTER_DRAIN_SECS));
    }
    Ok(answer::json_bytes(StatusCode::OK, br#"{"status":"ready"}"#.to_vec()))
}

/// `GET /metrics`: the counters of contract §15 as Prometheus text.
///
/// # Errors
/// None here; the metrics token is checked before.
pub async fn metrics(call: Call) -> Result<Answer, ApiError> {
    Ok(answer::text(
        "text/plain; version=0.0.4; charset=utf-8",
        call.app.metrics.render(&call.app.gateway.snapshot(call.app.engine.store())),
    ))
}
