//! The overrides of a channel, for those who may set them.

use filament_protocol::{ChannelId, GuildId, LegacyRole, Permission, SystemKey};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Override, OverrideTarget, Requirement, require},
    query::{Page, Query},
};

/// The overrides of a channel, complete, at most 128.
#[derive(Clone, Copy, Debug)]
pub struct ListOverrides {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
}

impl Read for ListOverrides {
    /// Each override, with the legacy word of its target if that is a seeded role that has one.
    type Answer = Vec<(Override, Option<LegacyRole>)>;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let manage = Requirement::Channel(self.channel_id, Permission::ManageChannelOverrides);
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, manage)
    }

    fn answer(&self, _: Actor, facts: &Facts, _: Page) -> Result<Self::Answer, Denial> {
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotMember)?;
        let channel = graph.channel(self.channel_id).ok_or(Denial::NotFound("channel"))?;
        let word = |target| match target {
            OverrideTarget::Role(role_id) => {
                graph.role(role_id).and_then(|role| role.system_key).and_then(SystemKey::legacy_role)
            }
            OverrideTarget::Member(_) => None,
        };
        Ok(channel.overrides.iter().map(|value| (*value, word(value.target))).collect())
    }
}
