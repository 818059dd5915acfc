//! Facts of a guild: its graph, its members, its bans.

use filament_protocol::{GuildId, Timestamp, UserId};

use super::{Fact, Facts, Need};
use crate::{
    actor::Actor,
    audit::AuditAction,
    denial::Denial,
    permission::{GuildGraph, Membership, Subject},
};

impl Facts {
    /// The guild's graph, `None` if it does not exist.
    ///
    /// # Errors
    /// [`Denial::Unplanned`], like every accessor here, if the plan did not name it.
    pub fn guild(&self, guild_id: GuildId) -> Result<Option<&GuildGraph>, Denial> {
        match self.find(&Need::Guild(guild_id))? {
            Fact::Guild(graph) => Ok(graph.as_deref()),
            _ => Err(Denial::Unplanned("guild")),
        }
    }

    /// The membership, if there is one.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn member(&self, guild_id: GuildId, user_id: UserId) -> Result<Option<&Membership>, Denial> {
        match self.find(&Need::Member(guild_id, user_id))? {
            Fact::Member(membership) => Ok(membership.as_deref()),
            _ => Err(Denial::Unplanned("member")),
        }
    }

    /// The membership of the guild's owner; `None` if there is no such guild.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn owner(&self, guild_id: GuildId) -> Result<Option<&Membership>, Denial> {
        match self.find(&Need::Owner(guild_id))? {
            Fact::Member(membership) => Ok(membership.as_deref()),
            _ => Err(Denial::Unplanned("owner")),
        }
    }

    /// Every member of the guild, ascending.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn member_ids(&self, guild_id: GuildId) -> Result<&[UserId], Denial> {
        match self.find(&Need::MemberIds(guild_id))? {
            Fact::MemberIds(member_ids) => Ok(member_ids),
            _ => Err(Denial::Unplanned("member ids")),
        }
    }

    /// The actor as a subject of permission rules in the guild. Needs [`Need::Member`] of the actor.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn subject(&self, guild_id: GuildId, actor: &Actor) -> Result<Subject<'_>, Denial> {
        let membership = self.member(guild_id, actor.user_id)?;
        Ok(Subject { user_id: actor.user_id, is_server_owner: actor.is_server_owner, membership })
    }

    /// Whether the user is banned.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn is_banned(&self, guild_id: GuildId, user_id: UserId) -> Result<bool, Denial> {
        match self.find(&Need::Ban(guild_id, user_id))? {
            Fact::Flag(banned) => Ok(*banned),
            _ => Err(Denial::Unplanned("ban")),
        }
    }

    /// When such a refusal was last audited.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn last_refusal(
        &self,
        guild_id: GuildId,
        user_id: UserId,
        action: AuditAction,
    ) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::LastRefusal(guild_id, user_id, action))
    }
}
