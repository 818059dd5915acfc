//! One's own effective access in a guild: what a client draws its channel list and its buttons from.

use filament_protocol::{Access, GuildId};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, access, require},
    query::{Page, Query},
};

/// The caller's own rights in a guild and in every channel of it that the caller sees, with the revision they hold at.
#[derive(Clone, Copy, Debug)]
pub struct ReadGuildAccess {
    /// The guild.
    pub guild_id: GuildId,
}

impl Read for ReadGuildAccess {
    type Answer = Access;

    fn plan(&self, actor: Actor) -> FactPlan {
        let (guild_id, user_id) = (self.guild_id, actor.user_id);
        FactPlan::of([Need::Guild(guild_id), Need::Member(guild_id, user_id), Need::AccessRevision(user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, Requirement::Member)
    }

    fn answer(&self, actor: Actor, facts: &Facts, _: Page) -> Result<Access, Denial> {
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotMember)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        // A server owner who was never a member of anything has no revision yet.
        Ok(access(graph, subject, facts.count(&Need::AccessRevision(actor.user_id))?))
    }
}
