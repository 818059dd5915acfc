//! `/guilds/{guild_id}/audit`: what was done, by whom (contract §9.6, §10.7).

use filament_core::AuditRow;
use filament_core::read::{AuditPage, ListAudit};
use filament_protocol::limits::{AUDIT_PAGE, PageLimit};
use filament_protocol::rest::AuditEvent;
use filament_protocol::text::AuditAction;

use super::answer::Answer;
use super::call::Call;
use super::error::ApiError;
use super::page;
use super::query::CURSOR;

/// The query member that narrows the list to some actions.
const ACTION_PREFIX: &str = "action_prefix";

/// `GET /guilds/{guild_id}/audit?cursor=&limit=&action_prefix=`: newest first.
///
/// # Errors
/// 400 for a query value out of bounds or an unknown member of the query, 403 `audit_access_denied` for members without `view_audit_log`
/// and for everybody else.
pub async fn list(call: Call) -> Result<Answer, ApiError> {
    let actor = call.actor()?;
    let guild_id = call.path("guild_id")?;
    let query = call.query().only(&[CURSOR, "limit", ACTION_PREFIX])?;
    let (before, action_prefix) = (query.parse(CURSOR)?, query.parse(ACTION_PREFIX)?);
    let limit = query.limit(page_limit(call.app.config.quotas.audit_list_limit_max))?;
    let AuditPage { rows, more } = call.app.read(actor, ListAudit { guild_id, before, action_prefix, limit }).await?;
    let events: Vec<AuditEvent> = rows.iter().map(listed).collect::<Result<_, _>>()?;
    page::with_cursor("events", "next_cursor", &events, more, |event| event.audit_id)
}

/// The page of the contract, made smaller where the operator wants that (`FILAMENT_AUDIT_LIST_LIMIT_MAX`).
fn page_limit(configured_max: u32) -> PageLimit {
    let max = u16::try_from(configured_max).unwrap_or(u16::MAX).min(AUDIT_PAGE.max);
    PageLimit { default: AUDIT_PAGE.default.min(max), max }
}

fn listed(row: &AuditRow) -> Result<AuditEvent, ApiError> {
    Ok(AuditEvent {
        audit_id: row.audit_id,
        actor_user_id: row.actor_user_id,
        target_user_id: row.target_user_id,
        action: AuditAction::new(row.action.name()).map_err(|error| {
            tracing::error!(%error, action = row.action.name(), "the name of an action is none");
            ApiError::internal()
        })?,
        created_at_unix: row.created_at,
        ip_ban_match: row.action.is_address_match(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_can_make_pages_smaller_but_not_larger() {
        for (configured, expected) in [(1, (1, 1)), (10, (10, 10)), (50, (20, 50)), (100, (20, 100)), (500, (20, 100))]
        {
            let limit = page_limit(configured);
            assert_eq!((limit.default, limit.max), expected);
        }
    }
}
