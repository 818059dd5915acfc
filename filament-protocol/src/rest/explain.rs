//! `/guilds/{g}/permissions/explain` (§8.5).

use crate::id::{ChannelId, PermissionSourceId, UserId};
use crate::limits::EXPLANATION_STEPS_MAX;
use crate::object::record;
use crate::permission::Permission;
use crate::word::words;

record! {
    /// Answer of `GET /guilds/{g}/permissions/explain`: which rule decides about one permission of one user.
    pub struct PermissionExplanation {
        /// The user.
        pub user_id: UserId,
        /// The channel; null at guild level.
        pub channel_id: Option<ChannelId> [null],
        /// The permission asked for.
        pub permission: Permission,
        /// Whether the user has it.
        pub allowed: bool,
        /// The rule that decides.
        pub decided_by: PermissionRule,
        /// Everything that was looked at, in the order of §8.3; at most 64.
        pub steps: Vec<ExplanationStep> [0..=EXPLANATION_STEPS_MAX],
    }
}

record! {
    /// One step of a `PermissionExplanation`.
    pub struct ExplanationStep: Copy {
        /// The rule.
        pub rule: PermissionRule,
        /// What was looked at.
        pub source_kind: PermissionSourceKind,
        /// Which role or member it belongs to, if to one.
        pub source_id: Option<PermissionSourceId>,
        /// What it says about the permission.
        pub effect: PermissionEffect,
        /// Whether the user has the permission after this step.
        pub after: bool,
    }
}

words! {
    /// A rule of §8.3.
    pub enum PermissionRule {
        /// The server owner may do everything.
        ServerOwner = "PE-0",
        /// Who is no member, or banned, may do nothing.
        NotMember = "PE-1",
        /// The owner may do everything.
        Owner = "PE-2",
        /// What `everyone` and the assigned roles grant.
        Roles = "PE-3",
        /// The override on `everyone`.
        EveryoneOverride = "PE-4",
        /// The overrides on the assigned roles.
        RoleOverrides = "PE-5",
        /// The override on the member.
        MemberOverride = "PE-6",
        /// How a layer is applied.
        Layer = "PE-7",
        /// Without `create_message` nothing in the channel is allowed.
        ViewGate = "PE-8",
    }
}

words! {
    /// What a step of an explanation looks at.
    pub enum PermissionSourceKind {
        /// The server owner.
        ServerOwner = "server_owner",
        /// The membership.
        Membership = "membership",
        /// A role.
        Role = "role",
        /// The override on `everyone`.
        EveryoneOverride = "everyone_override",
        /// The override on a role.
        RoleOverride = "role_override",
        /// The override on the member.
        MemberOverride = "member_override",
        /// The view gate.
        ViewGate = "view_gate",
    }
}

words! {
    /// What a step of an explanation says about the permission.
    pub enum PermissionEffect {
        /// A role grants it.
        Grant = "grant",
        /// An override allows it.
        Allow = "allow",
        /// It is denied.
        Deny = "deny",
        /// Nothing.
        None = "none",
    }
}
