/**
 * Roles, overrides and what they come to (contract §9.7, §9.8).
 */

import { checkOverrideList, type OverrideList } from "@filament/protocol/answer/override_list";
import {
    checkPermissionExplanation,
    type PermissionExplanation,
} from "@filament/protocol/answer/permission_explanation";
import { checkRoleList, type RoleList } from "@filament/protocol/answer/role_list";
import type { UpdateRole } from "@filament/protocol/body/update_role";
import { checkRole, type Role } from "@filament/protocol/record/role";
import type { Permission } from "@filament/protocol/value";
import type { Http } from "./http.js";
import { query } from "./query.js";

export const roles = {
    list: (http: Http, guild: string) =>
        http.ask<RoleList>(checkRoleList, { method: "GET", path: `/guilds/${guild}/roles` }),
    create: (http: Http, guild: string, name: string) =>
        http.ask<Role>(checkRole, { method: "POST", path: `/guilds/${guild}/roles`, json: { name, permissions: [] } }),
    update: (http: Http, guild: string, role: string, body: UpdateRole) =>
        http.ask<Role>(checkRole, { method: "PATCH", path: `/guilds/${guild}/roles/${role}`, json: body }),
    remove: (http: Http, guild: string, role: string) =>
        http.tell({ method: "DELETE", path: `/guilds/${guild}/roles/${role}` }),
    reorder: (http: Http, guild: string, role_ids: readonly string[]) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/roles/reorder`, json: { role_ids } }),
    setDefault: (http: Http, guild: string, role_id: string | null) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/roles/default`, json: { role_id } }),
    assign: (http: Http, guild: string, role: string, user: string) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/roles/${role}/members/${user}` }),
    unassign: (http: Http, guild: string, role: string, user: string) =>
        http.tell({ method: "DELETE", path: `/guilds/${guild}/roles/${role}/members/${user}` }),
};

/** Whom an override is for. */
export interface OverrideTarget {
    readonly target_kind: "role" | "member";
    readonly target_id: string;
}

export const overrides = {
    list: (http: Http, guild: string, channel: string) =>
        http.ask<OverrideList>(checkOverrideList, {
            method: "GET",
            path: `/guilds/${guild}/channels/${channel}/overrides`,
        }),
    set: (
        http: Http,
        guild: string,
        channel: string,
        { target_kind, target_id }: OverrideTarget,
        lists: { readonly allow: readonly Permission[]; readonly deny: readonly Permission[] },
    ) =>
        http.tell({
            method: "POST",
            path: `/guilds/${guild}/channels/${channel}/permission-overrides/${target_kind}/${target_id}`,
            json: lists,
        }),
    remove: (http: Http, guild: string, channel: string, { target_kind, target_id }: OverrideTarget) =>
        http.tell({
            method: "DELETE",
            path: `/guilds/${guild}/channels/${channel}/permission-overrides/${target_kind}/${target_id}`,
        }),
    explain: (http: Http, guild: string, user_id: string, channel_id: string, permission: Permission) =>
        http.ask<PermissionExplanation>(checkPermissionExplanation, {
            method: "GET",
            path: `/guilds/${guild}/permissions/explain${query({ user_id, channel_id, permission })}`,
        }),
};
