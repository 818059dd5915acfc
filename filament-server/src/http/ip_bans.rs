//! `/guilds/{guild_id}/ip-bans…`: list, ban the addresses of a user, lift (contract §9.10). No answer holds an address (IPB-5).

use filament_core::ListedAddressBan;
use filament_core::decide::address::{BanAddresses, UnbanAddress};
use filament_core::read::ListAddressBans;
use filament_protocol::limits::IP_BANS_PAGE;
use filament_protocol::rest::{self, IpBan, IpBansCreated};

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;
use super::query::CURSOR;

/// `GET /guilds/{guild_id}/ip-bans?cursor=&limit=`: active ones, newest first.
///
/// # Errors
/// 400 for a query value out of bounds or an unknown member of the query, 403 without `manage_ip_bans`.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let query = call.query().only(&[CURSOR, "limit"])?;
    let (before, limit) = (query.parse(CURSOR)?, query.limit(IP_BANS_PAGE)?);
    let page = call.app.read(actor, ListAddressBans { guild_id, before, limit }).await?;
    let bans: Vec<IpBan> = page.bans.into_iter().map(listed).collect();
    page::with_cursor("bans", "next_cursor", &bans, page.more, |ban| ban.ban_id)
}

/// `POST /guilds/{guild_id}/ip-bans/by-user`: the remembered addresses of a user that are not banned yet.
///
/// # Errors
/// 403 without `manage_ip_bans` or for what the hierarchy forbids, 404 for an unknown user, 409 at the cap.
pub async fn create(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::CreateIpBans { target_user_id, reason, expires_in_secs } = call.body()?;
    let guild_id = call.path("guild_id")?;
    let expires_in_secs = expires_in_secs.map(u64::from);
    let ban_ids = call.app.execute(actor, BanAddresses { guild_id, target_user_id, reason, expires_in_secs }).await?;
    let created_count = u32::try_from(ban_ids.len()).unwrap_or(u32::MAX);
    answer::json(&IpBansCreated { created_count, ban_ids })
}

/// `DELETE /guilds/{guild_id}/ip-bans/{ban_id}`.
///
/// # Errors
/// 403 without `manage_ip_bans`, 404 for an unknown ban or one that has expired.
pub async fn delete(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, ban_id) = (call.path("guild_id")?, call.path("ban_id")?);
    call.app.execute(actor, UnbanAddress { guild_id, ban_id }).await?;
    Ok(answer::accepted())
}

fn listed(ban: ListedAddressBan) -> IpBan {
    let ListedAddressBan { ban_id, source_user_id, reason, created_at, expires_at } = ban;
    IpBan {
        ban_id,
        source_user_id: Some(source_user_id),
        reason,
        created_at_unix: created_at,
        expires_at_unix: expires_at,
    }
}
