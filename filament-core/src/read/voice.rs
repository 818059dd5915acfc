//! Whether a caller may be in a voice channel at all: for what changes nothing that is stored.

use filament_protocol::{ChannelId, GuildId};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, require},
    query::{Page, Query},
    voice::VoiceGrants,
};

/// Asks for a channel as a member, or for what a token could grant there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadVoiceChannel {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// What a token is to grant, if it is about one.
    pub wanted: Option<VoiceGrants>,
}

impl Read for ReadVoiceChannel {
    type Answer = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let (graph, subject) = (facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?);
        let granted = require(graph, subject, Requirement::Member)?;
        let graph = graph.ok_or(Denial::NotMember)?;
        graph.channel(self.channel_id).ok_or(Denial::NotFound("channel"))?;
        if let Some(wanted) = self.wanted {
            wanted.for_caller(graph, subject, self.channel_id)?;
        }
        Ok(granted)
    }

    fn answer(&self, _: Actor, _: &Facts, _: Page) -> Result<(), Denial> {
        Ok(())
    }
}
