//! What the world hears of a mutation, who hears it, what access changes with it, and what the audit log says.
//!
//! [`announce`] is one exhaustive match: a mutation without an answer to all four does not compile. The order of events is contract §4.12.

mod channel;
mod guild;
mod message;

use filament_protocol::Event;

use crate::{
    access::AccessChange,
    audience::Audience,
    audit::{AuditAction, AuditDecision, AuditRecord},
    entry::ChannelOrder,
    limits::IDS_PER_STAMP_MAX,
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
    /// `channel_reorder`, rendered for each receiver at delivery.
    ChannelOrder {
        /// Old and new order.
        order: ChannelOrder,
        /// Who may hear it.
        audience: Audience,
    },
}

impl Announced {
    fn to(audience: Audience, event: Event) -> Self {
        Self::Event { event, audience, plain_only: false }
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
        Mutation::CreateGuild { graph, owner_role_ids } => guild::created(graph, owner_role_ids, audit),
        Mutation::UpdateGuild { guild_id, name, visibility, described, actor_user_id, updated_at } => {
            guild::updated(*guild_id, (name, *visibility), described, *actor_user_id, *updated_at, audit)
        }
        Mutation::AddMember(member) => guild::member_added(member, audit),
        Mutation::RemoveMember { guild_id, user_id, loss, actor_user_id, removed_at } => {
            guild::member_removed(*guild_id, *user_id, *loss, *actor_user_id, *removed_at, audit)
        }
        Mutation::NoteRefusedJoin { guild_id, user_id, action, .. } => Announcement {
            events: vec![],
            access: vec![],
            audit: audit.record(*guild_id, *user_id, Some(*user_id), *action),
        },
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
        guild_id: filament_protocol::GuildId,
        actor_user_id: filament_protocol::UserId,
        target_user_id: Option<filament_protocol::UserId>,
        action: AuditAction,
    ) -> AuditDecision {
        let from_end = u8::try_from(self.index + 1).unwrap_or(IDS_PER_STAMP_MAX);
        AuditDecision::Record(AuditRecord {
            audit_id: self.stamp.id(IDS_PER_STAMP_MAX - from_end),
            guild_id,
            actor_user_id,
            target_user_id,
            action,
            created_at: self.stamp.now(),
        })
    }
}
