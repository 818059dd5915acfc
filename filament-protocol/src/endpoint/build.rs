//! Writes a row as a chain: what is left out has the value that most endpoints have.

use super::parameter::is_page;
use super::{
    Access, Answer, Content, Effect, Endpoint, Family, Method, Parameter, RateClass, Refusal, RequestBody, State,
};
use crate::error::ErrorCode;
use crate::limits::PageLimit;
use crate::permission::Permission;
use crate::rest::Query;

/// Begins a row.
const fn endpoint(method: Method, path: &'static str, operation: &'static str, summary: &'static str) -> Endpoint {
    Endpoint {
        operation,
        method,
        path,
        family: Family::System,
        summary,
        notes: "",
        access: Access::Session,
        is_ip_gated: false,
        is_mirrored: true,
        rate: RateClass::Global,
        query: None,
        page: None,
        extra: &[],
        is_query_closed: false,
        body: RequestBody::None,
        answers: &[],
        refusals: &[],
        effects: &[],
        section: "",
        is_optional: false,
        state: State::Planned,
    }
}

pub(super) const fn get(path: &'static str, operation: &'static str, summary: &'static str) -> Endpoint {
    endpoint(Method::Get, path, operation, summary)
}

pub(super) const fn post(path: &'static str, operation: &'static str, summary: &'static str) -> Endpoint {
    endpoint(Method::Post, path, operation, summary)
}

pub(super) const fn patch(path: &'static str, operation: &'static str, summary: &'static str) -> Endpoint {
    endpoint(Method::Patch, path, operation, summary)
}

pub(super) const fn delete(path: &'static str, operation: &'static str, summary: &'static str) -> Endpoint {
    endpoint(Method::Delete, path, operation, summary)
}

impl Endpoint {
    /// Says where it belongs, and where the contract describes it.
    pub(super) const fn of(self, family: Family, section: &'static str) -> Self {
        Self { family, section, ..self }
    }

    pub(super) const fn for_(self, access: Access) -> Self {
        Self { access, ..self }
    }

    pub(super) const fn for_guild(self, permission: Permission) -> Self {
        self.for_(Access::Guild(permission))
    }

    pub(super) const fn for_channel(self, permission: Permission) -> Self {
        self.for_(Access::Channel(permission))
    }

    pub(super) const fn ip_gated(self) -> Self {
        Self { is_ip_gated: true, ..self }
    }

    pub(super) const fn at_root_only(self) -> Self {
        Self { is_mirrored: false, ..self }
    }

    pub(super) const fn charged(self, rate: RateClass) -> Self {
        Self { rate, ..self }
    }

    /// Says what its query looks like; unknown members are ignored.
    pub(super) const fn query<Q: Query>(self) -> Self {
        Self { query: Some(Q::SHAPE), ..self }
    }

    /// Says what its query looks like; unknown members are refused (HTTP-10).
    pub(super) const fn closed_query<Q: Query>(self) -> Self {
        Self { query: Some(Q::SHAPE), is_query_closed: true, ..self }
    }

    /// Says how many rows a page holds.
    pub(super) const fn paged(self, page: PageLimit) -> Self {
        assert!(is_page(page), "the default is a possible limit");
        Self { page: Some(page), ..self }
    }

    /// Adds parameters that no type of a query holds.
    pub(super) const fn with(self, extra: &'static [Parameter]) -> Self {
        Self { extra, ..self }
    }

    pub(super) const fn json(self, body: &'static str) -> Self {
        Self { body: RequestBody::Json(body), ..self }
    }

    pub(super) const fn body(self, body: RequestBody) -> Self {
        Self { body, ..self }
    }

    pub(super) const fn no_body(self) -> Self {
        self.body(RequestBody::Refused)
    }

    pub(super) const fn answers(self, answers: &'static [Answer]) -> Self {
        Self { answers, ..self }
    }

    pub(super) const fn refuses(self, refusals: &'static [Refusal]) -> Self {
        Self { refusals, ..self }
    }

    pub(super) const fn causes(self, effects: &'static [Effect]) -> Self {
        Self { effects, ..self }
    }

    pub(super) const fn notes(self, notes: &'static str) -> Self {
        Self { notes, ..self }
    }

    pub(super) const fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    pub(super) const fn served(self) -> Self {
        Self { state: State::Served, ..self }
    }
}

/// 200 with JSON of the named type.
pub(super) const fn json(name: &'static str) -> Answer {
    Answer { status: 200, content: Content::Json(name), about: "" }
}

/// 204.
pub(super) const EMPTY: &[Answer] = &[Answer { status: 204, content: Content::Empty, about: "Done." }];

/// 200 `{"accepted":true}`.
pub(super) const ACCEPTED: &[Answer] = &[json("Accepted")];

/// An event that is caused whenever something changed.
pub(super) const fn event(event: &'static str) -> Effect {
    Effect { event, detail: "", condition: "" }
}

/// An event with a certain payload.
pub(super) const fn event_with(event: &'static str, detail: &'static str) -> Effect {
    Effect { event, detail, condition: "" }
}

impl Effect {
    /// Restricts it to a case.
    pub(super) const fn when(self, condition: &'static str) -> Self {
        Self { condition, ..self }
    }
}

pub(super) const fn invalid(why: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, why)
}

pub(super) const fn forbidden(why: &'static str) -> Refusal {
    Refusal::new(ErrorCode::Forbidden, why)
}

pub(super) const fn not_found(why: &'static str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, why)
}

/// A range of bytes that is not there.
pub(super) const fn range(why: &'static str) -> Refusal {
    Refusal { status: 416, code: ErrorCode::InvalidRequest, why }
}

pub(super) const fn quota(why: &'static str) -> Refusal {
    Refusal::new(ErrorCode::QuotaExceeded, why)
}

/// What HIE-12 refuses.
pub(super) const fn lockout() -> Refusal {
    Refusal::new(ErrorCode::SelfLockout, "the caller would lose the very permission this takes")
}

pub(super) const fn refusal(code: ErrorCode, why: &'static str) -> Refusal {
    Refusal::new(code, why)
}
