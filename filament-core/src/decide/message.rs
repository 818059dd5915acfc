//! Messages: create, edit, delete (contract §9.9, §10.2).

use filament_protocol::{
    AttachmentId, ChannelId, GuildId, IdempotencyKey, MessageContent, MessageId, Permission,
    limits::ATTACHMENTS_PER_MESSAGE_MAX,
    record::{Attachment, Message},
};

use super::{Command, Limits};
use crate::{
    actor::Actor,
    attachment::in_order,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need, StoredMessage},
    mutation::{IdempotencyRecord, Mutation},
    permission::{Granted, Requirement, require},
};

/// Writes a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateMessage {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The text; empty only with attachments.
    pub content: MessageContent,
    /// Attachments to bind, without repeats, at most 5.
    pub attachment_ids: Vec<AttachmentId>,
    /// The caller's key against doubled requests (HTTP-16).
    pub idempotency_key: Option<IdempotencyKey>,
}

/// The answer to [`CreateMessage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCreated {
    /// The message, as it is now.
    pub message: Message,
    /// Whether this answers a repeat: nothing was written.
    pub replayed: bool,
}

impl Command for CreateMessage {
    type Caller = Actor;
    type Reply = MessageCreated;

    fn plan(&self, actor: Actor) -> FactPlan {
        let key = self.idempotency_key.clone().map(|key| Need::Idempotency(actor.user_id, self.channel_id, key));
        let attachments = self.attachment_ids.iter().take(ATTACHMENTS_PER_MESSAGE_MAX);
        let attachments = attachments.map(|attachment_id| Need::Attachment(self.channel_id, *attachment_id));
        let caller = [Need::Guild(self.guild_id), Need::Member(self.guild_id, actor.user_id)];
        FactPlan::of(caller.into_iter().chain(key).chain(attachments))
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<MessageCreated>, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        let granted = require(
            facts.guild(self.guild_id)?,
            subject,
            Requirement::Channel(self.channel_id, Permission::CreateMessage),
        )?;
        if let Some(key) = &self.idempotency_key
            && let Some(remembered) = facts.remembered(actor.user_id, self.channel_id, key)?
        {
            if remembered.body != self.body() {
                return Err(Denial::IdempotencyConflict);
            }
            let (message, reactions) = remembered.message.as_ref().ok_or(Denial::NotFound("message"))?;
            let message = message.record(reactions.clone());
            return Ok(Decision::unchanged(granted, MessageCreated { message, replayed: true }));
        }
        let attachments = self.usable_attachments(actor, facts)?;
        if self.content.as_str().is_empty() && attachments.is_empty() {
            return Err(Denial::Invalid("a message needs content or an attachment"));
        }
        let message = StoredMessage {
            message_id: facts.stamp().id(0),
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            author_id: actor.user_id,
            content: self.content.clone(),
            attachments,
            created_at: facts.stamp().now(),
            edited_at: None,
        };
        let reply = MessageCreated { message: message.record(Vec::new()), replayed: false };
        let idempotency = self.idempotency_key.clone().map(|key| IdempotencyRecord { key, body: self.body() });
        Ok(Decision::change(granted, [Mutation::CreateMessage { message, idempotency }], reply))
    }
}

impl CreateMessage {
    /// What the message is to carry: all of it is the author's own, of this channel, and of no message yet; or none is bound (ATT-1).
    fn usable_attachments(&self, actor: Actor, facts: &Facts) -> Result<Vec<Attachment>, Denial> {
        const UNUSABLE: Denial = Denial::Invalid("an attachment is not usable");
        if self.attachment_ids.len() > ATTACHMENTS_PER_MESSAGE_MAX {
            return Err(UNUSABLE);
        }
        let mut usable = Vec::with_capacity(self.attachment_ids.len());
        for (index, attachment_id) in self.attachment_ids.iter().enumerate() {
            let stored = facts.attachment(self.channel_id, *attachment_id)?.ok_or(UNUSABLE)?;
            let is_own = stored.record.owner_id == actor.user_id && stored.record.guild_id == self.guild_id;
            if !is_own || stored.message_id.is_some() || self.attachment_ids[..index].contains(attachment_id) {
                return Err(UNUSABLE);
            }
            usable.push(stored.record.clone());
        }
        Ok(in_order(usable))
    }

    /// What a repeat must equal. Content holds no U+0000, so the parts cannot run into each other.
    fn body(&self) -> String {
        self.attachment_ids.iter().fold(self.content.as_str().to_owned(), |body, id| body + "\0" + &id.to_string())
    }
}

/// Changes the text of a message: its author, or a holder of `delete_message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditMessage {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
    /// The new text, not empty.
    pub content: MessageContent,
}

impl Command for EditMessage {
    type Caller = Actor;
    type Reply = Message;

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([
            Need::Guild(self.guild_id),
            Need::Member(self.guild_id, actor.user_id),
            Need::Message(self.channel_id, self.message_id),
            Need::Reactions(self.message_id, actor.user_id),
        ])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<Message>, Denial> {
        let (granted, existing) = authored(facts, actor, (self.guild_id, self.channel_id, self.message_id))?;
        let reactions = facts.reactions(self.message_id, actor.user_id)?.to_vec();
        if self.content.as_str().is_empty() {
            return Err(Denial::Invalid("content must not be empty"));
        }
        if existing.content == self.content {
            return Ok(Decision::unchanged(granted, existing.record(reactions))); // MSG-4
        }
        let updated_at = facts.stamp().now();
        let message = StoredMessage { content: self.content.clone(), edited_at: Some(updated_at), ..existing.clone() };
        let reply = message.record(reactions);
        let edit = Mutation::EditMessage { message, actor_user_id: actor.user_id, updated_at };
        Ok(Decision::change(granted, [edit], reply))
    }
}

/// Deletes a message: its author, or a holder of `delete_message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteMessage {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
}

impl Command for DeleteMessage {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        FactPlan::of([
            Need::Guild(self.guild_id),
            Need::Member(self.guild_id, actor.user_id),
            Need::Message(self.channel_id, self.message_id),
        ])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        let (granted, existing) = authored(facts, actor, (self.guild_id, self.channel_id, self.message_id))?;
        let delete = Mutation::DeleteMessage {
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            message_id: self.message_id,
            author_id: existing.author_id,
            actor_user_id: actor.user_id,
            deleted_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [delete], ()))
    }
}

/// The message, and the right to change it: author, or `delete_message` in the channel (Q27). The view gate comes first.
fn authored(
    facts: &Facts,
    actor: Actor,
    (guild_id, channel_id, message_id): (GuildId, ChannelId, MessageId),
) -> Result<(Granted, &StoredMessage), Denial> {
    facts.pass_gate(guild_id, &actor)?;
    let graph = facts.guild(guild_id)?;
    let subject = facts.subject(guild_id, &actor)?;
    require(graph, subject, Requirement::Channel(channel_id, Permission::CreateMessage))?;
    let existing = facts.message(channel_id, message_id)?.ok_or(Denial::NotFound("message"))?;
    let granted = require(graph, subject, Requirement::SelfIn(channel_id, existing.author_id))
        .or_else(|_| require(graph, subject, Requirement::Channel(channel_id, Permission::DeleteMessage)))?;
    Ok((granted, existing))
}
