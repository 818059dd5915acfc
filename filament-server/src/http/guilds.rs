//! `/guilds…`: create, list, directory, read, change, delete, join, leave, transfer (contract §9.6).

use filament_core::decide::guild::{CreateGuild, JoinGuild, LeaveGuild, UpdateGuild};
use filament_core::decide::ownership::{DeleteGuild, TransferOwnership};
use filament_core::read::{ListGuilds, ListPublicGuilds, ReadGuild, ReadGuildAccess};
use filament_protocol::DirectoryQuery;
use filament_protocol::limits::DIRECTORY_PAGE;
use filament_protocol::rest::{self, GuildOwner, JoinAnswer};

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;

/// `POST /guilds`.
///
/// # Errors
/// 403 `guild_creation_limit_reached`, 409 at the cap of memberships.
pub async fn create(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::CreateGuild { name, visibility } = call.body()?;
    answer::json(&call.app.execute(actor, CreateGuild { name, visibility }).await?)
}

/// `GET /guilds`: one's own, newest membership first, complete.
///
/// # Errors
/// Faults of the store only.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    page::complete("guilds", &call.app.read(actor, ListGuilds).await?)
}

/// `GET /guilds/public?q=&limit=`: the directory, newest first.
///
/// # Errors
/// 400 for a query value out of bounds.
pub async fn list_public(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let query = call.query();
    let text = DirectoryQuery::new(query.text("q")?.unwrap_or_default())
        .map_err(|error| ApiError::invalid(format!("query member q: {error}")))?;
    let limit = query.limit(DIRECTORY_PAGE)?;
    page::complete("guilds", &call.app.read(actor, ListPublicGuilds { text, limit }).await?)
}

/// `GET /guilds/{guild_id}`.
///
/// # Errors
/// 403 for who is no member.
pub async fn read(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let details = call.app.read(actor, ReadGuild { guild_id }).await?;
    answer::json(&rest::GuildDetails {
        guild_id: details.guild.guild_id,
        name: details.guild.name,
        visibility: details.guild.visibility,
        owner_user_id: details.owner_user_id,
        default_join_role_id: details.default_join_role_id,
        member_count: u32::try_from(details.member_count).unwrap_or(u32::MAX),
        created_at_unix: details.created_at,
    })
}

/// `GET /guilds/{guild_id}/permissions/self` (contract §9.8).
///
/// # Errors
/// 403 for who is no member.
pub async fn read_own_access(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    answer::json(&call.app.read(actor, ReadGuildAccess { guild_id }).await?)
}

/// `PATCH /guilds/{guild_id}`.
///
/// # Errors
/// 403 without guild-level `manage_roles`.
pub async fn update(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::UpdateGuild { name, visibility } = call.body()?;
    let guild_id = call.path("guild_id")?;
    answer::json(&call.app.execute(actor, UpdateGuild { guild_id, name, visibility }).await?)
}

/// `POST /guilds/{guild_id}/join`.
///
/// # Errors
/// 404 for an unknown or private guild, 403 for a banned user or address, 409 at a cap.
pub async fn join(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    call.app.remember_address(actor.user_id, call.address).await;
    let outcome = call.app.execute(actor, JoinGuild { guild_id }).await?;
    answer::json(&JoinAnswer { guild_id, outcome })
}

/// `POST /guilds/{guild_id}/leave`.
///
/// # Errors
/// 403 for who is no member, 409 `owner_must_transfer`.
pub async fn leave(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    call.app.execute(actor, LeaveGuild { guild_id }).await?;
    Ok(answer::empty())
}

/// `POST /guilds/{guild_id}/owner`: makes another member the owner.
///
/// # Errors
/// 403 for who is neither the owner nor the server owner and for the present owner as target, 404 for who is no member.
pub async fn transfer(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::TransferGuild { user_id } = call.body()?;
    let guild_id = call.path("guild_id")?;
    call.app.execute(actor, TransferOwnership { guild_id, user_id }).await?;
    answer::json(&GuildOwner { guild_id, owner_user_id: user_id })
}

/// `DELETE /guilds/{guild_id}`: with everything in it.
///
/// # Errors
/// 403 for who is neither the owner nor the server owner.
pub async fn delete(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    call.app.execute(actor, DeleteGuild { guild_id }).await?;
    Ok(answer::empty())
}
