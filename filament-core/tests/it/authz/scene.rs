//! One guild with callers of every kind, and the answers to whatever a plan asks.

use std::{net::IpAddr, sync::Arc};

use filament_core::{
    Actor, Address, AddressBan, BlobName, Command, Denial, Fact, Facts, Limits, LiveSessions, Need, Peers,
    PendingFriendRequest, ReactionState, StampSource, StoredAttachment, StoredFriendRequest, StoredMessage,
    StoredProfile, User,
    permission::{ChannelNode, GuildGraph, Membership, Override, OverrideTarget, RoleNode, seeded_roles},
    read::Read,
};
use filament_protocol::{
    AttachmentId, ChannelId, ChannelKind, FriendRequestId, GuildId, IpBanId, MessageId, Permission, Permissions,
    RoleId, SessionId, SystemKey, Timestamp, UserId, Username, Visibility,
    limits::{FRIEND_REQUESTS_MAX, FRIENDS_MAX},
    record::Attachment,
    text::{Filename, MimeType, Sha256Hex},
};

/// Who calls: a column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Owner,
    ServerOwner,
    Moderator,
    Senior,
    Junior,
    Member,
    Stranger,
    Banned,
    Gated,
}

impl Caller {
    pub(super) const ALL: [Self; 9] = [
        Self::Owner,
        Self::ServerOwner,
        Self::Moderator,
        Self::Senior,
        Self::Junior,
        Self::Member,
        Self::Stranger,
        Self::Banned,
        Self::Gated,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::ServerOwner => "server",
            Self::Moderator => "moderator",
            Self::Senior => "senior",
            Self::Junior => "junior",
            Self::Member => "member",
            Self::Stranger => "stranger",
            Self::Banned => "banned",
            Self::Gated => "gated",
        }
    }

    pub(super) const fn user_id(self) -> UserId {
        UserId::from_u128(self as u128 + 1)
    }

    pub(super) fn actor(self) -> Actor {
        let banned = self == Self::Gated;
        Actor {
            user_id: self.user_id(),
            session_id: SessionId::from_u128(1),
            is_server_owner: self == Self::ServerOwner,
            address: Some(if banned { bad_address() } else { IpAddr::from([192, 0, 2, 1]).into() }),
        }
    }
}

/// Members who are acted on, so that nobody acts on himself by chance.
pub(super) const PLAIN_TARGET: UserId = UserId::from_u128(101);
pub(super) const SENIOR_TARGET: UserId = UserId::from_u128(102);
pub(super) const MODERATOR_TARGET: UserId = UserId::from_u128(103);
/// A user who is no member.
pub(super) const OUTSIDER: UserId = UserId::from_u128(104);
/// Nobody.
pub(super) const UNKNOWN: UserId = UserId::from_u128(105);

pub(super) const GUILD: GuildId = GuildId::from_u128(1_000);
pub(super) const OPEN: ChannelId = ChannelId::from_u128(1_001);
pub(super) const HIDDEN: ChannelId = ChannelId::from_u128(1_002);
pub(super) const SHUT: ChannelId = ChannelId::from_u128(1_003);
/// A voice channel that all see.
pub(super) const VOICE: ChannelId = ChannelId::from_u128(1_006);
pub(super) const MESSAGE: MessageId = MessageId::from_u128(1_004);
/// From the outsider to the member, from the member to the outsider, and from the member to somebody with all the friends there can be.
pub(super) const TO_MEMBER: FriendRequestId = FriendRequestId::from_u128(1_006);
pub(super) const BY_MEMBER: FriendRequestId = FriendRequestId::from_u128(1_007);
pub(super) const TO_FULL: FriendRequestId = FriendRequestId::from_u128(1_008);
pub(super) const BAN: IpBanId = IpBanId::from_u128(1_005);
/// Attachments that the plain member uploaded, in every channel: one that a message carries, and one that none does.
pub(super) const BOUND: AttachmentId = AttachmentId::from_u128(1_011);
pub(super) const UNBOUND: AttachmentId = AttachmentId::from_u128(1_012);
/// Custom roles: at 50, at 10, at 5 with `manage_roles`, which only the owners hold, and at 2 without rights.
pub(super) const SENIOR: RoleId = RoleId::from_u128(50);
pub(super) const JUNIOR: RoleId = RoleId::from_u128(51);
pub(super) const STRONG: RoleId = RoleId::from_u128(52);
pub(super) const WEAK: RoleId = RoleId::from_u128(53);

fn bad_address() -> Address {
    IpAddr::from([203, 0, 113, 9]).into()
}

fn now() -> Timestamp {
    Timestamp::new(1_700_000_000).expect("in range")
}

pub(super) fn seeded(key: SystemKey) -> RoleId {
    graph().seeded(key).expect("seeded").role_id
}

pub(super) fn graph() -> Arc<GuildGraph> {
    let stamp = StampSource::after(0).next(1_700_000_000_000, 1);
    let mut roles = Vec::from(seeded_roles(&stamp, 0));
    use Permission::{DeleteMessage, ManageRoles, PublishScreenShare, PublishVideo};
    let senior = Permissions::ALL
        .difference([ManageRoles, DeleteMessage, PublishVideo, PublishScreenShare].into_iter().collect());
    for (role_id, position, permissions) in [
        (SENIOR, 50, senior),
        (JUNIOR, 10, Permissions::EMPTY),
        (STRONG, 5, ManageRoles.into()),
        (WEAK, 2, Permissions::EMPTY),
    ] {
        let name = "custom".parse().expect("a name");
        roles.push(RoleNode {
            role_id,
            name,
            position,
            is_system: false,
            permissions,
            color_hex: None,
            system_key: None,
        });
    }
    let id =
        |key| OverrideTarget::Role(roles.iter().find(|role| role.system_key == Some(key)).expect("seeded").role_id);
    let view = Permissions::from(Permission::CreateMessage);
    let none = Permissions::EMPTY;
    let over = |target, allow, deny| Override { target, allow, deny, updated_at: now() };
    let hide = over(id(SystemKey::Everyone), none, view);
    let channel = |channel_id, overrides| {
        let name = "channel".parse().expect("a name");
        let kind = if channel_id == VOICE { ChannelKind::Voice } else { ChannelKind::Text };
        ChannelNode { channel_id, name, kind, overrides }
    };
    let channels = vec![
        channel(OPEN, vec![]),
        channel(HIDDEN, vec![hide, over(id(SystemKey::Moderator), view, none)]),
        channel(SHUT, vec![hide]),
        channel(VOICE, vec![]),
    ];
    Arc::new(GuildGraph {
        guild_id: GUILD,
        name: "guild".parse().expect("a name"),
        visibility: Visibility::Public,
        owner_id: Caller::Owner.user_id(),
        default_role_id: None,
        created_at: now(),
        roles,
        channels,
        address_bans: vec![AddressBan { ban_id: BAN, address: bad_address(), expires_at: None }],
    })
}

fn membership(user_id: UserId) -> Option<Arc<Membership>> {
    let callers = Caller::ALL.iter().find(|caller| caller.user_id() == user_id);
    let mut role_ids = match callers {
        Some(Caller::Owner) => vec![seeded(SystemKey::WorkspaceOwner)],
        Some(Caller::Moderator | Caller::Gated) => vec![seeded(SystemKey::Moderator)],
        Some(Caller::Senior) => vec![SENIOR],
        Some(Caller::Junior) => vec![JUNIOR],
        Some(Caller::Member) => vec![seeded(SystemKey::Member)],
        Some(Caller::ServerOwner | Caller::Stranger | Caller::Banned) => return None,
        None if user_id == PLAIN_TARGET => vec![seeded(SystemKey::Member), WEAK],
        None if user_id == SENIOR_TARGET => vec![SENIOR],
        None if user_id == MODERATOR_TARGET => vec![seeded(SystemKey::Moderator)],
        None => return None,
    };
    role_ids.sort_unstable();
    Some(Arc::new(Membership { user_id, role_ids, joined_at: now() }))
}

fn message(channel_id: ChannelId, message_id: MessageId) -> StoredMessage {
    StoredMessage {
        message_id,
        guild_id: GUILD,
        channel_id,
        author_id: Caller::Member.user_id(),
        content: "old".parse().expect("content"),
        attachments: vec![],
        created_at: now(),
        edited_at: None,
    }
}

/// Everybody's friend is the plain target; a request between everybody and the senior target is pending; the moderator target has all
/// the friends there can be, the stranger all the requests of its own, the banned one all the requests to it.
const FRIEND: UserId = PLAIN_TARGET;
const ASKED: UserId = SENIOR_TARGET;
const FULL: UserId = MODERATOR_TARGET;

/// What a caller is called, in the one form that is their own.
fn name_of(user_id: UserId) -> Username {
    format!("user_{}", user_id.as_u128()).parse().expect("a name")
}

fn named(user_id: UserId) -> User {
    User { user_id, username: name_of(user_id) }
}

fn pending(request_id: FriendRequestId) -> Option<PendingFriendRequest> {
    let member = Caller::Member.user_id();
    let (_, sender, recipient, most_friends) = [
        (TO_MEMBER, OUTSIDER, member, 1),
        (BY_MEMBER, member, OUTSIDER, 1),
        (TO_FULL, OUTSIDER, member, FRIENDS_MAX as u64),
    ]
    .into_iter()
    .find(|(known, ..)| *known == request_id)?;
    let (sender, recipient) = (named(sender), named(recipient));
    Some(PendingFriendRequest {
        request: StoredFriendRequest { request_id, sender, recipient, created_at: now() },
        most_friends,
    })
}

fn attachment(channel_id: ChannelId, attachment_id: AttachmentId) -> Option<StoredAttachment> {
    let record = Attachment {
        attachment_id,
        guild_id: GUILD,
        channel_id,
        owner_id: Caller::Member.user_id(),
        filename: Filename::fallback(),
        mime_type: MimeType::new("image/png").expect("a media type"),
        size_bytes: 1,
        sha256_hex: Sha256Hex::new("0".repeat(64)).expect("a digest"),
    };
    let message_id = (attachment_id == BOUND).then_some(MESSAGE);
    let exists = [BOUND, UNBOUND].contains(&attachment_id);
    exists.then_some(StoredAttachment { record, message_id, blob: BlobName::from_bits(1), uploaded_at: now() })
}

fn fact(need: &Need) -> Fact {
    match need {
        Need::Guild(guild_id) => Fact::Guild(Some(graph()).filter(|graph| graph.guild_id == *guild_id)),
        Need::Member(_, user_id) => Fact::Member(membership(*user_id)),
        Need::Owner(_) => Fact::Member(membership(Caller::Owner.user_id())),
        Need::MemberIds(_) => Fact::MemberIds(vec![Caller::Owner.user_id()]),
        Need::MemberCount(_) | Need::GuildCount(_) | Need::GuildsCreated(_) | Need::AccessRevision(_) => Fact::Count(1),
        Need::Ban(_, user_id) => Fact::Flag(*user_id == Caller::Banned.user_id()),
        Need::LastRefusal(..) | Need::LastAddressHit(..) | Need::AddressSeen(..) => Fact::Time(None),
        Need::User(user_id) => {
            let username = "somebody".parse().expect("a name");
            Fact::User((*user_id != UNKNOWN).then_some(User { user_id: *user_id, username }))
        }
        Need::Username(name) => Fact::User(name.strip_prefix("user_").map(|number| User {
            user_id: UserId::from_u128(number.parse().expect("a number")),
            username: name.clone(),
        })),
        Need::Profile(user_id) => Fact::Profile((*user_id != UNKNOWN).then(|| StoredProfile {
            user_id: *user_id,
            username: name_of(*user_id),
            about: "old".parse().expect("a text"),
            avatar: None,
            banner: None,
        })),
        Need::Peers(_) => Fact::Peers(Peers { guild_ids: vec![GUILD], friend_ids: vec![FRIEND] }),
        Need::Friendship(_, other) => Fact::Time((*other == FRIEND).then(now)),
        Need::FriendCount(user_id) => Fact::Count(if *user_id == FULL { FRIENDS_MAX as u64 } else { 1 }),
        Need::IncomingFriendRequests(user_id) => {
            Fact::Count(if *user_id == Caller::Banned.user_id() { FRIEND_REQUESTS_MAX as u64 } else { 1 })
        }
        Need::OutgoingFriendRequests(user_id) => {
            Fact::Count(if *user_id == Caller::Stranger.user_id() { FRIEND_REQUESTS_MAX as u64 } else { 1 })
        }
        Need::FriendRequest(request_id) => Fact::FriendRequest(pending(*request_id)),
        Need::FriendRequestBetween(_, other) => Fact::Flag(*other == ASKED),
        Need::Message(channel_id, message_id) => Fact::Message(Some(message(*channel_id, *message_id))),
        Need::Attachment(channel_id, attachment_id) => {
            Fact::Attachment(attachment(*channel_id, *attachment_id).map(Box::new))
        }
        Need::AttachmentMessage(channel_id, attachment_id) => {
            Fact::Message((*attachment_id == BOUND).then(|| message(*channel_id, MESSAGE)))
        }
        Need::AttachmentBytes(_) => Fact::Count(262_143_999),
        Need::Reactions(..) => Fact::Reactions(vec![]),
        Need::Reaction(..) => Fact::Reaction(ReactionState::default()),
        Need::Idempotency(..) => Fact::Idempotency(None),
        Need::Session(_) => Fact::Session(None),
        Need::LiveSessions(_) => Fact::LiveSessions(LiveSessions::default()),
        Need::Addresses(_) => Fact::Addresses(vec![IpAddr::from([198, 51, 100, 1]).into()]),
    }
}

fn facts(plan: filament_core::FactPlan) -> Facts {
    let loaded = plan.needs().iter().map(fact).collect();
    Facts::new(StampSource::after(0).next(1_700_000_000_000, 2), plan, loaded)
}

/// What a command comes to.
pub(super) fn decided<C: Command<Caller = Actor>>(caller: Caller, command: &C) -> String {
    let mut limits = Limits::default();
    limits.server_owner_user_id = Some(Caller::ServerOwner.user_id());
    match command.decide(caller.actor(), &facts(command.plan(caller.actor())), &limits) {
        Ok(decision) if decision.denial().is_some() => refused(decision.denial()),
        Ok(decision) if decision.mutations().is_empty() => "same".into(),
        Ok(_) => "ok".into(),
        Err(denial) => refused(Some(&denial)),
    }
}

/// Whether a page may be read.
pub(super) fn read<R: Read>(caller: Caller, read: &R) -> String {
    match read.gate(caller.actor(), &facts(read.plan(caller.actor()))) {
        Ok(_) => "ok".into(),
        Err(denial) => refused(Some(&denial)),
    }
}

fn refused(denial: Option<&Denial>) -> String {
    match denial {
        Some(Denial::Hierarchy(rule)) => (*rule).into(),
        Some(Denial::AddressBanned | Denial::JoinAddressBanned) => "gate".into(),
        Some(Denial::SelfLockout) => "HIE-12".into(),
        Some(Denial::OwnerMustTransfer) => "HIE-11".into(),
        Some(other) => other.code().status().to_string(),
        None => String::new(),
    }
}
