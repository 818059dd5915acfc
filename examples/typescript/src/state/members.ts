/**
 * Members of each guild, as far as they were loaded or joined since.
 *
 * The legacy word of a member is not kept: it follows from the roles (contract PRM-5), see {@link legacyRole}.
 */

import type { Event } from "../envelope.js";
import type { EventMap } from "../generated/events.js";
import { goneGuild } from "./gone.js";
import type { RoleState } from "./roles.js";
import { change, changeAll, drop, keepIf, put, type Table, tableOf } from "./share.js";

/** A member. */
export interface MemberState {
    readonly user_id: string;
    /** Assigned roles, ascending; `everyone` is none of them. */
    readonly role_ids: readonly string[];
}

/** Members by guild and user. */
export type Members = Table<Table<MemberState>>;

/** Applies an event. */
export function reduceMembers(members: Members, event: Event, me?: string): Members {
    const gone = goneGuild(event, me);
    if (gone !== undefined) return drop(members, gone);
    switch (event.t) {
        case "workspace_available":
            return Object.hasOwn(members, event.d.guild_id) ? members : put(members, event.d.guild_id, {});
        case "workspace_member_add": {
            const { user_id } = event.d;
            return change(members, event.d.guild_id, (guild) =>
                Object.hasOwn(guild, user_id) ? guild : put(guild, user_id, { user_id, role_ids: [] }),
            );
        }
        case "workspace_member_remove":
            return change(members, event.d.guild_id, (guild) => drop(guild, event.d.user_id));
        case "workspace_role_assignment_add": {
            const { role_id } = event.d;
            return changeRoles(members, event.d, (ids) => (ids.includes(role_id) ? ids : [...ids, role_id].sort()));
        }
        case "workspace_role_assignment_remove": {
            const { role_id } = event.d;
            return changeRoles(members, event.d, (ids) => ids.filter((id) => id !== role_id));
        }
        case "workspace_role_delete": {
            const { role_id } = event.d;
            return change(members, event.d.guild_id, (guild) =>
                changeAll(guild, (member) => ({ ...member, role_ids: member.role_ids.filter((id) => id !== role_id) })),
            );
        }
        default:
            return members;
    }
}

/** A page of `GET /guilds/{g}/members`. */
export interface MemberPage {
    readonly members: readonly MemberState[];
    readonly next_cursor: string | null;
}

/** Takes over a page that was asked for behind `cursor`: between the two cursors these are all. */
export function loadMembers(members: Members, guild_id: string, page: MemberPage, cursor?: string): Members {
    const inPage = (user_id: string) =>
        user_id > (cursor ?? "") && (page.next_cursor === null || user_id <= page.next_cursor);
    const others = keepIf(members[guild_id] ?? {}, (_, user_id) => !inPage(user_id));
    const own = page.members.map(({ user_id, role_ids }) => ({ user_id, role_ids: [...role_ids].sort() }));
    return put(members, guild_id, { ...others, ...tableOf(own, ({ user_id }) => user_id) });
}

/** The derived word of a member, for guilds whose roles were loaded. */
export function legacyRole(member: MemberState, roles: readonly RoleState[]): EventMap["workspace_member_add"]["role"] {
    const holds = (key: RoleState["system_key"]) =>
        roles.some((role) => role.system_key === key && member.role_ids.includes(role.role_id));
    if (holds("workspace_owner")) return "owner";
    return holds("moderator") ? "moderator" : "member";
}

function changeRoles(
    members: Members,
    { guild_id, user_id }: { readonly guild_id: string; readonly user_id: string },
    step: (ids: readonly string[]) => readonly string[],
): Members {
    return change(members, guild_id, (guild) =>
        change(guild, user_id, (member) => ({ ...member, role_ids: step(member.role_ids) })),
    );
}
