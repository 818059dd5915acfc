//! The event catalogue (§4) as data: its types, and the members of every payload that is not in [`guild`](super::guild).

use Need::{Always, Optional};
use Type::{
    Bool, Changes, Emoji, Int, List, Name, Permissions, Record, Set, Sha256, Text, Time, Tokens, True, Ulid, Word,
};

/// A type of §0, or a composition of them.
pub(super) enum Type {
    Ulid,
    Time,
    Int(u64, u64),
    Bool,
    /// Length in UTF-16 units.
    Text(usize, usize),
    Name(usize),
    Emoji,
    Sha256,
    /// `#` and six hex digits, upper case.
    Color,
    Permissions,
    Word(&'static [&'static str]),
    True,
    /// At most so many of one type.
    List(&'static Type, usize),
    /// As a list, without repetitions.
    Set(&'static Type, usize),
    Record(&'static [Member]),
    /// As a record of optional members, at least one present (EMI-2).
    Changes(&'static [Member]),
    Tokens,
    OrNull(&'static Type),
}

/// Name, need and type of one member.
pub(super) struct Member(pub(super) &'static str, pub(super) Need, pub(super) Type);

/// Whether a member may be absent.
pub(super) enum Need {
    Always,
    Optional,
}

const CHANNEL: Type = Record(&[
    Member("channel_id", Always, Ulid),
    Member("name", Always, Name(64)),
    Member("kind", Always, Word(&["text", "voice"])),
]);
const ATTACHMENT: Type = Record(&[
    Member("attachment_id", Always, Ulid),
    Member("guild_id", Always, Ulid),
    Member("channel_id", Always, Ulid),
    Member("owner_id", Always, Ulid),
    Member("filename", Always, Text(1, 128)),
    Member("mime_type", Always, Text(1, 128)),
    Member("size_bytes", Always, Int(1, 26_214_400)),
    Member("sha256_hex", Always, Sha256),
]);
const REACTION: Type = Record(&[
    Member("emoji", Always, Emoji),
    Member("count", Always, Int(0, 1_000_000)),
    Member("reacted_by_me", Always, Bool),
    Member("reactor_user_ids", Optional, Set(&Ulid, 32)),
]);
/// The record of §4.1.
pub(super) const MESSAGE: Type = Record(&[
    Member("message_id", Always, Ulid),
    Member("guild_id", Always, Ulid),
    Member("channel_id", Always, Ulid),
    Member("author_id", Always, Ulid),
    Member("content", Always, Text(0, 2000)),
    Member("markdown_tokens", Always, Tokens),
    Member("attachments", Always, List(&ATTACHMENT, 5)),
    Member("reactions", Always, List(&REACTION, 64)),
    Member("created_at_unix", Always, Time),
    Member("edited_at_unix", Optional, Time),
]);
const VOICE_PARTICIPANT: Type = Record(&[
    Member("user_id", Always, Ulid),
    Member("identity", Always, Text(1, 128)),
    Member("joined_at_unix", Always, Time),
    Member("updated_at_unix", Always, Time),
    Member("is_muted", Always, Bool),
    Member("is_deafened", Always, Bool),
    Member("is_speaking", Always, Bool),
    Member("is_video_enabled", Always, Bool),
    Member("is_screen_share_enabled", Always, Bool),
]);
const STREAM: Type = Word(&["microphone", "camera", "screen_share"]);
pub(super) const LEGACY_ROLE: Type = Word(&["owner", "moderator", "member"]);
const VISIBILITY: Type = Word(&["private", "public"]);
const ACCESS_CHANNEL: Type = Record(&[
    Member("channel_id", Always, Ulid),
    Member("name", Always, Name(64)),
    Member("kind", Always, Word(&["text", "voice"])),
    Member("position", Always, Int(0, 199)),
    Member("permission_bits", Always, Int(0, 4095)),
]);
pub(super) const ALLOW_DENY: Type =
    Record(&[Member("allow", Always, Permissions), Member("deny", Always, Permissions)]);

/// Events of connections, messages, channels and membership, with the members of their `d`.
pub(super) const CATALOGUE: &[(&str, &[Member])] = &[
    (
        "ready",
        &[
            Member("user_id", Always, Ulid),
            Member("session_id", Always, Ulid),
            Member("heartbeat_interval_ms", Always, Int(1000, 120_000)),
            Member("features", Always, List(&Text(1, 32), 16)),
            Member("server_time_unix", Always, Time),
            Member("token_expires_at_unix", Always, Time),
            Member("resume", Optional, Word(&["replaying", "reset"])),
        ],
    ),
    (
        "subscribed",
        &[Member("guild_id", Always, Ulid), Member("channel_id", Always, Ulid), Member("ref", Optional, Text(1, 64))],
    ),
    (
        "unsubscribed",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Optional, Ulid),
            Member("reason", Always, Word(&["access_revoked", "channel_deleted", "left", "requested"])),
            Member("ref", Optional, Text(1, 64)),
        ],
    ),
    (
        "error",
        &[
            Member(
                "code",
                Always,
                Word(&[
                    "invalid_request",
                    "forbidden",
                    "not_found",
                    "quota_exceeded",
                    "payload_too_large",
                    "rate_limited",
                    "internal_error",
                    "overloaded",
                ]),
            ),
            Member("message", Always, Text(0, 200)),
            Member("command", Optional, Word(&["subscribe", "unsubscribe", "message_create"])),
            Member("guild_id", Optional, Ulid),
            Member("channel_id", Optional, Ulid),
            Member("ref", Optional, Text(1, 64)),
            Member("retry_after_ms", Optional, Int(0, u64::MAX)),
        ],
    ),
    (
        "presence_sync",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_ids", Always, Set(&Ulid, 1024)),
            Member("truncated", Optional, True),
            Member("online_count", Optional, Int(0, 10_000)),
        ],
    ),
    (
        "voice_participant_sync",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("participants", Always, List(&VOICE_PARTICIPANT, 200)),
            Member("synced_at_unix", Always, Time),
        ],
    ),
    (
        "voice_participant_join",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("participant", Always, VOICE_PARTICIPANT),
        ],
    ),
    (
        "voice_participant_leave",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("identity", Always, Text(1, 128)),
            Member("left_at_unix", Always, Time),
        ],
    ),
    (
        "voice_participant_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("identity", Always, Text(1, 128)),
            Member(
                "updated_fields",
                Always,
                Changes(&[
                    Member("is_muted", Optional, Bool),
                    Member("is_deafened", Optional, Bool),
                    Member("is_speaking", Optional, Bool),
                    Member("is_video_enabled", Optional, Bool),
                    Member("is_screen_share_enabled", Optional, Bool),
                ]),
            ),
            Member("updated_at_unix", Always, Time),
        ],
    ),
    (
        "voice_stream_publish",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("identity", Always, Text(1, 128)),
            Member("stream", Always, STREAM),
            Member("published_at_unix", Always, Time),
        ],
    ),
    (
        "voice_stream_unpublish",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("identity", Always, Text(1, 128)),
            Member("stream", Always, STREAM),
            Member("unpublished_at_unix", Always, Time),
        ],
    ),
    (
        "reset",
        &[
            Member(
                "reason",
                Always,
                Word(&["cursor_invalid", "cursor_expired", "epoch_changed", "gap_too_large", "visibility_gap"]),
            ),
            Member("guild_id", Optional, Ulid),
            Member("channel_id", Optional, Ulid),
        ],
    ),
    ("caught_up", &[Member("replayed", Always, Int(0, 2_000)), Member("reset", Always, Bool)]),
    (
        "closing",
        &[
            Member("code", Always, Int(1_000, 4_999)),
            Member("name", Always, Text(1, 64)),
            Member("retry_after_ms", Optional, Int(0, u64::MAX)),
        ],
    ),
    (
        "heartbeat_ack",
        &[
            Member("s", Always, Int(0, u64::MAX)),
            Member("access_rev", Always, Int(0, u64::MAX)),
            Member("server_time_unix", Always, Time),
            // §5 echoes a `ref` in the answer to any command; §4.2 does not list it here.
            Member("ref", Optional, Text(1, 64)),
        ],
    ),
    ("message_create", record(&MESSAGE)),
    (
        "message_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("message_id", Always, Ulid),
            Member(
                "updated_fields",
                Always,
                Record(&[
                    Member("content", Always, Text(0, 2000)),
                    Member("markdown_tokens", Always, Tokens),
                    Member("attachments", Optional, List(&ATTACHMENT, 5)),
                ]),
            ),
            Member("updated_at_unix", Always, Time),
        ],
    ),
    (
        "message_delete",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("message_id", Always, Ulid),
            Member("deleted_at_unix", Always, Time),
        ],
    ),
    (
        "message_reaction",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("message_id", Always, Ulid),
            Member("emoji", Always, Emoji),
            Member("count", Always, Int(0, 1_000_000)),
            Member("operation", Always, Word(&["add", "remove"])),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    ("channel_create", &[Member("guild_id", Always, Ulid), Member("channel", Always, CHANNEL)]),
    (
        "channel_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("updated_fields", Always, Record(&[Member("name", Always, Name(64))])),
            Member("updated_at_unix", Always, Time),
        ],
    ),
    (
        "channel_delete",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("deleted_at_unix", Always, Time),
        ],
    ),
    (
        "channel_reorder",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_ids", Always, Set(&Ulid, 200)),
            Member("updated_at_unix", Always, Time),
        ],
    ),
    (
        "presence_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("status", Always, Word(&["online", "offline"])),
        ],
    ),
    (
        "workspace_update",
        &[
            Member("guild_id", Always, Ulid),
            Member(
                "updated_fields",
                Always,
                Changes(&[Member("name", Optional, Name(64)), Member("visibility", Optional, VISIBILITY)]),
            ),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_member_add",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("role", Always, LEGACY_ROLE),
            Member("joined_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_member_remove",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("reason", Always, Word(&["kick", "ban", "leave"])),
            Member("removed_at_unix", Always, Time),
            Member("actor_user_id", Optional, Ulid),
        ],
    ),
    (
        "workspace_role_assignment_add",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("role_id", Always, Ulid),
            Member("assigned_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_channel_role_override_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("role", Always, LEGACY_ROLE),
            Member("updated_fields", Always, ALLOW_DENY),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_available",
        &[
            Member("guild_id", Always, Ulid),
            Member("name", Always, Name(64)),
            Member("visibility", Always, VISIBILITY),
            Member("owner_user_id", Always, Ulid),
            Member("reason", Always, Word(&["created", "joined", "added"])),
            Member("available_at_unix", Always, Time),
        ],
    ),
    (
        "workspace_unavailable",
        &[
            Member("guild_id", Always, Ulid),
            Member("reason", Always, Word(&["left", "kicked", "banned", "deleted"])),
            Member("unavailable_at_unix", Always, Time),
        ],
    ),
    (
        "workspace_access_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("access_rev", Always, Int(1, u64::MAX)),
            Member("role", Always, LEGACY_ROLE),
            Member("permissions", Always, Permissions),
            Member("channels", Always, List(&ACCESS_CHANNEL, 200)),
            Member("updated_at_unix", Always, Time),
        ],
    ),
];

const fn record(kind: &'static Type) -> &'static [Member] {
    match kind {
        Record(members) => members,
        _ => panic!("a record"),
    }
}
