/**
 * Members as the list shows them: those online under their highest role, those offline last.
 */

import type { MemberState } from "@filament/protocol/state/members";
import type { RoleState } from "@filament/protocol/state/roles";

/** Made once: making one per comparison is what costs. */
const NAMES = new Intl.Collator();

/** A heading and whom it holds. */
export interface MemberGroup {
    readonly title: string;
    readonly users: readonly string[];
}

/** What a role is called on the screen. */
export function roleLabel(role: RoleState): string {
    switch (role.system_key) {
        case "everyone":
            return "@everyone";
        case "workspace_owner":
            return "Owner";
        case "moderator":
            return "Moderator";
        case "member":
            return "Member";
        case null:
            return role.name;
    }
}

/** The highest role a member holds. */
export function highestRole(member: MemberState, roles: readonly RoleState[]): RoleState | undefined {
    return roles.find(({ role_id }) => member.role_ids.includes(role_id));
}

/** The colour of a member: that of the highest role that has one. */
export function memberColor(member: MemberState | undefined, roles: readonly RoleState[]): string | undefined {
    return (
        roles.find(({ role_id, color_hex }) => color_hex !== null && member?.role_ids.includes(role_id))?.color_hex ??
        undefined
    );
}

/** The groups of a list, names ascending. */
export function groupMembers(
    members: readonly MemberState[],
    roles: readonly RoleState[],
    isOnline: (user_id: string) => boolean,
    name: (user_id: string) => string,
): readonly MemberGroup[] {
    const groups = new Map<string, string[]>();
    const offline: string[] = [];
    for (const member of members) {
        if (!isOnline(member.user_id)) {
            offline.push(member.user_id);
            continue;
        }
        const role = highestRole(member, roles);
        const key = role?.role_id ?? "";
        groups.set(key, [...(groups.get(key) ?? []), member.user_id]);
    }
    const byName = (one: string, other: string) => NAMES.compare(name(one), name(other)) || (one < other ? -1 : 1);
    const titled: MemberGroup[] = [];
    for (const role of roles) {
        const users = groups.get(role.role_id);
        if (users !== undefined) titled.push({ title: roleLabel(role), users: users.sort(byName) });
    }
    const rest = groups.get("");
    if (rest !== undefined) titled.push({ title: "Online", users: rest.sort(byName) });
    if (offline.length > 0) titled.push({ title: "Offline", users: offline.sort(byName) });
    return titled;
}
