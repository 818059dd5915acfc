//! The closed language of change: the only way state changes, and the only thing a store must be able to apply.

mod account;
mod address;
mod attachment;
mod channel_override;
mod friend;
mod member;
mod message;
mod ownership;
mod profile;
mod role;
mod session;

pub use account::NewUser;
pub use address::{AddressSighting, NewAddressBans};
pub use attachment::AttachmentRemoval;
pub use channel_override::{OverrideChange, OverrideWord};
pub use friend::FriendshipEnd;
pub use member::{MemberVia, NewMember};
pub use message::{IdempotencyRecord, ReactionChange};
pub use ownership::OwnershipTransfer;
pub use profile::{ImageChange, ProfileChange};
pub use role::{AssignmentCause, RoleAssignment, RoleOrder, RoleUpdate};
pub use session::{NewSession, RotatedSession};

use std::sync::Arc;

use filament_protocol::{
    ChannelId, ChannelName, GuildId, GuildName, IpBanId, MessageId, RoleId, SessionId, Timestamp, UserId, Visibility,
};

use crate::{
    access::MemberLoss,
    attachment::StoredAttachment,
    audit::{AuditAction, Surface},
    facts::StoredMessage,
    friend::StoredFriendRequest,
    permission::{ChannelNode, GuildGraph, RoleNode},
    voice::VoiceRecord,
};

/// One change of stored state. Whoever adds a variant must say in `announce` what the world hears and in every store how it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// An account exists from now on.
    CreateUser(NewUser),
    /// A login.
    OpenSession(NewSession),
    /// A refresh token was replaced by the next generation.
    RotateSession(RotatedSession),
    /// A fresh access token was issued for a session without rotation (AUT-22).
    ExtendSession {
        /// The session's user.
        user_id: UserId,
        /// The session.
        session_id: SessionId,
        /// Expiry of the fresh token.
        token_expires_at: Timestamp,
    },
    /// A session ended.
    EndSession {
        /// The session's user.
        user_id: UserId,
        /// The session.
        session_id: SessionId,
        /// When.
        ended_at: Timestamp,
    },
    /// Name or about text of a profile changed.
    UpdateProfile(ProfileChange),
    /// A profile has another avatar or banner.
    SetImage(ImageChange),
    /// Somebody asks somebody to become a friend.
    RequestFriend(StoredFriendRequest),
    /// Two users are friends from now on; the request is gone.
    AcceptFriendRequest {
        /// The request.
        request: StoredFriendRequest,
        /// When.
        accepted_at: Timestamp,
    },
    /// A request was declined or withdrawn.
    DeleteFriendRequest {
        /// The request.
        request: StoredFriendRequest,
        /// Who declined or withdrew it.
        actor_user_id: UserId,
        /// When.
        deleted_at: Timestamp,
    },
    /// Two users are no friends any more.
    EndFriendship(FriendshipEnd),
    /// A guild exists from now on, with its seeded roles, no channel, and its owner as the only member.
    CreateGuild {
        /// The guild.
        graph: Arc<GuildGraph>,
        /// The roles of its owner.
        owner_role_ids: Vec<RoleId>,
    },
    /// Name or visibility changed; a member is `Some` exactly if it changed.
    UpdateGuild {
        /// The guild.
        guild_id: GuildId,
        /// The new name.
        name: Option<GuildName>,
        /// The new visibility.
        visibility: Option<Visibility>,
        /// Both as they are now, for the graph.
        described: (GuildName, Visibility),
        /// Who.
        actor_user_id: UserId,
        /// When.
        updated_at: Timestamp,
    },
    /// A guild is gone, with its members, roles, channels, bans and audit log.
    DeleteGuild {
        /// The guild.
        guild_id: GuildId,
        /// Everybody who was a member, ascending.
        member_ids: Vec<UserId>,
        /// Who.
        actor_user_id: UserId,
        /// When.
        deleted_at: Timestamp,
    },
    /// A guild changed hands.
    TransferOwnership(OwnershipTransfer),
    /// A user is a member from now on.
    AddMember(NewMember),
    /// A user is no member any more.
    RemoveMember {
        /// The guild.
        guild_id: GuildId,
        /// Who left.
        user_id: UserId,
        /// Why.
        loss: MemberLoss,
        /// Who removed; the member itself when leaving.
        actor_user_id: UserId,
        /// When.
        removed_at: Timestamp,
    },
    /// A user may not join from now on. A member is removed by a mutation of its own, which follows.
    BanUser {
        /// The guild.
        guild_id: GuildId,
        /// Who is banned.
        user_id: UserId,
        /// Who banned.
        actor_user_id: UserId,
        /// When.
        banned_at: Timestamp,
    },
    /// A ban was lifted.
    UnbanUser {
        /// The guild.
        guild_id: GuildId,
        /// Who was banned.
        user_id: UserId,
        /// Who lifted it.
        actor_user_id: UserId,
        /// When.
        unbanned_at: Timestamp,
    },
    /// A role exists from now on.
    CreateRole {
        /// The guild.
        guild_id: GuildId,
        /// The role.
        role: RoleNode,
        /// Who.
        actor_user_id: UserId,
        /// When.
        created_at: Timestamp,
    },
    /// A role has other properties.
    UpdateRole(RoleUpdate),
    /// A role is gone, with its assignments and overrides.
    DeleteRole {
        /// The guild.
        guild_id: GuildId,
        /// The role.
        role_id: RoleId,
        /// Whether new members were given it: they are given none from now on.
        was_default: bool,
        /// Who.
        actor_user_id: UserId,
        /// When.
        deleted_at: Timestamp,
    },
    /// The roles of a guild stand at other positions.
    ReorderRoles(RoleOrder),
    /// New members are given another role, or none.
    SetDefaultRole {
        /// The guild.
        guild_id: GuildId,
        /// The role.
        role_id: Option<RoleId>,
        /// Who.
        actor_user_id: UserId,
        /// When.
        updated_at: Timestamp,
    },
    /// A member holds other roles.
    AssignRoles(RoleAssignment),
    /// An override has other lists, or is gone.
    SetOverride(OverrideChange),
    /// Addresses may not enter.
    BanAddresses(NewAddressBans),
    /// A ban by address was lifted.
    UnbanAddress {
        /// The guild.
        guild_id: GuildId,
        /// The ban.
        ban_id: IpBanId,
        /// Who.
        actor_user_id: UserId,
        /// When.
        removed_at: Timestamp,
    },
    /// A user was seen at an address. The oldest beyond the bounds of IPB-1 are forgotten with it.
    SeeAddress(AddressSighting),
    /// A member met the address gate; only the audit log changes.
    NoteAddressHit {
        /// The guild.
        guild_id: GuildId,
        /// Who was refused.
        user_id: UserId,
        /// Where.
        surface: Surface,
        /// When.
        refused_at: Timestamp,
    },
    /// A join was refused; only the audit log changes.
    NoteRefusedJoin {
        /// The guild.
        guild_id: GuildId,
        /// Who was refused.
        user_id: UserId,
        /// Which refusal.
        action: AuditAction,
        /// When.
        refused_at: Timestamp,
    },
    /// A channel exists from now on, at the end of the order, with its initial overrides.
    CreateChannel {
        /// The guild.
        guild_id: GuildId,
        /// The channel.
        channel: ChannelNode,
        /// Who.
        actor_user_id: UserId,
        /// When.
        created_at: Timestamp,
    },
    /// A channel got another name.
    UpdateChannel {
        /// The guild.
        guild_id: GuildId,
        /// The channel.
        channel_id: ChannelId,
        /// The new name.
        name: ChannelName,
        /// Who.
        actor_user_id: UserId,
        /// When.
        updated_at: Timestamp,
    },
    /// A channel is gone, with its messages, reactions, attachments and overrides.
    DeleteChannel {
        /// The guild.
        guild_id: GuildId,
        /// The channel.
        channel_id: ChannelId,
        /// Who.
        actor_user_id: UserId,
        /// When.
        deleted_at: Timestamp,
    },
    /// The channels of a guild stand in another order.
    ReorderChannels {
        /// The guild.
        guild_id: GuildId,
        /// All channels as they stood.
        before: Vec<ChannelId>,
        /// All channels as they stand now.
        after: Vec<ChannelId>,
        /// Who.
        actor_user_id: UserId,
        /// When.
        updated_at: Timestamp,
    },
    /// A message was written; its attachments are bound to it (ATT-1).
    CreateMessage {
        /// The message.
        message: StoredMessage,
        /// What is remembered for a repeat, if a key was given.
        idempotency: Option<IdempotencyRecord>,
    },
    /// The text of a message changed.
    EditMessage {
        /// The message as it is now.
        message: StoredMessage,
        /// Who edited.
        actor_user_id: UserId,
        /// When.
        updated_at: Timestamp,
    },
    /// A message is gone, with its reactions and attachments (MSG-2).
    DeleteMessage {
        /// The guild.
        guild_id: GuildId,
        /// The channel.
        channel_id: ChannelId,
        /// The message.
        message_id: MessageId,
        /// Its author.
        author_id: UserId,
        /// Who deleted.
        actor_user_id: UserId,
        /// When.
        deleted_at: Timestamp,
    },
    /// A user reacted.
    AddReaction(ReactionChange),
    /// A user took a reaction back.
    RemoveReaction(ReactionChange),
    /// A file was uploaded; no message carries it yet.
    RecordAttachment(StoredAttachment),
    /// An attachment is gone.
    RemoveAttachment(AttachmentRemoval),
    /// A token for the media server was issued; only the audit log changes.
    IssueMediaToken {
        /// The guild.
        guild_id: GuildId,
        /// To whom.
        user_id: UserId,
        /// When.
        issued_at: Timestamp,
    },
    /// Users are in voice channels as said, or in none any more (VOI-8).
    KeepStays {
        /// Their stays, at most one per user.
        kept: Vec<VoiceRecord>,
        /// Users who are in none.
        gone: Vec<UserId>,
    },
}
