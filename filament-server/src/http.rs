//! From a request's head to its answer: one pipeline for every route, in the order of checks of HTTP-8.
//!
//! | step | refusal | where |
//! | --- | --- | --- |
//! | head readable, ≤ 16 KiB | 400, 431 | hyper, said as JSON by [`wire`] |
//! | route, method | 404, 405 | [`route`] |
//! | declared size | 413 | here |
//! | limiters | 429 | [`gate`] |
//! | token | 401 | [`gate`] |
//! | content type, body within size and time | 415, 413, 408 | [`body`] |
//! | JSON, shape, path, query, bounds | 400, 422 | the handler, through [`call`] |
//! | everything about rights and state | 403, 404, 409 … | behind the handler |
//!
//! A handler has 6 s; then the answer is 503 and its mutation may have been committed (HTTP-11). The body of an upload is not read
//! before it: the handler takes it piece by piece ([`upload`]).

pub mod answer;
pub mod attachments;
pub mod audit;
pub mod auth;
pub mod body;
pub mod call;
pub mod channels;
mod conditional;
pub mod cors;
pub mod disposition;
pub mod documents;
pub mod error;
pub mod file;
pub mod friends;
pub mod gate;
pub mod guilds;
pub mod images;
pub mod ip_bans;
pub mod members;
pub mod messages;
pub mod overrides;
pub mod page;
pub mod percent;
pub mod permissions;
pub mod query;
pub mod range;
pub mod reactions;
pub mod request_id;
pub mod roles;
pub mod route;
pub mod routes;
pub mod search;
pub mod shell;
pub mod system;
pub mod upload;
pub mod users;
pub mod voice;
pub mod wire;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use filament_core::Surface;
use http::request::Parts;
use http::{Method, Request, StatusCode, header};
use hyper::body::Incoming;
use tracing::Instrument as _;

use self::answer::{Answer, AnswerBody};
use self::body::{BodyKind, RequestBody};
use self::call::Call;
use self::error::ApiError;
use self::request_id::RequestId;
use self::route::{Access, Found, HandlerFuture, Route};
use self::wire::Unread;
use crate::app::App;
use crate::limits::{HANDLER_MAX, RETRY_AFTER_DRAIN_SECS, RETRY_AFTER_OVERLOAD_SECS, UPLOAD_MAX};
use crate::metrics::label::{AuthFailure, MethodLabel};

/// The label of requests that meet no route.
const NO_ROUTE: &str = "none";

/// Answers one request; never fails, since a failure is an answer too.
///
/// `unread` is noted when the request's body was not read to its end, so that the connection ends gently.
pub async fn answer(app: &Arc<App>, peer: SocketAddr, unread: &Unread, request: Request<Incoming>) -> Answer {
    let started = Instant::now();
    let id = app.request_ids.next();
    let method = MethodLabel::from(request.method()).name();
    let is_head = request.method() == Method::HEAD;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let found = app.routes.find(request.method(), request.uri().path());
    let template = match &found {
        Found::Route(route, _) => Some(route.template),
        Found::OtherMethods { template, .. } => Some(*template),
        Found::Nothing => None,
    };
    let label = app.metrics.http.label(request.method(), template);
    // The path and the query stay out of the log: they hold ids, and the gateway's query holds a token (GW-5).
    let route = template.unwrap_or(NO_ROUTE);
    let span = tracing::info_span!("request", request_id = %id, method, route);
    let mut answer = async {
        let answer = checked(app, peer, unread, request, found).await;
        log(&answer, started);
        answer
    }
    .instrument(span)
    .await;
    let status = answer.status();
    app.metrics.http.observe(label, status.as_u16(), started.elapsed());
    match status {
        StatusCode::UNAUTHORIZED => app.metrics.auth_failures.increment(AuthFailure::Unauthorized),
        StatusCode::FORBIDDEN => app.metrics.auth_failures.increment(AuthFailure::Forbidden),
        _ => {}
    }
    app.cors.allow(origin.as_ref(), &mut answer);
    finish(&mut answer, id, is_head);
    answer
}

/// One line per request, inside its span.
fn log(answer: &Answer, started: Instant) {
    let status = answer.status().as_u16();
    let elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    if status == 500 {
        tracing::error!(status, elapsed_us, "answered");
    } else {
        tracing::debug!(status, elapsed_us, "answered");
    }
}

fn finish(answer: &mut Answer, id: RequestId, is_head: bool) {
    answer.headers_mut().insert(request_id::HEADER, id.header_value());
    if is_head {
        // A length would make the wire below wait for bytes that never come; RFC 9110 §8.6 lets it be left out.
        *answer.body_mut() = AnswerBody::empty();
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
}

/// Runs the checks and the handler, and leaves the connection in a state it can go on from, or ends it.
async fn checked(
    app: &Arc<App>,
    peer: SocketAddr,
    unread: &Unread,
    request: Request<Incoming>,
    found: Found,
) -> Answer {
    if let Some(preflight) = app.cors.preflight(request.method(), request.headers()) {
        return preflight;
    }
    let (parts, incoming) = request.into_parts();
    let mut body = RequestBody::new(&parts.headers, incoming);
    match dispatch(app, peer, parts, &mut body, found).await {
        Ok(answer) => answer,
        Err(mut error) => {
            if !error.closes() && !body.discard().await {
                error = error.closing();
            }
            if error.closes() {
                unread.note();
            }
            error.into_answer()
        }
    }
}

/// The order of checks of HTTP-8.
async fn dispatch(
    app: &Arc<App>,
    peer: SocketAddr,
    parts: Parts,
    body: &mut RequestBody<Incoming>,
    found: Found,
) -> Result<Answer, ApiError> {
    let (route, params) = match found {
        Found::Route(route, params) => (route, params),
        Found::OtherMethods { allow, .. } => return Err(ApiError::method_not_allowed(allow)),
        Found::Nothing => return shell::answer(app.shell.as_ref(), &parts.method, parts.uri.path()).await,
    };
    body.check_declared(route.body)?;
    let address = gate::client_address(app, peer.ip(), &parts.headers);
    let actor = gate::admit(app, route, address, &parts)?;
    refuse_while_draining(app, route)?;
    let upload = body.begin_upload(route.body, app, actor)?;
    let body = body.read(route.body, &parts.headers).await?;
    let upgrade = (route.body == BodyKind::Upgrade).then(|| Request::from_parts(parts.clone(), ()));
    let Parts { headers, uri, .. } = parts;
    let call = Call { app: Arc::clone(app), address, headers, body, upload, upgrade, actor, route, params, uri };
    let guild_id = call.guild_id();
    let outcome = run(route, call).await;
    if let (Err(error), Some(actor), Some(guild_id)) = (&outcome, actor, guild_id)
        && error.is_by_address()
    {
        app.note_address_hit(actor, guild_id, Surface::Rest);
    }
    outcome
}

/// A draining server finishes what it began and answers open reads only, health and metrics among them (GW-50).
fn refuse_while_draining(app: &App, route: &Route) -> Result<(), ApiError> {
    let open_read = route.body == BodyKind::Ignored && matches!(route.access, Access::Open | Access::Metrics);
    if app.drain.has_begun() && !open_read {
        return Err(ApiError::overloaded(RETRY_AFTER_DRAIN_SECS));
    }
    Ok(())
}

/// Runs the handler within its time; one that panics answers 500 and harms no other request.
async fn run(route: &'static Route, call: Call) -> Result<Answer, ApiError> {
    let mut future: HandlerFuture = (route.handler)(call);
    let guarded = std::future::poll_fn(move |context| {
        // After a panic the future is dropped and never polled again, so no broken state is seen.
        std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))).unwrap_or_else(|_| {
            tracing::error!(route = route.template, "a handler panicked");
            Poll::Ready(Err(ApiError::internal()))
        })
    });
    // An upload has bounds of its own for the time its bytes take (ATT-5).
    let time_max = if route.body.is_upload() { UPLOAD_MAX + HANDLER_MAX } else { HANDLER_MAX };
    tokio::time::timeout(time_max, guarded).await.unwrap_or_else(|_elapsed| {
        tracing::warn!(route = route.template, "a handler ran out of time");
        Err(ApiError::overloaded(RETRY_AFTER_OVERLOAD_SECS))
    })
}

#[cfg(test)]
mod tests;
