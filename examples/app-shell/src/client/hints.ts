/**
 * What unread hints need behind everything that is on the screen: the channels of the other guilds, and the newest
 * message of channels that were not opened.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import type { State } from "@filament/protocol/state";
import { type Accessor, createEffect, on, untrack } from "solid-js";
import type { Later } from "./keeper.js";
import type { Loads } from "./loads.js";
import { isVisible } from "./permission.js";

/** Guilds besides the open one whose channels are made known. */
const GUILDS_MAX = 24;
/** Channels whose newest message is asked for. */
const CHANNELS_MAX = 40;
/** What is on the screen goes first, by this much, in milliseconds. */
const BEHIND_MS = 600;

/** Loads the hints once per epoch, one request after the other. */
export function createHints(loads: Loads, state: Accessor<State>, epoch: Accessor<number>, later: Later): void {
    const run = async (now: number) => {
        const isCurrent = () => untrack(epoch) === now;
        for (const guild_id of Object.keys(untrack(state).guilds).slice(0, GUILDS_MAX)) {
            if (!isCurrent()) return;
            const isKnown = untrack(state).channels[guild_id]?.access_rev !== undefined;
            if (!isKnown) await loads.access(guild_id).catch(() => undefined);
        }
        for (const channel of unknownChannels(untrack(state)).slice(0, CHANNELS_MAX)) {
            if (!isCurrent()) return;
            await loads.messages(channel, undefined, 1).catch(() => undefined);
        }
    };
    createEffect(on(epoch, (now) => now > 0 && later(BEHIND_MS, () => void run(now))));
}

/** Text channels of which no message is known, or nothing sure. */
function unknownChannels({ channels, guilds, messages }: State): ChannelKey[] {
    return Object.entries(channels).flatMap(([guild_id, { list }]) =>
        list
            .filter((channel) => channel.kind === "text" && isVisible(channel, guilds[guild_id]))
            .map(({ channel_id }) => ({ guild_id, channel_id }))
            .filter(({ channel_id }) => {
                const known = messages[channel_id];
                return known === undefined || known.gap || (known.list.length === 0 && !known.complete);
            }),
    );
}
