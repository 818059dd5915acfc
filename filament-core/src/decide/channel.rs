//! Channels: create, rename, delete, reorder (contract §9.8).

use filament_protocol::{ChannelId, ChannelKind, ChannelName, GuildId, Permission, Permissions, record::Channel};

use super::{Command, Limits};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    limits::{CHANNELS_PER_GUILD_MAX, INITIAL_OVERRIDES_MAX},
    mutation::Mutation,
    permission::{
        ChannelNode, GuildGraph, Override, OverrideTarget, Requirement, Subject, guild_permissions, may_set_override,
        require,
    },
};

/// Creates a channel at the end of the order, with overrides in force from its birth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateChannel {
    /// The guild.
    pub guild_id: GuildId,
    /// Its name.
    pub name: ChannelName,
    /// Text or voice.
    pub kind: ChannelKind,
    /// Initial overrides, at most `INITIAL_OVERRIDES_MAX`.
    pub overrides: Vec<InitialOverride>,
}

/// An override given with the creation of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialOverride {
    /// Whom it concerns.
    pub target: OverrideTarget,
    /// What it adds.
    pub allow: Permissions,
    /// What it takes away.
    pub deny: Permissions,
}

impl Command for CreateChannel {
    type Caller = Actor;
    type Reply = Channel;

    fn plan(&self, actor: Actor) -> FactPlan {
        let targets = self.overrides.iter().take(INITIAL_OVERRIDES_MAX).filter_map(|initial| match initial.target {
            OverrideTarget::Member(user_id) if user_id != actor.user_id => Some(Need::Member(self.guild_id, user_id)),
            OverrideTarget::Member(_) | OverrideTarget::Role(_) => None,
        });
        FactPlan::of(
            [Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)].into_iter().chain(targets),
        )
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<Channel>, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let graph = facts.guild(self.guild_id)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let granted = require(graph, subject, Requirement::Guild(Permission::ManageChannelOverrides))?;
        let graph = graph.ok_or(Denial::NotMember)?;
        let overrides = self.checked_overrides(graph, subject, facts, limits)?;
        if graph.channels.len() >= CHANNELS_PER_GUILD_MAX {
            return Err(Denial::Quota("too many channels"));
        }
        let channel =
            ChannelNode { channel_id: facts.stamp().id(0), name: self.name.clone(), kind: self.kind, overrides }
                .sorted();
        let reply = record(&channel);
        let create = Mutation::CreateChannel {
            guild_id: self.guild_id,
            channel,
            actor_user_id: actor.user_id,
            created_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [create], reply))
    }
}

impl CreateChannel {
    fn checked_overrides(
        &self,
        graph: &GuildGraph,
        subject: Subject<'_>,
        facts: &Facts,
        limits: &Limits,
    ) -> Result<Vec<Override>, Denial> {
        if self.overrides.len() > INITIAL_OVERRIDES_MAX {
            return Err(Denial::Invalid("too many initial overrides"));
        }
        let own = guild_permissions(graph, subject);
        let mut checked: Vec<Override> = Vec::with_capacity(self.overrides.len());
        for InitialOverride { target, allow, deny } in self.overrides.iter().copied() {
            if !allow.intersection(deny).is_empty() {
                return Err(Denial::Invalid("a permission is both allowed and denied"));
            }
            if checked.iter().any(|other| other.target == target) {
                return Err(Denial::Invalid("two overrides for one target"));
            }
            let member = match target {
                OverrideTarget::Member(user_id) => {
                    Some(facts.member(graph.guild_id, user_id)?.ok_or(Denial::NotFound("member"))?)
                }
                OverrideTarget::Role(_) => None,
            };
            let member = member.map(|member| Subject {
                user_id: member.user_id,
                is_server_owner: limits.server_owner_user_id == Some(member.user_id),
                membership: Some(member),
            });
            may_set_override(graph, subject, own, target, member, allow.union(deny))?;
            if !(allow.is_empty() && deny.is_empty()) {
                checked.push(Override { target, allow, deny, updated_at: facts.stamp().now() });
            }
        }
        Ok(checked)
    }
}

/// Renames a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateChannel {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The new name.
    pub name: ChannelName,
}

impl Command for UpdateChannel {
    type Caller = Actor;
    type Reply = Channel;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Channel>, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let graph = facts.guild(self.guild_id)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let manage = Requirement::Channel(self.channel_id, Permission::ManageChannelOverrides);
        let granted = require(graph, subject, manage)?;
        let channel = graph.and_then(|graph| graph.channel(self.channel_id)).ok_or(Denial::NotFound("channel"))?;
        let reply = Channel { name: self.name.clone(), ..record(channel) };
        if channel.name == self.name {
            return Ok(Decision::unchanged(granted, reply));
        }
        let rename = Mutation::UpdateChannel {
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            name: self.name.clone(),
            actor_user_id: actor.user_id,
            updated_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [rename], reply))
    }
}

/// Deletes a channel with everything in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteChannel {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
}

impl Command for DeleteChannel {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let manage = Requirement::Channel(self.channel_id, Permission::ManageChannelOverrides);
        let granted = require(facts.guild(self.guild_id)?, subject, manage)?;
        let delete = Mutation::DeleteChannel {
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            actor_user_id: actor.user_id,
            deleted_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [delete], ()))
    }
}

/// Places the listed channels, in list order, into the slots they occupy now; channels not listed stay where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReorderChannels {
    /// The guild.
    pub guild_id: GuildId,
    /// Channels of the guild, without repeats.
    pub channel_ids: Vec<ChannelId>,
}

impl Command for ReorderChannels {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let graph = facts.guild(self.guild_id)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let granted = require(graph, subject, Requirement::Guild(Permission::ManageChannelOverrides))?;
        let before: Vec<ChannelId> =
            graph.into_iter().flat_map(|graph| &graph.channels).map(|channel| channel.channel_id).collect();
        let after = self.placed(&before)?;
        if after == before {
            return Ok(Decision::unchanged(granted, ()));
        }
        let reorder = Mutation::ReorderChannels {
            guild_id: self.guild_id,
            before,
            after,
            actor_user_id: actor.user_id,
            updated_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [reorder], ()))
    }
}

impl ReorderChannels {
    fn placed(&self, before: &[ChannelId]) -> Result<Vec<ChannelId>, Denial> {
        for (index, id) in self.channel_ids.iter().enumerate() {
            if !before.contains(id) {
                return Err(Denial::Invalid("an unknown channel is listed"));
            }
            if self.channel_ids[..index].contains(id) {
                return Err(Denial::Invalid("a channel is listed twice"));
            }
        }
        let mut listed = self.channel_ids.iter().copied();
        Ok(before
            .iter()
            .map(|id| if self.channel_ids.contains(id) { listed.next().unwrap_or(*id) } else { *id })
            .collect())
    }
}

fn record(channel: &ChannelNode) -> Channel {
    Channel { channel_id: channel.channel_id, name: channel.name.clone(), kind: channel.kind }
}
