/**
 * Which channels are listened to: all of the open guild, then those of the others, for their unread hints.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import type { State } from "@filament/protocol/state";
import { isVisible } from "./permission.js";

/** Channels listened to at once: well within the subscribes a connection may make in one window (contract GW-24). */
export const CHANNELS_WANTED_MAX = 400;

/** The channels to listen to, the most wanted first. `isBlocked` names those that were just refused. */
export function wantedChannels(
    state: State,
    open: string | undefined,
    isBlocked: (channel: ChannelKey, access_rev: number | undefined) => boolean,
): ChannelKey[] {
    const ids = Object.keys(state.guilds).sort((one, other) => Number(other === open) - Number(one === open));
    const wanted: ChannelKey[] = [];
    for (const guild_id of ids) {
        const known = state.channels[guild_id];
        for (const channel of known?.list ?? []) {
            const key = { guild_id, channel_id: channel.channel_id };
            if (!isVisible(channel, state.guilds[guild_id]) || isBlocked(key, known?.access_rev)) continue;
            wanted.push(key);
            if (wanted.length === CHANNELS_WANTED_MAX) return wanted;
        }
    }
    return wanted;
}
