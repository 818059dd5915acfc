//! What a decision may look at: a plan names the rows, the store loads them in the deciding transaction, facts answer from them.

use std::sync::Arc;

use filament_protocol::{
    AttachmentId, ChannelId, Emoji, FriendRequestId, GuildId, IdempotencyKey, MessageContent, MessageId, SessionId,
    Timestamp, UserId, Username,
    markdown::tokenize,
    record::{Attachment, Message, Reaction},
};

use crate::{
    actor::Actor,
    address::Address,
    attachment::StoredAttachment,
    audit::{AuditAction, Surface},
    denial::Denial,
    entry::Peers,
    friend::PendingFriendRequest,
    limits::NEEDS_PER_PLAN_MAX,
    permission::{GuildGraph, Membership, Subject, rank},
    profile::StoredProfile,
    stamp::Stamp,
};

/// One row, or one count, that a decision looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// The guild's graph.
    Guild(GuildId),
    /// A membership.
    Member(GuildId, UserId),
    /// The membership of the guild's owner, whoever that is.
    Owner(GuildId),
    /// Every member of the guild, by id, ascending: what a deletion takes along.
    MemberIds(GuildId),
    /// How many members the guild has.
    MemberCount(GuildId),
    /// How many guilds the user is a member of.
    GuildCount(UserId),
    /// How many guilds the user created that still exist.
    GuildsCreated(UserId),
    /// How often the user's effective access has changed (RES-30).
    AccessRevision(UserId),
    /// Whether the user is banned from the guild.
    Ban(GuildId, UserId),
    /// When this user last met the guild's address gate there, as far as the audit log says.
    LastAddressHit(GuildId, UserId, Surface),
    /// Where a user was seen in the last ninety days, newest first, at most `ADDRESSES_PER_USER_MAX`.
    Addresses(UserId),
    /// When a user was last seen at an address.
    AddressSeen(UserId, Address),
    /// When such a refusal of this user was last written to the audit log.
    LastRefusal(GuildId, UserId, AuditAction),
    /// A user.
    User(UserId),
    /// A user by name, ASCII case ignored.
    Username(Username),
    /// A profile.
    Profile(UserId),
    /// The friends and the guilds of a user, ascending: where those are who hear of a change of the profile.
    Peers(UserId),
    /// Since when two users are friends.
    Friendship(UserId, UserId),
    /// How many friends a user has.
    FriendCount(UserId),
    /// A pending request to become friends.
    FriendRequest(FriendRequestId),
    /// Whether a request between two users is pending, in either direction.
    FriendRequestBetween(UserId, UserId),
    /// How many pending requests were made to a user.
    IncomingFriendRequests(UserId),
    /// How many pending requests a user has made.
    OutgoingFriendRequests(UserId),
    /// A message of that channel.
    Message(ChannelId, MessageId),
    /// All reactions of a message as the user sees them, in wire order and within the bounds of `Reaction`.
    Reactions(MessageId, UserId),
    /// One emoji on one message, and whether the user is among its reactors.
    Reaction(MessageId, Emoji, UserId),
    /// What was remembered under an idempotency key within its life.
    Idempotency(UserId, ChannelId, IdempotencyKey),
    /// An attachment of that channel, bound or not.
    Attachment(ChannelId, AttachmentId),
    /// The message of that channel that carries an attachment.
    AttachmentMessage(ChannelId, AttachmentId),
    /// How many bytes of attachments the user keeps, over all guilds, bound and unbound.
    AttachmentBytes(UserId),
    /// A session, ended ones included.
    Session(SessionId),
    /// The live sessions of a user.
    LiveSessions(UserId),
}

/// The answer to one [`Need`], variant by variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// To [`Need::Guild`].
    Guild(Option<Arc<GuildGraph>>),
    /// To [`Need::Member`] and [`Need::Owner`].
    Member(Option<Arc<Membership>>),
    /// To [`Need::MemberIds`].
    MemberIds(Vec<UserId>),
    /// To [`Need::MemberCount`], [`Need::GuildCount`], [`Need::GuildsCreated`], [`Need::AccessRevision`], [`Need::FriendCount`],
    /// [`Need::IncomingFriendRequests`], [`Need::OutgoingFriendRequests`], [`Need::AttachmentBytes`].
    Count(u64),
    /// To [`Need::Ban`] and [`Need::FriendRequestBetween`].
    Flag(bool),
    /// To [`Need::Addresses`].
    Addresses(Vec<Address>),
    /// To [`Need::LastRefusal`], [`Need::LastAddressHit`], [`Need::AddressSeen`] and [`Need::Friendship`].
    Time(Option<Timestamp>),
    /// To [`Need::User`] and [`Need::Username`].
    User(Option<User>),
    /// To [`Need::Profile`].
    Profile(Option<StoredProfile>),
    /// To [`Need::Peers`].
    Peers(Peers),
    /// To [`Need::FriendRequest`].
    FriendRequest(Option<PendingFriendRequest>),
    /// To [`Need::Message`] and [`Need::AttachmentMessage`].
    Message(Option<StoredMessage>),
    /// To [`Need::Reactions`].
    Reactions(Vec<Reaction>),
    /// To [`Need::Reaction`].
    Reaction(ReactionState),
    /// To [`Need::Idempotency`].
    Idempotency(Option<Remembered>),
    /// To [`Need::Attachment`]. Boxed: nothing else here is as large.
    Attachment(Option<Box<StoredAttachment>>),
    /// To [`Need::Session`].
    Session(Option<SessionState>),
    /// To [`Need::LiveSessions`].
    LiveSessions(LiveSessions),
}

/// An account as decisions and answers need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The account.
    pub user_id: UserId,
    /// Its name.
    pub username: Username,
}

/// A message as stored: everything but what depends on the viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage {
    /// The message.
    pub message_id: MessageId,
    /// Its guild.
    pub guild_id: GuildId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// Who wrote it.
    pub author_id: UserId,
    /// The raw text.
    pub content: MessageContent,
    /// Bound attachments, by upload time.
    pub attachments: Vec<Attachment>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When its text last changed.
    pub edited_at: Option<Timestamp>,
}

impl StoredMessage {
    /// The wire record, with the reactions of one viewer.
    #[must_use]
    pub fn record(&self, reactions: Vec<Reaction>) -> Message {
        Message {
            message_id: self.message_id,
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            author_id: self.author_id,
            markdown_tokens: tokenize(self.content.as_str()),
            content: self.content.clone(),
            attachments: self.attachments.clone(),
            reactions,
            created_at_unix: self.created_at,
            edited_at_unix: self.edited_at,
        }
    }
}

/// One emoji on one message.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ReactionState {
    /// Whether the asking user reacted with it.
    pub held: bool,
    /// Users who reacted with it.
    pub count: u32,
    /// Distinct emoji on the message, this one included if `count > 0`.
    pub distinct_emoji: u32,
    /// The lowest user ids among the reactors, ascending, at most `REACTORS_SHOWN_MAX + 1`.
    pub lowest_reactors: Vec<UserId>,
}

/// What was stored under an idempotency key (HTTP-16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The request as it was, compared whole.
    pub body: String,
    /// The message it made, with the reactions the asking user sees; `None` if the message is gone.
    pub message: Option<(StoredMessage, Vec<Reaction>)>,
}

/// A session as stored (§11.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionState {
    /// The session.
    pub session_id: SessionId,
    /// Its user.
    pub user_id: UserId,
    /// The current refresh generation, 1 for the first.
    pub generation: u32,
    /// Recent rotations, oldest first: the generation that was replaced, and when.
    pub rotations: Vec<Rotation>,
    /// When it ends without another refresh.
    pub expires_at: Timestamp,
    /// Expiry of its newest access token.
    pub token_expires_at: Timestamp,
    /// Whether it was ended.
    pub ended: bool,
}

/// One rotation of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The generation that was replaced.
    pub generation: u32,
    /// When.
    pub at: Timestamp,
}

/// The live sessions of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LiveSessions {
    /// How many.
    pub count: u64,
    /// The one whose last use is longest ago.
    pub least_recently_used: Option<SessionId>,
}

/// The rows one decision may look at. Deciding never waits: what is not planned is not there.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FactPlan {
    needs: Vec<Need>,
}

impl FactPlan {
    /// A plan for these needs.
    ///
    /// # Panics
    /// With more than `NEEDS_PER_PLAN_MAX`: plans are written in this crate, and none is that long.
    #[must_use]
    pub fn of(needs: impl IntoIterator<Item = Need>) -> Self {
        let needs: Vec<Need> = needs.into_iter().collect();
        assert!(needs.len() <= NEEDS_PER_PLAN_MAX, "a plan is bounded");
        Self { needs }
    }

    /// What is needed, in the order facts must come.
    #[must_use]
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }
}

/// What a decision knows: its stamp and the planned facts, loaded in one transaction.
#[derive(Clone, Debug)]
pub struct Facts {
    stamp: Stamp,
    known: Vec<(Need, Fact)>,
}

impl Facts {
    /// Joins a plan with the facts a store loaded for it, in the same order.
    ///
    /// # Panics
    /// When the store loaded another number of facts than the plan needs: a defect of that store.
    #[must_use]
    pub fn new(stamp: Stamp, plan: FactPlan, facts: Vec<Fact>) -> Self {
        assert_eq!(plan.needs.len(), facts.len(), "one fact per need");
        Self { stamp, known: plan.needs.into_iter().zip(facts).collect() }
    }

    /// The moment and the ids of this decision.
    #[must_use]
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// The guild's graph, `None` if it does not exist.
    ///
    /// # Errors
    /// [`Denial::Unplanned`], like every accessor here, if the plan did not name it.
    pub fn guild(&self, guild_id: GuildId) -> Result<Option<&GuildGraph>, Denial> {
        match self.find(&Need::Guild(guild_id))? {
            Fact::Guild(graph) => Ok(graph.as_deref()),
            _ => Err(Denial::Unplanned("guild")),
        }
    }

    /// The membership, if there is one.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn member(&self, guild_id: GuildId, user_id: UserId) -> Result<Option<&Membership>, Denial> {
        match self.find(&Need::Member(guild_id, user_id))? {
            Fact::Member(membership) => Ok(membership.as_deref()),
            _ => Err(Denial::Unplanned("member")),
        }
    }

    /// The membership of the guild's owner; `None` if there is no such guild.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn owner(&self, guild_id: GuildId) -> Result<Option<&Membership>, Denial> {
        match self.find(&Need::Owner(guild_id))? {
            Fact::Member(membership) => Ok(membership.as_deref()),
            _ => Err(Denial::Unplanned("owner")),
        }
    }

    /// Every member of the guild, ascending.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn member_ids(&self, guild_id: GuildId) -> Result<&[UserId], Denial> {
        match self.find(&Need::MemberIds(guild_id))? {
            Fact::MemberIds(member_ids) => Ok(member_ids),
            _ => Err(Denial::Unplanned("member ids")),
        }
    }

    /// The actor as a subject of permission rules in the guild. Needs [`Need::Member`] of the actor.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn subject(&self, guild_id: GuildId, actor: &Actor) -> Result<Subject<'_>, Denial> {
        let membership = self.member(guild_id, actor.user_id)?;
        Ok(Subject { user_id: actor.user_id, is_server_owner: actor.is_server_owner, membership })
    }

    /// Refuses a caller whose address the guild bans; owner and server owner are exempt (IPB-3). Comes before everything else.
    /// Needs [`Need::Guild`] and [`Need::Member`] of the actor.
    ///
    /// # Errors
    /// [`Denial::AddressBanned`].
    pub fn pass_gate(&self, guild_id: GuildId, actor: &Actor) -> Result<(), Denial> {
        let (Some(graph), Some(address)) = (self.guild(guild_id)?, actor.address) else {
            return Ok(());
        };
        let is_banned = graph.bans_address(address, self.stamp.now());
        if is_banned && !rank(graph, self.subject(guild_id, actor)?).is_excepted() {
            return Err(Denial::AddressBanned);
        }
        Ok(())
    }

    /// When this user last met the address gate there.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn last_address_hit(
        &self,
        guild_id: GuildId,
        user_id: UserId,
        surface: Surface,
    ) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::LastAddressHit(guild_id, user_id, surface))
    }

    /// When a user was last seen at an address.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn address_seen(&self, user_id: UserId, address: Address) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::AddressSeen(user_id, address))
    }

    /// Where a user was seen, newest first.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn addresses(&self, user_id: UserId) -> Result<&[Address], Denial> {
        match self.find(&Need::Addresses(user_id))? {
            Fact::Addresses(addresses) => Ok(addresses),
            _ => Err(Denial::Unplanned("addresses")),
        }
    }

    /// A planned count.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn count(&self, need: &Need) -> Result<u64, Denial> {
        match self.find(need)? {
            Fact::Count(count) => Ok(*count),
            _ => Err(Denial::Unplanned("count")),
        }
    }

    /// Whether the user is banned.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn is_banned(&self, guild_id: GuildId, user_id: UserId) -> Result<bool, Denial> {
        match self.find(&Need::Ban(guild_id, user_id))? {
            Fact::Flag(banned) => Ok(*banned),
            _ => Err(Denial::Unplanned("ban")),
        }
    }

    /// When such a refusal was last audited.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn last_refusal(
        &self,
        guild_id: GuildId,
        user_id: UserId,
        action: AuditAction,
    ) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::LastRefusal(guild_id, user_id, action))
    }

    fn time(&self, need: &Need) -> Result<Option<Timestamp>, Denial> {
        match self.find(need)? {
            Fact::Time(time) => Ok(*time),
            _ => Err(Denial::Unplanned("time")),
        }
    }

    /// A user by id or by name.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn user(&self, need: &Need) -> Result<Option<&User>, Denial> {
        match self.find(need)? {
            Fact::User(user) => Ok(user.as_ref()),
            _ => Err(Denial::Unplanned("user")),
        }
    }

    /// A profile.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn profile(&self, user_id: UserId) -> Result<Option<&StoredProfile>, Denial> {
        match self.find(&Need::Profile(user_id))? {
            Fact::Profile(profile) => Ok(profile.as_ref()),
            _ => Err(Denial::Unplanned("profile")),
        }
    }

    /// Where those are who hear of a user.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn peers(&self, user_id: UserId) -> Result<&Peers, Denial> {
        match self.find(&Need::Peers(user_id))? {
            Fact::Peers(peers) => Ok(peers),
            _ => Err(Denial::Unplanned("peers")),
        }
    }

    /// Since when two users are friends, in the order they were planned.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn friends_since(&self, one: UserId, other: UserId) -> Result<Option<Timestamp>, Denial> {
        self.time(&Need::Friendship(one, other))
    }

    /// A pending request to become friends.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn friend_request(&self, request_id: FriendRequestId) -> Result<Option<&PendingFriendRequest>, Denial> {
        match self.find(&Need::FriendRequest(request_id))? {
            Fact::FriendRequest(pending) => Ok(pending.as_ref()),
            _ => Err(Denial::Unplanned("friend request")),
        }
    }

    /// Whether a request between two users is pending, in the order they were planned.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn is_friend_request_pending(&self, one: UserId, other: UserId) -> Result<bool, Denial> {
        match self.find(&Need::FriendRequestBetween(one, other))? {
            Fact::Flag(pending) => Ok(*pending),
            _ => Err(Denial::Unplanned("pending friend request")),
        }
    }

    /// A message.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn message(&self, channel_id: ChannelId, message_id: MessageId) -> Result<Option<&StoredMessage>, Denial> {
        match self.find(&Need::Message(channel_id, message_id))? {
            Fact::Message(message) => Ok(message.as_ref()),
            _ => Err(Denial::Unplanned("message")),
        }
    }

    /// An attachment.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn attachment(
        &self,
        channel_id: ChannelId,
        attachment_id: AttachmentId,
    ) -> Result<Option<&StoredAttachment>, Denial> {
        match self.find(&Need::Attachment(channel_id, attachment_id))? {
            Fact::Attachment(attachment) => Ok(attachment.as_deref()),
            _ => Err(Denial::Unplanned("attachment")),
        }
    }

    /// The message that carries an attachment.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn attachment_message(
        &self,
        channel_id: ChannelId,
        attachment_id: AttachmentId,
    ) -> Result<Option<&StoredMessage>, Denial> {
        match self.find(&Need::AttachmentMessage(channel_id, attachment_id))? {
            Fact::Message(message) => Ok(message.as_ref()),
            _ => Err(Denial::Unplanned("message of an attachment")),
        }
    }

    /// The reactions of a message as a user sees them.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn reactions(&self, message_id: MessageId, viewer: UserId) -> Result<&[Reaction], Denial> {
        match self.find(&Need::Reactions(message_id, viewer))? {
            Fact::Reactions(reactions) => Ok(reactions),
            _ => Err(Denial::Unplanned("reactions")),
        }
    }

    /// One emoji on one message.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn reaction(&self, message_id: MessageId, emoji: &Emoji, user_id: UserId) -> Result<&ReactionState, Denial> {
        match self.find(&Need::Reaction(message_id, emoji.clone(), user_id))? {
            Fact::Reaction(state) => Ok(state),
            _ => Err(Denial::Unplanned("reaction")),
        }
    }

    /// What an idempotency key remembers.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn remembered(
        &self,
        user_id: UserId,
        channel_id: ChannelId,
        key: &IdempotencyKey,
    ) -> Result<Option<&Remembered>, Denial> {
        match self.find(&Need::Idempotency(user_id, channel_id, key.clone()))? {
            Fact::Idempotency(remembered) => Ok(remembered.as_ref()),
            _ => Err(Denial::Unplanned("idempotency key")),
        }
    }

    /// A session.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn session(&self, session_id: SessionId) -> Result<Option<&SessionState>, Denial> {
        match self.find(&Need::Session(session_id))? {
            Fact::Session(session) => Ok(session.as_ref()),
            _ => Err(Denial::Unplanned("session")),
        }
    }

    /// The live sessions of a user.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn live_sessions(&self, user_id: UserId) -> Result<LiveSessions, Denial> {
        match self.find(&Need::LiveSessions(user_id))? {
            Fact::LiveSessions(live) => Ok(*live),
            _ => Err(Denial::Unplanned("live sessions")),
        }
    }

    fn find(&self, need: &Need) -> Result<&Fact, Denial> {
        let found = self.known.iter().find(|(known, _)| known == need);
        found.map(|(_, fact)| fact).ok_or(Denial::Unplanned("fact"))
    }
}
