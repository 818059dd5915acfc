//! The audit log of a guild.

use filament_protocol::{AuditId, GuildId, Permission, text};

use super::Read;
use crate::{
    actor::Actor,
    audit::AuditAction,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, require},
    query::{AuditRow, Page, Query},
};

/// Rows of the audit log, newest first, for holders of `view_audit_log`.
#[derive(Clone, Debug)]
pub struct ListAudit {
    /// The guild.
    pub guild_id: GuildId,
    /// Read strictly below this row; it need not exist.
    pub before: Option<AuditId>,
    /// Only actions whose names begin so.
    pub action_prefix: Option<text::AuditAction>,
    /// At most so many, 1..=100.
    pub limit: u16,
}

/// The answer to [`ListAudit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// Whether rows follow the last one.
    pub more: bool,
}

impl Read for ListAudit {
    type Answer = AuditPage;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::Audit {
            guild_id: self.guild_id,
            before: self.before,
            actions: self.action_prefix.as_ref().map(|prefix| AuditAction::with_prefix(prefix.as_str())),
            limit: self.limit,
        }
    }

    /// One code for whoever may not read it, members or not (§9.6).
    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        let view = Requirement::Guild(Permission::ViewAuditLog);
        let granted = require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, view);
        granted.map_err(|_| Denial::AuditDenied)
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<AuditPage, Denial> {
        match page {
            Page::Audit { rows, more } => Ok(AuditPage { rows, more }),
            _ => Err(Denial::Unplanned("audit rows")),
        }
    }
}
