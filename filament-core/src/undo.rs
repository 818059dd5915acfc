//! The way back over an entry: what its access changes took the place of.
//!
//! Whoever resumes a stream is told of an entry only if they have had the access since before it (RES-13). What they may do *now* is known;
//! stepping back from there, entry by entry, tells since when. So the writer journals with each entry the few values it replaced: an
//! override, a role, the roles of a member. A change of a role that ten thousand hold is one value, like the change itself.

use filament_protocol::{GuildId, RoleId, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    access::AccessChange,
    permission::{GraphChange, GuildGraph, Membership},
};

/// What one entry replaced in one guild, as far as anybody's access depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessUndo {
    /// The guild.
    pub guild_id: GuildId,
    /// Changes that lead the graph back, to be applied in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub graph: Vec<GraphChange>,
    /// Everybody the entry names, with the membership there was before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<(UserId, Option<Membership>)>,
    /// Roles that went, with those who held them and are not in `members`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<(RoleId, Vec<UserId>)>,
}

impl AccessUndo {
    pub(crate) const fn of(guild_id: GuildId) -> Self {
        Self { guild_id, graph: Vec::new(), members: Vec::new(), holders: Vec::new() }
    }

    /// Notes how the graph is led back over the changes that concern access, which are about to be applied to it.
    pub(crate) fn lead_back(&mut self, graph: &GuildGraph, changes: &[AccessChange]) {
        let mut graph = graph.clone();
        for change in changes {
            if let AccessChange::Guild(guild_id, change) = change
                && *guild_id == self.guild_id
                && change.concerns_access()
            {
                // The last change is undone first; what undoes one change keeps its order.
                self.graph.splice(0..0, graph.inverse(change));
                graph.apply(change);
            }
        }
    }

    /// The membership a user had before the entry who has `after` now.
    #[must_use]
    pub fn membership_before(&self, user_id: UserId, after: Option<&Membership>) -> Option<Membership> {
        if let Some((_, before)) = self.members.iter().find(|(named, _)| *named == user_id) {
            return before.clone();
        }
        let mut before = after?.clone();
        let held = self.holders.iter().filter(|(_, holders)| holders.binary_search(&user_id).is_ok());
        before.role_ids.extend(held.map(|(role_id, _)| *role_id));
        before.role_ids.sort_unstable();
        Some(before)
    }

    /// Leads a graph, and one user's membership in it, back before the entry.
    pub fn step_back(&self, graph: &mut GuildGraph, user_id: UserId, membership: &mut Option<Membership>) {
        self.graph.iter().for_each(|change| graph.apply(change));
        *membership = self.membership_before(user_id, membership.as_ref());
    }
}
