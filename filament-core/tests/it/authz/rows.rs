//! The rows: a command, a situation, and what it comes to for each caller.

use filament_core::{
    Actor, BlobName, Command, ImageKind, ImageType, Surface,
    decide::{
        address::{BanAddresses, NoteAddressHit, UnbanAddress},
        assignment::{AssignRole, SetLegacyRole, UnassignRole},
        attachment::{BeginUpload, DeleteAttachment, RecordUpload},
        channel::{CreateChannel, DeleteChannel, InitialOverride, ReorderChannels, UpdateChannel},
        channel_override::{DeleteOverride, OverrideAim, SetOverride},
        friend::{AcceptFriendRequest, DeleteFriendRequest, RemoveFriend, RequestFriend},
        guild::{CreateGuild, JoinGuild, LeaveGuild, UpdateGuild},
        member::AddMember,
        message::{CreateMessage, DeleteMessage, EditMessage},
        moderation::{BanUser, KickMember, UnbanUser},
        ownership::{DeleteGuild, TransferOwnership},
        profile::{SetImage, UpdateProfile},
        reaction::{AddReaction, ReactionTarget, RemoveReaction},
        role::{CreateRole, DeleteRole, ReorderRoles, SetDefaultRole, UpdateRole},
        voice::IssueVoiceToken,
    },
    permission::OverrideTarget,
    read::{
        ExplainPermission, ListAddressBans, ListAudit, ListBans, ListChannels, ListFriendRequests, ListFriends,
        ListGuilds, ListMembers, ListMessages, ListOverrides, ListPublicGuilds, ListRoles, LookUpUsers, MaintainSearch,
        Read, ReadAttachment, ReadChannelPermissions, ReadGuild, ReadGuildAccess, ReadProfile, ReadVoiceChannel,
        SearchMessages,
    },
    voice::VoiceGrants,
};
use filament_protocol::{
    AttachmentId, ChannelId, ChannelKind, LegacyRole, Patch, Permission, Permissions, RoleId, SearchTerms, SystemKey,
    UserId, Visibility,
    text::{Filename, MimeType, Sha256Hex},
};

use super::scene::{
    BAN, BOUND, BY_MEMBER, Caller, GUILD, HIDDEN, JUNIOR, MESSAGE, MODERATOR_TARGET, OPEN, OUTSIDER, PLAIN_TARGET,
    SENIOR, SENIOR_TARGET, SHUT, STRONG, TO_FULL, TO_MEMBER, UNBOUND, UNKNOWN, VOICE, WEAK, decided, read, seeded,
};

type Rows = Vec<(String, Vec<String>)>;

const CHANNELS: [(&str, ChannelId); 4] =
    [("open", OPEN), ("hidden", HIDDEN), ("shut", SHUT), ("no such", ChannelId::from_u128(9))];

fn command<C: Command<Caller = Actor>>(rows: &mut Rows, label: &str, command: impl Fn(Caller) -> C) {
    rows.push((label.into(), Caller::ALL.iter().map(|caller| decided(*caller, &command(*caller))).collect()));
}

fn page<R: Read>(rows: &mut Rows, label: &str, page: &R) {
    rows.push((label.into(), Caller::ALL.iter().map(|caller| read(*caller, page)).collect()));
}

pub(super) fn rows() -> Rows {
    let mut rows = Rows::new();
    guilds(&mut rows);
    members(&mut rows);
    roles(&mut rows);
    assignments(&mut rows);
    channels(&mut rows);
    overrides(&mut rows);
    messages(&mut rows);
    attachments(&mut rows);
    voice(&mut rows);
    addresses(&mut rows);
    people(&mut rows);
    reads(&mut rows);
    rows
}

fn guilds(rows: &mut Rows) {
    let name = || "another".parse().expect("a name");
    command(rows, "CreateGuild", |_| CreateGuild { name: name(), visibility: Visibility::Private });
    command(rows, "UpdateGuild another name", |_| UpdateGuild {
        guild_id: GUILD,
        name: Some(name()),
        visibility: None,
    });
    command(rows, "UpdateGuild the same", |_| UpdateGuild { guild_id: GUILD, name: None, visibility: None });
    command(rows, "DeleteGuild", |_| DeleteGuild { guild_id: GUILD });
    let to = |user_id| TransferOwnership { guild_id: GUILD, user_id };
    command(rows, "TransferOwnership to a member", |_| to(PLAIN_TARGET));
    command(rows, "TransferOwnership to an outsider", |_| to(OUTSIDER));
    command(rows, "TransferOwnership to the owner", |_| to(Caller::Owner.user_id()));
    command(rows, "JoinGuild", |_| JoinGuild { guild_id: GUILD });
    command(rows, "LeaveGuild", |_| LeaveGuild { guild_id: GUILD });
}

/// Everybody that can be acted on.
const TARGETS: [(&str, UserId); 6] = [
    ("a member", PLAIN_TARGET),
    ("a senior", SENIOR_TARGET),
    ("a moderator", MODERATOR_TARGET),
    ("the owner", Caller::Owner.user_id()),
    ("an outsider", OUTSIDER),
    ("nobody known", UNKNOWN),
];

fn each_target<C: Command<Caller = Actor>>(rows: &mut Rows, name: &str, of: impl Fn(UserId) -> C) {
    for (who, user_id) in TARGETS {
        command(rows, &format!("{name} {who}"), |_| of(user_id));
    }
    command(rows, &format!("{name} oneself"), |caller| of(caller.user_id()));
}

fn members(rows: &mut Rows) {
    let guild_id = GUILD;
    each_target(rows, "AddMember", |user_id| AddMember { guild_id, user_id });
    command(rows, "AddMember somebody banned", |_| AddMember { guild_id, user_id: Caller::Banned.user_id() });
    each_target(rows, "KickMember", |user_id| KickMember { guild_id, user_id });
    each_target(rows, "BanUser", |user_id| BanUser { guild_id, user_id });
    command(rows, "BanUser the server owner", |_| BanUser { guild_id, user_id: Caller::ServerOwner.user_id() });
    command(rows, "BanUser somebody banned", |_| BanUser { guild_id, user_id: Caller::Banned.user_id() });
    command(rows, "UnbanUser somebody banned", |_| UnbanUser { guild_id, user_id: Caller::Banned.user_id() });
    command(rows, "UnbanUser a member", |_| UnbanUser { guild_id, user_id: PLAIN_TARGET });
}

/// Every role that can be acted on.
fn targets() -> [(&'static str, RoleId); 9] {
    [
        ("everyone", seeded(SystemKey::Everyone)),
        ("workspace_owner", seeded(SystemKey::WorkspaceOwner)),
        ("moderator", seeded(SystemKey::Moderator)),
        ("member", seeded(SystemKey::Member)),
        ("senior", SENIOR),
        ("junior", JUNIOR),
        ("manage_roles at 5", STRONG),
        ("nothing at 2", WEAK),
        ("no such role", RoleId::from_u128(9)),
    ]
}

fn each_role<C: Command<Caller = Actor>>(rows: &mut Rows, name: &str, of: impl Fn(RoleId) -> C) {
    for (which, role_id) in targets() {
        command(rows, &format!("{name} {which}"), |_| of(role_id));
    }
}

fn roles(rows: &mut Rows) {
    let guild_id = GUILD;
    let create = |name: &str, permissions, position| CreateRole {
        guild_id,
        name: name.parse().expect("a name"),
        permissions,
        position,
        color_hex: None,
    };
    let none = Permissions::EMPTY;
    command(rows, "CreateRole without rights", |_| create("fresh", none, None));
    command(rows, "CreateRole with manage_roles", |_| create("fresh", Permission::ManageRoles.into(), None));
    command(rows, "CreateRole at 50", |_| create("fresh", none, Some(50)));
    command(rows, "CreateRole at 9999", |_| create("fresh", none, Some(9_999)));
    command(rows, "CreateRole at 0", |_| create("fresh", none, Some(0)));
    command(rows, "CreateRole named Moderator", |_| create("Moderator", none, None));
    let update = |role_id| UpdateRole { guild_id, role_id, name: None, permissions: None, color_hex: Patch::Keep };
    let name = || Some("fresh".parse().expect("a name"));
    let with =
        |permission: Permission| move |role_id| UpdateRole { permissions: Some(permission.into()), ..update(role_id) };
    each_role(rows, "UpdateRole rename", |role_id| UpdateRole { name: name(), ..update(role_id) });
    each_role(rows, "UpdateRole colour", |role_id| UpdateRole {
        color_hex: Patch::Set("#00FF00".parse().expect("a colour")),
        ..update(role_id)
    });
    each_role(rows, "UpdateRole grant manage_roles", with(Permission::ManageRoles));
    each_role(rows, "UpdateRole grant ban_member", with(Permission::BanMember));
    each_role(rows, "DeleteRole", |role_id| DeleteRole { guild_id, role_id });
    each_role(rows, "SetDefaultRole", |role_id| SetDefaultRole { guild_id, role_id: Some(role_id) });
    command(rows, "SetDefaultRole none", |_| SetDefaultRole { guild_id, role_id: None });
    let order = |role_ids: &[RoleId]| ReorderRoles { guild_id, role_ids: role_ids.to_vec() };
    command(rows, "ReorderRoles the lowest", |_| order(&[WEAK, STRONG]));
    command(rows, "ReorderRoles as they are", |_| order(&[STRONG, WEAK]));
    command(rows, "ReorderRoles up to senior", |_| order(&[JUNIOR, SENIOR]));
    command(rows, "ReorderRoles everyone", |_| order(&[seeded(SystemKey::Everyone), WEAK]));
    command(rows, "ReorderRoles one twice", |_| order(&[WEAK, WEAK]));
    command(rows, "ReorderRoles no such role", |_| order(&[RoleId::from_u128(9)]));
}

fn assignments(rows: &mut Rows) {
    let guild_id = GUILD;
    each_role(rows, "AssignRole to a member:", |role_id| AssignRole { guild_id, role_id, user_id: PLAIN_TARGET });
    each_target(rows, "AssignRole junior to", |user_id| AssignRole { guild_id, role_id: JUNIOR, user_id });
    each_role(rows, "UnassignRole from a member:", |role_id| UnassignRole { guild_id, role_id, user_id: PLAIN_TARGET });
    each_target(rows, "UnassignRole senior from", |user_id| UnassignRole { guild_id, role_id: SENIOR, user_id });
    for role in [LegacyRole::Owner, LegacyRole::Moderator, LegacyRole::Member] {
        let name = format!("SetLegacyRole {}:", role.name());
        each_target(rows, &name, |user_id| SetLegacyRole { guild_id, user_id, role });
    }
}

fn channels(rows: &mut Rows) {
    let guild_id = GUILD;
    let name = || "another".parse().expect("a name");
    let create = |overrides| CreateChannel { guild_id, name: name(), kind: ChannelKind::Text, overrides };
    let everyone = OverrideTarget::Role(seeded(SystemKey::Everyone));
    let with = |target, deny: Permission| InitialOverride { target, allow: Permissions::EMPTY, deny: deny.into() };
    command(rows, "CreateChannel", |_| create(vec![]));
    command(rows, "CreateChannel hidden from everyone", |_| create(vec![with(everyone, Permission::CreateMessage)]));
    command(rows, "CreateChannel denying publish_video", |_| create(vec![with(everyone, Permission::PublishVideo)]));
    command(rows, "CreateChannel denying seniors", |_| {
        create(vec![with(OverrideTarget::Role(SENIOR), Permission::CreateMessage)])
    });
    for (which, channel_id) in CHANNELS {
        command(rows, &format!("UpdateChannel {which}"), |_| UpdateChannel { guild_id, channel_id, name: name() });
        command(rows, &format!("DeleteChannel {which}"), |_| DeleteChannel { guild_id, channel_id });
    }
    command(rows, "ReorderChannels", |_| ReorderChannels { guild_id, channel_ids: vec![SHUT, OPEN] });
}

fn overrides(rows: &mut Rows) {
    let guild_id = GUILD;
    let put = |channel_id, aim, deny: Permission| {
        let (allow, deny) = (Permissions::EMPTY, deny.into());
        SetOverride { guild_id, channel_id, aim, allow, deny }
    };
    let role = |role_id| OverrideAim::Target(OverrideTarget::Role(role_id));
    let member = |user_id| OverrideAim::Target(OverrideTarget::Member(user_id));
    for (which, channel_id) in CHANNELS {
        let deny = put(channel_id, role(WEAK), Permission::SubscribeStreams);
        command(rows, &format!("SetOverride {which} nothing at 2"), |_| deny);
    }
    each_role(rows, "SetOverride open", |role_id| put(OPEN, role(role_id), Permission::SubscribeStreams));
    command(rows, "SetOverride open everyone publish_video", |_| {
        put(OPEN, role(seeded(SystemKey::Everyone)), Permission::PublishVideo)
    });
    command(rows, "SetOverride open everyone create_message", |_| {
        put(OPEN, role(seeded(SystemKey::Everyone)), Permission::CreateMessage)
    });
    each_target(rows, "SetOverride open", |user_id| put(OPEN, member(user_id), Permission::SubscribeStreams));
    for word in LegacyRole::ALL {
        let aim = OverrideAim::Seeded(*word);
        command(rows, &format!("SetOverride open word {}", word.name()), |_| {
            put(OPEN, aim, Permission::SubscribeStreams)
        });
    }
    let delete = |channel_id, key| DeleteOverride { guild_id, channel_id, target: OverrideTarget::Role(seeded(key)) };
    command(rows, "DeleteOverride hidden everyone", |_| delete(HIDDEN, SystemKey::Everyone));
    command(rows, "DeleteOverride hidden moderator", |_| delete(HIDDEN, SystemKey::Moderator));
    command(rows, "DeleteOverride open where none is", |_| delete(OPEN, SystemKey::Member));
}

fn messages(rows: &mut Rows) {
    let guild_id = GUILD;
    for (which, channel_id) in CHANNELS {
        command(rows, &format!("CreateMessage {which}"), |_| CreateMessage {
            guild_id,
            channel_id,
            content: "new".parse().expect("content"),
            attachment_ids: vec![],
            idempotency_key: None,
        });
    }
    for (which, channel_id) in CHANNELS {
        let message_id = MESSAGE;
        let content = || "new".parse().expect("content");
        let of = format!("{which}, of the member");
        command(rows, &format!("EditMessage {of}"), |_| EditMessage {
            guild_id,
            channel_id,
            message_id,
            content: content(),
        });
        command(rows, &format!("DeleteMessage {of}"), |_| DeleteMessage { guild_id, channel_id, message_id });
        let target = || ReactionTarget { guild_id, channel_id, message_id, emoji: "x".parse().expect("an emoji") };
        command(rows, &format!("AddReaction {which}"), |_| AddReaction(target()));
        command(rows, &format!("RemoveReaction {which}, not held"), |_| RemoveReaction(target()));
    }
}

fn attachments(rows: &mut Rows) {
    let guild_id = GUILD;
    let record = |channel_id, size_bytes| RecordUpload {
        guild_id,
        channel_id,
        filename: Filename::fallback(),
        mime_type: MimeType::new("image/png").expect("a media type"),
        size_bytes,
        sha256_hex: Sha256Hex::new("0".repeat(64)).expect("a digest"),
        blob: BlobName::from_bits(1),
    };
    for (which, channel_id) in CHANNELS {
        let begin = |size_bytes_min| BeginUpload { guild_id, channel_id, size_bytes_min };
        command(rows, &format!("BeginUpload {which}"), |_| begin(1));
        command(rows, &format!("RecordUpload {which}"), |_| record(channel_id, 1));
        let delete = |attachment_id| DeleteAttachment { guild_id, channel_id, attachment_id };
        command(rows, &format!("DeleteAttachment {which}, of the member"), |_| delete(BOUND));
        page(rows, &format!("ReadAttachment {which}"), &ReadAttachment { guild_id, channel_id, attachment_id: BOUND });
    }
    command(rows, "RecordUpload beyond the quota", |_| record(OPEN, 2));
    let carry = |attachment_id| CreateMessage {
        guild_id,
        channel_id: OPEN,
        content: "".parse().expect("content"),
        attachment_ids: vec![attachment_id],
        idempotency_key: None,
    };
    command(rows, "CreateMessage with the member's upload", |_| carry(UNBOUND));
    command(rows, "CreateMessage with what another carries", |_| carry(BOUND));
    let delete = |attachment_id| DeleteAttachment { guild_id, channel_id: OPEN, attachment_id };
    command(rows, "DeleteAttachment unbound, of the member", |_| delete(UNBOUND));
    command(rows, "DeleteAttachment no such attachment", |_| delete(AttachmentId::from_u128(9)));
    let read = |attachment_id| ReadAttachment { guild_id, channel_id: OPEN, attachment_id };
    page(rows, "ReadAttachment unbound, of the member", &read(UNBOUND));
    page(rows, "ReadAttachment no such attachment", &read(AttachmentId::from_u128(9)));
}

fn voice(rows: &mut Rows) {
    let ask = |channel_id, bits| IssueVoiceToken { guild_id: GUILD, channel_id, wanted: VoiceGrants::from_bits(bits) };
    for (what, bits) in
        [("a microphone", 1), ("a camera", 2), ("a camera or a microphone", 3), ("a screen", 4), ("receiving", 8)]
    {
        command(rows, &format!("IssueVoiceToken for {what}"), |_| ask(VOICE, bits));
    }
    for (which, channel_id) in CHANNELS {
        command(rows, &format!("IssueVoiceToken text, {which}"), |_| ask(channel_id, 1));
        let wanted = None;
        page(rows, &format!("ReadVoiceChannel {which}"), &ReadVoiceChannel { guild_id: GUILD, channel_id, wanted });
    }
}

fn addresses(rows: &mut Rows) {
    let guild_id = GUILD;
    each_target(rows, "BanAddresses of", |target_user_id| BanAddresses {
        guild_id,
        target_user_id,
        reason: None,
        expires_in_secs: None,
    });
    command(rows, "UnbanAddress", |_| UnbanAddress { guild_id, ban_id: BAN });
    command(rows, "UnbanAddress no such ban", |_| UnbanAddress {
        guild_id,
        ban_id: filament_protocol::Id::from_u128(9),
    });
    command(rows, "NoteAddressHit", |_| NoteAddressHit { guild_id, surface: Surface::Rest });
}

fn people(rows: &mut Rows) {
    let name = |user_id: UserId| Some(format!("user_{}", user_id.as_u128()).parse().expect("a name"));
    let update = |username, about: Option<&str>| UpdateProfile {
        username,
        about: about.map(|about| about.parse().expect("a text")),
    };
    command(rows, "UpdateProfile another name", |_| update(Some("fresh".parse().expect("a name")), None));
    command(rows, "UpdateProfile a name that is taken", |_| update(name(OUTSIDER), None));
    command(rows, "UpdateProfile one's own name", |caller| update(name(caller.user_id()), None));
    command(rows, "UpdateProfile another text", |_| update(None, Some("new")));
    command(rows, "UpdateProfile the same text", |_| update(None, Some("old")));
    command(rows, "SetImage", |_| SetImage {
        kind: ImageKind::Avatar,
        media: ImageType::Png,
        blob: BlobName::from_bits(1),
    });
    let ask = |recipient_id| RequestFriend { recipient_id };
    command(rows, "RequestFriend an outsider", |_| ask(OUTSIDER));
    command(rows, "RequestFriend a friend", |_| ask(PLAIN_TARGET));
    command(rows, "RequestFriend who is asked already", |_| ask(SENIOR_TARGET));
    command(rows, "RequestFriend who has 500 friends", |_| ask(MODERATOR_TARGET));
    command(rows, "RequestFriend whom 100 have asked", |_| ask(Caller::Banned.user_id()));
    command(rows, "RequestFriend nobody known", |_| ask(UNKNOWN));
    command(rows, "RequestFriend oneself", |caller| ask(caller.user_id()));
    for (which, request_id) in [
        ("to the member", TO_MEMBER),
        ("by the member", BY_MEMBER),
        ("to the member, one full", TO_FULL),
        ("no such request", filament_protocol::Id::from_u128(9)),
    ] {
        command(rows, &format!("AcceptFriendRequest {which}"), |_| AcceptFriendRequest { request_id });
        command(rows, &format!("DeleteFriendRequest {which}"), |_| DeleteFriendRequest { request_id });
    }
    command(rows, "RemoveFriend a friend", |_| RemoveFriend { user_id: PLAIN_TARGET });
    command(rows, "RemoveFriend nobody's friend", |_| RemoveFriend { user_id: OUTSIDER });
    command(rows, "RemoveFriend oneself", |caller| RemoveFriend { user_id: caller.user_id() });
}

fn reads(rows: &mut Rows) {
    let guild_id = GUILD;
    let terms = SearchTerms::parse(&"word".parse().expect("a text")).expect("terms");
    let search = || SearchMessages { guild_id, channel_id: None, terms: terms.clone(), before: None, limit: 1 };
    page(rows, "ListGuilds", &ListGuilds);
    page(rows, "ListPublicGuilds", &ListPublicGuilds { text: "".parse().expect("a text"), limit: 1 });
    page(rows, "ReadGuild", &ReadGuild { guild_id });
    page(rows, "ReadGuildAccess", &ReadGuildAccess { guild_id });
    page(rows, "ListMembers", &ListMembers { guild_id, after: None, limit: 1 });
    page(rows, "ListRoles", &ListRoles { guild_id });
    page(rows, "ListBans", &ListBans { guild_id, after: None, limit: 1 });
    page(rows, "ListAddressBans", &ListAddressBans { guild_id, before: None, limit: 1 });
    page(rows, "ListAudit", &ListAudit { guild_id, before: None, action_prefix: None, limit: 1 });
    page(rows, "ListChannels", &ListChannels { guild_id, manageable: false });
    page(rows, "SearchMessages", &search());
    page(rows, "MaintainSearch", &MaintainSearch { guild_id });
    page(rows, "ListChannels manageable", &ListChannels { guild_id, manageable: true });
    for (which, channel_id) in CHANNELS {
        page(rows, &format!("ReadChannelPermissions {which}"), &ReadChannelPermissions { guild_id, channel_id });
        page(rows, &format!("ListMessages {which}"), &ListMessages { guild_id, channel_id, before: None, limit: 1 });
        page(rows, &format!("SearchMessages {which}"), &SearchMessages { channel_id: Some(channel_id), ..search() });
        page(rows, &format!("ListOverrides {which}"), &ListOverrides { guild_id, channel_id });
    }
    let (user_id, permission) = (PLAIN_TARGET, Permission::CreateMessage);
    let explain = ExplainPermission { guild_id, user_id, is_server_owner: false, channel_id: None, permission };
    page(rows, "ExplainPermission", &explain);
    page(rows, "ReadProfile", &ReadProfile { user_id });
    page(rows, "ListFriends", &ListFriends);
    page(rows, "ListFriendRequests", &ListFriendRequests);
    page(rows, "LookUpUsers", &LookUpUsers { user_ids: vec![user_id] });
}
