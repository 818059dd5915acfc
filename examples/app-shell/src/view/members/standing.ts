/**
 * Who stands where in a guild (contract §8.4): what the page offers. The server decides all the same.
 */

import type { State } from "@filament/protocol/state";
import type { RoleState } from "@filament/protocol/state/roles";
import type { Permission } from "@filament/protocol/value";
import { holds } from "../../client/permission.js";

/** Rank of the owner. */
const OWNER_RANK = 10_000;

/** The rank of a member: the position of their highest role. */
export function rankOf(state: State, guild_id: string, user_id: string): number {
    const roles = state.roles[guild_id] ?? [];
    const ids = state.members[guild_id]?.[user_id]?.role_ids ?? [];
    return Math.max(0, ...roles.filter(({ role_id }) => ids.includes(role_id)).map(({ position }) => position));
}

/** The rank of the user of this page. */
export function ownRank(state: State, guild_id: string): number {
    if (state.guilds[guild_id]?.access?.role === "owner") return OWNER_RANK + 1;
    return state.me === undefined ? 0 : rankOf(state, guild_id, state.me);
}

/** Whether a member may be acted on: someone else, of lower rank, and not the owner. */
export function mayActOn(state: State, guild_id: string, user_id: string): boolean {
    if (user_id === state.me || state.guilds[guild_id]?.owner_user_id === user_id) return false;
    return rankOf(state, guild_id, user_id) < ownRank(state, guild_id);
}

/** Whether a role is below the user's own, and none of those that cannot be handled. */
export function mayHandle(state: State, guild_id: string, role: RoleState): boolean {
    return role.system_key !== "workspace_owner" && role.position < ownRank(state, guild_id);
}

/** Whether the user holds all of these permissions at guild level, so that they may be given. */
export function mayGive(state: State, guild_id: string, permissions: readonly Permission[]): boolean {
    const guild = state.guilds[guild_id];
    return guild?.access?.role === "owner" || permissions.every((permission) => holds(guild, permission));
}
