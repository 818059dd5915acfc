//! How requests are refused: what an endpoint adds, and what follows from its row.

use super::{Access, Endpoint, RequestBody};
use crate::error::ErrorCode;

/// An answer that says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Status.
    pub status: u16,
    /// Code in the body.
    pub code: ErrorCode,
    /// In which case.
    pub why: &'static str,
}

impl Refusal {
    /// Makes a refusal with the usual status of its code.
    pub(super) const fn new(code: ErrorCode, why: &'static str) -> Self {
        Self { status: code.status(), code, why }
    }

    /// Makes a refusal of a well-formed body of the wrong shape (HTTP-7).
    const fn wrong_shape() -> Self {
        Self {
            status: 422,
            code: ErrorCode::InvalidRequest,
            why: "well-formed JSON of the wrong shape: an unknown, missing or duplicate member, a wrong type, an \
                  unknown word",
        }
    }
}

impl Endpoint {
    /// Returns every refusal a caller has to expect, by status, those that any endpoint may give included (HTTP-8).
    #[must_use]
    pub fn all_refusals(&self) -> Vec<Refusal> {
        let mut all = self.refusals.to_vec();
        self.add_access(&mut all);
        self.add_body(&mut all);
        if !self.parameters().is_empty() {
            all.push(Refusal::new(ErrorCode::InvalidRequest, "a value in the path or in the query is malformed"));
        }
        all.push(Refusal::new(ErrorCode::RateLimited, "an allowance is used up; `Retry-After` says for how long"));
        all.push(Refusal::new(ErrorCode::InternalError, "the server failed"));
        all.push(Refusal::new(ErrorCode::Overloaded, "the server is full, draining or too slow; see `Retry-After`"));
        all.sort_by_key(|refusal| refusal.status);
        all
    }

    fn add_access(&self, all: &mut Vec<Refusal>) {
        match self.access {
            Access::Open => {}
            Access::Metrics => all.push(Refusal::new(
                ErrorCode::InvalidCredentials,
                "the operator set a metrics token and the request does not carry it",
            )),
            Access::MediaServer => {
                all.push(Refusal::new(ErrorCode::InvalidCredentials, "the signature is missing or wrong"));
            }
            Access::Session
            | Access::Member
            | Access::Guild(_)
            | Access::Channel(_)
            | Access::Author
            | Access::Owner => all.push(Refusal::new(
                ErrorCode::InvalidCredentials,
                "no access token, one that is invalid or expired, or its session has ended",
            )),
        }
        let has_own = self.refusals.iter().any(|refusal| refusal.code == ErrorCode::AuditAccessDenied);
        if self.access.is_restricted() && !has_own {
            let why = "not allowed, not a member, or no such guild: one indistinguishable answer";
            all.push(Refusal::new(ErrorCode::Forbidden, why));
        }
    }

    fn add_body(&self, all: &mut Vec<Refusal>) {
        match self.body {
            RequestBody::None => return,
            RequestBody::Refused => {
                all.push(Refusal::new(ErrorCode::InvalidRequest, "the request has a body"));
                return;
            }
            RequestBody::Json(_) | RequestBody::Foreign { .. } => {
                all.push(Refusal::new(ErrorCode::InvalidRequest, "bytes that are not JSON, or a value out of bounds"));
                all.push(Refusal::new(ErrorCode::UnsupportedMediaType, "the content type is not `application/json`"));
                all.push(Refusal::wrong_shape());
            }
            RequestBody::Bytes { .. } => {}
        }
        all.push(Refusal::new(ErrorCode::RequestTimeout, "the body did not arrive in time"));
        all.push(Refusal::new(ErrorCode::PayloadTooLarge, "the body, or the event it would make, is too large"));
    }
}
