//! Channels: heard by those who see them and by who manages them (contract §4.4).

use filament_protocol::{
    ChannelId, ChannelName, Event, GuildId, LegacyRole, Permissions, Timestamp, UserId,
    event::{
        ChannelCreate, ChannelDelete, ChannelUpdate, ChannelUpdatedFields, OverrideUpdatedFields,
        WorkspaceChannelRoleOverrideUpdate,
    },
    record::Channel,
};

use super::{Announced, Announcement, Audit};
use crate::{
    access::AccessChange,
    audience::Audience,
    audit::AuditAction,
    entry::ChannelOrder,
    permission::{ChannelNode, GraphChange},
};

pub(super) fn created(guild_id: GuildId, channel: &ChannelNode, actor: UserId, audit: Audit<'_>) -> Announcement {
    let record = Channel { channel_id: channel.channel_id, name: channel.name.clone(), kind: channel.kind };
    let event = Event::ChannelCreate(ChannelCreate { guild_id, channel: record });
    Announcement {
        events: vec![Announced::to(Audience::Manage(guild_id, channel.channel_id), event)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::ChannelAdded(channel.clone()))],
        audit: audit.record(guild_id, actor, None, AuditAction::ChannelCreate),
    }
}

pub(super) fn updated(
    (guild_id, channel_id): (GuildId, ChannelId),
    name: &ChannelName,
    actor: UserId,
    updated_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let updated_fields = ChannelUpdatedFields { name: name.clone() };
    let event = Event::ChannelUpdate(ChannelUpdate { guild_id, channel_id, updated_fields, updated_at_unix });
    Announcement {
        events: vec![Announced::to(Audience::Manage(guild_id, channel_id), event)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::ChannelRenamed { channel_id, name: name.clone() })],
        audit: audit.record(guild_id, actor, None, AuditAction::ChannelUpdate),
    }
}

/// `channel_delete`, then CMP-4 to the plain ones among its receivers: the refetch it causes answers 404 and the channel is dropped.
pub(super) fn deleted(
    (guild_id, channel_id): (GuildId, ChannelId),
    actor: UserId,
    deleted_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let audience = Audience::Edge(guild_id, channel_id);
    let gone = Event::ChannelDelete(ChannelDelete { guild_id, channel_id, deleted_at_unix });
    let notice = Event::WorkspaceChannelRoleOverrideUpdate(WorkspaceChannelRoleOverrideUpdate {
        guild_id,
        channel_id,
        role: LegacyRole::Member,
        updated_fields: OverrideUpdatedFields { allow: Permissions::EMPTY, deny: Permissions::EMPTY },
        updated_at_unix: deleted_at_unix,
        actor_user_id: actor,
    });
    Announcement {
        events: vec![Announced::to(audience, gone), Announced::notice(audience, notice)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::ChannelRemoved(channel_id))],
        audit: audit.record(guild_id, actor, None, AuditAction::ChannelDelete),
    }
}

pub(super) fn reordered(order: ChannelOrder, actor: UserId, audit: Audit<'_>) -> Announcement {
    let guild_id = order.guild_id;
    Announcement {
        access: vec![AccessChange::Guild(guild_id, GraphChange::ChannelsOrdered(order.after.clone()))],
        events: vec![Announced::ChannelOrder { order, audience: Audience::Guild(guild_id) }],
        audit: audit.record(guild_id, actor, None, AuditAction::ChannelReorder),
    }
}
