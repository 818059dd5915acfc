//! The tables of the in-memory store, as plain maps: loads facts, applies mutations, reads pages.

mod apply;
mod fact;
mod page;

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
};

use filament_protocol::{
    AttachmentId, ChannelId, Emoji, GuildId, IpBanId, MessageId, SessionId, Timestamp, UserId, record::Reaction,
};

use super::people::People;
use crate::{
    address::Address,
    attachment::StoredAttachment,
    audit::AuditRecord,
    decision::SealedParts,
    entry::{Entry, Seq},
    facts::{FactPlan, Facts, SessionState, StoredMessage},
    limits::{REACTORS_PER_MESSAGE_MAX, REACTORS_SHOWN_MAX},
    permission::{GuildGraph, Membership},
    port::UserAccess,
    query::ListedAddressBan,
    revision::{AccessBefore, AccessState},
    stamp::StampSource,
    voice::VoiceRecord,
};

/// What was remembered under an idempotency key: when, which request, which message.
type RememberedAt = (Timestamp, String, MessageId);

#[derive(Debug)]
pub(super) struct State {
    pub(super) wall_ms: u64,
    pub(super) guilds: BTreeMap<GuildId, Arc<GuildGraph>>,
    pub(super) audit: Vec<AuditRecord>,
    pub(super) entries: Vec<Arc<Entry>>,
    stamps: StampSource,
    draws: u64,
    people: People,
    password_hashes: BTreeMap<UserId, String>,
    sessions: BTreeMap<SessionId, (SessionState, Timestamp)>,
    creators: BTreeMap<GuildId, UserId>,
    members: BTreeMap<(GuildId, UserId), Arc<Membership>>,
    /// Who banned, and when.
    bans: BTreeMap<(GuildId, UserId), (UserId, Timestamp)>,
    address_bans: BTreeMap<(GuildId, IpBanId), ListedAddressBan>,
    addresses: BTreeMap<(UserId, Address), Timestamp>,
    pub(super) messages: BTreeMap<(ChannelId, MessageId), StoredMessage>,
    reactions: BTreeMap<(MessageId, String), BTreeSet<UserId>>,
    attachments: BTreeMap<AttachmentId, StoredAttachment>,
    idempotency: BTreeMap<(UserId, ChannelId, String), RememberedAt>,
    revisions: BTreeMap<UserId, u64>,
    stays: BTreeMap<UserId, VoiceRecord>,
}

impl State {
    pub(super) fn at(wall_ms: u64) -> Self {
        Self {
            wall_ms,
            guilds: BTreeMap::new(),
            audit: Vec::new(),
            entries: Vec::new(),
            stamps: StampSource::after(0),
            draws: 0,
            people: People::default(),
            password_hashes: BTreeMap::new(),
            sessions: BTreeMap::new(),
            creators: BTreeMap::new(),
            members: BTreeMap::new(),
            bans: BTreeMap::new(),
            address_bans: BTreeMap::new(),
            addresses: BTreeMap::new(),
            messages: BTreeMap::new(),
            reactions: BTreeMap::new(),
            attachments: BTreeMap::new(),
            idempotency: BTreeMap::new(),
            revisions: BTreeMap::new(),
            stays: BTreeMap::new(),
        }
    }

    pub(super) fn head(&self) -> Seq {
        self.entries.len() as Seq
    }

    pub(super) fn load(&mut self, plan: FactPlan) -> Facts {
        self.draws += 1;
        let stamp = self.stamps.next(self.wall_ms, self.draws.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let facts = plan.needs().iter().map(|need| self.fact(need, stamp.now())).collect();
        Facts::new(stamp, plan, facts)
    }

    fn members_of(&self, guild_id: GuildId) -> impl Iterator<Item = &Arc<Membership>> {
        let from = self.members.range((guild_id, UserId::from_u128(0))..);
        from.take_while(move |((guild, _), _)| *guild == guild_id).map(|(_, membership)| membership)
    }

    fn revision(&self, user_id: UserId) -> u64 {
        self.revisions.get(&user_id).copied().unwrap_or(0)
    }

    fn reactors(&self, message_id: MessageId) -> impl Iterator<Item = (&str, &BTreeSet<UserId>)> {
        let of_message = self.reactions.range((message_id, String::new())..);
        let of_message = of_message.take_while(move |((message, _), _)| *message == message_id);
        of_message.map(|((_, emoji), users)| (emoji.as_str(), users))
    }

    pub(super) fn reactions_of(&self, message_id: MessageId, viewer: UserId) -> Vec<Reaction> {
        let mut left = REACTORS_PER_MESSAGE_MAX;
        let shown = self.reactors(message_id).map(|(emoji, users)| {
            let reactor_user_ids: Vec<UserId> = users.iter().copied().take(REACTORS_SHOWN_MAX.min(left)).collect();
            left -= reactor_user_ids.len();
            Reaction {
                emoji: Emoji::new(emoji).expect("only emoji are stored"),
                count: u32::try_from(users.len()).unwrap_or(u32::MAX),
                reacted_by_me: users.contains(&viewer),
                reactor_user_ids,
            }
        });
        shown.collect()
    }

    pub(super) fn commit(&mut self, parts: SealedParts) -> Option<Seq> {
        let at = Timestamp::new(self.wall_ms / 1_000).unwrap_or(Timestamp::MIN);
        let has_entry = parts.has_entry();
        let before = at_hand(AccessBefore::of(&parts.access, self));
        let undo = before.undo(&parts.access);
        for mutation in &parts.mutations {
            self.apply(mutation);
        }
        for change in &parts.access {
            self.apply_access(change);
        }
        for user_id in at_hand(before.changed(self)) {
            *self.revisions.entry(user_id).or_default() += 1;
        }
        self.audit.extend(parts.audit);
        has_entry.then(|| {
            let seq = self.head() + 1;
            self.entries.push(Arc::new(Entry { seq, at, access: parts.access, undo, events: parts.events }));
            seq
        })
    }

    pub(super) fn user_access(&self, user_id: UserId, session_id: SessionId, known: &[GuildId]) -> UserAccess {
        let mine = self.members.iter().filter(|((_, user), _)| *user == user_id);
        let memberships: Vec<(GuildId, Membership)> =
            mine.map(|((guild_id, _), membership)| (*guild_id, Membership::clone(membership))).collect();
        let unknown = memberships.iter().filter(|(guild_id, _)| !known.contains(guild_id));
        let session = self.sessions.get(&session_id).map(|(session, _)| session);
        UserAccess {
            seq: self.head(),
            access_rev: self.revision(user_id),
            token_expires_at: session.filter(|session| !session.ended).map(|session| session.token_expires_at),
            graphs: unknown.filter_map(|(guild_id, _)| self.guilds.get(guild_id).cloned()).collect(),
            memberships,
        }
    }
}

impl AccessState for State {
    type Error = Infallible;

    fn graph(&mut self, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>, Infallible> {
        Ok(self.guilds.get(&guild_id).cloned())
    }

    fn membership(&mut self, guild_id: GuildId, user_id: UserId) -> Result<Option<Arc<Membership>>, Infallible> {
        Ok(self.members.get(&(guild_id, user_id)).cloned())
    }

    fn visit_members(&mut self, guild_id: GuildId, visit: &mut dyn FnMut(&Membership)) -> Result<(), Infallible> {
        let here = self.members.iter().filter(|((guild, _), _)| *guild == guild_id);
        here.for_each(|(_, membership)| visit(membership));
        Ok(())
    }
}

/// Takes the answer of a state that is always at hand.
fn at_hand<T>(answer: Result<T, Infallible>) -> T {
    answer.unwrap_or_else(|never| match never {})
}
