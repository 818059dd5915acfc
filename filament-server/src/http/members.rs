//! `/guilds/{guild_id}/members…` and `…/bans…`: list, add, change, kick, ban, unban (contract §9.6).

use filament_core::BannedUser;
use filament_core::decide::assignment::SetLegacyRole;
use filament_core::decide::member::AddMember;
use filament_core::decide::moderation::{BanUser, KickMember, UnbanUser};
use filament_core::read::{BanPage, ListBans, ListMembers};
use filament_protocol::limits::{BANS_PAGE, MEMBERS_PAGE};
use filament_protocol::rest::{self, Ban, Member};
use filament_protocol::{Timestamp, UserId};

use super::answer::{self, Answer};
use super::call::Call;
use super::error::ApiError;
use super::page;
use super::query::CURSOR;

/// `GET /guilds/{guild_id}/members?cursor=&limit=`: by user id, cut by bytes (HTTP-3).
///
/// # Errors
/// 400 for a query value out of bounds or an unknown member of the query, 403 for who is no member.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let query = call.query().only(&[CURSOR, "limit"])?;
    let (after, limit) = (query.parse(CURSOR)?, query.limit(MEMBERS_PAGE)?);
    let page = call.app.read(actor, ListMembers { guild_id, after, limit }).await?;
    let members: Vec<Member> = page
        .members
        .into_iter()
        .map(|membership| Member { user_id: membership.user_id, role_ids: membership.role_ids })
        .collect();
    page::with_cursor("members", "next_cursor", &members, page.more, |member| member.user_id)
}

/// `POST /guilds/{guild_id}/members/{user_id}`: answers also for who is a member already.
///
/// # Errors
/// 403 without `manage_member_roles` or for a banned user, 404 for an unknown one, 409 at a cap.
pub async fn add(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, user_id) = (call.path("guild_id")?, call.path("user_id")?);
    call.app.execute(actor, AddMember { guild_id, user_id }).await?;
    Ok(answer::accepted())
}

/// `PATCH /guilds/{guild_id}/members/{user_id}`: the legacy role.
///
/// # Errors
/// 403 for what the hierarchy forbids (HIE-7), 404 for who is no member.
pub async fn update(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let rest::UpdateMember { role } = call.body()?;
    let (guild_id, user_id) = (call.path("guild_id")?, call.path("user_id")?);
    call.app.execute(actor, SetLegacyRole { guild_id, user_id, role }).await?;
    Ok(answer::accepted())
}

/// `POST /guilds/{guild_id}/members/{user_id}/kick`.
///
/// # Errors
/// 403 without `ban_member` or for what the hierarchy forbids, 404 for who is no member.
pub async fn kick(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, user_id) = (call.path("guild_id")?, call.path("user_id")?);
    call.app.execute(actor, KickMember { guild_id, user_id }).await?;
    Ok(answer::accepted())
}

/// `POST /guilds/{guild_id}/members/{user_id}/ban`: answers also for who is banned already.
///
/// # Errors
/// 403 without `ban_member` or for what the hierarchy forbids, 404 for an unknown user.
pub async fn ban(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, user_id) = (call.path("guild_id")?, call.path("user_id")?);
    call.app.execute(actor, BanUser { guild_id, user_id }).await?;
    Ok(answer::accepted())
}

/// `DELETE /guilds/{guild_id}/bans/{user_id}`.
///
/// # Errors
/// 403 without `ban_member`, 404 for who is not banned.
pub async fn unban(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let (guild_id, user_id) = (call.path("guild_id")?, call.path("user_id")?);
    call.app.execute(actor, UnbanUser { guild_id, user_id }).await?;
    Ok(answer::empty())
}

/// `GET /guilds/{guild_id}/bans?cursor=&limit=`: newest first.
///
/// # Errors
/// 400 for a query value out of bounds or an unknown member of the query, 403 without `ban_member`.
pub async fn list_bans(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let query = call.query().only(&[CURSOR, "limit"])?;
    let (after, limit) = (query.text(CURSOR)?, query.limit(BANS_PAGE)?);
    let after = after.map(|cursor| ban_position(&cursor)).transpose()?;
    let BanPage { bans, shows_actors, more } = call.app.read(actor, ListBans { guild_id, after, limit }).await?;
    let bans: Vec<Ban> = bans.into_iter().map(|ban| listed(ban, shows_actors)).collect();
    page::with_cursor("bans", "next_cursor", &bans, more, |ban| {
        format!("{}-{}", ban.banned_at_unix.as_secs(), ban.user_id)
    })
}

fn listed(ban: BannedUser, shows_actors: bool) -> Ban {
    let BannedUser { user, banned_at, actor_user_id } = ban;
    Ban {
        user_id: user.user_id,
        username: user.username,
        banned_at_unix: banned_at,
        actor_user_id: shows_actors.then_some(actor_user_id),
    }
}

/// Reads the cursor of the ban list: second and user of the last row, `1700000000-01ARZ3NDEKTSV4RRFFQ69G5FAV`.
fn ban_position(cursor: &str) -> Result<(Timestamp, UserId), ApiError> {
    let position = cursor.split_once('-').and_then(|(second, user)| {
        let digits_only = second.bytes().all(|byte| byte.is_ascii_digit());
        let second = second.parse().ok().filter(|_| digits_only).and_then(Timestamp::new)?;
        Some((second, user.parse().ok()?))
    });
    position.ok_or_else(|| ApiError::invalid("query member cursor is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the 400 of HTTP-15 for cursors of the ban list.
    #[test]
    fn a_ban_cursor_is_a_second_and_a_user() {
        let user = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let (second, id) = ban_position(&format!("1700000000-{user}")).unwrap();
        assert_eq!((second.as_secs(), id.to_string().as_str()), (1_700_000_000, user));
        for cursor in [
            String::new(),
            user.to_owned(),
            format!("-{user}"),
            format!("0-{user}"),
            format!("+1-{user}"),
            format!("1-{user}x"),
            "1-".to_owned(),
            format!("99999999999999999999-{user}"),
        ] {
            assert_eq!(ban_position(&cursor).unwrap_err().status(), 400, "{cursor}");
        }
    }
}
