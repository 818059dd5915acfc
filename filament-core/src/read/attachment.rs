//! One attachment, to be downloaded.

use filament_protocol::{AttachmentId, ChannelId, GuildId, Permission};

use super::Read;
use crate::{
    actor::Actor,
    attachment::StoredAttachment,
    denial::Denial,
    facts::{FactPlan, Facts, Need},
    permission::{Granted, Requirement, require},
    query::{Page, Query},
};

/// An attachment of a channel; until a message carries it there is none for anybody but its uploader.
#[derive(Clone, Copy, Debug)]
pub struct ReadAttachment {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The attachment.
    pub attachment_id: AttachmentId,
}

impl ReadAttachment {
    fn visible<'f>(&self, actor: Actor, facts: &'f Facts) -> Result<&'f StoredAttachment, Denial> {
        let stored = facts.attachment(self.channel_id, self.attachment_id)?;
        let theirs = stored.filter(|stored| stored.message_id.is_some() || stored.record.owner_id == actor.user_id);
        theirs.ok_or(Denial::NotFound("attachment"))
    }
}

impl Read for ReadAttachment {
    type Answer = StoredAttachment;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([
            Need::Guild(self.guild_id),
            Need::Member(self.guild_id, actor.user_id),
            Need::Attachment(self.channel_id, self.attachment_id),
        ])
    }

    fn query(&self, _: Actor) -> Query {
        Query::FactsOnly
    }

    fn gate(&self, actor: Actor, facts: &Facts) -> Result<Granted, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let gate = Requirement::Channel(self.channel_id, Permission::CreateMessage);
        let granted = require(facts.guild(self.guild_id)?, facts.subject(self.guild_id, &actor)?, gate)?;
        self.visible(actor, facts)?;
        Ok(granted)
    }

    fn answer(&self, actor: Actor, facts: &Facts, _: Page) -> Result<StoredAttachment, Denial> {
        self.visible(actor, facts).cloned()
    }
}
