/**
 * Where in the application somebody is, as an address, and where they may be.
 */

import type { State } from "@filament/protocol/state";
import { isVisible } from "./permission.js";

/** What is shown in the middle. */
export type Place =
    | { readonly kind: "friends" }
    | { readonly kind: "directory" }
    | { readonly kind: "guild"; readonly guild_id: string; readonly channel_id?: string };

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The place of an address; friends for what cannot be read. */
export function placeOf(path: string): Place {
    const [root, first, second] = path.split("/").filter((part) => part !== "");
    if (root !== "app") return { kind: "friends" };
    if (first === "directory") return { kind: "directory" };
    if (first === undefined || !ULID.test(first)) return { kind: "friends" };
    return second !== undefined && ULID.test(second)
        ? { kind: "guild", guild_id: first, channel_id: second }
        : { kind: "guild", guild_id: first };
}

/** The address of a place. */
export function pathOf(place: Place): string {
    switch (place.kind) {
        case "friends":
            return "/app";
        case "directory":
            return "/app/directory";
        case "guild":
            return place.channel_id === undefined
                ? `/app/${place.guild_id}`
                : `/app/${place.guild_id}/${place.channel_id}`;
    }
}

/** What is known when a place is judged. */
export interface Known {
    /** Whether the list of guilds was loaded, so that what is not in it is nowhere. */
    readonly guilds: boolean;
    /** Guilds whose own access was loaded, so that their channel list is whole. */
    readonly access: (guild_id: string) => boolean;
}

/**
 * The place itself if it is open to the user, else the nearest one that is: another channel of the guild, or out of the
 * guild. Of what is not known yet nothing is taken away.
 */
export function safePlace(
    place: Place,
    state: State,
    known: Known,
    lastChannel?: (guild_id: string) => string | undefined,
): Place {
    if (place.kind !== "guild" || !known.guilds) return place;
    const { guild_id, channel_id } = place;
    const guild = state.guilds[guild_id];
    if (guild === undefined) return { kind: "friends" };
    if (!known.access(guild_id)) return place;
    const list = state.channels[guild_id]?.list ?? [];
    const visible = list.filter((channel) => isVisible(channel, guild));
    const here = list.find((channel) => channel.channel_id === channel_id);
    if (here !== undefined && (here.permission_bits === undefined || visible.includes(here))) return place;
    const last = lastChannel?.(guild_id);
    const next =
        visible.find((channel) => channel.channel_id === last) ??
        visible.find(({ kind }) => kind === "text") ??
        visible[0];
    return next === undefined ? { kind: "guild", guild_id } : { kind: "guild", guild_id, channel_id: next.channel_id };
}

/** Whether two places are one. */
export function isSamePlace(one: Place, other: Place): boolean {
    return pathOf(one) === pathOf(other);
}

/** Whether a place can be gone to now: its guild and its channel are known and seen. */
export function isOpen(place: Place, state: State): boolean {
    if (place.kind !== "guild") return true;
    const { guild_id, channel_id } = place;
    const guild = state.guilds[guild_id];
    const channel = state.channels[guild_id]?.list.find((other) => other.channel_id === channel_id);
    return guild !== undefined && (channel_id === undefined || (channel !== undefined && isVisible(channel, guild)));
}
