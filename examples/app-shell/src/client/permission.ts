/**
 * Permissions as people read them, and what the signed-in user holds.
 */

import type { ChannelState } from "@filament/protocol/state/channels";
import type { GuildState } from "@filament/protocol/state/guilds";
import type { Permission } from "@filament/protocol/value";

/** How a permission is shown. */
export interface PermissionWords {
    readonly name: Permission;
    readonly label: string;
    readonly about: string;
}

/** Every permission, in the order of the bits (contract §8.1). */
export const PERMISSIONS: readonly PermissionWords[] = [
    { name: "manage_roles", label: "Manage server", about: "Change the server's name and visibility." },
    {
        name: "manage_member_roles",
        label: "Manage members",
        about: "Add members, give roles to them and take them away.",
    },
    { name: "manage_workspace_roles", label: "Manage roles", about: "Create, change, order and delete roles." },
    {
        name: "manage_channel_overrides",
        label: "Manage channels",
        about: "Create and change channels and who may do what in them.",
    },
    { name: "delete_message", label: "Moderate messages", about: "Edit and delete messages and files of others." },
    { name: "ban_member", label: "Kick and ban", about: "Remove members, ban them, lift bans." },
    { name: "view_audit_log", label: "Read audit log", about: "See who changed what." },
    { name: "manage_ip_bans", label: "Manage address bans", about: "Ban by address, without ever seeing one." },
    {
        name: "create_message",
        label: "See and write",
        about: "See the channel, read, write, react, upload, join voice.",
    },
    { name: "publish_video", label: "Camera", about: "Publish a camera in voice channels." },
    { name: "publish_screen_share", label: "Share screen", about: "Publish a screen in voice channels." },
    { name: "subscribe_streams", label: "Receive streams", about: "Hear and see others in voice channels." },
];

const BITS = new Map(PERMISSIONS.map(({ name }, bit) => [name, 1 << bit]));
const LABELS = new Map(PERMISSIONS.map(({ name, label }) => [name, label]));

/** What a permission is called. */
export function permissionLabel(name: Permission): string {
    return LABELS.get(name) ?? name;
}

/** Whether the user holds a permission in the guild as a whole. */
export function holds(guild: GuildState | undefined, permission: Permission): boolean {
    return guild?.access?.permissions.includes(permission) === true;
}

/** Whether the user holds a permission in a channel. */
export function holdsIn(channel: ChannelState | undefined, permission: Permission): boolean {
    return ((channel?.permission_bits ?? 0) & (BITS.get(permission) ?? 0)) !== 0;
}

/**
 * Whether the user sees a channel. One whose rights are not known yet is one of which an event just told: whoever
 * cannot manage channels hears of those only that they see.
 */
export function isVisible(channel: ChannelState, guild: GuildState | undefined): boolean {
    if (channel.permission_bits === undefined) return !holds(guild, "manage_channel_overrides");
    return holdsIn(channel, "create_message");
}
