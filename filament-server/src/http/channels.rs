//! `/guilds/{guild_id}/channels…`: create, list, change, delete, reorder, own permissions (contract §9.8).

use filament_core::decide::channel::{CreateChannel, DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel};
use filament_core::read::{ChannelListing, ListChannels, ReadChannelPermissions};
use filament_protocol::record::ListedChannel;
use filament_protocol::rest::{self, SelfPermissions};

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::overrides::override_target;
use super::page;

/// `POST /guilds/{guild_id}/channels`.
///
/// # Errors
/// 403 without guild-level `manage_channel_overrides` or for overrides beyond one's own rights, 409 at the cap.
pub async fn create(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::CreateChannel { name, kind, overrides } = call.body()?;
    let guild_id = call.path("guild_id")?;
    let overrides = overrides.iter().map(initial_override).collect();
    answer::json(&call.app.execute(actor, CreateChannel { guild_id, name, kind, overrides }).await?)
}

/// `GET /guilds/{guild_id}/channels`: those one sees, or with `include=manageable` all of them.
///
/// # Errors
/// 400 for another `include`, 403 for who is no member or may not manage.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let manageable = match call.query().text("include")?.as_deref() {
        None => false,
        Some("manageable") => true,
        Some(_) => return Err(ApiError::invalid("query member include can only be manageable")),
    };
    let listings = call.app.read(actor, ListChannels { guild_id, manageable }).await?;
    let channels: Vec<ListedChannel> =
        (0..).zip(listings).map(|(position, listing)| listed(position, listing, manageable)).collect();
    page::complete("channels", &channels)
}

/// `PATCH /guilds/{guild_id}/channels/{channel_id}`.
///
/// # Errors
/// 404 for an unknown channel, 403 without channel-level `manage_channel_overrides`.
pub async fn update(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::UpdateChannel { name } = call.body()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    answer::json(&call.app.execute(actor, UpdateChannel { guild_id, channel_id, name }).await?)
}

/// `DELETE /guilds/{guild_id}/channels/{channel_id}`.
///
/// # Errors
/// 404 for an unknown channel, 403 without channel-level `manage_channel_overrides`.
pub async fn delete(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    call.app.execute(actor, DeleteChannel { guild_id, channel_id }).await?;
    Ok(answer::empty())
}

/// `POST /guilds/{guild_id}/channels/reorder`.
///
/// # Errors
/// 400 for unknown or repeated ids, 403 without guild-level `manage_channel_overrides`.
pub async fn reorder(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::ReorderChannels { channel_ids } = call.body()?;
    let guild_id = call.path("guild_id")?;
    call.app.execute(actor, ReorderChannels { guild_id, channel_ids }).await?;
    Ok(answer::accepted())
}

/// `GET /guilds/{guild_id}/channels/{channel_id}/permissions/self`.
///
/// # Errors
/// 404 for an unknown channel, 403 for a hidden one.
pub async fn read_own_permissions(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, channel_id) = (call.path("guild_id")?, call.path("channel_id")?);
    let (role, permissions) = call.app.read(actor, ReadChannelPermissions { guild_id, channel_id }).await?;
    answer::json(&SelfPermissions { role, permissions })
}

fn initial_override(body: &rest::ChannelOverride) -> InitialOverride {
    let rest::ChannelOverride { target_kind, target_id, allow, deny } = *body;
    InitialOverride { target: override_target(target_kind, target_id), allow, deny }
}

fn listed(position: u16, listing: ChannelListing, manageable: bool) -> ListedChannel {
    let ChannelListing { channel, visible } = listing;
    ListedChannel {
        channel_id: channel.channel_id,
        name: channel.name,
        kind: channel.kind,
        position,
        visible: manageable.then_some(visible),
    }
}
