/**
 * Who is online, per guild. Known from `presence_sync`, which every subscribe answers with.
 */

import type { Event } from "../envelope.js";
import { goneGuild } from "./gone.js";
import { change, drop, put, type Table } from "./share.js";

/** Who of a guild is online. */
export interface GuildPresence {
    readonly online: Table<true>;
    /** How many were online at the last sync, if it could not name all of them. */
    readonly online_count?: number;
}

/** Presence by guild. */
export type Presence = Table<GuildPresence>;

/** Applies an event. */
export function reducePresence(presence: Presence, event: Event, me?: string): Presence {
    const gone = goneGuild(event, me);
    if (gone !== undefined) return drop(presence, gone);
    switch (event.t) {
        case "presence_sync": {
            const { guild_id, user_ids, online_count } = event.d;
            const online = Object.fromEntries(user_ids.map((user_id) => [user_id, true as const]));
            return put(presence, guild_id, { online, ...(online_count !== undefined && { online_count }) });
        }
        case "presence_update": {
            const { user_id, status } = event.d;
            return change(presence, event.d.guild_id, (guild) => ({
                ...guild,
                online: status === "online" ? put(guild.online, user_id, true) : drop(guild.online, user_id),
            }));
        }
        default:
            return presence;
    }
}
