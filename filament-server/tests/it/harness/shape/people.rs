//! Events of §4.9: profiles and friends.

use super::catalogue::Need::{Always, Optional};
use super::catalogue::Type::{Changes, Int, Text, Time, Tokens, Ulid, Word};
use super::catalogue::{Member, Type};

const USERNAME: Type = Text(3, 32);
/// §0: the largest whole number that every JSON reader holds.
const VERSION_MAX: u64 = 9_007_199_254_740_991;

/// The events, with the members of their `d`.
pub(super) const PEOPLE_EVENTS: &[(&str, &[Member])] = &[
    (
        "profile_update",
        &[
            Member("user_id", Always, Ulid),
            Member(
                "updated_fields",
                Always,
                Changes(&[
                    Member("username", Optional, USERNAME),
                    Member("about_markdown", Optional, Text(0, 2048)),
                    Member("about_markdown_tokens", Optional, Tokens),
                ]),
            ),
            Member("updated_at_unix", Always, Time),
        ],
    ),
    (
        "profile_avatar_update",
        &[
            Member("user_id", Always, Ulid),
            Member("avatar_version", Always, Int(1, VERSION_MAX)),
            Member("updated_at_unix", Always, Time),
        ],
    ),
    (
        "profile_banner_update",
        &[
            Member("user_id", Always, Ulid),
            Member("banner_version", Always, Int(1, VERSION_MAX)),
            Member("updated_at_unix", Always, Time),
        ],
    ),
    (
        "friend_request_create",
        &[
            Member("request_id", Always, Ulid),
            Member("sender_user_id", Always, Ulid),
            Member("sender_username", Always, USERNAME),
            Member("recipient_user_id", Always, Ulid),
            Member("recipient_username", Always, USERNAME),
            Member("created_at_unix", Always, Time),
        ],
    ),
    (
        "friend_request_update",
        &[
            Member("request_id", Always, Ulid),
            Member("state", Always, Word(&["accepted"])),
            Member("user_id", Always, Ulid),
            Member("friend_user_id", Always, Ulid),
            Member("friend_username", Always, USERNAME),
            Member("friendship_created_at_unix", Always, Time),
            Member("updated_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "friend_request_delete",
        &[
            Member("request_id", Always, Ulid),
            Member("deleted_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
    (
        "friend_remove",
        &[
            Member("user_id", Always, Ulid),
            Member("friend_user_id", Always, Ulid),
            Member("removed_at_unix", Always, Time),
            Member("actor_user_id", Always, Ulid),
        ],
    ),
];
