//! The rest of §4.6 and §4.7: ownership, members, bans, roles and overrides.

use super::catalogue::Need::{Always, Optional};
use super::catalogue::Type::{Changes, Color, Int, List, OrNull, Permissions, Record, Set, Time, Ulid, Word};
use super::catalogue::{ALLOW_DENY, LEGACY_ROLE, Member, Type};

/// A role as events carry it: colour and key are left out when null. `is_system` tells `everyone` and the owner role, which no event creates.
const ROLE: Type = Record(&[
    Member("role_id", Always, Ulid),
    Member("name", Always, Type::Name(32)),
    Member("position", Always, Int(1, 9_999)),
    Member("is_system", Always, Type::Bool),
    Member("permissions", Always, Permissions),
    Member("color_hex", Optional, Color),
    Member("system_key", Optional, Word(&["everyone", "workspace_owner", "moderator", "member"])),
]);
const POSITION: Type = Record(&[Member("role_id", Always, Ulid), Member("position", Always, Int(1, 9_999))]);

/// Events about a guild as a whole, its members and who is kept out.
pub(super) const GUILD_EVENTS: &[(&str, &[Member])] = &[
    (
        "workspace_delete",
        &[
            Member("guild_id", Always, Ulid),
            Member("deleted_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_owner_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("owner_user_id", Always, Ulid),
            Member("previous_owner_user_id", Always, Ulid),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_default_role_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("role_id", Always, OrNull(&Ulid)),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_member_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("updated_fields", Always, Record(&[Member("role", Always, LEGACY_ROLE)])),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_member_ban",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("banned_at_unix", Always, Time),
            Member("actor_user_id", Optional, Ulid),
        ],
    ),
    (
        "workspace_member_unban",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("unbanned_at_unix", Always, Time),
            Member("actor_user_id", Optional, Ulid),
        ],
    ),
    (
        "workspace_ip_ban_sync",
        &[
            Member("guild_id", Always, Ulid),
            Member(
                "summary",
                Always,
                Record(&[
                    Member("action", Always, Word(&["upsert", "remove"])),
                    Member("changed_count", Always, Int(1, u64::MAX)),
                ]),
            ),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Optional, Ulid),
        ],
    ),
];

/// Events about roles, who holds them, and overrides.
pub(super) const ROLE_EVENTS: &[(&str, &[Member])] = &[
    (
        "workspace_role_create",
        &[
            Member("guild_id", Always, Ulid),
            Member("role", Always, ROLE),
            Member("created_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_role_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("role_id", Always, Ulid),
            Member(
                "updated_fields",
                Always,
                Changes(&[
                    Member("name", Optional, Type::Name(32)),
                    Member("permissions", Optional, Permissions),
                    Member("color_hex", Optional, OrNull(&Color)),
                ]),
            ),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_role_delete",
        &[
            Member("guild_id", Always, Ulid),
            Member("role_id", Always, Ulid),
            Member("deleted_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_role_reorder",
        &[
            Member("guild_id", Always, Ulid),
            Member("role_ids", Always, Set(&Ulid, 62)),
            Member("roles", Always, List(&POSITION, 62)),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_role_assignment_remove",
        &[
            Member("guild_id", Always, Ulid),
            Member("user_id", Always, Ulid),
            Member("role_id", Always, Ulid),
            Member("removed_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "workspace_channel_override_update",
        &[
            Member("guild_id", Always, Ulid),
            Member("channel_id", Always, Ulid),
            Member("target_kind", Always, Word(&["role", "member"])),
            Member("target_id", Always, Ulid),
            Member("role", Optional, LEGACY_ROLE),
            Member("updated_fields", Always, ALLOW_DENY),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
];
