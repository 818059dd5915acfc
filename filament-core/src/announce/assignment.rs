//! Who holds which role (contract §4.6, §4.7): first what is taken, then what is given, then the word that follows from both.

use filament_protocol::{
    Event, GuildId, LegacyRole, RoleId, Timestamp, UserId,
    event::{
        WorkspaceMemberUpdate, WorkspaceMemberUpdatedFields, WorkspaceRoleAssignmentAdd, WorkspaceRoleAssignmentRemove,
    },
};

use super::{Announced, Announcement, Audit};
use crate::{
    access::AccessChange,
    audience::Audience,
    audit::AuditAction,
    mutation::{AssignmentCause, RoleAssignment},
};

/// A member of a guild, who changed its roles, and when.
#[derive(Clone, Copy)]
pub(super) struct Of {
    pub(super) guild_id: GuildId,
    pub(super) user_id: UserId,
    pub(super) actor_user_id: UserId,
    pub(super) at: Timestamp,
}

impl Of {
    pub(super) fn taken(self, role_id: RoleId) -> Announced {
        let Self { guild_id, user_id, actor_user_id, at } = self;
        let event = WorkspaceRoleAssignmentRemove { guild_id, user_id, role_id, removed_at_unix: at, actor_user_id };
        Announced::to(Audience::Guild(guild_id), Event::WorkspaceRoleAssignmentRemove(event))
    }

    pub(super) fn given(self, role_id: RoleId) -> Announced {
        let Self { guild_id, user_id, actor_user_id, at } = self;
        let event = WorkspaceRoleAssignmentAdd { guild_id, user_id, role_id, assigned_at_unix: at, actor_user_id };
        Announced::to(Audience::Guild(guild_id), Event::WorkspaceRoleAssignmentAdd(event))
    }

    pub(super) fn became(self, role: LegacyRole) -> Announced {
        let Self { guild_id, user_id, actor_user_id, at } = self;
        let updated_fields = WorkspaceMemberUpdatedFields { role };
        let event = WorkspaceMemberUpdate { guild_id, user_id, updated_fields, updated_at_unix: at, actor_user_id };
        Announced::to(Audience::Guild(guild_id), Event::WorkspaceMemberUpdate(event))
    }
}

pub(super) fn changed(assignment: &RoleAssignment, audit: Audit<'_>) -> Announcement {
    let RoleAssignment { guild_id, membership, removed, added, role, cause, actor_user_id, changed_at } = assignment;
    let (guild_id, user_id, actor_user_id) = (*guild_id, membership.user_id, *actor_user_id);
    let of = Of { guild_id, user_id, actor_user_id, at: *changed_at };
    let taken = removed.iter().map(|role_id| of.taken(*role_id));
    let given = added.iter().map(|role_id| of.given(*role_id));
    let action = match cause {
        AssignmentCause::Assign => AuditAction::RoleAssign,
        AssignmentCause::Unassign => AuditAction::RoleUnassign,
        AssignmentCause::LegacyRole => AuditAction::MemberRoleUpdate,
    };
    Announcement {
        events: taken.chain(given).chain(role.map(|role| of.became(role))).collect(),
        access: vec![AccessChange::MemberRoles { guild_id, membership: membership.clone() }],
        audit: audit.record(guild_id, actor_user_id, Some(user_id), action),
    }
}
