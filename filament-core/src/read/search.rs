//! Search over messages, and the upkeep of its index (contract §9.9, §14).

use filament_protocol::{ChannelId, GuildId, MessageId, Permission, search::SearchTerms};

use super::{MessagePage, Read};
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, require, sees},
    query::{Page, Query},
};

/// Messages of a guild that have all terms, newest first, among the channels the caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchMessages {
    /// The guild.
    pub guild_id: GuildId,
    /// This channel alone, or all the caller sees.
    pub channel_id: Option<ChannelId>,
    /// What to look for.
    pub terms: SearchTerms,
    /// Read strictly below this id; it need not exist.
    pub before: Option<MessageId>,
    /// At most so many, 1..=50.
    pub limit: u16,
}

impl Read for SearchMessages {
    type Answer = MessagePage;

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, actor)
    }

    fn query(&self, actor: Actor) -> Query {
        Query::Search(Box::new(MessageSearch { search: self.clone(), actor }))
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let requirement = match self.channel_id {
            Some(channel_id) => Requirement::Channel(channel_id, Permission::CreateMessage),
            None => Requirement::Member,
        };
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, requirement)
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<MessagePage, Denial> {
        let Page::Messages { messages, more } = page else {
            return Err(Denial::Unplanned("messages"));
        };
        let messages = messages.into_iter().map(|(message, reactions)| message.record(reactions)).collect();
        Ok(MessagePage { messages, more })
    }
}

/// A search and who searches. Where it may look is asked once the facts are there: [`channels`](Self::channels).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSearch {
    search: SearchMessages,
    actor: Actor,
}

impl MessageSearch {
    /// What is searched for.
    #[must_use]
    pub const fn search(&self) -> &SearchMessages {
        &self.search
    }

    /// Who searches: whose `reacted_by_me`.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// The channels it looks into: those the caller sees by the facts the gate granted on, in no particular order.
    ///
    /// A store must look nowhere else, not even to skip what it finds there: time, too, would tell of it.
    ///
    /// # Errors
    /// [`Denial`], as the gate.
    pub fn channels(&self, facts: &Facts) -> Result<Vec<ChannelId>, Denial> {
        let graph = facts.guild(self.search.guild_id)?.ok_or(Denial::NotMember)?;
        let subject = facts.subject(self.search.guild_id, &self.actor)?;
        let wanted = |channel_id| self.search.channel_id.is_none_or(|only| only == channel_id);
        let visible =
            graph.channels.iter().filter(|channel| wanted(channel.channel_id) && sees(graph, channel, subject));
        Ok(visible.map(|channel| channel.channel_id).collect())
    }
}

/// The right to have a guild's search index built anew or compared with its messages.
#[derive(Clone, Copy, Debug)]
pub struct MaintainSearch {
    /// The guild.
    pub guild_id: GuildId,
}

impl Read for MaintainSearch {
    /// The proof, for [`SearchIndex`](crate::SearchIndex).
    type Answer = Granted;

    fn plan(&self, actor: Actor) -> FactPlan {
        plan(self.guild_id, actor)
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let requirement = Requirement::Guild(Permission::ManageWorkspaceRoles);
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, requirement)
    }

    fn answer(&self, actor: Actor, facts: &Facts, _: Page) -> Result<Granted, Denial> {
        self.gate(actor, facts)
    }
}

fn plan(guild_id: GuildId, actor: Actor) -> FactPlan {
    FactPlan::of([Need::Guild(guild_id), Need::Member(guild_id, actor.user_id)])
}
