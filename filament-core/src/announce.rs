//! What the world hears of a mutation, who hears it, what access changes with it, and what the audit log says.
//!
//! [`announce`] is one exhaustive match: a mutation without an answer to all four does not compile. The order of events is contract §4.12.

mod address;
mod assignment;
mod attachment;
mod channel;
mod channel_override;
mod friend;
mod guild;
mod message;
mod moderation;
mod ownership;
mod profile;
mod role;

use filament_protocol::{Event, GuildId, UserId};

use crate::{
    access::AccessChange,
    audience::Audience,
    audit::{AuditAction, AuditDecision, AuditRecord},
    entry::{ChannelOrder, OwnRemoval, Peers},
    limits::{AUDITS_PER_MUTATION_MAX, IDS_PER_STAMP_MAX},
    mutation::{Mutation, RotatedSession},
    stamp::Stamp,
};

/// The consequences of one mutation.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// Events, in order.
    pub events: Vec<Announced>,
    /// Access changes, in force before any of the events.
    pub access: Vec<AccessChange>,
    /// The audit decision.
    pub audit: AuditDecision,
}

/// One event and who hears it.
#[derive(Clone, Debug, PartialEq)]
pub enum Announced {
    /// An event with one encoding for all.
    Event {
        /// The event.
        event: Event,
        /// Who hears it.
        audience: Audience,
        /// Whether only plain connections get it (§4.11).
        plain_only: bool,
    },
    /// An event that names its actor to those only who may read the audit log (ACT-2).
    ByAudit {
        /// The event with its actor.
        with_actor: Event,
        /// The same without.
        without_actor: Event,
        /// Who hears it.
        audience: Audience,
    },
    /// `channel_reorder`, rendered for each receiver at delivery.
    ChannelOrder {
        /// Old and new order.
        order: ChannelOrder,
        /// Who may hear it.
        audience: Audience,
    },
    /// `workspace_member_remove` of the receiver itself, to plain connections, rendered for each at delivery (CMP-6).
    OwnRemoval {
        /// What ended.
        removal: OwnRemoval,
        /// Who hears it.
        audience: Audience,
    },
    /// An event about a user, to `PEERS(u)`.
    ToPeers {
        /// The event.
        event: Event,
        /// Whom it is about.
        user_id: UserId,
        /// Where those are who hear it.
        peers: Peers,
    },
}

impl Announced {
    fn to(audience: Audience, event: Event) -> Self {
        Self::Event { event, audience, plain_only: false }
    }

    /// Two encodings of one event: with its actor, and without.
    fn by_audit(audience: Audience, actor: UserId, event: impl Fn(Option<UserId>) -> Event) -> Self {
        Self::ByAudit { with_actor: event(Some(actor)), without_actor: event(None), audience }
    }

    fn notice(audience: Audience, event: Event) -> Self {
        Self::Event { event, audience, plain_only: true }
    }
}

impl Announcement {
    /// Nothing is heard and nothing is audited; `reason` is for the reader of the code (contract §4.12, "silent by decision").
    fn silent(reason: &'static str, access: Vec<AccessChange>) -> Self {
        Self { events: Vec::new(), access, audit: AuditDecision::Silent(reason) }
    }
}

/// Announces one mutation. `index` is its place in the decision, so that audit ids of one decision differ.
#[must_use]
pub fn announce(mutation: &Mutation, stamp: &Stamp, index: usize) -> Announcement {
    let audit = Audit { stamp, index };
    match mutation {
        Mutation::CreateUser(_) => Announcement::silent("registering is nobody else's business", vec![]),
        Mutation::OpenSession(_) => Announcement::silent("a login changes no screen", vec![]),
        Mutation::RotateSession(RotatedSession { user_id, session_id, token_expires_at, .. })
        | Mutation::ExtendSession { user_id, session_id, token_expires_at } => {
            let (user_id, session_id, token_expires_at) = (*user_id, *session_id, *token_expires_at);
            let renewed = AccessChange::SessionRenewed { user_id, session_id, token_expires_at };
            Announcement::silent("a refresh moves the deadline of its sockets (GW-42)", vec![renewed])
        }
        Mutation::EndSession { user_id, session_id, .. } => {
            let ended = AccessChange::SessionEnded { user_id: *user_id, session_id: *session_id };
            Announcement::silent("an ended session closes its sockets instead (GW-41)", vec![ended])
        }
        Mutation::UpdateProfile(change) => profile::updated(change),
        Mutation::SetImage(change) => profile::image_set(change),
        Mutation::RequestFriend(request) => friend::requested(request),
        Mutation::AcceptFriendRequest { request, accepted_at } => friend::accepted(request, *accepted_at),
        Mutation::DeleteFriendRequest { request, actor_user_id, deleted_at } => {
            friend::request_ended(request, *actor_user_id, *deleted_at)
        }
        Mutation::EndFriendship(end) => friend::ended(end),
        Mutation::CreateGuild { graph, owner_role_ids } => guild::created(graph, owner_role_ids, audit),
        Mutation::UpdateGuild { guild_id, name, visibility, described, actor_user_id, updated_at } => {
            guild::updated(*guild_id, (name, *visibility), described, *actor_user_id, *updated_at, audit)
        }
        Mutation::DeleteGuild { guild_id, member_ids, actor_user_id, deleted_at } => {
            ownership::guild_deleted(*guild_id, member_ids, *actor_user_id, *deleted_at, audit)
        }
        Mutation::TransferOwnership(transfer) => ownership::transferred(transfer, audit),
        Mutation::AddMember(member) => guild::member_added(member, audit),
        Mutation::RemoveMember { guild_id, user_id, loss, actor_user_id, removed_at } => {
            guild::member_removed(*guild_id, *user_id, *loss, *actor_user_id, *removed_at, audit)
        }
        Mutation::BanUser { guild_id, user_id, actor_user_id, banned_at } => {
            moderation::banned((*guild_id, *user_id), *actor_user_id, *banned_at, audit)
        }
        Mutation::UnbanUser { guild_id, user_id, actor_user_id, unbanned_at } => {
            moderation::unbanned((*guild_id, *user_id), *actor_user_id, *unbanned_at, audit)
        }
        Mutation::CreateRole { guild_id, role, actor_user_id, created_at } => {
            role::created(*guild_id, role, *actor_user_id, *created_at, audit)
        }
        Mutation::UpdateRole(update) => role::updated(update, audit),
        Mutation::DeleteRole { guild_id, role_id, was_default, actor_user_id, deleted_at } => {
            role::deleted((*guild_id, *role_id), *was_default, *actor_user_id, *deleted_at, audit)
        }
        Mutation::ReorderRoles(order) => role::reordered(order, audit),
        Mutation::SetDefaultRole { guild_id, role_id, actor_user_id, updated_at } => {
            role::default_set(*guild_id, *role_id, *actor_user_id, *updated_at, audit)
        }
        Mutation::AssignRoles(assignment) => assignment::changed(assignment, audit),
        Mutation::SetOverride(change) => channel_override::changed(change, audit),
        Mutation::NoteRefusedJoin { guild_id, user_id, action, .. } => Announcement {
            events: vec![],
            access: vec![],
            audit: audit.record(*guild_id, *user_id, Some(*user_id), *action),
        },
        Mutation::BanAddresses(new) => address::banned(new, audit),
        Mutation::UnbanAddress { guild_id, ban_id, actor_user_id, removed_at } => {
            address::unbanned((*guild_id, *ban_id), *actor_user_id, *removed_at, audit)
        }
        Mutation::SeeAddress(_) => Announcement::silent("where users are seen is nobody's business (IPB-5)", vec![]),
        Mutation::NoteAddressHit { guild_id, user_id, surface, .. } => {
            let record = audit.row(0, *guild_id, *user_id, Some(*user_id), AuditAction::IpBanHit);
            let record = AuditRecord { surface: Some(*surface), ..record };
            Announcement { events: vec![], access: vec![], audit: AuditDecision::Record(record) }
        }
        Mutation::CreateChannel { guild_id, channel, actor_user_id, .. } => {
            channel::created(*guild_id, channel, *actor_user_id, audit)
        }
        Mutation::UpdateChannel { guild_id, channel_id, name, actor_user_id, updated_at } => {
            channel::updated((*guild_id, *channel_id), name, *actor_user_id, *updated_at, audit)
        }
        Mutation::DeleteChannel { guild_id, channel_id, actor_user_id, deleted_at } => {
            channel::deleted((*guild_id, *channel_id), *actor_user_id, *deleted_at, audit)
        }
        Mutation::ReorderChannels { guild_id, before, after, actor_user_id, updated_at } => {
            let order = ChannelOrder {
                guild_id: *guild_id,
                before: before.clone(),
                after: after.clone(),
                updated_at: *updated_at,
            };
            channel::reordered(order, *actor_user_id, audit)
        }
        Mutation::CreateMessage { message, .. } => message::created(message),
        Mutation::EditMessage { message, actor_user_id, updated_at } => {
            message::edited(message, *actor_user_id, *updated_at, audit)
        }
        Mutation::DeleteMessage { guild_id, channel_id, message_id, author_id, actor_user_id, deleted_at } => {
            message::deleted((*guild_id, *channel_id, *message_id), *author_id, *actor_user_id, *deleted_at, audit)
        }
        Mutation::AddReaction(change) => message::reacted(change, filament_protocol::event::ReactionOperation::Add),
        Mutation::RemoveReaction(change) => {
            message::reacted(change, filament_protocol::event::ReactionOperation::Remove)
        }
        Mutation::RecordAttachment(_) => Announcement::silent("an upload is seen when a message carries it", vec![]),
        Mutation::RemoveAttachment(removal) => attachment::removed(removal, audit),
        Mutation::IssueMediaToken { guild_id, user_id, .. } => Announcement {
            events: vec![], // what others hear of it is live, told by voice tracking (contract §12.3)
            access: vec![],
            audit: audit.record(*guild_id, *user_id, Some(*user_id), AuditAction::MediaTokenIssue),
        },
        Mutation::KeepStays { .. } => {
            Announcement::silent("voice tracking told it before it was stored (contract §12.3)", vec![])
        }
    }
}

/// Makes the audit records of one mutation. Their ids come from the end of the stamp's range; decisions mint theirs from its start.
#[derive(Clone, Copy)]
struct Audit<'a> {
    stamp: &'a Stamp,
    index: usize,
}

impl Audit<'_> {
    fn record(
        self,
        guild_id: GuildId,
        actor_user_id: UserId,
        target_user_id: Option<UserId>,
        action: AuditAction,
    ) -> AuditDecision {
        AuditDecision::Record(self.row(0, guild_id, actor_user_id, target_user_id, action))
    }

    /// One row for each of the actions, at most `AUDITS_PER_MUTATION_MAX`.
    fn records(
        self,
        guild_id: GuildId,
        actor_user_id: UserId,
        actions: impl IntoIterator<Item = AuditAction>,
    ) -> AuditDecision {
        let numbered = (0..AUDITS_PER_MUTATION_MAX).zip(actions);
        AuditDecision::Records(numbered.map(|(n, action)| self.row(n, guild_id, actor_user_id, None, action)).collect())
    }

    fn row(
        self,
        n: u8,
        guild_id: GuildId,
        actor_user_id: UserId,
        target_user_id: Option<UserId>,
        action: AuditAction,
    ) -> AuditRecord {
        let before = u8::try_from(self.index).unwrap_or(u8::MAX).saturating_mul(AUDITS_PER_MUTATION_MAX);
        AuditRecord {
            audit_id: self.stamp.id(IDS_PER_STAMP_MAX - 1 - before - n),
            guild_id,
            actor_user_id,
            target_user_id,
            action,
            created_at: self.stamp.now(),
            surface: None,
        }
    }
}
