//! Channels and one's own permissions: everything here is computed from the graph, nothing is read beside it.

use filament_protocol::{ChannelId, GuildId, LegacyRole, Permission, Permissions, record::Channel};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, GuildGraph, Requirement, Subject, channel_permissions, legacy_role, require, sees},
    query::{Page, Query},
};

/// The channels of a guild: those the caller sees, or, for managers, all.
#[derive(Clone, Copy, Debug)]
pub struct ListChannels {
    /// The guild.
    pub guild_id: GuildId,
    /// All channels with their visibility, for holders of guild-level `manage_channel_overrides`.
    pub manageable: bool,
}

/// One channel of a list; its place in the list is its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelListing {
    /// The channel.
    pub channel: Channel,
    /// Whether the caller sees it.
    pub visible: bool,
}

impl Read for ListChannels {
    type Answer = Vec<ChannelListing>;

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, actor)
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let requirement = match self.manageable {
            true => Requirement::Guild(Permission::ManageChannelOverrides),
            false => Requirement::Member,
        };
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, requirement)
    }

    fn answer(&self, actor: Actor, facts: &Facts, _: Page) -> Result<Vec<ChannelListing>, Denial> {
        let (graph, subject) = known(self.guild_id, actor, facts)?;
        let listings = graph.channels.iter().map(|channel| ChannelListing {
            channel: Channel { channel_id: channel.channel_id, name: channel.name.clone(), kind: channel.kind },
            visible: sees(graph, channel, subject),
        });
        Ok(listings.filter(|listing| self.manageable || listing.visible).collect())
    }
}

/// The caller's own rights in one channel it sees.
#[derive(Clone, Copy, Debug)]
pub struct ReadChannelPermissions {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
}

impl Read for ReadChannelPermissions {
    type Answer = (LegacyRole, Permissions);

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, actor)
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let gate = Requirement::Channel(self.channel_id, Permission::CreateMessage);
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, gate)
    }

    fn answer(&self, actor: Actor, facts: &Facts, _: Page) -> Result<(LegacyRole, Permissions), Denial> {
        let (graph, subject) = known(self.guild_id, actor, facts)?;
        let channel = graph.channel(self.channel_id).ok_or(Denial::NotFound("channel"))?;
        Ok((legacy_role(graph, subject), channel_permissions(graph, channel, subject)))
    }
}

fn plan(guild_id: GuildId, actor: Actor) -> FactPlan {
    FactPlan::of([Need::Guild(guild_id), Need::Member(guild_id, actor.user_id)])
}

fn known(guild_id: GuildId, actor: Actor, facts: &Facts) -> Result<(&GuildGraph, Subject<'_>), Denial> {
    Ok((facts.guild(guild_id)?.ok_or(Denial::NotMember)?, facts.subject(guild_id, &actor)?))
}
