//! Answers what a plan asks for.

use filament_protocol::{AttachmentId, ChannelId, Emoji, GuildId, IdempotencyKey, MessageId, Timestamp, UserId};

use super::State;
use crate::{
    address::Address,
    attachment::StoredAttachment,
    audit::{AuditAction, AuditRecord},
    facts::{Fact, LiveSessions, Need, ReactionState, Remembered, SessionState},
    limits::{ADDRESS_MEMORY_SECS, ADDRESSES_PER_USER_MAX, IDEMPOTENCY_SECS, REACTORS_SHOWN_MAX},
};

impl State {
    pub(super) fn fact(&self, need: &Need, now: Timestamp) -> Fact {
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

    pub(super) fn addresses_of(&self, user_id: UserId, now: Timestamp) -> Vec<Address> {
        let mine = self.addresses.iter().filter(|((user, _), at)| *user == user_id && is_remembered(**at, now));
        let mut mine: Vec<(Timestamp, Address)> = mine.map(|((_, address), at)| (*at, *address)).collect();
        mine.sort_unstable_by(|one, other| other.cmp(one));
        mine.into_iter().map(|(_, address)| address).take(ADDRESSES_PER_USER_MAX).collect()
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

    fn reaction(&self, message_id: MessageId, emoji: &Emoji, user_id: UserId) -> ReactionState {
        let users = self.reactions.get(&(message_id, emoji.to_string()));
        ReactionState {
            held: users.is_some_and(|users| users.contains(&user_id)),
            count: users.map_or(0, |users| u32::try_from(users.len()).unwrap_or(u32::MAX)),
            distinct_emoji: u32::try_from(self.reactors(message_id).count()).unwrap_or(u32::MAX),
            lowest_reactors: users.into_iter().flatten().copied().take(REACTORS_SHOWN_MAX + 1).collect(),
        }
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

    fn attachment(&self, channel_id: ChannelId, attachment_id: AttachmentId) -> Option<&StoredAttachment> {
        self.attachments.get(&attachment_id).filter(|stored| stored.record.channel_id == channel_id)
    }
}

fn is_remembered(seen_at: Timestamp, now: Timestamp) -> bool {
    seen_at.plus_secs(ADDRESS_MEMORY_SECS) > now
}
