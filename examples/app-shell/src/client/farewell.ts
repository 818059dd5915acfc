/**
 * What takes something away from the user, in words: being removed from a guild, losing a channel.
 */

import type { Event } from "@filament/protocol/envelope";
import type { State } from "@filament/protocol/state";
import { isVisible } from "./permission.js";

/** The user is out of a guild. */
export interface Farewell {
    readonly title: string;
    readonly text: string;
}

/**
 * Why the user is out of a guild after this event; `before` is the state before it. Several events tell of one removal:
 * the first of them, while the guild is still known, is the one to speak of. Leaving by oneself needs no word.
 */
export function farewell(event: Event, before: State): Farewell | undefined {
    const why = removal(event, before.me);
    const guild = why && before.guilds[why.guild_id];
    if (guild === undefined) return undefined;
    const { name } = guild;
    switch (why?.reason) {
        case "kicked":
            return {
                title: `You were removed from ${name}`,
                text: "A moderator removed you. You can come back if the server is public or somebody adds you.",
            };
        case "banned":
            return {
                title: `You were banned from ${name}`,
                text: "A moderator banned you. You cannot come back until the ban is lifted.",
            };
        case "deleted":
            return { title: `${name} was deleted`, text: "Its owner deleted the server with everything in it." };
        default:
            return undefined;
    }
}

const REASONS = { kick: "kicked", ban: "banned", leave: "left" } as const;

function removal(
    event: Event,
    me: string | undefined,
): { readonly guild_id: string; readonly reason: "kicked" | "banned" | "deleted" | "left" } | undefined {
    switch (event.t) {
        case "workspace_unavailable":
            return event.d;
        case "workspace_delete":
            return { guild_id: event.d.guild_id, reason: "deleted" };
        case "workspace_member_remove":
            return event.d.user_id === me ? { guild_id: event.d.guild_id, reason: REASONS[event.d.reason] } : undefined;
        default:
            return undefined;
    }
}

/** A word about a channel that is gone after this event, if the user saw it. */
export function lostChannel(event: Event, before: State): string | undefined {
    const isDeleted = event.t === "channel_delete";
    if (!isDeleted && (event.t !== "unsubscribed" || event.d.reason !== "access_revoked")) return undefined;
    const { guild_id, channel_id } = event.d;
    const channel = before.channels[guild_id]?.list.find((other) => other.channel_id === channel_id);
    if (channel === undefined || !isVisible(channel, before.guilds[guild_id])) return undefined;
    const name = channel.kind === "text" ? `#${channel.name}` : channel.name;
    return isDeleted ? `${name} was deleted.` : `You cannot see ${name} any more.`;
}
