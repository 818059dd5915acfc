//! What can be asked for, and what answers it: one variant each for every kind of row, or count, a decision looks at.

use std::sync::Arc;

use filament_protocol::{
    AttachmentId, ChannelId, Emoji, FriendRequestId, GuildId, IdempotencyKey, MessageId, SessionId, Timestamp, UserId,
    Username, record::Reaction,
};

use super::{LiveSessions, ReactionState, Remembered, SessionState, StoredMessage, User};
use crate::{
    address::Address,
    attachment::StoredAttachment,
    audit::{AuditAction, Surface},
    entry::Peers,
    friend::PendingFriendRequest,
    permission::{GuildGraph, Membership},
    profile::StoredProfile,
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
