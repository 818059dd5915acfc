//! §4.7: events of roles and overrides.

use super::super::form::{Form, TextRule, int, name, nullable, object, opt, req, set};
use super::super::kind::{Kind, event};
use super::super::record::{
    LEGACY_ROLES, ROLE, TARGET_KIND, actor, allow, at, channel_id, color, deny, guild_id, role, updated, user_id,
};

const SECOND_ROLE: Form = Form::Id("01JZ8R1A2B3C4D5E6F7G8H9JAM");

pub(crate) fn kinds() -> Vec<Kind> {
    let permissions = Form::Permissions(&["manage_roles", "create_message"]);
    vec![
        event("workspace_role_create", object([guild_id(), req("role", role(1)), at("created_at_unix"), actor()]))
            .except("maximum", "d.role.position")
            .takes("the highest position of a new role", [("role.position", Some("9999"))]),
        event(
            "workspace_role_update",
            object([
                guild_id(),
                req("role_id", ROLE),
                updated([
                    opt("name", name(32, "Release crew")),
                    opt("permissions", permissions),
                    opt("color_hex", nullable(color(TextRule::Color))),
                ]),
                at("updated_at_unix"),
                actor(),
            ]),
        ),
        event("workspace_role_delete", object([guild_id(), req("role_id", ROLE), at("deleted_at_unix"), actor()])),
        event(
            "workspace_role_reorder",
            object([
                guild_id(),
                req("role_ids", set(0, 62, [ROLE, SECOND_ROLE])),
                req("roles", set(0, 62, [placed(ROLE), placed(SECOND_ROLE)])),
                at("updated_at_unix"),
                actor(),
            ]),
        ),
        event(
            "workspace_role_assignment_add",
            object([guild_id(), user_id(), req("role_id", ROLE), at("assigned_at_unix"), actor()]),
        ),
        event(
            "workspace_role_assignment_remove",
            object([guild_id(), user_id(), req("role_id", ROLE), at("removed_at_unix"), actor()]),
        ),
        event(
            "workspace_channel_override_update",
            object([
                guild_id(),
                channel_id(),
                req("target_kind", TARGET_KIND),
                req("target_id", ROLE),
                opt("role", LEGACY_ROLES),
                req("updated_fields", object([allow(), deny()])),
                at("updated_at_unix"),
                actor(),
            ]),
        )
        .except("other-word", "d.target_kind")
        .takes("a member", [("target_kind", Some("\"member\"")), ("role", None)])
        .lists("updated_fields"),
        event(
            "workspace_channel_role_override_update",
            object([
                guild_id(),
                channel_id(),
                req("role", LEGACY_ROLES),
                req("updated_fields", object([allow(), deny()])),
                at("updated_at_unix"),
                actor(),
            ]),
        )
        .lists("updated_fields"),
    ]
}

fn placed(id: Form) -> Form {
    object([req("role_id", id), req("position", int(0, 10_000, 12))])
}
