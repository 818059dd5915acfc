/**
 * What an event takes away as a whole, for every family alike.
 */

import type { Event } from "../envelope.js";

/** The guild that is none of the user's any more after this event. */
export function goneGuild(event: Event, me: string | undefined): string | undefined {
    switch (event.t) {
        case "workspace_unavailable":
        case "workspace_delete":
            return event.d.guild_id;
        case "workspace_member_remove":
            return event.d.user_id === me ? event.d.guild_id : undefined;
        default:
            return undefined;
    }
}

/**
 * Tells whether what is known of a channel is void after this event, because the channel or the right to see it is
 * gone.
 */
export function isGoneChannel(event: Event, guild_id: string, channel_id: string, me: string | undefined): boolean {
    if (goneGuild(event, me) === guild_id) return true;
    switch (event.t) {
        case "channel_delete":
            return event.d.channel_id === channel_id;
        case "unsubscribed": {
            const { d } = event;
            return d.reason !== "requested" && d.guild_id === guild_id && (d.channel_id ?? channel_id) === channel_id;
        }
        case "workspace_access_update":
            return (
                event.d.guild_id === guild_id && event.d.channels.every((channel) => channel.channel_id !== channel_id)
            );
        default:
            return false;
    }
}
