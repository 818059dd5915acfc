/**
 * The roles of each guild, highest first. Known from a load only: no event tells all of them.
 */

import type { Event } from "../envelope.js";
import type { NewRole } from "../generated/record/new_role.js";
import type { Role } from "../generated/record/role.js";
import { goneGuild } from "./gone.js";
import { change, drop, put, shareBy, type Table } from "./share.js";

/** A role; colour and key are null where there is none, which events leave out. */
export type RoleState = Role;

/** Role lists by guild. */
export type Roles = Table<readonly RoleState[]>;

/** Applies an event. */
export function reduceRoles(roles: Roles, event: Event, me?: string): Roles {
    const gone = goneGuild(event, me);
    if (gone !== undefined) return drop(roles, gone);
    switch (event.t) {
        case "workspace_role_create": {
            const { role } = event.d;
            return change(roles, event.d.guild_id, (list) =>
                list.some(({ role_id }) => role_id === role.role_id) ? list : sorted([...list, whole(role)]),
            );
        }
        case "workspace_role_update": {
            const { guild_id, role_id, updated_fields } = event.d;
            return change(roles, guild_id, (list) =>
                list.map((role) => (role.role_id === role_id ? { ...role, ...updated_fields } : role)),
            );
        }
        case "workspace_role_delete": {
            const { guild_id, role_id } = event.d;
            return change(roles, guild_id, (list) => list.filter((role) => role.role_id !== role_id));
        }
        case "workspace_role_reorder": {
            const positions = new Map(event.d.roles.map((role) => [role.role_id, role.position]));
            return change(roles, event.d.guild_id, (list) =>
                sorted(list.map((role) => ({ ...role, position: positions.get(role.role_id) ?? role.position }))),
            );
        }
        default:
            return roles;
    }
}

/** Takes over `GET /guilds/{g}/roles`: these are all. */
export function loadRoles(roles: Roles, guild_id: string, list: readonly Role[]): Roles {
    return put(roles, guild_id, sorted(shareBy(roles[guild_id], list.map(whole), (role) => role.role_id)));
}

function whole(role: Role | NewRole): RoleState {
    const { role_id, name, position, is_system, permissions, color_hex = null, system_key = null } = role;
    return { role_id, name, position, is_system, permissions, color_hex, system_key };
}

/** Contract PRM-8: position descending, then older first; ids ascend with time. */
function sorted(list: readonly RoleState[]): readonly RoleState[] {
    return [...list].sort(
        (one, other) =>
            other.position - one.position || (one.role_id < other.role_id ? -1 : one.role_id > other.role_id ? 1 : 0),
    );
}
