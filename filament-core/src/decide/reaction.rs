//! Reactions: a set of (message, emoji, user), counted inside the writing transaction (MSG-1).

use filament_protocol::{ChannelId, Emoji, GuildId, MessageId, Permission, UserId, record::Reaction};

use super::{Command, Limits};
use crate::{
    actor::Actor,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need, ReactionState},
    limits::{EMOJI_PER_MESSAGE_MAX, REACTORS_SHOWN_MAX},
    mutation::{Mutation, ReactionChange},
    permission::{Granted, Requirement, require},
};

/// Reacts to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddReaction(pub ReactionTarget);

/// Takes a reaction back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveReaction(pub ReactionTarget);

/// Which emoji on which message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionTarget {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
    /// The emoji.
    pub emoji: Emoji,
}

impl Command for AddReaction {
    type Caller = Actor;
    type Reply = Reaction;

    fn plan(&self, actor: Actor) -> FactPlan {
        self.0.plan(actor)
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Reaction>, Denial> {
        let (granted, state) = self.0.look(actor, facts)?;
        if state.held {
            return Ok(Decision::unchanged(granted, self.0.record(state.count, true, state.lowest_reactors.clone())));
        }
        if state.count == 0 && state.distinct_emoji as usize >= EMOJI_PER_MESSAGE_MAX {
            return Err(Denial::Quota("too many distinct emoji on this message"));
        }
        let count = state.count + 1;
        let mut reactors = state.lowest_reactors.clone();
        reactors.push(actor.user_id);
        reactors.sort_unstable();
        let change = Mutation::AddReaction(self.0.change(actor, count, facts));
        Ok(Decision::change(granted, [change], self.0.record(count, true, reactors)))
    }
}

impl Command for RemoveReaction {
    type Caller = Actor;
    type Reply = Reaction;

    fn plan(&self, actor: Actor) -> FactPlan {
        self.0.plan(actor)
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Reaction>, Denial> {
        let (granted, state) = self.0.look(actor, facts)?;
        if !state.held {
            return Ok(Decision::unchanged(granted, self.0.record(state.count, false, state.lowest_reactors.clone())));
        }
        let count = state.count.saturating_sub(1);
        let reactors = state.lowest_reactors.iter().copied().filter(|id| *id != actor.user_id).collect();
        let change = Mutation::RemoveReaction(self.0.change(actor, count, facts));
        Ok(Decision::change(granted, [change], self.0.record(count, false, reactors)))
    }
}

impl ReactionTarget {
    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([
            Need::Guild(self.guild_id),
            Need::Member(self.guild_id, actor.user_id),
            Need::Message(self.channel_id, self.message_id),
            Need::Reaction(self.message_id, self.emoji.clone(), actor.user_id),
        ])
    }

    fn look<'f>(&self, actor: Actor, facts: &'f Facts) -> Result<(Granted, &'f ReactionState), Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let gate = Requirement::Channel(self.channel_id, Permission::CreateMessage);
        let granted = require(facts.guild(self.guild_id)?, subject, gate)?;
        facts.message(self.channel_id, self.message_id)?.ok_or(Denial::NotFound("message"))?;
        Ok((granted, facts.reaction(self.message_id, &self.emoji, actor.user_id)?))
    }

    fn change(&self, actor: Actor, count: u32, facts: &Facts) -> ReactionChange {
        ReactionChange {
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            message_id: self.message_id,
            emoji: self.emoji.clone(),
            user_id: actor.user_id,
            count,
            changed_at: facts.stamp().now(),
        }
    }

    fn record(&self, count: u32, reacted_by_me: bool, mut reactors: Vec<UserId>) -> Reaction {
        reactors.truncate(REACTORS_SHOWN_MAX);
        Reaction { emoji: self.emoji.clone(), count, reacted_by_me, reactor_user_ids: reactors }
    }
}
