//! Who may do what: the guild graph, its resolution (contract §8.3), the hierarchy (§8.4) and the proof that a check was made.
//!
//! Nothing outside this module decides a permission. The same functions serve a decision inside the store's transaction and the access
//! table at delivery.

mod difference;
mod grant;
mod graph;
mod hierarchy;
mod resolve;

pub use difference::{GuildDifference, access_differs};
pub use grant::{Granted, Requirement, require};
pub use graph::{ChannelNode, GraphChange, GuildGraph, Membership, Override, OverrideTarget, RoleNode, seeded_roles};
pub use hierarchy::{Rank, may_manage_role, may_set_override, rank};
pub use resolve::{Subject, channel_permissions, guild_permissions, legacy_role, sees};
