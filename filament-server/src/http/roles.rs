//! `/guilds/{guild_id}/roles…`: list, create, change, delete, reorder, default, assign, unassign (contract §9.7).

use filament_core::decide::assignment::{AssignRole, UnassignRole};
use filament_core::decide::role::{CreateRole, DeleteRole, ReorderRoles, SetDefaultRole, UpdateRole};
use filament_core::read::{ListRoles, RoleList};
use filament_protocol::Patch;
use filament_protocol::rest;

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;

/// `GET /guilds/{guild_id}/roles`: complete, highest first.
///
/// # Errors
/// 403 for who is no member.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let RoleList { roles, default_join_role_id } = call.app.read(actor, ListRoles { guild_id }).await?;
    answer::json(&rest::RoleList { roles, default_join_role_id })
}

/// `POST /guilds/{guild_id}/roles`.
///
/// # Errors
/// 400 for a position out of bounds or a reserved name, 403 without `manage_workspace_roles` or beyond one's own rank and rights,
/// 409 for the 65th.
pub async fn create(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::CreateRole { name, permissions, position, color_hex } = call.body()?;
    let guild_id = call.path("guild_id")?;
    let color_hex = match color_hex {
        Patch::Set(color) => Some(color),
        Patch::Keep | Patch::Clear => None,
    };
    let command = CreateRole { guild_id, name, permissions, position, color_hex };
    answer::json(&call.app.execute(actor, command).await?)
}

/// `PATCH /guilds/{guild_id}/roles/{role_id}`.
///
/// # Errors
/// 400 for a reserved name, 403 without `manage_workspace_roles`, for what the hierarchy forbids or a seeded name, 404 for an unknown role.
pub async fn update(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::UpdateRole { name, permissions, color_hex } = call.body()?;
    let (guild_id, role_id) = (call.path("guild_id")?, call.path("role_id")?);
    answer::json(&call.app.execute(actor, UpdateRole { guild_id, role_id, name, permissions, color_hex }).await?)
}

/// `DELETE /guilds/{guild_id}/roles/{role_id}`.
///
/// # Errors
/// 403 for a seeded role or one that does not rank below one's own, 404 for an unknown one.
pub async fn delete(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, role_id) = (call.path("guild_id")?, call.path("role_id")?);
    call.app.execute(actor, DeleteRole { guild_id, role_id }).await?;
    Ok(answer::accepted())
}

/// `POST /guilds/{guild_id}/roles/reorder`.
///
/// # Errors
/// 400 for unknown or repeated ids, 403 for roles one may not place.
pub async fn reorder(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::ReorderRoles { role_ids } = call.body()?;
    let guild_id = call.path("guild_id")?;
    call.app.execute(actor, ReorderRoles { guild_id, role_ids }).await?;
    Ok(answer::accepted())
}

/// `POST /guilds/{guild_id}/roles/default`: which role new members get, or none.
///
/// # Errors
/// 400 for an unknown role, 403 for one that cannot be handed out.
pub async fn set_default(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::SetDefaultRole { role_id } = call.body()?;
    let guild_id = call.path("guild_id")?;
    call.app.execute(actor, SetDefaultRole { guild_id, role_id }).await?;
    Ok(answer::accepted())
}

/// `POST /guilds/{guild_id}/roles/{role_id}/members/{user_id}`: answers also when it is held.
///
/// # Errors
/// 400 for `everyone`, 403 for `workspace_owner` and what the hierarchy forbids, 404 for an unknown role or who is no member, 409 for
/// the 17th.
pub async fn assign(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, role_id, user_id) = (call.path("guild_id")?, call.path("role_id")?, call.path("user_id")?);
    call.app.execute(actor, AssignRole { guild_id, role_id, user_id }).await?;
    Ok(answer::accepted())
}

/// `DELETE /guilds/{guild_id}/roles/{role_id}/members/{user_id}`: answers also when it is not held.
///
/// # Errors
/// As [`assign`], without the 409.
pub async fn unassign(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, role_id, user_id) = (call.path("guild_id")?, call.path("role_id")?, call.path("user_id")?);
    call.app.execute(actor, UnassignRole { guild_id, role_id, user_id }).await?;
    Ok(answer::accepted())
}
