//! Who may receive what, as of the relay's position: the memberships of the users connected here and the graphs of their guilds.
//!
//! The table asks [`filament_core::permission`] and has no rule of its own. It changes by journal entries, in order, and by
//! nothing else; what is loaded enters only when the relay has reached the position of the load ([`loads`]).

pub(crate) mod loads;
mod replay;
pub(crate) mod views;

use std::{
    collections::{BTreeMap, HashMap, hash_map},
    convert::Infallible,
    sync::Arc,
};

use filament_core::{
    AccessBefore, AccessState, Audience,
    permission::{GraphChange, GuildGraph, Membership, Subject, guild_permissions, sees},
};
use filament_protocol::{ChannelId, GuildId, Permission, UserId};

use crate::frame::Reach;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct AccessTable {
    guilds: HashMap<GuildId, GuildAccess>,
    users: HashMap<UserId, UserAccess>,
    /// Who of the users here owns the server; hardly ever more than one.
    server_owners: Vec<UserId>,
}

#[derive(Debug)]
struct GuildAccess {
    graph: Arc<GuildGraph>,
    /// Members connected here, in one order for everybody.
    members: BTreeMap<UserId, Membership>,
}

#[derive(Debug)]
struct UserAccess {
    is_server_owner: bool,
    /// How often the user's access has changed (RES-30), as of the relay's position.
    revision: u64,
    guild_ids: Vec<GuildId>,
}

impl AccessTable {
    /// Takes in a user that is not in the table. Every guild of the memberships must be in the table or in `graphs`.
    pub(crate) fn insert_user(
        &mut self,
        user_id: UserId,
        (is_server_owner, revision): (bool, u64),
        memberships: Vec<(GuildId, Membership)>,
        mut graphs: HashMap<GuildId, Arc<GuildGraph>>,
    ) {
        let guild_ids = memberships.iter().map(|(guild_id, _)| *guild_id).collect();
        if is_server_owner {
            self.server_owners.push(user_id);
        }
        self.users.insert(user_id, UserAccess { is_server_owner, revision, guild_ids });
        for (guild_id, membership) in memberships {
            if let hash_map::Entry::Vacant(vacant) = self.guilds.entry(guild_id)
                && let Some(graph) = graphs.remove(&guild_id)
            {
                vacant.insert(GuildAccess { graph, members: BTreeMap::new() });
            }
            if let Some(guild) = self.guilds.get_mut(&guild_id) {
                guild.members.insert(user_id, membership);
            }
        }
    }

    /// Forgets a user and returns the guilds it was a member of.
    pub(crate) fn remove_user(&mut self, user_id: UserId) -> Vec<GuildId> {
        self.server_owners.retain(|owner| *owner != user_id);
        let guild_ids = self.users.remove(&user_id).map(|user| user.guild_ids).unwrap_or_default();
        for guild_id in &guild_ids {
            if let Some(guild) = self.guilds.get_mut(guild_id) {
                guild.members.remove(&user_id);
            }
        }
        guild_ids
    }

    /// Forgets a guild if no member of it is here.
    pub(crate) fn forget_guild_without_members(&mut self, guild_id: GuildId) {
        if self.guilds.get(&guild_id).is_some_and(|guild| guild.members.is_empty()) {
            self.guilds.remove(&guild_id);
        }
    }

    /// Takes in a guild without members here: for a server owner, or before the member that joins it.
    pub(crate) fn insert_guild(&mut self, graph: Arc<GuildGraph>) {
        let vacant = self.guilds.entry(graph.guild_id);
        vacant.or_insert_with(|| GuildAccess { graph, members: BTreeMap::new() });
    }

    /// Applies a membership that began. Returns whether the user is here; its guild must be in the table then.
    pub(crate) fn join(&mut self, guild_id: GuildId, membership: Membership) -> bool {
        let Some(user) = self.users.get_mut(&membership.user_id) else { return false };
        let Some(guild) = self.guilds.get_mut(&guild_id) else { return false };
        if !user.guild_ids.contains(&guild_id) {
            user.guild_ids.push(guild_id);
        }
        guild.members.insert(membership.user_id, membership);
        true
    }

    /// Applies a membership that ended. Returns whether the user is here and was a member.
    pub(crate) fn leave(&mut self, guild_id: GuildId, user_id: UserId) -> bool {
        let Some(user) = self.users.get_mut(&user_id) else { return false };
        user.guild_ids.retain(|other| *other != guild_id);
        self.guilds.get_mut(&guild_id).is_some_and(|guild| guild.members.remove(&user_id).is_some())
    }

    /// Applies a change of a guild's graph, if the guild is in the table.
    pub(crate) fn change_guild(&mut self, guild_id: GuildId, change: &GraphChange) {
        if let Some(guild) = self.guilds.get_mut(&guild_id) {
            Arc::make_mut(&mut guild.graph).apply(change);
            if let GraphChange::RoleRemoved(_) = change {
                guild.members.values_mut().for_each(|membership| membership.follow(change));
            }
        }
    }

    /// Applies other roles of a member, if it is here.
    pub(crate) fn reassign(&mut self, guild_id: GuildId, membership: &Membership) -> bool {
        let known = self.guilds.get_mut(&guild_id).and_then(|guild| guild.members.get_mut(&membership.user_id));
        known.map(|known| known.clone_from(membership)).is_some()
    }

    /// Counts an entry for those of the users concerned that are here (RES-30).
    pub(crate) fn revise(&mut self, before: &AccessBefore) {
        let Ok(users) = before.changed(self);
        for user_id in users {
            if let Some(user) = self.users.get_mut(&user_id) {
                user.revision += 1;
            }
        }
    }

    /// How often the access of a user has changed (RES-30); 0 for who is not here.
    pub(crate) fn revision(&self, user_id: UserId) -> u64 {
        self.users.get(&user_id).map_or(0, |user| user.revision)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn knows_user(&self, user_id: UserId) -> bool {
        self.users.contains_key(&user_id)
    }

    pub(crate) fn knows_guild(&self, guild_id: GuildId) -> bool {
        self.guilds.contains_key(&guild_id)
    }

    pub(crate) fn is_server_owner(&self, user_id: UserId) -> bool {
        self.users.get(&user_id).is_some_and(|user| user.is_server_owner)
    }

    /// Those of the users here who own the server.
    pub(crate) fn server_owners(&self) -> &[UserId] {
        &self.server_owners
    }

    /// The guilds in the table, in no particular order.
    pub(crate) fn guild_ids(&self) -> impl Iterator<Item = GuildId> {
        self.guilds.keys().copied()
    }

    /// The guilds a user here is a member of.
    pub(crate) fn guilds_of(&self, user_id: UserId) -> &[GuildId] {
        self.users.get(&user_id).map_or(&[], |user| &user.guild_ids)
    }

    pub(crate) fn graph(&self, guild_id: GuildId) -> Option<&GuildGraph> {
        self.guilds.get(&guild_id).map(|guild| &*guild.graph)
    }

    /// The members of a guild that are here, ascending.
    pub(crate) fn members(&self, guild_id: GuildId) -> impl Iterator<Item = UserId> {
        self.guilds.get(&guild_id).into_iter().flat_map(|guild| guild.members.keys().copied())
    }

    pub(crate) fn is_member(&self, guild_id: GuildId, user_id: UserId) -> bool {
        self.guilds.get(&guild_id).is_some_and(|guild| guild.members.contains_key(&user_id))
    }

    /// The user as permission rules see it in a guild, with the guild's graph.
    pub(crate) fn subject(&self, guild_id: GuildId, user_id: UserId) -> Option<(&GuildGraph, Subject<'_>)> {
        let guild = self.guilds.get(&guild_id)?;
        let membership = guild.members.get(&user_id);
        Some((&guild.graph, Subject { user_id, is_server_owner: self.is_server_owner(user_id), membership }))
    }

    /// A guild's graph and a user's membership in it, to be kept while both change here.
    pub(crate) fn shared(&self, guild_id: GuildId, user_id: UserId) -> Option<(Arc<GuildGraph>, Option<Membership>)> {
        let guild = self.guilds.get(&guild_id)?;
        Some((Arc::clone(&guild.graph), guild.members.get(&user_id).cloned()))
    }

    /// Whether the user sees the channel: as a member, or as server owner (DEL-7).
    pub(crate) fn sees(&self, guild_id: GuildId, channel_id: ChannelId, user_id: UserId) -> bool {
        self.subject(guild_id, user_id).is_some_and(|(graph, subject)| {
            graph.channel(channel_id).is_some_and(|channel| sees(graph, channel, subject))
        })
    }

    /// Whether a member holds a permission at guild level; never true for who is no member (DEL-7).
    pub(crate) fn member_holds(&self, guild_id: GuildId, permission: Permission, user_id: UserId) -> bool {
        self.subject(guild_id, user_id).is_some_and(|(graph, subject)| {
            subject.membership.is_some() && guild_permissions(graph, subject).contains(permission)
        })
    }

    /// Whether a user is in a durable audience now, subscriptions apart: contract §2.1. `EDGE` counts who sees it after.
    pub(crate) fn includes(&self, audience: &Audience, user_id: UserId) -> bool {
        let manages = |guild_id| self.member_holds(guild_id, Permission::ManageChannelOverrides, user_id);
        let views =
            |guild_id, channel_id| self.is_member(guild_id, user_id) && self.sees(guild_id, channel_id, user_id);
        match *audience {
            Audience::User(receiver) => receiver == user_id,
            Audience::Guild(guild_id) => self.is_member(guild_id, user_id),
            Audience::GuildAnd(guild_id, receiver) => receiver == user_id || self.is_member(guild_id, user_id),
            Audience::Permission(guild_id, permission) => self.member_holds(guild_id, permission, user_id),
            Audience::View(guild_id, channel_id) => views(guild_id, channel_id),
            Audience::Manage(guild_id, channel_id) | Audience::Edge(guild_id, channel_id) => {
                views(guild_id, channel_id) || manages(guild_id)
            }
            Audience::EdgeMember(guild_id, channel_id, receiver) => {
                receiver == user_id && (views(guild_id, channel_id) || manages(guild_id))
            }
            Audience::FormerMembers(_) | Audience::Peers(_) => false, // they are known by what the entry says
            Audience::Subscribers(guild_id, channel_id) => self.sees(guild_id, channel_id, user_id),
        }
    }

    /// Whether a frame that waits may still be had (DEL-2, DEL-3).
    pub(crate) fn may_have(&self, user_id: UserId, reach: &Reach) -> bool {
        let is_near = |guild_id| self.is_member(guild_id, user_id) || self.is_server_owner(user_id);
        match reach {
            Reach::Connection => true,
            Reach::Guild(guild_id) => is_near(*guild_id),
            Reach::Channel(guild_id, channel_id) => self.sees(*guild_id, *channel_id, user_id),
            Reach::Presence(guild_id, _) => self.is_member(*guild_id, user_id),
            // An EDGE frame tells of the loss itself: only the end of the membership removes it.
            Reach::Audience(Audience::Edge(guild_id, _) | Audience::EdgeMember(guild_id, ..)) => {
                self.is_member(*guild_id, user_id)
            }
            // Nor does anything remove what is told of a profile: everybody may read those.
            Reach::Audience(Audience::FormerMembers(_) | Audience::Peers(_)) => true,
            Reach::Audience(audience) => self.includes(audience, user_id),
        }
    }

    /// Panics if a revision departs from what is expected. For tests.
    #[cfg(test)]
    pub(crate) fn check_revisions(&self, expected: impl Fn(UserId) -> u64) {
        for (user_id, user) in &self.users {
            assert_eq!(user.revision, expected(*user_id), "the access revision of {user_id} (RES-30)");
        }
    }

    /// Panics if the indexes disagree. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn check_invariants(&self, subscribed: impl Fn(GuildId) -> bool) {
        for (user_id, user) in &self.users {
            for guild_id in &user.guild_ids {
                assert!(self.is_member(*guild_id, *user_id), "a listed guild has the member");
            }
            let distinct: std::collections::HashSet<_> = user.guild_ids.iter().collect();
            assert_eq!(distinct.len(), user.guild_ids.len(), "guilds are listed once");
        }
        let owners = self.users.iter().filter(|(_, user)| user.is_server_owner).count();
        assert_eq!(self.server_owners.len(), owners, "server owners are listed");
        for (guild_id, guild) in &self.guilds {
            assert_eq!(guild.graph.guild_id, *guild_id);
            assert!(!guild.members.is_empty() || subscribed(*guild_id), "guilds nobody needs are not kept");
            for (user_id, membership) in &guild.members {
                assert_eq!(membership.user_id, *user_id);
                assert!(self.guilds_of(*user_id).contains(guild_id), "only users that are here are members here");
            }
        }
    }
}

/// Of all users and guilds, those that are here.
impl AccessState for AccessTable {
    type Error = Infallible;

    fn graph(&mut self, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>, Infallible> {
        Ok(self.guilds.get(&guild_id).map(|guild| Arc::clone(&guild.graph)))
    }

    fn membership(&mut self, guild_id: GuildId, user_id: UserId) -> Result<Option<Arc<Membership>>, Infallible> {
        let membership = self.guilds.get(&guild_id).and_then(|guild| guild.members.get(&user_id));
        Ok(membership.cloned().map(Arc::new))
    }

    fn visit_members(&mut self, guild_id: GuildId, visit: &mut dyn FnMut(&Membership)) -> Result<(), Infallible> {
        let members = self.guilds.get(&guild_id).into_iter().flat_map(|guild| guild.members.values());
        members.for_each(visit);
        Ok(())
    }
}
