//! Messages and reactions: all to `SUB(c)`, no actor but the reactor (contract §4.3).

use filament_protocol::{
    ChannelId, Event, GuildId, MessageId, Timestamp, UserId,
    event::{MessageDelete, MessageReaction, MessageUpdate, MessageUpdatedFields, ReactionOperation},
};

use super::{Announced, Announcement, Audit};
use crate::{
    audience::Audience,
    audit::{AuditAction, AuditDecision},
    facts::StoredMessage,
    mutation::ReactionChange,
};

pub(super) fn created(message: &StoredMessage) -> Announcement {
    let audience = Audience::Subscribers(message.guild_id, message.channel_id);
    let event = Event::MessageCreate(message.record(Vec::new()));
    Announcement {
        events: vec![Announced::to(audience, event)],
        access: vec![],
        audit: AuditDecision::Silent("messages are their own record"),
    }
}

pub(super) fn edited(
    message: &StoredMessage,
    actor: UserId,
    updated_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let record = message.record(Vec::new());
    let event = Event::MessageUpdate(MessageUpdate {
        guild_id: message.guild_id,
        channel_id: message.channel_id,
        message_id: message.message_id,
        updated_fields: MessageUpdatedFields {
            content: record.content,
            markdown_tokens: record.markdown_tokens,
            attachments: None,
        },
        updated_at_unix,
    });
    Announcement {
        events: vec![Announced::to(Audience::Subscribers(message.guild_id, message.channel_id), event)],
        access: vec![],
        audit: moderation(message.guild_id, message.author_id, actor, AuditAction::MessageEditModeration, audit),
    }
}

pub(super) fn deleted(
    (guild_id, channel_id, message_id): (GuildId, ChannelId, MessageId),
    author: UserId,
    actor: UserId,
    deleted_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let event = Event::MessageDelete(MessageDelete { guild_id, channel_id, message_id, deleted_at_unix });
    Announcement {
        events: vec![Announced::to(Audience::Subscribers(guild_id, channel_id), event)],
        access: vec![],
        audit: moderation(guild_id, author, actor, AuditAction::MessageDeleteModeration, audit),
    }
}

pub(super) fn reacted(change: &ReactionChange, operation: ReactionOperation) -> Announcement {
    let event = Event::MessageReaction(MessageReaction {
        guild_id: change.guild_id,
        channel_id: change.channel_id,
        message_id: change.message_id,
        emoji: change.emoji.clone(),
        count: change.count,
        operation,
        actor_user_id: change.user_id,
    });
    Announcement {
        events: vec![Announced::to(Audience::Subscribers(change.guild_id, change.channel_id), event)],
        access: vec![],
        audit: AuditDecision::Silent("a reaction names its actor in the event"),
    }
}

fn moderation(
    guild_id: GuildId,
    author: UserId,
    actor: UserId,
    action: AuditAction,
    audit: Audit<'_>,
) -> AuditDecision {
    if author == actor {
        AuditDecision::Silent("authors handle their own messages")
    } else {
        audit.record(guild_id, actor, Some(author), action)
    }
}
