//! `/guilds/{guild_id}/permissions/explain`: which rule decides about a permission (contract §8.5).

use std::str::FromStr;

use filament_core::read::ExplainPermission;
use filament_protocol::Permission;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::query::Query;

/// `GET /guilds/{guild_id}/permissions/explain?user_id=&channel_id=&permission=`.
///
/// # Errors
/// 400 for a missing, unknown or malformed member of the query, 403 without guild-level `manage_channel_overrides`, 404 for an unknown
/// user or channel.
pub async fn explain(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let query = call.query().only(&["user_id", "channel_id", "permission"])?;
    let user_id = wanted(query, "user_id")?;
    let channel_id = query.parse("channel_id")?;
    let permission = query
        .text("permission")?
        .and_then(|name| Permission::from_name(&name))
        .ok_or_else(|| ApiError::invalid("query member permission must be the name of a permission"))?;
    let is_server_owner = call.app.config.server_owner_user_id == Some(user_id);
    let explain = ExplainPermission { guild_id, user_id, is_server_owner, channel_id, permission };
    answer::json(&call.app.read(actor, explain).await?)
}

/// A member of the query that must be there.
fn wanted<T: FromStr>(query: Query<'_>, name: &'static str) -> Result<T, ApiError> {
    query.parse(name)?.ok_or_else(|| ApiError::invalid(format!("query member {name} is missing")))
}
