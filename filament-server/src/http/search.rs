//! `/guilds/{guild_id}/search…`: finding messages, and looking after the index (contract §9.9, §14).

use filament_core::read::SearchMessages;
use filament_protocol::SearchTerms;
use filament_protocol::limits::SEARCH_PAGE;
use filament_protocol::text::SearchText;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;
use super::query::CURSOR;

/// The query member that says what to look for.
const TEXT: &str = "q";

/// `GET /guilds/{guild_id}/search?q=&limit=&channel_id=&cursor=`: newest first, cut by bytes (HTTP-3).
///
/// # Errors
/// 400 for a query value out of bounds, 403 for who is no member and for a hidden channel, 404 for an unknown one, 503 when it took too
/// long.
pub async fn find(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let query = call.query();
    let terms = terms(query.text(TEXT)?.as_deref())?;
    let (limit, channel_id, before) = (query.limit(SEARCH_PAGE)?, query.parse("channel_id")?, query.parse(CURSOR)?);
    let found = call.app.read(actor, SearchMessages { guild_id, channel_id, terms, before, limit }).await?;
    page::with_ids("messages", "message_ids", "next_cursor", &found.messages, found.more, |message| message.message_id)
}

/// `POST /guilds/{guild_id}/search/rebuild`.
///
/// # Errors
/// 403 without guild-level `manage_workspace_roles`.
pub async fn rebuild(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    // A task of its own: what takes longer than a request may is done all the same.
    let app = call.app.clone();
    finished(tokio::spawn(async move { app.engine.rebuild_search(actor, guild_id).await })).await?;
    Ok(answer::empty())
}

/// `POST /guilds/{guild_id}/search/reconcile`.
///
/// # Errors
/// 403 without guild-level `manage_workspace_roles`.
pub async fn reconcile(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let app = call.app.clone();
    let done = finished(tokio::spawn(async move { app.engine.reconcile_search(actor, guild_id).await })).await?;
    answer::json(&done)
}

async fn finished<T, E: Into<ApiError>>(task: tokio::task::JoinHandle<Result<T, E>>) -> Result<T, ApiError> {
    match task.await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(error) => {
            tracing::error!(%error, "upkeep of the search index failed");
            Err(ApiError::internal())
        }
    }
}

/// Reads the text as SEA-1 says.
fn terms(text: Option<&str>) -> Result<SearchTerms, ApiError> {
    let text = text.ok_or_else(|| ApiError::invalid("query member q is missing"))?;
    let text = SearchText::new(text).map_err(|error| ApiError::invalid(format!("query member q: {error}")))?;
    SearchTerms::parse(&text).map_err(|error| ApiError::invalid(format!("query member q: {error}")))
}
