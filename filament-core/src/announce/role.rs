//! Roles (contract §4.7): heard by the whole guild, with their actor.

use filament_protocol::{
    Event, GuildId, Patch, RoleId, Timestamp, UserId,
    event::{
        RolePosition, WorkspaceDefaultRoleUpdate, WorkspaceRoleCreate, WorkspaceRoleDelete, WorkspaceRoleReorder,
        WorkspaceRoleUpdate, WorkspaceRoleUpdatedFields,
    },
};

use super::{Announced, Announcement, Audit};
use crate::{
    access::AccessChange,
    audience::Audience,
    audit::AuditAction,
    mutation::{RoleOrder, RoleUpdate},
    permission::{GraphChange, RoleNode},
};

pub(super) fn created(
    guild_id: GuildId,
    role: &RoleNode,
    actor_user_id: UserId,
    created_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let event = WorkspaceRoleCreate { guild_id, role: role.record().into(), created_at_unix, actor_user_id };
    Announcement {
        events: vec![Announced::to(Audience::Guild(guild_id), Event::WorkspaceRoleCreate(event))],
        access: vec![AccessChange::Guild(guild_id, GraphChange::RolePut(role.clone()))],
        audit: audit.record(guild_id, actor_user_id, None, AuditAction::RoleCreate),
    }
}

pub(super) fn updated(update: &RoleUpdate, audit: Audit<'_>) -> Announcement {
    let RoleUpdate { guild_id, role, name, permissions, color_hex, actor_user_id, updated_at } = update;
    let (guild_id, actor_user_id) = (*guild_id, *actor_user_id);
    let actions = [
        name.is_some().then_some(AuditAction::RoleUpdate),
        permissions.is_some().then_some(AuditAction::RolePermissionsUpdate),
        (*color_hex != Patch::Keep).then_some(AuditAction::RoleColorUpdate),
    ];
    let event = Event::WorkspaceRoleUpdate(WorkspaceRoleUpdate {
        guild_id,
        role_id: role.role_id,
        updated_fields: WorkspaceRoleUpdatedFields {
            name: name.clone(),
            permissions: *permissions,
            color_hex: color_hex.clone(),
        },
        updated_at_unix: *updated_at,
        actor_user_id,
    });
    Announcement {
        events: vec![Announced::to(Audience::Guild(guild_id), event)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::RolePut(role.clone()))],
        audit: audit.records(guild_id, actor_user_id, actions.into_iter().flatten()),
    }
}

/// `workspace_role_delete` implies the end of the role's assignments and overrides; only the default role is told apart.
pub(super) fn deleted(
    (guild_id, role_id): (GuildId, RoleId),
    was_default: bool,
    actor_user_id: UserId,
    deleted_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let gone = WorkspaceRoleDelete { guild_id, role_id, deleted_at_unix, actor_user_id };
    let mut events = vec![Announced::to(Audience::Guild(guild_id), Event::WorkspaceRoleDelete(gone))];
    if was_default {
        events.push(default_update(guild_id, None, actor_user_id, deleted_at_unix));
    }
    Announcement {
        events,
        access: vec![AccessChange::Guild(guild_id, GraphChange::RoleRemoved(role_id))],
        audit: audit.record(guild_id, actor_user_id, None, AuditAction::RoleDelete),
    }
}

pub(super) fn reordered(order: &RoleOrder, audit: Audit<'_>) -> Announcement {
    let RoleOrder { guild_id, places, actor_user_id, updated_at } = order;
    let (guild_id, actor_user_id) = (*guild_id, *actor_user_id);
    let roles = places.iter().map(|(role_id, position)| RolePosition { role_id: *role_id, position: *position });
    let event = Event::WorkspaceRoleReorder(WorkspaceRoleReorder {
        guild_id,
        role_ids: places.iter().map(|(role_id, _)| *role_id).collect(),
        roles: roles.collect(),
        updated_at_unix: *updated_at,
        actor_user_id,
    });
    Announcement {
        events: vec![Announced::to(Audience::Guild(guild_id), event)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::RolesPlaced(places.clone()))],
        audit: audit.record(guild_id, actor_user_id, None, AuditAction::RoleReorder),
    }
}

pub(super) fn default_set(
    guild_id: GuildId,
    role_id: Option<RoleId>,
    actor_user_id: UserId,
    updated_at: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    Announcement {
        events: vec![default_update(guild_id, role_id, actor_user_id, updated_at)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::DefaultRole(role_id))],
        audit: audit.record(guild_id, actor_user_id, None, AuditAction::RoleDefaultUpdate),
    }
}

fn default_update(
    guild_id: GuildId,
    role_id: Option<RoleId>,
    actor_user_id: UserId,
    updated_at_unix: Timestamp,
) -> Announced {
    let event = WorkspaceDefaultRoleUpdate { guild_id, role_id, updated_at_unix, actor_user_id };
    Announced::to(Audience::Guild(guild_id), Event::WorkspaceDefaultRoleUpdate(event))
}
