/**
 * Older messages of a channel: asked for as one nears the beginning of what is known, or up to one that is wanted.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import { type Accessor, createEffect, createSignal, untrack } from "solid-js";
import type { Client } from "../../client/client.js";
import { indexOf } from "./window.js";

/** Older messages are asked for when the upper edge is this near, in pixels. */
const LOAD_AHEAD = 1_200;
/** Messages of one page. */
const PAGE = 100;
/** Pages loaded to reach a message that is wanted. */
const PAGES_MAX = 30;

/** How it stands with older messages. */
export type Older = "idle" | "loading" | "failed";

/** The history of a channel. */
export interface History {
    readonly older: Accessor<Older>;
    /** Loads a page; tells whether there is more now. */
    load(): Promise<boolean>;
    /** Loads until a message is known; tells whether it is. */
    reach(message_id: string): Promise<boolean>;
}

/** The history of a channel; `top` is how far one is from the beginning of what is known, in pixels. */
export function createHistory(
    client: Client,
    channel: ChannelKey,
    ids: Accessor<readonly string[]>,
    top: Accessor<number>,
): History {
    const [older, setOlder] = createSignal<Older>("idle");
    let running: Promise<boolean> | undefined;
    const run = async (before: string) => {
        setOlder("loading");
        try {
            await client.loads.messages(channel, before, PAGE);
            setOlder("idle");
            return true;
        } catch {
            setOlder("failed");
            return false;
        }
    };
    const load = (): Promise<boolean> => {
        const before = untrack(ids)[0];
        if (before === undefined || untrack(client.state).messages[channel.channel_id]?.complete)
            return Promise.resolve(false);
        running ??= run(before).finally(() => {
            running = undefined;
        });
        return running;
    };
    createEffect(() => {
        // Looked at again after each page: a page may be shorter than the screen.
        if (ids().length > 0 && top() < LOAD_AHEAD && untrack(older) !== "failed") void load();
    });
    return {
        older,
        load,
        reach: async (message_id) => {
            for (let page = 0; page < PAGES_MAX && (untrack(ids)[0] ?? "") > message_id; page += 1) {
                if (!(await load())) break;
            }
            return indexOf(untrack(ids), message_id) >= 0;
        },
    };
}
