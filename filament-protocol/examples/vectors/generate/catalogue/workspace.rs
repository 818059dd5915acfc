//! §4.6 and §4.8: events of guilds, memberships and bans.

use super::super::form::{Form, INTEGER_MAX, int, name, nullable, object, opt, req};
use super::super::kind::{Kind, event};
use super::super::record::{
    LEGACY_ROLES, OTHER_USER, ROLE, USER, VISIBILITY, access_members, actor, at, guild_id, updated, user_id,
};

pub(crate) fn kinds() -> Vec<Kind> {
    let mut kinds = vec![
        event(
            "workspace_update",
            object([
                guild_id(),
                updated([opt("name", name(64, "Harbour \u{2693}")), opt("visibility", VISIBILITY)]),
                at("updated_at_unix"),
                actor(),
            ]),
        ),
        event("workspace_delete", object([guild_id(), at("deleted_at_unix"), actor()])),
        event(
            "workspace_owner_update",
            object([
                guild_id(),
                req("owner_user_id", USER),
                req("previous_owner_user_id", OTHER_USER),
                at("updated_at_unix"),
                actor(),
            ]),
        ),
        event(
            "workspace_default_role_update",
            object([guild_id(), req("role_id", nullable(ROLE)), at("updated_at_unix"), actor()]),
        ),
    ];
    kinds.extend(members());
    kinds.extend(own());
    kinds
}

fn members() -> Vec<Kind> {
    let audited = || opt("actor_user_id", OTHER_USER);
    vec![
        event(
            "workspace_member_add",
            object([guild_id(), user_id(), req("role", LEGACY_ROLES), at("joined_at_unix"), actor()]),
        ),
        event(
            "workspace_member_update",
            object([
                guild_id(),
                user_id(),
                req("updated_fields", object([req("role", LEGACY_ROLES)])),
                at("updated_at_unix"),
                actor(),
            ]),
        ),
        event(
            "workspace_member_remove",
            object([
                guild_id(),
                user_id(),
                req("reason", Form::Word(&["kick", "ban", "leave"])),
                at("removed_at_unix"),
                audited(),
            ]),
        )
        .except("other-word", "d.reason")
        .takes("a ban", [("reason", Some("\"ban\""))])
        .takes("a leave", [("reason", Some("\"leave\"")), ("actor_user_id", None)])
        .refuses("a leave with an actor", [("reason", Some("\"leave\""))], "out_of_bounds", ""),
        event("workspace_member_ban", object([guild_id(), user_id(), at("banned_at_unix"), audited()])),
        event("workspace_member_unban", object([guild_id(), user_id(), at("unbanned_at_unix"), audited()])),
        event(
            "workspace_ip_ban_sync",
            object([
                guild_id(),
                req(
                    "summary",
                    object([
                        req("action", Form::Word(&["upsert", "remove"])),
                        req("changed_count", int(1, INTEGER_MAX, 3)),
                    ]),
                ),
                at("updated_at_unix"),
                audited(),
            ]),
        ),
    ]
}

/// §4.8: what happens to the receiver's own membership.
fn own() -> Vec<Kind> {
    vec![
        event(
            "workspace_available",
            object([
                guild_id(),
                req("name", name(64, "Harbour")),
                req("visibility", VISIBILITY),
                req("owner_user_id", OTHER_USER),
                req("reason", Form::Word(&["joined", "created", "added"])),
                at("available_at_unix"),
            ]),
        ),
        event(
            "workspace_unavailable",
            object([
                guild_id(),
                req("reason", Form::Word(&["kicked", "left", "banned", "deleted"])),
                at("unavailable_at_unix"),
            ]),
        ),
        event("workspace_access_update", object(access_members().into_iter().chain([at("updated_at_unix")]))),
    ]
}
