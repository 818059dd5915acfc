//! One's own effective access in a guild: what a client draws its channel list and its buttons from.

use filament_protocol::{Access, AccessChannel, GuildId};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{
        Granted, GuildGraph, Requirement, Subject, channel_permissions, guild_permissions, legacy_role, require, sees,
    },
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
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, Requirement::Member)
    }

    fn answer(&self, actor: Actor, facts: &Facts, _: Page) -> Result<Access, Denial> {
        let graph = facts.guild(self.guild_id)?.ok_or(Denial::NotMember)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        // A server owner who was never a member of anything has no revision yet, and the record has none below 1.
        let access_rev = facts.count(&Need::AccessRevision(actor.user_id))?.max(1);
        Ok(Access {
            guild_id: self.guild_id,
            access_rev,
            role: legacy_role(graph, subject),
            permissions: guild_permissions(graph, subject),
            channels: seen_channels(graph, subject),
        })
    }
}

fn seen_channels(graph: &GuildGraph, subject: Subject<'_>) -> Vec<AccessChannel> {
    let seen = graph.channels.iter().filter(|channel| sees(graph, channel, subject));
    let placed = (0..).zip(seen).map(|(position, channel)| AccessChannel {
        channel_id: channel.channel_id,
        name: channel.name.clone(),
        kind: channel.kind,
        position,
        permission_bits: channel_permissions(graph, channel, subject).into(),
    });
    placed.collect()
}
