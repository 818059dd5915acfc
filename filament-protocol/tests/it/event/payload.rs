//! One payload of every event, as the contract writes it.

use filament_protocol::EventKind;

/// One event with every optional member present: the payload as the contract writes it, ids shortened to `$1`, `$2` …;
/// then the members that may be absent, and those that may be null.
pub(super) struct Vector {
    pub(super) kind: EventKind,
    pub(super) payload: &'static str,
    pub(super) optional: &'static [&'static str],
    pub(super) nullable: &'static [&'static str],
    /// Members that may only be absent together with another one.
    pub(super) together: &'static [&'static str],
}

const fn vector(kind: EventKind, payload: &'static str, optional: &'static [&'static str]) -> Vector {
    Vector { kind, payload, optional, nullable: &[], together: &[] }
}

pub(super) const PARTICIPANT: &str = r#"{"user_id":"$1","identity":"u.x","joined_at_unix":5,"updated_at_unix":6,"is_muted":false,"is_deafened":true,"is_speaking":false,"is_video_enabled":true,"is_screen_share_enabled":false}"#;

pub(super) const ATTACHMENT: &str = r#"{"attachment_id":"$7","guild_id":"$1","channel_id":"$2","owner_id":"$4","filename":"a b.png","mime_type":"image/png","size_bytes":26214400,"sha256_hex":"$sha"}"#;

pub(super) const TOKENS: &str = r##"[{"type":"paragraph_start"},{"type":"paragraph_end"},{"type":"heading_start","level":6},{"type":"heading_end"},{"type":"emphasis_start"},{"type":"emphasis_end"},{"type":"strong_start"},{"type":"strong_end"},{"type":"list_start","ordered":true},{"type":"list_end"},{"type":"list_item_start"},{"type":"list_item_end"},{"type":"link_start","href":"https://e.x"},{"type":"link_end"},{"type":"text","text":"t"},{"type":"code","code":"c"},{"type":"fenced_code","language":"rust","code":"f"},{"type":"fenced_code","language":null,"code":"i"},{"type":"soft_break"},{"type":"hard_break"}]"##;

pub(super) const VECTORS: &[Vector] = &[
    vector(
        EventKind::Ready,
        r#"{"user_id":"$1","session_id":"$2","heartbeat_interval_ms":30000,"features":["batch","resume"],"server_time_unix":1760000000,"token_expires_at_unix":1760000900,"resume":"replaying"}"#,
        &["d.resume"],
    ),
    vector(EventKind::Subscribed, r#"{"guild_id":"$1","channel_id":"$2","ref":"r"}"#, &["d.ref"]),
    vector(
        EventKind::Unsubscribed,
        r#"{"guild_id":"$1","channel_id":"$2","reason":"access_revoked","ref":"r"}"#,
        &["d.channel_id", "d.ref"],
    ),
    vector(
        EventKind::Error,
        r#"{"code":"forbidden","message":"no","command":"subscribe","guild_id":"$1","channel_id":"$2","ref":"r","retry_after_ms":0}"#,
        &["d.command", "d.guild_id", "d.channel_id", "d.ref", "d.retry_after_ms"],
    ),
    vector(
        EventKind::PresenceSync,
        r#"{"guild_id":"$1","user_ids":["$2","$3"],"truncated":true,"online_count":1025}"#,
        &["d.truncated", "d.online_count"],
    ),
    vector(
        EventKind::VoiceParticipantSync,
        r#"{"guild_id":"$1","channel_id":"$2","participants":[$participant],"synced_at_unix":7}"#,
        &[],
    ),
    vector(
        EventKind::Batch,
        r#"{"s":1,"cursor":"c-_9","events":[{"v":1,"t":"heartbeat_ack","d":{"s":1,"access_rev":0,"server_time_unix":1}}]}"#,
        &["d.cursor"],
    ),
    Vector {
        kind: EventKind::Reset,
        payload: r#"{"reason":"visibility_gap","guild_id":"$1","channel_id":"$2"}"#,
        optional: &[],
        nullable: &[],
        together: &["d.guild_id", "d.channel_id"],
    },
    vector(EventKind::CaughtUp, r#"{"replayed":2000,"reset":false}"#, &[]),
    vector(EventKind::HeartbeatAck, r#"{"s":0,"access_rev":0,"server_time_unix":1}"#, &[]),
    vector(EventKind::Closing, r#"{"code":1001,"name":"going_away","retry_after_ms":5000}"#, &["d.retry_after_ms"]),
    Vector {
        kind: EventKind::MessageCreate,
        payload: r#"{"message_id":"$3","guild_id":"$1","channel_id":"$2","author_id":"$4","content":"h\u0001\"é🌊","markdown_tokens":$tokens,"attachments":[$attachment],"reactions":[{"emoji":"🎉","count":2,"reacted_by_me":false,"reactor_user_ids":["$5","$6"]}],"created_at_unix":1,"edited_at_unix":9007199254740991}"#,
        optional: &["d.edited_at_unix", "d.reactions[0].reactor_user_ids"],
        nullable: &["d.markdown_tokens[16].language", "d.markdown_tokens[17].language"],
        together: &[],
    },
    Vector {
        kind: EventKind::MessageUpdate,
        payload: r#"{"guild_id":"$1","channel_id":"$2","message_id":"$3","updated_fields":{"content":"","markdown_tokens":$tokens,"attachments":[]},"updated_at_unix":1}"#,
        optional: &["d.updated_fields.attachments"],
        nullable: &["d.updated_fields.markdown_tokens[16].language", "d.updated_fields.markdown_tokens[17].language"],
        together: &[],
    },
    vector(
        EventKind::MessageDelete,
        r#"{"guild_id":"$1","channel_id":"$2","message_id":"$3","deleted_at_unix":1}"#,
        &[],
    ),
    vector(
        EventKind::MessageReaction,
        r#"{"guild_id":"$1","channel_id":"$2","message_id":"$3","emoji":"🎉","count":0,"operation":"remove","actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::ChannelCreate,
        r#"{"guild_id":"$1","channel":{"channel_id":"$2","name":"general","kind":"text"}}"#,
        &[],
    ),
    vector(
        EventKind::ChannelUpdate,
        r#"{"guild_id":"$1","channel_id":"$2","updated_fields":{"name":"new"},"updated_at_unix":1}"#,
        &[],
    ),
    vector(EventKind::ChannelDelete, r#"{"guild_id":"$1","channel_id":"$2","deleted_at_unix":1}"#, &[]),
    vector(EventKind::ChannelReorder, r#"{"guild_id":"$1","channel_ids":["$3","$2"],"updated_at_unix":1}"#, &[]),
    vector(EventKind::PresenceUpdate, r#"{"guild_id":"$1","user_id":"$2","status":"offline"}"#, &[]),
    vector(EventKind::VoiceParticipantJoin, r#"{"guild_id":"$1","channel_id":"$2","participant":$participant}"#, &[]),
    vector(
        EventKind::VoiceParticipantLeave,
        r#"{"guild_id":"$1","channel_id":"$2","user_id":"$3","identity":"u.x","left_at_unix":1}"#,
        &[],
    ),
    vector(
        EventKind::VoiceParticipantUpdate,
        r#"{"guild_id":"$1","channel_id":"$2","user_id":"$3","identity":"u.x","updated_fields":{"is_muted":true,"is_deafened":false,"is_speaking":true,"is_video_enabled":false,"is_screen_share_enabled":true},"updated_at_unix":1}"#,
        &[
            "d.updated_fields.is_muted",
            "d.updated_fields.is_deafened",
            "d.updated_fields.is_speaking",
            "d.updated_fields.is_video_enabled",
            "d.updated_fields.is_screen_share_enabled",
        ],
    ),
    vector(
        EventKind::VoiceStreamPublish,
        r#"{"guild_id":"$1","channel_id":"$2","user_id":"$3","identity":"u.x","stream":"camera","published_at_unix":1}"#,
        &[],
    ),
    vector(
        EventKind::VoiceStreamUnpublish,
        r#"{"guild_id":"$1","channel_id":"$2","user_id":"$3","identity":"u.x","stream":"screen_share","unpublished_at_unix":1}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceUpdate,
        r#"{"guild_id":"$1","updated_fields":{"name":"n","visibility":"public"},"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.updated_fields.name", "d.updated_fields.visibility"],
    ),
    vector(EventKind::WorkspaceDelete, r#"{"guild_id":"$1","deleted_at_unix":1,"actor_user_id":"$4"}"#, &[]),
    vector(
        EventKind::WorkspaceOwnerUpdate,
        r#"{"guild_id":"$1","owner_user_id":"$2","previous_owner_user_id":"$3","updated_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    Vector {
        kind: EventKind::WorkspaceDefaultRoleUpdate,
        payload: r#"{"guild_id":"$1","role_id":"$2","updated_at_unix":1,"actor_user_id":"$4"}"#,
        optional: &[],
        nullable: &["d.role_id"],
        together: &[],
    },
    vector(
        EventKind::WorkspaceMemberAdd,
        r#"{"guild_id":"$1","user_id":"$2","role":"moderator","joined_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceMemberUpdate,
        r#"{"guild_id":"$1","user_id":"$2","updated_fields":{"role":"owner"},"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceMemberRemove,
        r#"{"guild_id":"$1","user_id":"$2","reason":"kick","removed_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.actor_user_id"],
    ),
    vector(
        EventKind::WorkspaceMemberBan,
        r#"{"guild_id":"$1","user_id":"$2","banned_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.actor_user_id"],
    ),
    vector(
        EventKind::WorkspaceMemberUnban,
        r#"{"guild_id":"$1","user_id":"$2","unbanned_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.actor_user_id"],
    ),
    vector(
        EventKind::WorkspaceIpBanSync,
        r#"{"guild_id":"$1","summary":{"action":"upsert","changed_count":1},"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.actor_user_id"],
    ),
    vector(
        EventKind::WorkspaceRoleCreate,
        r##"{"guild_id":"$1","role":{"role_id":"$2","name":"r","position":9999,"is_system":false,"permissions":["delete_message"],"color_hex":"#00FFA9","system_key":"member"},"created_at_unix":1,"actor_user_id":"$4"}"##,
        &["d.role.color_hex", "d.role.system_key"],
    ),
    Vector {
        kind: EventKind::WorkspaceRoleUpdate,
        payload: r##"{"guild_id":"$1","role_id":"$2","updated_fields":{"name":"r","permissions":[],"color_hex":"#00FFA9"},"updated_at_unix":1,"actor_user_id":"$4"}"##,
        optional: &["d.updated_fields.name", "d.updated_fields.permissions", "d.updated_fields.color_hex"],
        nullable: &["d.updated_fields.color_hex"],
        together: &[],
    },
    vector(
        EventKind::WorkspaceRoleDelete,
        r#"{"guild_id":"$1","role_id":"$2","deleted_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceRoleReorder,
        r#"{"guild_id":"$1","role_ids":["$3","$2"],"roles":[{"role_id":"$3","position":2},{"role_id":"$2","position":1}],"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceRoleAssignmentAdd,
        r#"{"guild_id":"$1","user_id":"$2","role_id":"$3","assigned_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceRoleAssignmentRemove,
        r#"{"guild_id":"$1","user_id":"$2","role_id":"$3","removed_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceChannelOverrideUpdate,
        r#"{"guild_id":"$1","channel_id":"$2","target_kind":"role","target_id":"$3","role":"moderator","updated_fields":{"allow":["create_message"],"deny":["publish_video"]},"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &["d.role"],
    ),
    vector(
        EventKind::WorkspaceChannelRoleOverrideUpdate,
        r#"{"guild_id":"$1","channel_id":"$2","role":"member","updated_fields":{"allow":["create_message"],"deny":["manage_roles","subscribe_streams"]},"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(
        EventKind::WorkspaceAvailable,
        r#"{"guild_id":"$1","name":"n","visibility":"private","owner_user_id":"$2","reason":"created","available_at_unix":1}"#,
        &[],
    ),
    vector(EventKind::WorkspaceUnavailable, r#"{"guild_id":"$1","reason":"deleted","unavailable_at_unix":1}"#, &[]),
    vector(
        EventKind::WorkspaceAccessUpdate,
        r#"{"guild_id":"$1","access_rev":1,"role":"owner","permissions":["create_message"],"channels":[{"channel_id":"$2","name":"c","kind":"voice","position":0,"permission_bits":2304}],"updated_at_unix":1}"#,
        &[],
    ),
    Vector {
        kind: EventKind::ProfileUpdate,
        payload: r#"{"user_id":"$1","updated_fields":{"username":"ann.b","about_markdown":"a","about_markdown_tokens":[{"type":"text","text":"a"}]},"updated_at_unix":1}"#,
        optional: &["d.updated_fields.username"],
        nullable: &[],
        together: &["d.updated_fields.about_markdown", "d.updated_fields.about_markdown_tokens"],
    },
    vector(EventKind::ProfileAvatarUpdate, r#"{"user_id":"$1","avatar_version":1,"updated_at_unix":1}"#, &[]),
    vector(EventKind::ProfileBannerUpdate, r#"{"user_id":"$1","banner_version":1,"updated_at_unix":1}"#, &[]),
    vector(
        EventKind::FriendRequestCreate,
        r#"{"request_id":"$1","sender_user_id":"$2","sender_username":"ann","recipient_user_id":"$3","recipient_username":"bob","created_at_unix":1}"#,
        &[],
    ),
    vector(
        EventKind::FriendRequestUpdate,
        r#"{"request_id":"$1","state":"accepted","user_id":"$2","friend_user_id":"$3","friend_username":"bob","friendship_created_at_unix":1,"updated_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
    vector(EventKind::FriendRequestDelete, r#"{"request_id":"$1","deleted_at_unix":1,"actor_user_id":"$4"}"#, &[]),
    vector(
        EventKind::FriendRemove,
        r#"{"user_id":"$1","friend_user_id":"$2","removed_at_unix":1,"actor_user_id":"$4"}"#,
        &[],
    ),
];
