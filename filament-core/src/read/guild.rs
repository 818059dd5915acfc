//! Guilds: one's own, the public directory, one in detail.

use filament_protocol::{DirectoryQuery, GuildId, RoleId, Timestamp, UserId, record::Guild};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, require},
    query::{Page, Query},
};

/// The caller's guilds, newest membership first, complete.
#[derive(Clone, Copy, Debug)]
pub struct ListGuilds;

impl Read for ListGuilds {
    type Answer = Vec<Guild>;

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::default()
    }

    fn query(&self, actor: Actor) -> Query {
        Query::GuildsOf(actor.user_id)
    }

    fn gate(&self, _: Actor, _: &Facts) -> Result<Granted, Denial> {
        Ok(Granted::to_everyone())
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<Vec<Guild>, Denial> {
        guilds(page)
    }
}

/// The public directory, newest first.
#[derive(Clone, Debug)]
pub struct ListPublicGuilds {
    /// Substring of the name, ASCII case ignored; empty matches all.
    pub text: DirectoryQuery,
    /// At most so many, 1..=50.
    pub limit: u16,
}

impl Read for ListPublicGuilds {
    type Answer = Vec<Guild>;

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::default()
    }

    fn query(&self, _: Actor) -> Query {
        Query::PublicGuilds { text: self.text.clone(), limit: self.limit }
    }

    fn gate(&self, _: Actor, _: &Facts) -> Result<Granted, Denial> {
        Ok(Granted::to_everyone())
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<Vec<Guild>, Denial> {
        guilds(page)
    }
}

/// One guild in detail, for its members.
#[derive(Clone, Copy, Debug)]
pub struct ReadGuild {
    /// Which.
    pub guild_id: GuildId,
}

/// The answer to [`ReadGuild`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuildDetails {
    /// Id, name, visibility.
    pub guild: Guild,
    /// Its owner.
    pub owner_user_id: UserId,
    /// The role new members get.
    pub default_join_role_id: Option<RoleId>,
    /// How many members it has.
    pub member_count: u64,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Read for ReadGuild {
    type Answer = GuildDetails;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([
            Need::Guild(self.guild_id),
            Need::Member(self.guild_id, actor.user_id),
            Need::MemberCount(self.guild_id),
        ])
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, Requirement::Member)
    }

    fn answer(&self, _: Actor, facts: &Facts, _: Page) -> Result<GuildDetails, Denial> {
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotMember)?;
        Ok(GuildDetails {
            guild: Guild { guild_id: graph.guild_id, name: graph.name.clone(), visibility: graph.visibility },
            owner_user_id: graph.owner_id,
            default_join_role_id: graph.default_role_id,
            member_count: facts.count(&Need::MemberCount(self.guild_id))?,
            created_at: graph.created_at,
        })
    }
}

fn guilds(page: Page) -> Result<Vec<Guild>, Denial> {
    match page {
        Page::Guilds(guilds) => Ok(guilds),
        _ => Err(Denial::Unplanned("guilds")),
    }
}
