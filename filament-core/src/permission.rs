//! Who may do what: the guild graph, its resolution (contract §8.3), the hierarchy (§8.4) and the proof that a check was made.
//!
//! Nothing outside this module decides a permission. The same functions serve a decision inside the store's transaction and the access
//! table at delivery.

mod difference;
mod explain;
mod grant;
mod graph;
mod hierarchy;
mod resolve;

pub use difference::{GuildDifference, access_differs, effective_rights, newly_visible};
pub use explain::{Explanation, explain};
pub use grant::{Granted, Requirement, keeps, require};
pub use graph::{
    ChannelNode, GraphChange, GuildGraph, Membership, Override, OverrideTarget, RoleNode, ranked, seeded_roles,
};
pub use hierarchy::{Rank, may_act_on, may_manage_role, may_moderate, may_set_override, rank};
pub use resolve::{Standing, Subject, access, channel_permissions, guild_permissions, legacy_role, sees};
