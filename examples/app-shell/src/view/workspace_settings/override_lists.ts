/**
 * The three states of a permission in an override, on its two lists.
 */

import type { Permission } from "@filament/protocol/value";
import { PERMISSIONS } from "../../client/permission.js";

/** What an override says about a permission. */
export type Stance = "deny" | "inherit" | "allow";

/** The lists of an override. */
export interface Lists {
    readonly allow: readonly Permission[];
    readonly deny: readonly Permission[];
}

/** An override that says nothing. */
export const SILENT: Lists = { allow: [], deny: [] };

/** What lists say about a permission. */
export function stanceOf(lists: Lists, permission: Permission): Stance {
    if (lists.deny.includes(permission)) return "deny";
    return lists.allow.includes(permission) ? "allow" : "inherit";
}

/** The lists with another stance, in the order of the bits. */
export function withStance(lists: Lists, permission: Permission, stance: Stance): Lists {
    const set = (list: readonly Permission[], isIn: boolean) =>
        PERMISSIONS.map(({ name }) => name).filter((name) => (name === permission ? isIn : list.includes(name)));
    return { allow: set(lists.allow, stance === "allow"), deny: set(lists.deny, stance === "deny") };
}
