//! Channel overrides (contract §4.7), and the notice that makes existing clients refetch (CMP-1 to CMP-3).

use filament_protocol::{
    Event, Id, LegacyRole, Permissions, TargetKind,
    event::{OverrideUpdatedFields, WorkspaceChannelOverrideUpdate, WorkspaceChannelRoleOverrideUpdate},
};

use super::{Announced, Announcement, Audit};
use crate::{
    access::AccessChange,
    audience::Audience,
    audit::AuditAction,
    mutation::{OverrideChange, OverrideWord},
    permission::{GraphChange, OverrideTarget},
};

pub(super) fn changed(change: &OverrideChange, audit: Audit<'_>) -> Announcement {
    let OverrideChange { guild_id, channel_id, value, word, actor_user_id } = change;
    let (guild_id, channel_id, actor_user_id) = (*guild_id, *channel_id, *actor_user_id);
    let edge = Audience::Edge(guild_id, channel_id);
    let (target_kind, target_id, hearing) = match value.target {
        OverrideTarget::Role(role_id) => (TargetKind::Role, role_id.as_u128(), edge),
        OverrideTarget::Member(user_id) => {
            (TargetKind::Member, user_id.as_u128(), Audience::EdgeMember(guild_id, channel_id, user_id))
        }
    };
    let (role, restated, action) = match word {
        OverrideWord::Seeded(role) => {
            (Some(*role), (*role, value.allow, value.deny), AuditAction::ChannelOverrideUpdate)
        }
        OverrideWord::Other { allow, deny, is_everyone } => {
            let action = match is_everyone {
                true => AuditAction::ChannelOverrideUpdate,
                false => AuditAction::ChannelPermissionOverrideUpdate,
            };
            (None, (LegacyRole::Member, *allow, *deny), action)
        }
    };
    let lists = |allow: Permissions, deny: Permissions| OverrideUpdatedFields { allow, deny };
    let canonical = Event::WorkspaceChannelOverrideUpdate(WorkspaceChannelOverrideUpdate {
        guild_id,
        channel_id,
        target_kind,
        target_id: Id::from_u128(target_id),
        role,
        updated_fields: lists(value.allow, value.deny),
        updated_at_unix: value.updated_at,
        actor_user_id,
    });
    let notice = Event::WorkspaceChannelRoleOverrideUpdate(WorkspaceChannelRoleOverrideUpdate {
        guild_id,
        channel_id,
        role: restated.0,
        updated_fields: lists(restated.1, restated.2),
        updated_at_unix: value.updated_at,
        actor_user_id,
    });
    let target_user_id = match value.target {
        OverrideTarget::Role(_) => None,
        OverrideTarget::Member(user_id) => Some(user_id),
    };
    Announcement {
        events: vec![Announced::to(edge, canonical), Announced::notice(hearing, notice)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::OverrideSet { channel_id, value: *value })],
        audit: audit.record(guild_id, actor_user_id, target_user_id, action),
    }
}
