//! The access revision (contract §7.4): whom a committed entry counts for.
//!
//! The store that keeps the counters and the access table that follows them ask the same functions, so that they count alike: note what
//! is about to change with [`AccessBefore::of`], apply the entry, then ask [`AccessBefore::changed`].

use std::sync::Arc;

use filament_protocol::{GuildId, UserId};

use crate::{
    access::AccessChange,
    permission::{GuildDifference, GuildGraph, Membership, access_differs},
};

/// Where the guilds and the members are found that an entry is about.
pub trait AccessState {
    /// Why they may not be found.
    type Error;

    /// A guild's graph, `None` if it does not exist or is of no interest.
    ///
    /// # Errors
    /// When it cannot be read.
    fn graph(&mut self, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>, Self::Error>;

    /// A membership, `None` if there is none or the user is of no interest.
    ///
    /// # Errors
    /// When it cannot be read.
    fn membership(&mut self, guild_id: GuildId, user_id: UserId) -> Result<Option<Arc<Membership>>, Self::Error>;

    /// Shows every member of interest, in any order.
    ///
    /// # Errors
    /// When they cannot be read.
    fn visit_members(&mut self, guild_id: GuildId, visit: &mut dyn FnMut(&Membership)) -> Result<(), Self::Error>;
}

/// What is about to change, as it was before.
#[derive(Clone, Debug, Default)]
pub struct AccessBefore {
    graphs: Vec<Arc<GuildGraph>>,
    members: Vec<(GuildId, UserId, Option<Arc<Membership>>)>,
}

impl AccessBefore {
    /// Notes what the changes of one entry are about, before they are applied.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn of<S: AccessState>(changes: &[AccessChange], state: &mut S) -> Result<Self, S::Error> {
        let mut before = Self::default();
        for change in changes {
            match change {
                AccessChange::Guild(guild_id, change) if change.concerns_access() => {
                    if before.graph(*guild_id).is_none() {
                        before.graphs.extend(state.graph(*guild_id)?);
                    }
                }
                AccessChange::MemberJoined { guild_id, membership: Membership { user_id, .. } }
                | AccessChange::MemberLeft { guild_id, user_id, .. } => {
                    if !before.names(*guild_id, *user_id) {
                        before.members.push((*guild_id, *user_id, state.membership(*guild_id, *user_id)?));
                    }
                }
                AccessChange::Guild(..)
                | AccessChange::GuildCreated(_) // who is in it joins by a change of its own
                | AccessChange::SessionRenewed { .. }
                | AccessChange::SessionEnded { .. } => {}
            }
        }
        Ok(before)
    }

    /// The users whose effective access is another one now, after the changes: ascending, each once.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn changed<S: AccessState>(&self, state: &mut S) -> Result<Vec<UserId>, S::Error> {
        let mut users = Vec::new();
        for (guild_id, user_id, before) in &self.members {
            let after = state.membership(*guild_id, *user_id)?;
            if before == &after {
                continue;
            }
            let differs = match (before, after) {
                (Some(before), Some(after)) => {
                    let graph = state.graph(*guild_id)?;
                    let graph_before = self.graph(*guild_id).or(graph.as_ref());
                    let before = graph_before.map(|graph| (&**graph, &**before));
                    access_differs(before, graph.as_ref().map(|graph| (&**graph, &*after)))
                }
                _ => true,
            };
            if differs {
                users.push(*user_id);
            }
        }
        for before in &self.graphs {
            let guild_id = before.guild_id;
            let Some(after) = state.graph(guild_id)? else { continue };
            let mut difference = GuildDifference::between(before, &after);
            if difference.is_empty() {
                continue;
            }
            state.visit_members(guild_id, &mut |membership| {
                if difference.concerns(membership) && !self.names(guild_id, membership.user_id) {
                    users.push(membership.user_id);
                }
            })?;
        }
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    fn graph(&self, guild_id: GuildId) -> Option<&Arc<GuildGraph>> {
        self.graphs.iter().find(|graph| graph.guild_id == guild_id)
    }

    fn names(&self, guild_id: GuildId, user_id: UserId) -> bool {
        self.members.iter().any(|(guild, user, _)| (*guild, *user) == (guild_id, user_id))
    }
}
