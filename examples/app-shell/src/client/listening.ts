/**
 * Subscribes to the channels that are wanted, and to no others.
 */

import type { ChannelKey, GatewayClient } from "@filament/protocol/gateway";
import type { State } from "@filament/protocol/state";
import { type Accessor, createEffect, createMemo, untrack } from "solid-js";
import type { Place } from "./place.js";
import { wantedChannels } from "./wanted.js";

/** Starts it; to be called where an owner cleans up. */
export function createListening(gateway: GatewayClient, state: Accessor<State>, place: Accessor<Place>): void {
    const asked = new Map<string, ChannelKey>();
    /** Channels that were taken away, with the access of that moment: until it changes they are not asked for again. */
    const blocked = new Map<string, number | undefined>();
    gateway.onNotice("subscription_lost", ({ guild_id, channel_id }) => {
        const access_rev = untrack(state).channels[guild_id]?.access_rev;
        for (const [id, key] of asked) {
            if (key.guild_id !== guild_id || (channel_id ?? id) !== id) continue;
            asked.delete(id);
            blocked.set(id, access_rev);
        }
    });
    const open = createMemo(() => {
        const here = place();
        return here.kind === "guild" ? here.guild_id : undefined;
    });
    const parts = createMemo(() => ({ guilds: state().guilds, channels: state().channels }), undefined, {
        equals: (one, other) => one.guilds === other.guilds && one.channels === other.channels,
    });
    const wanted = createMemo(() => {
        const isBlocked = ({ channel_id }: ChannelKey, access_rev: number | undefined) =>
            blocked.has(channel_id) && blocked.get(channel_id) === access_rev;
        const { guilds, channels } = parts();
        return wantedChannels({ ...untrack(state), guilds, channels }, open(), isBlocked);
    });
    createEffect(() => {
        const next = new Map(wanted().map((key) => [key.channel_id, key]));
        for (const [id, key] of asked) {
            if (next.has(id)) continue;
            asked.delete(id);
            gateway.unsubscribe(key);
        }
        for (const [id, key] of next) {
            if (asked.has(id)) continue;
            asked.set(id, key);
            blocked.delete(id);
            gateway.subscribe(key);
        }
    });
}
