//! `…/channels/{c}/overrides` and `…/permission-overrides` (§9.8).

use crate::field::{Distinct, all_differ};
use crate::id::OverrideTargetId;
use crate::limits::OVERRIDES_PER_CHANNEL_MAX;
use crate::object::{body, record};
use crate::permission::Permissions;
use crate::record::{LegacyRole, TargetKind};
use crate::timestamp::Timestamp;

record! {
    /// Answer of `GET …/channels/{c}/overrides`: complete.
    pub struct OverrideList {
        /// The overrides, at most 128, one per target.
        pub overrides: Vec<Override> [0..=OVERRIDES_PER_CHANNEL_MAX, unique by],
    }
}

record! {
    /// One override of a channel.
    pub struct Override {
        /// Role or member.
        pub target_kind: TargetKind,
        /// Which one.
        pub target_id: OverrideTargetId,
        /// The word of the seeded role `workspace_owner`, `moderator` or `member`; absent for every other target.
        pub role: Option<LegacyRole>,
        /// What it allows.
        pub allow: Permissions,
        /// What it denies; disjoint from what it allows.
        pub deny: Permissions,
        /// When it was last changed.
        pub updated_at_unix: Timestamp,
    }
    rules { disjoint(allow, deny), absent_if(role, target_kind = "member") }
}

impl Distinct for Override {
    const KEYS: &'static [&'static [&'static str]] = &[&["target_kind", "target_id"]];

    fn all_differ(items: &[Self]) -> bool {
        all_differ(items.iter().map(|item| (item.target_kind, item.target_id)))
    }
}

body! {
    /// Body of `POST …/overrides/{role}` and of `POST …/permission-overrides/{target_kind}/{target_id}`: the complete
    /// lists. Both empty removes the override.
    pub struct SetOverride: Copy {
        /// What it allows.
        pub allow: Permissions,
        /// What it denies; disjoint from what it allows.
        pub deny: Permissions,
    }
    rules { disjoint(allow, deny) }
}
