//! Bans (contract §4.6). What the end of a membership says stands with the guild.

use filament_protocol::{
    Event, GuildId, Permission, Timestamp, UserId,
    event::{WorkspaceMemberBan, WorkspaceMemberUnban},
};

use super::{Announced, Announcement, Audit};
use crate::{audience::Audience, audit::AuditAction};

pub(super) fn banned(
    (guild_id, user_id): (GuildId, UserId),
    actor: UserId,
    banned_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let event = |actor_user_id| {
        Event::WorkspaceMemberBan(WorkspaceMemberBan { guild_id, user_id, banned_at_unix, actor_user_id })
    };
    Announcement {
        events: vec![Announced::by_audit(Audience::GuildAnd(guild_id, user_id), actor, event)],
        access: vec![],
        audit: audit.record(guild_id, actor, Some(user_id), AuditAction::MemberBan),
    }
}

pub(super) fn unbanned(
    (guild_id, user_id): (GuildId, UserId),
    actor: UserId,
    unbanned_at_unix: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    let event = |actor_user_id| {
        Event::WorkspaceMemberUnban(WorkspaceMemberUnban { guild_id, user_id, unbanned_at_unix, actor_user_id })
    };
    Announcement {
        events: vec![Announced::by_audit(Audience::Permission(guild_id, Permission::BanMember), actor, event)],
        access: vec![],
        audit: audit.record(guild_id, actor, Some(user_id), AuditAction::MemberUnban),
    }
}
