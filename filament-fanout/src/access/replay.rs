//! One user's snapshot, moved on by the entries after it: memberships, graphs, and the access revision (RES-30).

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use filament_core::{
    AccessBefore, AccessChange, AccessState, Entry,
    permission::{GuildGraph, Membership},
};
use filament_protocol::{GuildId, UserId};

/// A user's access while entries are applied to it.
#[derive(Debug)]
pub(super) struct Replay {
    user_id: UserId,
    /// `None` once it cannot be told: a guild of the user changed whose graph before the change is not at hand.
    revision: Option<u64>,
    pub(super) memberships: HashMap<GuildId, Membership>,
    pub(super) graphs: HashMap<GuildId, Arc<GuildGraph>>,
}

impl Replay {
    pub(super) fn of(
        user_id: UserId,
        revision: u64,
        memberships: Vec<(GuildId, Membership)>,
        graphs: Vec<Arc<GuildGraph>>,
    ) -> Self {
        Self {
            user_id,
            revision: Some(revision),
            memberships: memberships.into_iter().collect(),
            graphs: graphs.into_iter().map(|graph| (graph.guild_id, graph)).collect(),
        }
    }

    /// The revision after the entries applied, if it can be told.
    pub(super) const fn revision(&self) -> Option<u64> {
        self.revision
    }

    /// Applies the next entry.
    pub(super) fn apply(&mut self, entry: &Entry) {
        if entry.access.iter().any(|change| self.is_beyond(change)) {
            self.revision = None;
        }
        let Ok(before) = AccessBefore::of(&entry.access, self);
        for change in &entry.access {
            self.change(change);
        }
        let Ok(changed) = before.changed(self);
        if changed.contains(&self.user_id) {
            self.revision = self.revision.map(|revision| revision + 1);
        }
    }

    fn change(&mut self, change: &AccessChange) {
        match change {
            AccessChange::GuildCreated(graph) => {
                self.graphs.insert(graph.guild_id, Arc::clone(graph));
            }
            AccessChange::Guild(guild_id, change) => {
                if let Some(graph) = self.graphs.get_mut(guild_id) {
                    Arc::make_mut(graph).apply(change);
                }
                if let Some(membership) = self.memberships.get_mut(guild_id) {
                    membership.follow(change);
                }
            }
            AccessChange::GuildDeleted { guild_id, .. } => {
                self.graphs.remove(guild_id);
                self.memberships.remove(guild_id);
            }
            AccessChange::MemberJoined { guild_id, membership }
            | AccessChange::MemberRoles { guild_id, membership }
                if membership.user_id == self.user_id =>
            {
                self.memberships.insert(*guild_id, membership.clone());
            }
            AccessChange::MemberLeft { guild_id, user_id, .. } if *user_id == self.user_id => {
                self.memberships.remove(guild_id);
            }
            AccessChange::MemberJoined { .. }
            | AccessChange::MemberLeft { .. }
            | AccessChange::MemberRoles { .. }
            | AccessChange::SessionRenewed { .. }
            | AccessChange::SessionEnded { .. } => {}
        }
    }

    /// Whether a change may concern the user in a way that only the graph before it tells, which is not at hand.
    fn is_beyond(&self, change: &AccessChange) -> bool {
        let is_blind = |guild_id| self.memberships.contains_key(guild_id) && !self.graphs.contains_key(guild_id);
        match change {
            AccessChange::Guild(guild_id, change) => change.concerns_access() && is_blind(guild_id),
            AccessChange::MemberJoined { guild_id, membership }
            | AccessChange::MemberRoles { guild_id, membership } => {
                membership.user_id == self.user_id && is_blind(guild_id)
            }
            AccessChange::GuildCreated(_)
            | AccessChange::GuildDeleted { .. }
            | AccessChange::MemberLeft { .. }
            | AccessChange::SessionRenewed { .. }
            | AccessChange::SessionEnded { .. } => false,
        }
    }
}

/// Of all users, the one.
impl AccessState for Replay {
    type Error = Infallible;

    fn graph(&mut self, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>, Infallible> {
        Ok(self.graphs.get(&guild_id).cloned())
    }

    fn membership(&mut self, guild_id: GuildId, user_id: UserId) -> Result<Option<Arc<Membership>>, Infallible> {
        let own = self.memberships.get(&guild_id).filter(|_| user_id == self.user_id);
        Ok(own.cloned().map(Arc::new))
    }

    fn visit_members(&mut self, guild_id: GuildId, visit: &mut dyn FnMut(&Membership)) -> Result<(), Infallible> {
        self.memberships.get(&guild_id).into_iter().for_each(visit);
        Ok(())
    }
}
