//! The tables of the in-memory store, as plain maps: loads facts, applies mutations, reads pages.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
};

use filament_protocol::{
    ChannelId, Emoji, GuildId, IdempotencyKey, MessageId, SessionId, Timestamp, UserId, Username, Visibility,
    record::{Guild, Reaction},
};

use crate::{
    access::AccessChange,
    audit::{AuditAction, AuditRecord},
    decision::SealedParts,
    entry::{Entry, Seq},
    facts::{Fact, FactPlan, Facts, LiveSessions, Need, ReactionState, Remembered, SessionState, StoredMessage, User},
    limits::{IDEMPOTENCY_SECS, REACTORS_PER_MESSAGE_MAX, REACTORS_SHOWN_MAX},
    mutation::{Mutation, RotatedSession},
    permission::{GuildGraph, Membership},
    port::UserAccess,
    query::{Credentials, Page, Query},
    revision::{AccessBefore, AccessState},
    stamp::StampSource,
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
    users: BTreeMap<UserId, (Username, String)>,
    sessions: BTreeMap<SessionId, (SessionState, Timestamp)>,
    creators: BTreeMap<GuildId, UserId>,
    members: BTreeMap<(GuildId, UserId), Arc<Membership>>,
    messages: BTreeMap<(ChannelId, MessageId), StoredMessage>,
    reactions: BTreeMap<(MessageId, String), BTreeSet<UserId>>,
    idempotency: BTreeMap<(UserId, ChannelId, String), RememberedAt>,
    revisions: BTreeMap<UserId, u64>,
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
            users: BTreeMap::new(),
            sessions: BTreeMap::new(),
            creators: BTreeMap::new(),
            members: BTreeMap::new(),
            messages: BTreeMap::new(),
            reactions: BTreeMap::new(),
            idempotency: BTreeMap::new(),
            revisions: BTreeMap::new(),
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

    fn fact(&self, need: &Need, now: Timestamp) -> Fact {
        match need {
            Need::Guild(guild_id) => Fact::Guild(self.guilds.get(guild_id).cloned()),
            Need::Member(guild_id, user_id) => Fact::Member(self.members.get(&(*guild_id, *user_id)).cloned()),
            Need::MemberCount(guild_id) => {
                Fact::Count(self.members.keys().filter(|(guild, _)| guild == guild_id).count() as u64)
            }
            Need::GuildCount(user_id) => {
                Fact::Count(self.members.keys().filter(|(_, user)| user == user_id).count() as u64)
            }
            Need::GuildsCreated(user_id) => {
                Fact::Count(self.creators.values().filter(|creator| *creator == user_id).count() as u64)
            }
            Need::AccessRevision(user_id) => Fact::Count(self.revision(*user_id)),
            Need::Ban(..) => Fact::Flag(false),
            Need::LastRefusal(guild_id, user_id, action) => Fact::Time(self.last_audit(*guild_id, *user_id, *action)),
            Need::User(user_id) => Fact::User(self.user(*user_id)),
            Need::Username(name) => Fact::User(self.by_name(name).and_then(|user_id| self.user(user_id))),
            Need::Message(channel_id, message_id) => {
                Fact::Message(self.messages.get(&(*channel_id, *message_id)).cloned())
            }
            Need::Reactions(message_id, viewer) => Fact::Reactions(self.reactions_of(*message_id, *viewer)),
            Need::Reaction(message_id, emoji, user_id) => Fact::Reaction(self.reaction(*message_id, emoji, *user_id)),
            Need::Idempotency(user_id, channel_id, key) => {
                Fact::Idempotency(self.remembered((*user_id, *channel_id, key), now))
            }
            Need::Session(session_id) => {
                Fact::Session(self.sessions.get(session_id).map(|(session, _)| session.clone()))
            }
            Need::LiveSessions(user_id) => Fact::LiveSessions(self.live_sessions(*user_id, now)),
        }
    }

    fn revision(&self, user_id: UserId) -> u64 {
        self.revisions.get(&user_id).copied().unwrap_or(0)
    }

    fn last_audit(&self, guild_id: GuildId, user_id: UserId, action: AuditAction) -> Option<Timestamp> {
        let same = |record: &&AuditRecord| {
            (record.guild_id, record.actor_user_id, record.action) == (guild_id, user_id, action)
        };
        self.audit.iter().rev().find(same).map(|record| record.created_at)
    }

    fn user(&self, user_id: UserId) -> Option<User> {
        self.users.get(&user_id).map(|(username, _)| User { user_id, username: username.clone() })
    }

    fn by_name(&self, name: &Username) -> Option<UserId> {
        self.users.iter().find(|(_, (known, _))| known.eq_ignore_ascii_case(name)).map(|(user_id, _)| *user_id)
    }

    fn reactors(&self, message_id: MessageId) -> impl Iterator<Item = (&str, &BTreeSet<UserId>)> {
        let of_message = self.reactions.range((message_id, String::new())..);
        let of_message = of_message.take_while(move |((message, _), _)| *message == message_id);
        of_message.map(|((_, emoji), users)| (emoji.as_str(), users))
    }

    fn reaction(&self, message_id: MessageId, emoji: &Emoji, user_id: UserId) -> ReactionState {
        let users = self.reactions.get(&(message_id, emoji.to_string()));
        ReactionState {
            held: users.is_some_and(|users| users.contains(&user_id)),
            count: users.map_or(0, |users| u32::try_from(users.len()).unwrap_or(u32::MAX)),
            distinct_emoji: u32::try_from(self.reactors(message_id).count()).unwrap_or(u32::MAX),
            lowest_reactors: users.into_iter().flatten().copied().take(REACTORS_SHOWN_MAX + 1).collect(),
        }
    }

    fn reactions_of(&self, message_id: MessageId, viewer: UserId) -> Vec<Reaction> {
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

    fn remembered(
        &self,
        (user_id, channel_id, key): (UserId, ChannelId, &IdempotencyKey),
        now: Timestamp,
    ) -> Option<Remembered> {
        let (at, body, message_id) = self.idempotency.get(&(user_id, channel_id, key.to_string()))?;
        if at.plus_secs(IDEMPOTENCY_SECS) <= now {
            return None;
        }
        let message = self.messages.get(&(channel_id, *message_id));
        let message = message.map(|message| (message.clone(), self.reactions_of(*message_id, user_id)));
        Some(Remembered { body: body.clone(), message })
    }

    fn live_sessions(&self, user_id: UserId, now: Timestamp) -> LiveSessions {
        let live = |(session, _): &&(SessionState, Timestamp)| {
            session.user_id == user_id && !session.ended && session.expires_at > now
        };
        let oldest = self.sessions.values().filter(live).min_by_key(|(session, used)| (*used, session.session_id));
        LiveSessions {
            count: self.sessions.values().filter(live).count() as u64,
            least_recently_used: oldest.map(|(session, _)| session.session_id),
        }
    }

    pub(super) fn commit(&mut self, parts: SealedParts) -> Option<Seq> {
        let at = Timestamp::new(self.wall_ms / 1_000).unwrap_or(Timestamp::MIN);
        let has_entry = parts.has_entry();
        let before = at_hand(AccessBefore::of(&parts.access, self));
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
            self.entries.push(Arc::new(Entry { seq, at, access: parts.access, events: parts.events }));
            seq
        })
    }

    /// Graphs and memberships change by what the access table hears, so that the two can never differ here.
    fn apply_access(&mut self, change: &AccessChange) {
        match change {
            AccessChange::GuildCreated(graph) => {
                self.guilds.insert(graph.guild_id, Arc::clone(graph));
            }
            AccessChange::Guild(guild_id, change) => {
                if let Some(graph) = self.guilds.get_mut(guild_id) {
                    Arc::make_mut(graph).apply(change);
                }
            }
            AccessChange::MemberJoined { guild_id, membership } => {
                self.members.insert((*guild_id, membership.user_id), Arc::new(membership.clone()));
            }
            AccessChange::MemberLeft { guild_id, user_id, .. } => {
                self.members.remove(&(*guild_id, *user_id));
            }
            AccessChange::SessionRenewed { .. } | AccessChange::SessionEnded { .. } => {}
        }
    }

    fn apply(&mut self, mutation: &Mutation) {
        match mutation {
            Mutation::CreateUser(user) => {
                self.users.insert(user.user_id, (user.username.clone(), user.password_hash.clone()));
            }
            Mutation::OpenSession(new) => {
                let session = SessionState {
                    session_id: new.session_id,
                    user_id: new.user_id,
                    generation: 1,
                    rotations: Vec::new(),
                    expires_at: new.expires_at,
                    token_expires_at: new.token_expires_at,
                    ended: false,
                };
                self.sessions.insert(new.session_id, (session, new.created_at));
            }
            Mutation::RotateSession(rotated) => self.rotate(rotated),
            Mutation::ExtendSession { session_id, token_expires_at, .. } => {
                if let Some((session, _)) = self.sessions.get_mut(session_id) {
                    session.token_expires_at = *token_expires_at;
                }
            }
            Mutation::EndSession { session_id, .. } => {
                if let Some((session, _)) = self.sessions.get_mut(session_id) {
                    session.ended = true;
                }
            }
            Mutation::CreateGuild { graph, .. } => {
                self.creators.insert(graph.guild_id, graph.owner_id);
            }
            Mutation::CreateMessage { message, idempotency } => {
                if let Some(record) = idempotency {
                    let key = (message.author_id, message.channel_id, record.key.to_string());
                    self.idempotency.insert(key, (message.created_at, record.body.clone(), message.message_id));
                }
                self.messages.insert((message.channel_id, message.message_id), message.clone());
            }
            Mutation::EditMessage { message, .. } => {
                self.messages.insert((message.channel_id, message.message_id), message.clone());
            }
            Mutation::DeleteMessage { channel_id, message_id, .. } => self.remove_message(*channel_id, *message_id),
            Mutation::DeleteChannel { channel_id, .. } => {
                let gone: Vec<MessageId> =
                    self.messages.keys().filter(|(channel, _)| channel == channel_id).map(|key| key.1).collect();
                gone.into_iter().for_each(|message_id| self.remove_message(*channel_id, message_id));
            }
            Mutation::AddReaction(change) => {
                self.reactions.entry((change.message_id, change.emoji.to_string())).or_default().insert(change.user_id);
            }
            Mutation::RemoveReaction(change) => {
                let key = (change.message_id, change.emoji.to_string());
                if let Some(users) = self.reactions.get_mut(&key) {
                    users.remove(&change.user_id);
                    if users.is_empty() {
                        self.reactions.remove(&key);
                    }
                }
            }
            Mutation::UpdateGuild { .. }
            | Mutation::AddMember(_)
            | Mutation::RemoveMember { .. }
            | Mutation::NoteRefusedJoin { .. }
            | Mutation::CreateChannel { .. }
            | Mutation::UpdateChannel { .. }
            | Mutation::ReorderChannels { .. } => {} // the graph, the memberships and the audit log say it
        }
    }

    fn rotate(&mut self, rotated: &RotatedSession) {
        if let Some((session, used)) = self.sessions.get_mut(&rotated.session_id) {
            session.generation = rotated.generation;
            session.rotations.clone_from(&rotated.rotations);
            session.expires_at = rotated.expires_at;
            session.token_expires_at = rotated.token_expires_at;
            *used = rotated.rotated_at;
        }
    }

    fn remove_message(&mut self, channel_id: ChannelId, message_id: MessageId) {
        self.messages.remove(&(channel_id, message_id));
        self.reactions.retain(|(message, _), _| *message != message_id);
    }

    pub(super) fn page(&self, query: Query) -> Page {
        match query {
            Query::FactsOnly => Page::FactsOnly,
            Query::Messages { channel_id, before, limit, viewer } => {
                let in_channel = self.messages.iter().rev().filter(|((channel, _), _)| *channel == channel_id);
                let older = in_channel.filter(|((_, id), _)| before.is_none_or(|before| *id < before));
                let mut messages: Vec<_> = older
                    .map(|((_, id), message)| (message.clone(), self.reactions_of(*id, viewer)))
                    .take(usize::from(limit) + 1)
                    .collect();
                let more = messages.len() > usize::from(limit);
                messages.truncate(usize::from(limit));
                Page::Messages { messages, more }
            }
            Query::GuildsOf(user_id) => {
                let mut mine: Vec<_> = self.members.iter().filter(|((_, user), _)| *user == user_id).collect();
                mine.sort_by_key(|((guild_id, _), membership)| std::cmp::Reverse((membership.joined_at, *guild_id)));
                Page::Guilds(
                    mine.iter()
                        .filter_map(|((guild_id, _), _)| self.guilds.get(guild_id))
                        .map(|graph| record(graph))
                        .collect(),
                )
            }
            Query::PublicGuilds { text, limit } => {
                let wanted = text.to_ascii_lowercase();
                let public = self.guilds.values().rev().filter(|graph| graph.visibility == Visibility::Public);
                let named = public.filter(|graph| graph.name.to_ascii_lowercase().contains(&wanted));
                Page::Guilds(named.take(usize::from(limit)).map(|graph| record(graph)).collect())
            }
            Query::Users(user_ids) => {
                Page::Users(user_ids.into_iter().filter_map(|user_id| self.user(user_id)).collect())
            }
            Query::Credentials(name) => {
                let found = self
                    .by_name(&name)
                    .and_then(|user_id| self.users.get(&user_id).map(|(_, hash)| (user_id, hash.clone())));
                Page::Credentials(found.map(|(user_id, password_hash)| Credentials { user_id, password_hash }))
            }
        }
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

fn record(graph: &GuildGraph) -> Guild {
    Guild { guild_id: graph.guild_id, name: graph.name.clone(), visibility: graph.visibility }
}
