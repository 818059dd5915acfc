//! Bans by address (contract §4.6): how many, never which.

use filament_protocol::{
    Event, GuildId, IpBanId, Permission, Timestamp, UserId,
    event::{IpBanAction, IpBanSummary, WorkspaceIpBanSync},
};

use super::{Announced, Announcement, Audit};
use crate::{
    access::AccessChange, audience::Audience, audit::AuditAction, mutation::NewAddressBans, permission::GraphChange,
};

pub(super) fn banned(new: &NewAddressBans, audit: Audit<'_>) -> Announcement {
    let (guild_id, count) = (new.guild_id, new.bans.len() as u64);
    // Expiry is silent: what has expired is only cleared away.
    let cleared = (!new.expired.is_empty()).then(|| GraphChange::AddressesUnbanned(new.expired.clone()));
    let banned = GraphChange::AddressesBanned(new.bans.clone());
    Announcement {
        events: vec![sync(guild_id, (IpBanAction::Upsert, count), new.actor_user_id, new.created_at)],
        access: cleared.into_iter().chain([banned]).map(|change| AccessChange::Guild(guild_id, change)).collect(),
        audit: audit.record(guild_id, new.actor_user_id, Some(new.target_user_id), AuditAction::IpBanAdd),
    }
}

pub(super) fn unbanned(
    (guild_id, ban_id): (GuildId, IpBanId),
    actor: UserId,
    removed_at: Timestamp,
    audit: Audit<'_>,
) -> Announcement {
    Announcement {
        events: vec![sync(guild_id, (IpBanAction::Remove, 1), actor, removed_at)],
        access: vec![AccessChange::Guild(guild_id, GraphChange::AddressesUnbanned(vec![ban_id]))],
        audit: audit.record(guild_id, actor, None, AuditAction::IpBanRemove),
    }
}

fn sync(
    guild_id: GuildId,
    (action, changed_count): (IpBanAction, u64),
    actor: UserId,
    updated_at_unix: Timestamp,
) -> Announced {
    let summary = IpBanSummary { action, changed_count };
    Announced::by_audit(Audience::Permission(guild_id, Permission::ManageIpBans), actor, |actor_user_id| {
        Event::WorkspaceIpBanSync(WorkspaceIpBanSync { guild_id, summary, updated_at_unix, actor_user_id })
    })
}
