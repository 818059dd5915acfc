//! `/guilds/{g}/audit` (§9.6).

use crate::field::{Distinct, all_differ};
use crate::id::{AuditId, UserId};
use crate::limits::AUDIT_PAGE;
use crate::object::record;
use crate::text::{AuditAction, PageCursor};
use crate::timestamp::Timestamp;

/// Largest page of audit rows.
const PAGE_MAX: usize = AUDIT_PAGE.max as usize;

record! {
    /// Answer of `GET /guilds/{g}/audit`: newest first.
    pub struct AuditPage {
        /// The rows, at most 100.
        pub events: Vec<AuditEvent> [0..=PAGE_MAX, unique by],
        /// The cursor of the next page; null if nothing follows.
        pub next_cursor: Option<PageCursor> [null],
    }
}

record! {
    /// One row of the audit log. Its details never leave the server.
    pub struct AuditEvent {
        /// Its id.
        pub audit_id: AuditId,
        /// Who acted.
        pub actor_user_id: UserId,
        /// On whom; null if on nobody.
        pub target_user_id: Option<UserId> [null],
        /// What was done (AUD-3). Later servers may know more actions.
        pub action: AuditAction,
        /// When.
        pub created_at_unix: Timestamp,
        /// Whether a ban by address was hit.
        pub ip_ban_match: bool,
    }
}

impl Distinct for AuditEvent {
    const KEYS: &'static [&'static [&'static str]] = &[&["audit_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| item.audit_id))
    }
}
