//! Members and banned users of a guild, page by page.

use filament_protocol::{GuildId, Permission, Timestamp, UserId};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Membership, Requirement, guild_permissions, require},
    query::{BannedUser, Page, Query},
};

/// Members of a guild, by user id, ascending.
#[derive(Clone, Copy, Debug)]
pub struct ListMembers {
    /// The guild.
    pub guild_id: GuildId,
    /// Read strictly after this user; it need not be a member.
    pub after: Option<UserId>,
    /// At most so many, 1..=200.
    pub limit: u16,
}

/// The answer to [`ListMembers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPage {
    /// The members with their assigned roles, ascending, `everyone` left out.
    pub members: Vec<Membership>,
    /// Whether members follow the last one.
    pub more: bool,
}

impl Read for ListMembers {
    type Answer = MemberPage;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::Members { guild_id: self.guild_id, after: self.after, limit: self.limit }
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, Requirement::Member)
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<MemberPage, Denial> {
        match page {
            Page::Members { members, more } => Ok(MemberPage { members, more }),
            _ => Err(Denial::Unplanned("members")),
        }
    }
}

/// Banned users of a guild, newest ban first, for holders of `ban_member`.
#[derive(Clone, Copy, Debug)]
pub struct ListBans {
    /// The guild.
    pub guild_id: GuildId,
    /// Read strictly after this ban: when, and whom. It need not exist any more.
    pub after: Option<(Timestamp, UserId)>,
    /// At most so many, 1..=100.
    pub limit: u16,
}

/// The answer to [`ListBans`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanPage {
    /// The bans.
    pub bans: Vec<BannedUser>,
    /// Whether the caller may be told who banned: holders of `view_audit_log`.
    pub shows_actors: bool,
    /// Whether bans follow the last one.
    pub more: bool,
}

impl Read for ListBans {
    type Answer = BanPage;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::Bans { guild_id: self.guild_id, after: self.after, limit: self.limit }
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        let moderate = Requirement::Guild(Permission::BanMember);
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, moderate)
    }

    fn answer(&self, actor: Actor, facts: &Facts, page: Page) -> Result<BanPage, Denial> {
        let Page::Bans { bans, more } = page else {
            return Err(Denial::Unplanned("bans"));
        };
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotMember)?;
        let own = guild_permissions(graph, facts.subject(self.guild_id, &actor)?);
        Ok(BanPage { bans, shows_actors: own.contains(Permission::ViewAuditLog), more })
    }
}
