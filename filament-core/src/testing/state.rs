//! The tables of the in-memory store, as plain maps: loads facts, applies mutations, reads pages.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
};

use filament_protocol::{
    AttachmentId, ChannelId, Emoji, GuildId, IdempotencyKey, IpBanId, MessageId, SessionId, Timestamp, UserId,
    UserSummary, Visibility,
    record::{Guild, Reaction},
};

use super::people::People;
use crate::{
    access::AccessChange,
    address::Address,
    attachment::StoredAttachment,
    audit::{AuditAction, AuditRecord},
    decision::SealedParts,
    entry::{Entry, Seq},
    facts::{Fact, FactPlan, Facts, LiveSessions, Need, ReactionState, Remembered, SessionState, StoredMessage},
    limits::{
        ADDRESS_MEMORY_SECS, ADDRESSES_PER_USER_MAX, IDEMPOTENCY_SECS, REACTORS_PER_MESSAGE_MAX, REACTORS_SHOWN_MAX,
    },
    mutation::{AddressSighting, Mutation, NewAddressBans, RotatedSession},
    permission::{GraphChange, GuildGraph, Membership},
    port::UserAccess,
    profile::StoredProfile,
    query::{BannedUser, Credentials, ListedAddressBan, Page, Query},
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

    fn fact(&self, need: &Need, now: Timestamp) -> Fact {
        match need {
            Need::Guild(guild_id) => Fact::Guild(self.guilds.get(guild_id).cloned()),
            Need::Member(guild_id, user_id) => Fact::Member(self.members.get(&(*guild_id, *user_id)).cloned()),
            Need::Owner(guild_id) => Fact::Member(
                self.guilds.get(guild_id).and_then(|graph| self.members.get(&(*guild_id, graph.owner_id)).cloned()),
            ),
            Need::MemberIds(guild_id) => {
                Fact::MemberIds(self.members_of(*guild_id).map(|member| member.user_id).collect())
            }
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
            Need::Ban(guild_id, user_id) => Fact::Flag(self.bans.contains_key(&(*guild_id, *user_id))),
            Need::LastAddressHit(guild_id, user_id, surface) => {
                let same = |record: &&AuditRecord| {
                    (record.guild_id, record.actor_user_id, record.surface) == (*guild_id, *user_id, Some(*surface))
                };
                Fact::Time(self.audit.iter().rev().find(same).map(|record| record.created_at))
            }
            Need::Addresses(user_id) => Fact::Addresses(self.addresses_of(*user_id, now)),
            Need::AddressSeen(user_id, address) => Fact::Time(self.addresses.get(&(*user_id, *address)).copied()),
            Need::LastRefusal(guild_id, user_id, action) => Fact::Time(self.last_audit(*guild_id, *user_id, *action)),
            Need::User(user_id) => Fact::User(self.people.user(*user_id)),
            Need::Username(name) => Fact::User(self.people.by_name(name).and_then(|user_id| self.people.user(user_id))),
            Need::Profile(user_id) => Fact::Profile(self.people.profile(*user_id).cloned()),
            Need::Peers(user_id) => Fact::Peers(self.people.peers(*user_id, self.guilds_of(*user_id))),
            Need::Friendship(one, other) => Fact::Time(self.people.friends_since(*one, *other)),
            Need::FriendCount(user_id) => Fact::Count(self.people.friend_count(*user_id)),
            Need::FriendRequest(request_id) => Fact::FriendRequest(self.people.pending(*request_id)),
            Need::FriendRequestBetween(one, other) => Fact::Flag(self.people.is_pending(*one, *other)),
            Need::IncomingFriendRequests(user_id) => Fact::Count(self.people.incoming(*user_id).len() as u64),
            Need::OutgoingFriendRequests(user_id) => Fact::Count(self.people.outgoing(*user_id).len() as u64),
            Need::Message(channel_id, message_id) => {
                Fact::Message(self.messages.get(&(*channel_id, *message_id)).cloned())
            }
            Need::Reactions(message_id, viewer) => Fact::Reactions(self.reactions_of(*message_id, *viewer)),
            Need::Reaction(message_id, emoji, user_id) => Fact::Reaction(self.reaction(*message_id, emoji, *user_id)),
            Need::Idempotency(user_id, channel_id, key) => {
                Fact::Idempotency(self.remembered((*user_id, *channel_id, key), now))
            }
            Need::Attachment(channel_id, attachment_id) => {
                Fact::Attachment(self.attachment(*channel_id, *attachment_id).cloned().map(Box::new))
            }
            Need::AttachmentMessage(channel_id, attachment_id) => {
                let message_id = self.attachment(*channel_id, *attachment_id).and_then(|stored| stored.message_id);
                Fact::Message(message_id.and_then(|id| self.messages.get(&(*channel_id, id)).cloned()))
            }
            Need::AttachmentBytes(user_id) => {
                let theirs = self.attachments.values().filter(|stored| stored.record.owner_id == *user_id);
                Fact::Count(theirs.map(|stored| stored.record.size_bytes).sum())
            }
            Need::Session(session_id) => {
                Fact::Session(self.sessions.get(session_id).map(|(session, _)| session.clone()))
            }
            Need::LiveSessions(user_id) => Fact::LiveSessions(self.live_sessions(*user_id, now)),
        }
    }

    fn members_of(&self, guild_id: GuildId) -> impl Iterator<Item = &Arc<Membership>> {
        let from = self.members.range((guild_id, UserId::from_u128(0))..);
        from.take_while(move |((guild, _), _)| *guild == guild_id).map(|(_, membership)| membership)
    }

    fn addresses_of(&self, user_id: UserId, now: Timestamp) -> Vec<Address> {
        let mine = self.addresses.iter().filter(|((user, _), at)| *user == user_id && is_remembered(**at, now));
        let mut mine: Vec<(Timestamp, Address)> = mine.map(|((_, address), at)| (*at, *address)).collect();
        mine.sort_unstable_by(|one, other| other.cmp(one));
        mine.into_iter().map(|(_, address)| address).take(ADDRESSES_PER_USER_MAX).collect()
    }

    fn see(&mut self, seen: &AddressSighting) {
        self.addresses.insert((seen.user_id, seen.address), seen.seen_at);
        let kept = self.addresses_of(seen.user_id, seen.seen_at);
        self.addresses.retain(|(user, address), _| *user != seen.user_id || kept.contains(address));
    }

    fn ban_addresses(&mut self, new: &NewAddressBans) {
        for ban_id in &new.expired {
            self.address_bans.remove(&(new.guild_id, *ban_id));
        }
        for ban in &new.bans {
            let listed = ListedAddressBan {
                ban_id: ban.ban_id,
                source_user_id: new.target_user_id,
                reason: new.reason.clone(),
                created_at: new.created_at,
                expires_at: ban.expires_at,
            };
            self.address_bans.insert((new.guild_id, ban.ban_id), listed);
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

    fn guilds_of(&self, user_id: UserId) -> Vec<GuildId> {
        self.members.keys().filter(|(_, member)| *member == user_id).map(|(guild_id, _)| *guild_id).collect()
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
                if let GraphChange::RoleRemoved(_) = change {
                    let here = self.members.iter_mut().filter(|((guild, _), _)| guild == guild_id);
                    here.for_each(|(_, membership)| Arc::make_mut(membership).follow(change));
                }
            }
            AccessChange::GuildDeleted { guild_id, .. } => {
                self.guilds.remove(guild_id);
                self.members.retain(|(guild, _), _| guild != guild_id);
                self.bans.retain(|(guild, _), _| guild != guild_id);
                self.address_bans.retain(|(guild, _), _| guild != guild_id);
                self.creators.remove(guild_id);
            }
            AccessChange::MemberJoined { guild_id, membership }
            | AccessChange::MemberRoles { guild_id, membership } => {
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
                self.people.create(user.user_id, user.username.clone());
                self.password_hashes.insert(user.user_id, user.password_hash.clone());
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
            Mutation::UpdateProfile(change) => self.people.update(change),
            Mutation::SetImage(change) => self.people.set_image(change),
            Mutation::RequestFriend(request) => self.people.request(request),
            Mutation::AcceptFriendRequest { request, accepted_at } => self.people.accept(request, *accepted_at),
            Mutation::DeleteFriendRequest { request, .. } => self.people.end_request(request),
            Mutation::EndFriendship(end) => self.people.part(end.actor_user_id, end.friend_user_id),
            Mutation::CreateGuild { graph, .. } => {
                self.creators.insert(graph.guild_id, graph.owner_id);
            }
            Mutation::DeleteGuild { guild_id, .. } => {
                let channels = self.guilds.get(guild_id).into_iter().flat_map(|graph| &graph.channels);
                let channels: Vec<ChannelId> = channels.map(|channel| channel.channel_id).collect();
                channels.into_iter().for_each(|channel_id| self.empty_channel(channel_id));
                self.audit.retain(|record| record.guild_id != *guild_id);
            }
            Mutation::BanAddresses(new) => self.ban_addresses(new),
            Mutation::UnbanAddress { guild_id, ban_id, .. } => {
                self.address_bans.remove(&(*guild_id, *ban_id));
            }
            Mutation::SeeAddress(seen) => self.see(seen),
            Mutation::BanUser { guild_id, user_id, actor_user_id, banned_at } => {
                self.bans.insert((*guild_id, *user_id), (*actor_user_id, *banned_at));
            }
            Mutation::UnbanUser { guild_id, user_id, .. } => {
                self.bans.remove(&(*guild_id, *user_id));
            }
            Mutation::CreateMessage { message, idempotency } => {
                if let Some(record) = idempotency {
                    let key = (message.author_id, message.channel_id, record.key.to_string());
                    self.idempotency.insert(key, (message.created_at, record.body.clone(), message.message_id));
                }
                for bound in &message.attachments {
                    if let Some(stored) = self.attachments.get_mut(&bound.attachment_id) {
                        stored.message_id = Some(message.message_id);
                    }
                }
                self.messages.insert((message.channel_id, message.message_id), message.clone());
            }
            Mutation::RecordAttachment(stored) => {
                self.attachments.insert(stored.record.attachment_id, stored.clone());
            }
            Mutation::RemoveAttachment(removal) => {
                self.attachments.remove(&removal.attachment_id);
                if let Some(message) = &removal.message {
                    self.messages.insert((message.channel_id, message.message_id), message.clone());
                }
            }
            Mutation::EditMessage { message, .. } => {
                self.messages.insert((message.channel_id, message.message_id), message.clone());
            }
            Mutation::DeleteMessage { channel_id, message_id, .. } => self.remove_message(*channel_id, *message_id),
            Mutation::DeleteChannel { channel_id, .. } => self.empty_channel(*channel_id),
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
            Mutation::KeepStays { kept, gone } => {
                self.stays.extend(kept.iter().map(|stay| (stay.user_id, stay.clone())));
                self.stays.retain(|user_id, _| !gone.contains(user_id));
            }
            Mutation::UpdateGuild { .. }
            | Mutation::TransferOwnership(_)
            | Mutation::CreateRole { .. }
            | Mutation::UpdateRole(_)
            | Mutation::DeleteRole { .. }
            | Mutation::ReorderRoles(_)
            | Mutation::SetDefaultRole { .. }
            | Mutation::AssignRoles(_)
            | Mutation::SetOverride(_)
            | Mutation::AddMember(_)
            | Mutation::RemoveMember { .. }
            | Mutation::NoteRefusedJoin { .. }
            | Mutation::NoteAddressHit { .. }
            | Mutation::IssueMediaToken { .. }
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

    fn attachment(&self, channel_id: ChannelId, attachment_id: AttachmentId) -> Option<&StoredAttachment> {
        self.attachments.get(&attachment_id).filter(|stored| stored.record.channel_id == channel_id)
    }

    fn empty_channel(&mut self, channel_id: ChannelId) {
        self.attachments.retain(|_, stored| stored.record.channel_id != channel_id);
        let gone: Vec<MessageId> =
            self.messages.keys().filter(|(channel, _)| *channel == channel_id).map(|key| key.1).collect();
        gone.into_iter().for_each(|message_id| self.remove_message(channel_id, message_id));
    }

    fn remove_message(&mut self, channel_id: ChannelId, message_id: MessageId) {
        self.messages.remove(&(channel_id, message_id));
        self.reactions.retain(|(message, _), _| *message != message_id);
        self.attachments.retain(|_, stored| stored.message_id != Some(message_id));
    }

    pub(super) fn page(&self, query: Query, now: Timestamp) -> Page {
        match query {
            // A search needs more than the moment: `search` answers it.
            Query::FactsOnly | Query::Search(_) => Page::FactsOnly,
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
                let found = user_ids.into_iter().filter_map(|user_id| self.people.profile(user_id));
                let summary = |profile: &StoredProfile| UserSummary {
                    user_id: profile.user_id,
                    username: profile.username.clone(),
                    avatar_version: profile.avatar.map_or(0, |avatar| avatar.version),
                };
                Page::Users(found.map(summary).collect())
            }
            Query::Members { guild_id, after, limit } => {
                let later = self.members_of(guild_id).filter(|member| after.is_none_or(|after| member.user_id > after));
                let (members, more) = cut(later.map(|member| Membership::clone(member)), limit);
                Page::Members { members, more }
            }
            Query::Bans { guild_id, after, limit } => {
                let here = self.bans.iter().filter(|((guild, _), _)| *guild == guild_id);
                let mut bans: Vec<_> = here.map(|((_, user_id), (actor, at))| (*at, *user_id, *actor)).collect();
                bans.sort_unstable_by(|one, other| other.cmp(one));
                let older =
                    bans.into_iter().filter(|(at, user_id, _)| after.is_none_or(|after| (*at, *user_id) < after));
                let named = older.filter_map(|(banned_at, user_id, actor_user_id)| {
                    Some(BannedUser { user: self.people.user(user_id)?, banned_at, actor_user_id })
                });
                let (bans, more) = cut(named, limit);
                Page::Bans { bans, more }
            }
            Query::AddressBans { guild_id, before, limit } => {
                let here = self.address_bans.iter().rev().filter(|((guild, _), _)| *guild == guild_id);
                let older = here.filter(|((_, ban_id), _)| before.is_none_or(|before| *ban_id < before));
                let active = older.filter(|(_, ban)| ban.expires_at.is_none_or(|end| end > now));
                let (bans, more) = cut(active.map(|(_, ban)| ban.clone()), limit);
                Page::AddressBans { bans, more }
            }
            Query::Audit { guild_id, before, actions, limit } => {
                let wanted = |record: &&AuditRecord| {
                    record.guild_id == guild_id
                        && before.is_none_or(|before| record.audit_id < before)
                        && actions.as_ref().is_none_or(|actions| actions.contains(&record.action))
                };
                let mut records: Vec<&AuditRecord> = self.audit.iter().filter(wanted).collect();
                records.sort_unstable_by_key(|record| std::cmp::Reverse(record.audit_id));
                let (rows, more) = cut(records.into_iter().map(AuditRecord::row), limit);
                Page::Audit { rows, more }
            }
            Query::Friends(user_id) => Page::Friends(self.people.friends(user_id)),
            Query::FriendRequests(user_id) => Page::FriendRequests {
                incoming: self.people.incoming(user_id),
                outgoing: self.people.outgoing(user_id),
            },
            Query::Image(user_id, kind) => Page::Image(self.people.image(user_id, kind)),
            Query::Stays => Page::Stays(self.stays.values().cloned().collect()),
            Query::Credentials(name) => {
                let hash_of = |user_id| self.password_hashes.get(&user_id).map(|hash| (user_id, hash.clone()));
                let found = self.people.by_name(&name).and_then(hash_of);
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

fn is_remembered(seen_at: Timestamp, now: Timestamp) -> bool {
    seen_at.plus_secs(ADDRESS_MEMORY_SECS) > now
}

/// The first so many, and whether there are more.
fn cut<T>(rows: impl Iterator<Item = T>, limit: u16) -> (Vec<T>, bool) {
    let mut rows: Vec<T> = rows.take(usize::from(limit) + 1).collect();
    let more = rows.len() > usize::from(limit);
    rows.truncate(limit.into());
    (rows, more)
}

fn record(graph: &GuildGraph) -> Guild {
    Guild { guild_id: graph.guild_id, name: graph.name.clone(), visibility: graph.visibility }
}
