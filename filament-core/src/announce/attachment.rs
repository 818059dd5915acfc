//! Attachments: an upload is nobody's business, a deletion is told with its message (contract §4.12).

use filament_protocol::{
    Event,
    event::{MessageUpdate, MessageUpdatedFields},
};

use super::{Announced, Announcement, Audit};
use crate::{
    audience::Audience,
    audit::{AuditAction, AuditDecision},
    mutation::AttachmentRemoval,
};

/// `message_update` with the complete list, if a message carried it; always with the text, which existing v1 clients require (Q37).
pub(super) fn removed(removal: &AttachmentRemoval, audit: Audit<'_>) -> Announcement {
    let told = removal.message.as_ref().map(|message| {
        let record = message.record(Vec::new());
        let event = Event::MessageUpdate(MessageUpdate {
            guild_id: removal.guild_id,
            channel_id: removal.channel_id,
            message_id: message.message_id,
            updated_fields: MessageUpdatedFields {
                content: record.content,
                markdown_tokens: record.markdown_tokens,
                attachments: Some(record.attachments),
            },
            updated_at_unix: removal.deleted_at,
        });
        Announced::to(Audience::Subscribers(removal.guild_id, removal.channel_id), event)
    });
    let (owner, actor) = (removal.owner_id, removal.actor_user_id);
    let audit = match owner == actor {
        true => AuditDecision::Silent("uploaders handle their own attachments"),
        false => audit.record(removal.guild_id, actor, Some(owner), AuditAction::AttachmentDeleteModeration),
    };
    Announcement { events: told.into_iter().collect(), access: vec![], audit }
}
