//! Text of lists: cursors, audit actions, reasons.

use super::bounded_text;
use crate::limits::{
    AUDIT_ACTION_UNITS_MAX, BAN_REASON_UNITS_MAX, PAGE_CURSOR_UNITS_MAX, RESUME_CURSOR_UNITS_MAX, SEARCH_UNITS_MAX,
};

bounded_text! {
    /// Cursor of a page of a list (HTTP-15): opaque, `[A-Za-z0-9_-]{1,128}`.
    pub struct PageCursor(1, PAGE_CURSOR_UNITS_MAX): verbatim URL_SAFE
}

bounded_text! {
    /// Cursor of a gateway stream (RES-10): opaque, `[A-Za-z0-9_-]{1,256}`.
    pub struct ResumeCursor(1, RESUME_CURSOR_UNITS_MAX): verbatim URL_SAFE
}

bounded_text! {
    /// Name of an action of the audit log, or the beginning of one (AUD-3): `[a-z0-9._]{1,64}`.
    pub struct AuditAction(1, AUDIT_ACTION_UNITS_MAX): verbatim DOTTED
}

bounded_text! {
    /// Why somebody was banned by address: 1..=240 UTF-16 units after trimming, no U+0000.
    pub struct BanReason(1, BAN_REASON_UNITS_MAX): trim NO_NUL
}

bounded_text! {
    /// What to search for (SEA-1): 1..=256 UTF-16 units after trimming, no U+0000. Its terms are bounded further.
    pub struct SearchText(1, SEARCH_UNITS_MAX): trim NO_NUL
}
