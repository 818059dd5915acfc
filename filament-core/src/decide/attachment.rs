//! Attachments: let somebody upload, record what was uploaded, delete (contract §9.9, §10.4).

use filament_protocol::{
    AttachmentId, ChannelId, GuildId, Permission,
    record::Attachment,
    text::{Filename, MimeType, Sha256Hex},
};

use super::{Command, Limits, admission, admit};
use crate::{
    actor::Actor,
    attachment::StoredAttachment,
    blob::BlobName,
    decision::Decision,
    denial::Denial,
    facts::{FactPlan, Facts, Need, StoredMessage},
    mutation::{AttachmentRemoval, Mutation},
    permission::{Granted, Requirement, require},
};

/// Asks whether an upload may begin, before any of its bytes are taken. Changes nothing: what counts is [`RecordUpload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeginUpload {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// How many bytes will come at least.
    pub size_bytes_min: u64,
}

impl Command for BeginUpload {
    type Caller = Actor;
    /// How many bytes the caller has room for.
    type Reply = u64;

    fn plan(&self, actor: Actor) -> FactPlan {
        let [guild, member] = admission(self.guild_id, &actor);
        FactPlan::of([guild, member, Need::AttachmentBytes(actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<u64>, Denial> {
        let granted = may_upload(facts, actor, (self.guild_id, self.channel_id))?;
        Ok(Decision::unchanged(granted, room(facts, actor, self.size_bytes_min, limits)?))
    }
}

/// Records an upload whose bytes are stored: nobody else sees it before a message carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUpload {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Its name.
    pub filename: Filename,
    /// Its type, as sniffed.
    pub mime_type: MimeType,
    /// Its size, 1..=26,214,400.
    pub size_bytes: u64,
    /// Digest of its bytes.
    pub sha256_hex: Sha256Hex,
    /// Its bytes.
    pub blob: BlobName,
}

impl Command for RecordUpload {
    type Caller = Actor;
    type Reply = Attachment;

    fn plan(&self, actor: Actor) -> FactPlan {
        let [guild, member] = admission(self.guild_id, &actor);
        FactPlan::of([guild, member, Need::AttachmentBytes(actor.user_id)])
    }

    fn decide(&self, actor: Actor, facts: &Facts, limits: &Limits) -> Result<Decision<Attachment>, Denial> {
        let granted = may_upload(facts, actor, (self.guild_id, self.channel_id))?;
        room(facts, actor, self.size_bytes, limits)?;
        let record = Attachment {
            attachment_id: facts.stamp().id(0),
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            owner_id: actor.user_id,
            filename: self.filename.clone(),
            mime_type: self.mime_type.clone(),
            size_bytes: self.size_bytes,
            sha256_hex: self.sha256_hex.clone(),
        };
        let uploaded_at = facts.stamp().now();
        let stored = StoredAttachment { record: record.clone(), message_id: None, blob: self.blob, uploaded_at };
        Ok(Decision::change(granted, [Mutation::RecordAttachment(stored)], record))
    }
}

fn may_upload(facts: &Facts, actor: Actor, (guild_id, channel_id): (GuildId, ChannelId)) -> Result<Granted, Denial> {
    facts.pass_gate(guild_id, &actor)?;
    let gate = Requirement::Channel(channel_id, Permission::CreateMessage);
    Ok(admit(facts, guild_id, &actor, gate)?.granted)
}

/// What is left of the caller's quota, if that is enough. Decided where the row is written, so that the sum never exceeds it (ATT-2).
fn room(facts: &Facts, actor: Actor, size_bytes: u64, limits: &Limits) -> Result<u64, Denial> {
    let used = facts.count(&Need::AttachmentBytes(actor.user_id))?;
    let left = limits.attachment_bytes_per_user_max.saturating_sub(used);
    if left < size_bytes { Err(Denial::Quota("too many bytes of attachments")) } else { Ok(left) }
}

/// Deletes an attachment: its uploader, or a holder of `delete_message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteAttachment {
    /// The guild.
    pub guild_id: GuildId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The attachment.
    pub attachment_id: AttachmentId,
}

impl Command for DeleteAttachment {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, actor: Actor) -> FactPlan {
        let [guild, member] = admission(self.guild_id, &actor);
        let (channel_id, attachment_id) = (self.channel_id, self.attachment_id);
        FactPlan::of([
            guild,
            member,
            Need::Attachment(channel_id, attachment_id),
            Need::AttachmentMessage(channel_id, attachment_id),
        ])
    }

    fn decide(&self, actor: Actor, facts: &Facts, _limits: &Limits) -> Result<Decision<()>, Denial> {
        facts.pass_gate(self.guild_id, &actor)?;
        let graph = facts.guild(self.guild_id)?;
        let subject = facts.subject(self.guild_id, &actor)?;
        require(graph, subject, Requirement::Channel(self.channel_id, Permission::CreateMessage))?;
        let stored = facts.attachment(self.channel_id, self.attachment_id)?.ok_or(Denial::NotFound("attachment"))?;
        let granted = require(graph, subject, Requirement::SelfIn(self.channel_id, stored.record.owner_id))
            .or_else(|_| require(graph, subject, Requirement::Channel(self.channel_id, Permission::DeleteMessage)))?;
        let without = |message: &StoredMessage| {
            let kept = message.attachments.iter().filter(|other| other.attachment_id != self.attachment_id);
            StoredMessage { attachments: kept.cloned().collect(), ..message.clone() }
        };
        let removal = AttachmentRemoval {
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            attachment_id: self.attachment_id,
            owner_id: stored.record.owner_id,
            message: facts.attachment_message(self.channel_id, self.attachment_id)?.map(without),
            actor_user_id: actor.user_id,
            deleted_at: facts.stamp().now(),
        };
        Ok(Decision::change(granted, [Mutation::RemoveAttachment(removal)], ()))
    }
}
