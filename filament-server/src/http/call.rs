//! One request as a handler sees it: every check of HTTP-8 up to the shape of the body lies behind it.

use std::borrow::Cow;
use std::future::Future;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use filament_core::Actor;
use filament_protocol::rest::Body;
use filament_protocol::{GuildId, decode_body};
use http::{HeaderMap, Request, Uri};
use tracing::Instrument as _;

use super::answer::Answer;
use super::error::ApiError;
use super::percent::decode_segment;
use super::query::Query;
use super::route::{Params, Route};
use super::upload::Upload;
use crate::app::App;

/// A request on its way into a handler.
#[derive(Debug)]
pub struct Call {
    /// What the server consists of.
    pub app: Arc<App>,
    /// The client's address (HTTP-18).
    pub address: IpAddr,
    /// The head's fields.
    pub headers: HeaderMap,
    /// The whole body; empty on routes that take none.
    pub body: Bytes,
    /// The bytes on their way in; only on routes whose body [is an upload](super::body::BodyKind::is_upload).
    pub upload: Option<Upload>,
    /// The head with the means to take the connection over; only on routes of
    /// [`BodyKind::Upgrade`](super::body::BodyKind::Upgrade).
    pub upgrade: Option<Request<()>>,
    pub(super) actor: Option<Actor>,
    pub(super) route: &'static Route,
    pub(super) params: Params,
    pub(super) uri: Uri,
}

impl Call {
    /// Returns who asks.
    ///
    /// # Errors
    /// 401 without a valid token; on routes of [`Access::Session`](super::route::Access::Session) it never fails.
    pub fn actor(&self) -> Result<Actor, ApiError> {
        self.actor.ok_or_else(ApiError::unauthorized)
    }

    /// Reads the body as `T`.
    ///
    /// # Errors
    /// 400 for bytes that are not JSON or a value out of bounds, 422 for a wrong shape (HTTP-7).
    pub fn body<T: Body>(&self) -> Result<T, ApiError> {
        Ok(decode_body(&self.body)?)
    }

    /// Returns the path parameter `name`, decoded.
    ///
    /// # Errors
    /// 400 when it is not percent-encoded UTF-8.
    pub fn path_text(&self, name: &'static str) -> Result<Cow<'_, str>, ApiError> {
        let raw = self.params.find(self.route.template, self.uri.path(), name).ok_or_else(|| {
            tracing::error!(
                route = self.route.template,
                name,
                "a handler asks for a parameter its route does not have"
            );
            ApiError::internal()
        })?;
        decode_segment(raw).map_err(|_| ApiError::invalid(format!("{name} in the path is not percent-encoded UTF-8")))
    }

    /// Returns the path parameter `name` as `T`.
    ///
    /// # Errors
    /// 400 when it is malformed (HTTP-13).
    pub fn path<T: FromStr>(&self, name: &'static str) -> Result<T, ApiError> {
        self.path_text(name)?.parse().map_err(|_| ApiError::invalid(format!("{name} in the path is malformed")))
    }

    /// Returns the guild the path names, if it names one.
    #[must_use]
    pub fn guild_id(&self) -> Option<GuildId> {
        self.params.find(self.route.template, self.uri.path(), "guild_id")?.parse().ok()
    }

    /// Returns the members after `?`.
    #[must_use]
    pub fn query(&self) -> Query<'_> {
        Query::new(self.uri.query())
    }
}

/// Runs `work` to its end, also when the client leaves or the time of the request is over: what is committed must be
/// followed by what the process makes of it, or an ended session would keep its access tokens (AUT-12), and a replaced
/// image its bytes.
pub(super) async fn uncancelled<W, F>(app: &Arc<App>, work: W) -> Result<Answer, ApiError>
where
    W: FnOnce(Arc<App>) -> F,
    F: Future<Output = Result<Answer, ApiError>> + Send + 'static,
{
    let work = work(Arc::clone(app)).in_current_span();
    tokio::spawn(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a handler panicked");
        Err(ApiError::internal())
    })
}
