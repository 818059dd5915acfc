//! Roles and who has them (`/guilds/{guild_id}/roles…`, §9.7).

use super::build::{
    ACCEPTED, delete, event, event_with, forbidden, get, invalid, json, lockout, not_found, patch, post, quota,
};
use super::{Access, Endpoint, Family};
use crate::permission::Permission;

const fn row(endpoint: Endpoint) -> Endpoint {
    endpoint.of(Family::Roles, "9.7")
}

const HIERARCHY: &str = "the role does not rank below the caller, or it would gain a permission the caller lacks";

/// The rows.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    row(get("/guilds/{guild_id}/roles", "list_roles", "Lists all roles of a guild, highest first: at most 64."))
        .for_(Access::Member)
        .answers(&[json("RoleList")])
        .served(),
    row(post("/guilds/{guild_id}/roles", "create_role", "Creates a role."))
        .for_guild(Permission::ManageWorkspaceRoles)
        .json("CreateRole")
        .answers(&[json("Role")])
        .refuses(&[
            forbidden(HIERARCHY),
            invalid("a position outside of 1..9999, or a name that is reserved for a seeded role"),
            quota("64 roles exist"),
        ])
        .notes("Without a position the role is placed directly below the caller's highest.")
        .causes(&[event("workspace_role_create")])
        .served(),
    row(patch("/guilds/{guild_id}/roles/{role_id}", "update_role", "Changes name, permissions or colour of a role."))
        .for_guild(Permission::ManageWorkspaceRoles)
        .json("UpdateRole")
        .answers(&[json("Role")])
        .refuses(&[
            forbidden(HIERARCHY),
            invalid("a name that is reserved for a seeded role"),
            not_found("no such role"),
            lockout(),
        ])
        .notes(
            "`color_hex: null` removes the colour. Seeded roles cannot be renamed, `workspace_owner` is not edited \
                at all, and `everyone` only by the owner.",
        )
        .causes(&[event("workspace_role_update")])
        .served(),
    row(delete(
        "/guilds/{guild_id}/roles/{role_id}",
        "delete_role",
        "Deletes a role with its assignments and overrides.",
    ))
    .for_guild(Permission::ManageWorkspaceRoles)
    .answers(ACCEPTED)
    .refuses(&[
        forbidden("a seeded role, or one that does not rank below the caller"),
        not_found("no such role"),
        lockout(),
    ])
    .causes(&[
        event("workspace_role_delete"),
        event_with("workspace_default_role_update", "`null`").when("it was the default role"),
    ])
    .served(),
    row(post("/guilds/{guild_id}/roles/reorder", "reorder_roles", "Gives roles a new order."))
        .for_guild(Permission::ManageWorkspaceRoles)
        .json("ReorderRoles")
        .answers(ACCEPTED)
        .refuses(&[
            invalid("an unknown role, or one that is named twice"),
            forbidden("`everyone`, `workspace_owner`, or a role that does not rank below the caller"),
        ])
        .notes("The listed roles take, in the order of the list, the places that they hold among them.")
        .causes(&[event("workspace_role_reorder")])
        .served(),
    row(post(
        "/guilds/{guild_id}/roles/default",
        "set_default_role",
        "Chooses the role that new members get, or none.",
    ))
    .for_guild(Permission::ManageWorkspaceRoles)
    .json("SetDefaultRole")
    .answers(ACCEPTED)
    .refuses(&[
        invalid("an unknown role"),
        forbidden("`everyone`, `workspace_owner`, or a role that does not rank below the caller"),
    ])
    .causes(&[event("workspace_default_role_update")])
    .served(),
    row(post("/guilds/{guild_id}/roles/{role_id}/members/{user_id}", "assign_role", "Gives a role to a member."))
        .for_guild(Permission::ManageMemberRoles)
        .no_body()
        .answers(ACCEPTED)
        .refuses(&[
            invalid("the role is `everyone`"),
            forbidden("the role is `workspace_owner`, or role or member do not rank below the caller"),
            not_found("not a member, or no such role"),
            quota("the member holds 16 roles"),
        ])
        .notes("A role that is held already answers the same and does nothing.")
        .causes(&[
            event("workspace_role_assignment_add"),
            event("workspace_member_update").when("the legacy role of the member changed"),
        ])
        .served(),
    row(delete("/guilds/{guild_id}/roles/{role_id}/members/{user_id}", "unassign_role", "Takes a role from a member."))
        .for_guild(Permission::ManageMemberRoles)
        .answers(ACCEPTED)
        .refuses(&[
            invalid("the role is `everyone`"),
            forbidden("the role is `workspace_owner`, or role or member do not rank below the caller"),
            not_found("not a member, or no such role"),
        ])
        .notes("A role that is not held answers the same and does nothing.")
        .causes(&[
            event("workspace_role_assignment_remove"),
            event("workspace_member_update").when("the legacy role of the member changed"),
        ])
        .served(),
];
