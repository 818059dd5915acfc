//! Guilds and memberships (contract §4.6, §4.8).

use std::sync::Arc;

use filament_protocol::{
    Event, GuildId, GuildName, RoleId, Timestamp, UserId, Visibility,
    event::{
        AvailableReason, RemoveReason, UnavailableReason, WorkspaceAvailable, WorkspaceMemberAdd,
        WorkspaceMemberRemove, WorkspaceRoleAssignmentAdd, WorkspaceUnavailable, WorkspaceUpdate,
        WorkspaceUpdatedFields,
    },
};

use super::{Announced, Announcement, Audit};
use crate::{
    access::{AccessChange, MemberLoss},
    audience::Audience,
    audit::{AuditAction, AuditDecision},
    mutation::{MemberVia, NewMember},
    permission::{GraphChange, GuildGraph, Membership},
};

pub(super) fn created(graph: &Arc<GuildGraph>, owner_role_ids: &[RoleId], audit: Audit<'_>) -> Announcement {
    let owner = graph.owner_id;
    let available = WorkspaceAvailable {
        guild_id: graph.guild_id,
        name: graph.name.clone(),
        visibility: graph.visibility,
        owner_user_id: owner,
        reason: AvailableReason::Created,
        available_at_unix: graph.created_at,
    };
    let membership = Membership { user_id: owner, role_ids: owner_role_ids.to_vec(), joined_at: graph.created_at };
    Announcement {
        events: vec![Announced::to(Audience::User(owner), Event::WorkspaceAvailable(available))],
        access: vec![
            AccessChange::GuildCreated(Arc::clone(graph)),
            AccessChange::MemberJoined { guild_id: graph.guild_id, membership },
        ],
        audit: audit.record(graph.guild_id, owner, None, AuditAction::GuildCreate),
    }
}

pub(super) fn updated(
    guild_id: GuildId,
    (name, visibility): (&Option<GuildName>, Option<Visibility>),
    described: &(GuildName, Visibility),
    actor_user_id: UserId,
    updated_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let updated_fields = WorkspaceUpdatedFields { name: name.clone(), visibility };
    let event = Event::WorkspaceUpdate(WorkspaceUpdate { guild_id, updated_fields, updated_at_unix, actor_user_id });
    let (name, visibility) = described.clone();
    Announcement {
        events: vec![Announced::to(Audience::Guild(guild_id), event)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::Described { name, visibility })],
        audit: audit.record(guild_id, actor_user_id, None, AuditAction::GuildUpdate),
    }
}

pub(super) fn member_added(member: &NewMember, audit: Audit<'_>) -> Announcement {
    let NewMember { guild_id, guild, user_id, default_role_id, role, via, actor_user_id, joined_at } = member;
    let (guild_id, user_id, actor_user_id, joined_at_unix) = (*guild_id, *user_id, *actor_user_id, *joined_at);
    let (name, visibility, owner_user_id) = guild.clone();
    let (reason, action) = match via {
        MemberVia::Directory => (AvailableReason::Joined, AuditAction::JoinAccepted),
        MemberVia::Added => (AvailableReason::Added, AuditAction::MemberAdd),
    };
    let available =
        WorkspaceAvailable { guild_id, name, visibility, owner_user_id, reason, available_at_unix: joined_at_unix };
    let added = WorkspaceMemberAdd { guild_id, user_id, role: *role, joined_at_unix, actor_user_id };
    let mut events = vec![
        Announced::to(Audience::User(user_id), Event::WorkspaceAvailable(available)),
        Announced::to(Audience::Guild(guild_id), Event::WorkspaceMemberAdd(added)),
    ];
    if let Some(role_id) = *default_role_id {
        let assigned =
            WorkspaceRoleAssignmentAdd { guild_id, user_id, role_id, assigned_at_unix: joined_at_unix, actor_user_id };
        events.push(Announced::to(Audience::Guild(guild_id), Event::WorkspaceRoleAssignmentAdd(assigned)));
    }
    let membership =
        Membership { user_id, role_ids: default_role_id.iter().copied().collect(), joined_at: joined_at_unix };
    Announcement {
        events,
        access: vec![AccessChange::MemberJoined { guild_id, membership }],
        audit: audit.record(guild_id, actor_user_id, Some(user_id), action),
    }
}

pub(super) fn member_removed(
    guild_id: GuildId,
    user_id: UserId,
    loss: MemberLoss,
    actor: UserId,
    at: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let (reason, unavailable, audit) = match loss {
        MemberLoss::Left => (
            RemoveReason::Leave,
            UnavailableReason::Left,
            audit.record(guild_id, actor, Some(user_id), AuditAction::MemberLeave),
        ),
        MemberLoss::Kicked => (
            RemoveReason::Kick,
            UnavailableReason::Kicked,
            audit.record(guild_id, actor, Some(user_id), AuditAction::MemberKick),
        ),
        MemberLoss::Banned => {
            (RemoveReason::Ban, UnavailableReason::Banned, AuditDecision::Silent("the ban it comes with is recorded"))
        }
    };
    let audience = Audience::GuildAnd(guild_id, user_id);
    let removed = |actor_user_id| {
        let removed = WorkspaceMemberRemove { guild_id, user_id, reason, removed_at_unix: at, actor_user_id };
        Event::WorkspaceMemberRemove(removed)
    };
    let removed = match loss {
        MemberLoss::Left => Announced::to(audience, removed(None)),
        MemberLoss::Kicked | MemberLoss::Banned => Announced::by_audit(audience, actor, removed),
    };
    let unavailable = WorkspaceUnavailable { guild_id, reason: unavailable, unavailable_at_unix: at };
    Announcement {
        events: vec![removed, Announced::to(Audience::User(user_id), Event::WorkspaceUnavailable(unavailable))],
        access: vec![AccessChange::MemberLeft { guild_id, user_id, loss }],
        audit,
    }
}
