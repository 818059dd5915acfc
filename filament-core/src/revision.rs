//! The access revision (contract §7.4): whom a committed entry counts for.
//!
//! The store that keeps the counters and the access table that follows them ask the same functions, so that they count alike: note what
//! is about to change with [`AccessBefore::of`], apply the entry, then ask [`AccessBefore::changed`] or [`AccessBefore::shifts`].

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use filament_protocol::{ChannelId, GuildId, UserId};

use crate::{
    access::AccessChange,
    permission::{GraphChange, GuildDifference, GuildGraph, Membership, access_differs, newly_visible},
    undo::AccessUndo,
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
    /// Those the entry names, with their membership.
    members: BTreeMap<(GuildId, UserId), Option<Arc<Membership>>>,
    /// Those who hold a role that goes, which their membership after does not tell.
    holders: BTreeMap<(GuildId, UserId), Membership>,
    /// Members of guilds that end.
    ended: Vec<UserId>,
    tells: bool,
}

/// One member whose effective access differs and who is to be told by `workspace_access_update` (§4.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessShift {
    /// The guild.
    pub guild_id: GuildId,
    /// The member.
    pub user_id: UserId,
    /// Channels that became visible, in list order, at most `GAIN_NOTICES_MAX`: what CMP-5 announces. None on becoming a member.
    pub gained: Vec<ChannelId>,
}

/// A member whose access differs, with what lies before and after for it.
struct Found<'f> {
    guild_id: GuildId,
    user_id: UserId,
    is_member: bool,
    gained: &'f mut dyn FnMut() -> Vec<ChannelId>,
}

impl AccessBefore {
    /// Notes what the changes of one entry are about, before they are applied. Once a role is removed, no later change of the same entry
    /// may speak of it, as none of a command does: its holders are judged by what they held before.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn of<S: AccessState>(changes: &[AccessChange], state: &mut S) -> Result<Self, S::Error> {
        let mut before = Self { tells: changes.iter().any(AccessChange::tells_access), ..Self::default() };
        for change in changes {
            match change {
                AccessChange::Guild(guild_id, change) if change.concerns_access() => {
                    if before.graph(*guild_id).is_none() {
                        before.graphs.extend(state.graph(*guild_id)?);
                    }
                    if let GraphChange::RoleRemoved(role_id) = change {
                        state.visit_members(*guild_id, &mut |membership| {
                            if membership.role_ids.contains(role_id) {
                                before.holders.insert((*guild_id, membership.user_id), membership.clone());
                            }
                        })?;
                    }
                }
                AccessChange::MemberJoined { guild_id, membership: Membership { user_id, .. } }
                | AccessChange::MemberRoles { guild_id, membership: Membership { user_id, .. } }
                | AccessChange::MemberLeft { guild_id, user_id, .. } => {
                    if let Entry::Vacant(vacant) = before.members.entry((*guild_id, *user_id)) {
                        vacant.insert(state.membership(*guild_id, *user_id)?);
                    }
                }
                AccessChange::GuildDeleted { member_ids, .. } => before.ended.extend(member_ids),
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
        let mut users = self.ended.clone();
        self.find(state, &mut |found| users.push(found.user_id))?;
        users.sort_unstable();
        users.dedup();
        Ok(users)
    }

    /// The members who are to be told of their access now, after the changes, by guild and user. Empty where the entry's own events say it.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn shifts<S: AccessState>(&self, state: &mut S) -> Result<Vec<AccessShift>, S::Error> {
        let mut shifts = Vec::new();
        if self.tells {
            self.find(state, &mut |Found { guild_id, user_id, is_member, gained }| {
                if is_member {
                    shifts.push(AccessShift { guild_id, user_id, gained: gained() });
                }
            })?;
        }
        shifts.sort_unstable_by_key(|shift| (shift.guild_id, shift.user_id));
        Ok(shifts)
    }

    /// What the changes are about to replace (RES-13).
    #[must_use]
    pub fn undo(&self, changes: &[AccessChange]) -> Vec<AccessUndo> {
        let mut undo: BTreeMap<GuildId, AccessUndo> = BTreeMap::new();
        for graph in &self.graphs {
            let of_guild = undo.entry(graph.guild_id).or_insert_with(|| AccessUndo::of(graph.guild_id));
            of_guild.lead_back(graph, changes);
        }
        for ((guild_id, user_id), before) in &self.members {
            let of_guild = undo.entry(*guild_id).or_insert_with(|| AccessUndo::of(*guild_id));
            of_guild.members.push((*user_id, before.as_deref().cloned()));
        }
        for change in changes {
            if let AccessChange::Guild(guild_id, GraphChange::RoleRemoved(role_id)) = change {
                let of_guild = undo.entry(*guild_id).or_insert_with(|| AccessUndo::of(*guild_id));
                let holders = self.holders.iter().filter(|((guild, user), membership)| {
                    guild == guild_id
                        && membership.role_ids.contains(role_id)
                        && !self.members.contains_key(&(*guild, *user))
                });
                of_guild.holders.push((*role_id, holders.map(|((_, user_id), _)| *user_id).collect()));
            }
        }
        undo.into_values().collect()
    }

    fn find<S: AccessState>(&self, state: &mut S, found: &mut dyn FnMut(Found<'_>)) -> Result<(), S::Error> {
        for (&(guild_id, user_id), before) in &self.members {
            let after = state.membership(guild_id, user_id)?;
            if before == &after && self.graph(guild_id).is_none() {
                continue;
            }
            // A membership that began or ended counts even where its guild is of no interest.
            let moved = before.is_none() != after.is_none();
            let graph = state.graph(guild_id)?;
            let graph_before = self.graph(guild_id).or(graph.as_ref());
            let before = before.as_ref().and_then(|before| graph_before.map(|graph| (&**graph, &**before)));
            let after = after.as_ref().and_then(|after| graph.as_ref().map(|graph| (&**graph, &**after)));
            let mut gained = || newly_visible(before, after);
            if moved || access_differs(before, after) {
                found(Found { guild_id, user_id, is_member: after.is_some(), gained: &mut gained });
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
                let user_id = membership.user_id;
                if self.members.contains_key(&(guild_id, user_id)) {
                    return;
                }
                let membership = self.holders.get(&(guild_id, user_id)).unwrap_or(membership);
                if difference.concerns(membership) {
                    let mut gained = || difference.gained(membership);
                    found(Found { guild_id, user_id, is_member: true, gained: &mut gained });
                }
            })?;
        }
        Ok(())
    }

    fn graph(&self, guild_id: GuildId) -> Option<&Arc<GuildGraph>> {
        self.graphs.iter().find(|graph| graph.guild_id == guild_id)
    }
}
