//! `…/channels/{channel_id}/overrides…` and `…/permission-overrides…`: list, set, remove (contract §9.8).

use filament_core::decide::channel_override::{DeleteOverride, OverrideAim, SetOverride};
use filament_core::permission::{Override, OverrideTarget};
use filament_core::read::ListOverrides;
use filament_protocol::rest;
use filament_protocol::{LegacyRole, OverrideTargetId, RoleId, TargetKind, UserId};

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;

/// `GET …/channels/{channel_id}/overrides`: complete.
///
/// # Errors
/// 403 without channel-level `manage_channel_overrides`, 404 for an unknown channel.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    let overrides = call.app.read(actor, ListOverrides { guild_id, channel_id }).await?;
    let overrides: Vec<rest::Override> = overrides.into_iter().map(|(value, role)| listed(value, role)).collect();
    page::complete("overrides", &overrides)
}

/// `POST …/channels/{channel_id}/overrides/{role}`: of a seeded role by its word (PRM-6).
///
/// # Errors
/// 400 for another word or an overlap, 403 for what the hierarchy forbids, 404 for an unknown channel.
pub async fn set_seeded(call: Call) -> Result<Answer, ApiError> {
    let rest::SetOverride { allow, deny } = call.body()?;
    let role = LegacyRole::from_name(&call.path_text("role")?)
        .ok_or_else(|| ApiError::invalid("role in the path can be owner, moderator or member"))?;
    set(call, OverrideAim::Seeded(role), rest::SetOverride { allow, deny }).await
}

/// `POST …/channels/{channel_id}/permission-overrides/{target_kind}/{target_id}`.
///
/// # Errors
/// 400 for another kind or an overlap, 403 for what the hierarchy forbids, 404 for an unknown channel, role or member, 409 for the 129th.
pub async fn set_target(call: Call) -> Result<Answer, ApiError> {
    let lists = call.body()?;
    let target = target(&call)?;
    set(call, OverrideAim::Target(target), lists).await
}

async fn set(call: Call, aim: OverrideAim, lists: rest::SetOverride) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    let rest::SetOverride { allow, deny } = lists;
    call.app.execute(actor, SetOverride { guild_id, channel_id, aim, allow, deny }).await?;
    Ok(answer::accepted())
}

/// `DELETE …/channels/{channel_id}/permission-overrides/{target_kind}/{target_id}`: answers also when there is none.
///
/// # Errors
/// 400 for another kind, 403 for what the hierarchy forbids, 404 for an unknown channel.
pub async fn delete(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    let target = target(&call)?;
    call.app.execute(actor, DeleteOverride { guild_id, channel_id, target }).await?;
    Ok(answer::empty())
}

/// Whom the path names.
fn target(call: &Call) -> Result<OverrideTarget, ApiError> {
    let kind = TargetKind::from_name(&call.path_text("target_kind")?)
        .ok_or_else(|| ApiError::invalid("target_kind in the path can be role or member"))?;
    Ok(override_target(kind, call.path("target_id")?))
}

/// What an id names, told apart by its kind.
pub(super) fn override_target(kind: TargetKind, id: OverrideTargetId) -> OverrideTarget {
    match kind {
        TargetKind::Role => OverrideTarget::Role(RoleId::from_u128(id.as_u128())),
        TargetKind::Member => OverrideTarget::Member(UserId::from_u128(id.as_u128())),
    }
}

fn listed(value: Override, role: Option<LegacyRole>) -> rest::Override {
    let Override { target, allow, deny, updated_at } = value;
    let (target_kind, target_id) = match target {
        OverrideTarget::Role(id) => (TargetKind::Role, OverrideTargetId::from_u128(id.as_u128())),
        OverrideTarget::Member(id) => (TargetKind::Member, OverrideTargetId::from_u128(id.as_u128())),
    };
    rest::Override { target_kind, target_id, role, allow, deny, updated_at_unix: updated_at }
}
