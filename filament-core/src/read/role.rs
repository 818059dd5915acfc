//! Roles: the whole list, for every member.

use filament_protocol::{GuildId, RoleId, record::Role};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, ranked, require},
    query::{Page, Query},
};

/// The roles of a guild, highest first (PRM-8).
#[derive(Clone, Copy, Debug)]
pub struct ListRoles {
    /// The guild.
    pub guild_id: GuildId,
}

/// The answer to [`ListRoles`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleList {
    /// Every role, seeded ones included, at most 64.
    pub roles: Vec<Role>,
    /// The role new members get.
    pub default_join_role_id: Option<RoleId>,
}

impl Read for ListRoles {
    type Answer = RoleList;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, Requirement::Member)
    }

    fn answer(&self, _: Actor, facts: &Facts, _: Page) -> Result<RoleList, Denial> {
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotMember)?;
        let roles = ranked(graph).map(|role| role.record()).collect();
        Ok(RoleList { roles, default_join_role_id: graph.default_role_id })
    }
}
