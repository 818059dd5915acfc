//! A guild that changes hands or ends (contract §4.6, §4.12).

use filament_protocol::{
    Event, GuildId, LegacyRole, Timestamp, UserId,
    event::{UnavailableReason, WorkspaceDelete, WorkspaceOwnerUpdate, WorkspaceUnavailable},
};

use super::{Announced, Announcement, Audit, assignment::Of};
use crate::{
    access::AccessChange, audience::Audience, audit::AuditAction, entry::OwnRemoval, mutation::OwnershipTransfer,
    permission::GraphChange,
};

/// The words of both change: the old owner holds the moderator role from now on at the latest, the new one the owner role.
pub(super) fn transferred(transfer: &OwnershipTransfer, audit: Audit<'_>) -> Announcement {
    let OwnershipTransfer { guild_id, owner_role_id, previous, moderator_role_id, next, actor_user_id, transferred_at } =
        transfer;
    let (guild_id, actor_user_id, at) = (*guild_id, *actor_user_id, *transferred_at);
    let of = |user_id| Of { guild_id, user_id, actor_user_id, at };
    let (old, new) = (of(previous.user_id), of(next.user_id));
    let moved = Event::WorkspaceOwnerUpdate(WorkspaceOwnerUpdate {
        guild_id,
        owner_user_id: next.user_id,
        previous_owner_user_id: previous.user_id,
        updated_at_unix: at,
        actor_user_id,
    });
    let mut events = vec![old.taken(*owner_role_id)];
    events.extend(moderator_role_id.map(|role_id| old.given(role_id)));
    events.push(new.given(*owner_role_id));
    events.push(old.became(LegacyRole::Moderator));
    events.push(new.became(LegacyRole::Owner));
    events.push(Announced::to(Audience::Guild(guild_id), moved));
    let roles = |membership| AccessChange::MemberRoles { guild_id, membership };
    Announcement {
        events,
        access: vec![
            roles(previous.clone()),
            roles(next.clone()),
            AccessChange::Guild(guild_id, GraphChange::Owner(next.user_id)),
        ],
        audit: audit.record(guild_id, actor_user_id, Some(next.user_id), AuditAction::OwnerTransfer),
    }
}

/// One event each for all: who the members were is said by the access change.
pub(super) fn guild_deleted(
    guild_id: GuildId,
    member_ids: &[UserId],
    actor_user_id: UserId,
    at: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let audience = Audience::FormerMembers(guild_id);
    let gone = WorkspaceDelete { guild_id, deleted_at_unix: at, actor_user_id };
    let removal = OwnRemoval { guild_id, removed_at: at };
    let unavailable = WorkspaceUnavailable { guild_id, reason: UnavailableReason::Deleted, unavailable_at_unix: at };
    Announcement {
        events: vec![
            Announced::to(audience, Event::WorkspaceDelete(gone)),
            Announced::OwnRemoval { removal, audience },
            Announced::to(audience, Event::WorkspaceUnavailable(unavailable)),
        ],
        access: vec![AccessChange::GuildDeleted { guild_id, member_ids: member_ids.to_vec() }],
        audit: audit.record(guild_id, actor_user_id, None, AuditAction::GuildDelete),
    }
}
