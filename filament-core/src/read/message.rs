//! Message history.

use filament_protocol::{ChannelId, GuildId, MessageId, Permission, record::Message};

use super::Read;
use crate::{
    actor::Actor,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, require},
    query::{Page, Query},
};

/// Messages of a channel, newest first.
#[derive(Clone, Copy, Debug)]
pub struct ListMessages {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Read strictly below this id; it need not exist.
    pub before: Option<MessageId>,
    /// At most so many, 1..=100.
    pub limit: u16,
}

/// The answer to [`ListMessages`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether messages older than the last one exist.
    pub more: bool,
}

impl Read for ListMessages {
    type Answer = MessagePage;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)])
    }

    fn query(&self, actor: Actor) -> Query {
        Query::Messages { channel_id: self.channel_id, before: self.before, limit: self.limit, viewer: actor.user_id }
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let gate = Requirement::Channel(self.channel_id, Permission::CreateMessage);
        require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, gate)
    }

    fn answer(&self, _: Actor, _: &Facts, page: Page) -> Result<MessagePage, Denial> {
        let Page::Messages { messages, more } = page else {
            return Err(Denial::Unplanned("messages"));
        };
        let messages = messages.into_iter().map(|(message, reactions)| message.record(reactions)).collect();
        Ok(MessagePage { messages, more })
    }
}
