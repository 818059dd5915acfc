/**
 * Keeps loaded what is shown: at the start, after a gap, when a guild or a channel is opened. Everything in between is
 * the events' work.
 */

import type { ChannelKey, GatewayClient } from "@filament/protocol/gateway";
import type { State } from "@filament/protocol/state";
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup, untrack } from "solid-js";
import { Refusal, sentence } from "../api/refusal.js";
import { Loads, MESSAGES_PAGE } from "./loads.js";
import { isVisible } from "./permission.js";
import type { Place } from "./place.js";

/** Without a connection after this time the page is filled over REST alone, in milliseconds. */
const PATIENCE_MS = 1_500;
/** Guilds besides the open one whose channels are made known, for their unread hints. */
const OTHER_GUILDS_MAX = 24;
/** Channels whose newest message is asked for, for their unread hints. */
const HINTS_MAX = 40;
/** Events that come in a crowd cause one load, this long after the first, in milliseconds. */
const GATHER_MS = 150;
/** Gaps within this time after one cause one load together, in milliseconds: a server that stammers is not asked for ever. */
const GAPS_MS = 2_000;
/** Wait before a failed load is tried again, in milliseconds, and its bound. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 15_000;

/** How far a part is loaded. */
export type Loaded = { readonly kind: "loading" } | { readonly kind: "ready" } | { readonly kind: "failed"; readonly why: string };

/** What is loaded, for the views. */
export interface Upkeep {
    /** The list of guilds. */
    readonly guilds: Accessor<Loaded>;
    /** The open guild. */
    readonly guild: (guild_id: string) => Loaded;
    /** Whether the user's own access in a guild was loaded. */
    readonly access: (guild_id: string) => boolean;
    /** The messages of a channel. */
    readonly channel: (channel_id: string) => Loaded;
    /** Friends and requests. */
    readonly friends: Accessor<Loaded>;
    /** Cursor of members that were not loaded. */
    readonly moreMembers: (guild_id: string) => string | undefined;
    loadMoreMembers(guild_id: string): Promise<void>;
    retryChannel(channel: ChannelKey): void;
}

const LOADING: Loaded = { kind: "loading" };
const READY: Loaded = { kind: "ready" };

/** Starts the upkeep; to be called where an owner cleans up. */
export function createUpkeep(
    gateway: GatewayClient,
    loads: Loads,
    state: Accessor<State>,
    place: Accessor<Place>,
): Upkeep {
    /** Rises whenever events may have been missed; everything shown is then loaded again. */
    const [epoch, setEpoch] = createSignal(0);
    const [loaded, setLoaded] = createSignal<ReadonlyMap<string, Loaded>>(new Map());
    const [more, setMore] = createSignal<ReadonlyMap<string, string>>(new Map());
    const done = new Map<string, number>();
    const timers = new Set<ReturnType<typeof setTimeout>>();
    onCleanup(() => timers.forEach(clearTimeout));

    const later = (ms: number, run: () => void) => {
        const timer = setTimeout(() => {
            timers.delete(timer);
            run();
        }, ms);
        timers.add(timer);
    };
    const mark = (part: string, value: Loaded) => setLoaded((map) => new Map(map).set(part, value));

    /** Loads a part once per epoch, again and again until it succeeds or is not wanted any more. */
    const keep = (part: string, run: () => Promise<unknown>, wanted: () => boolean, attempt = 0): void => {
        const now = epoch();
        if (attempt === 0 && done.get(part) === now) return;
        done.set(part, now);
        if (untrack(loaded).get(part)?.kind !== "ready") mark(part, LOADING);
        run().then(
            () => mark(part, READY),
            (error: unknown) => {
                if (done.get(part) !== now) return;
                mark(part, { kind: "failed", why: sentence(error) });
                // What the server does not know does not come by asking again.
                if (error instanceof Refusal && (error.status === 404 || error.status === 405)) return;
                const wait = Math.min(RETRY_MS * 2 ** attempt, RETRY_MS_MAX);
                later(wait, () => {
                    if (wanted() && epoch() === now) keep(part, run, wanted, attempt + 1);
                    else done.delete(part);
                });
            },
        );
    };

    let gapsHeld = false;
    let isGapDue = false;
    const loadAgain = () => {
        if (gapsHeld) {
            isGapDue = true;
            return;
        }
        gapsHeld = true;
        setEpoch((number) => number + 1);
        later(GAPS_MS, () => {
            gapsHeld = false;
            if (isGapDue) loadAgain();
        });
        isGapDue = false;
    };
    let isFirst = true;
    gateway.onNotice("status", (status) => {
        if (status.kind !== "ready" || !isFirst) return;
        isFirst = false;
        setEpoch((number) => number + 1);
    });
    gateway.onNotice("gap", ({ channel }) => {
        // A gap of one channel stands in the state, and is mended like one that was never loaded.
        if (channel === undefined) loadAgain();
    });
    later(PATIENCE_MS, () => {
        if (epoch() === 0) setEpoch(1);
    });

    const isMember = (guild_id: string) => untrack(state).guilds[guild_id] !== undefined;
    const keepAccess = (guild_id: string) =>
        keep(`access ${guild_id}`, () => loads.access(guild_id), () => isMember(guild_id));

    createEffect(() => {
        if (epoch() === 0) return;
        keep("guilds", () => loads.guilds(), () => true);
        keep("friends", () => loads.friends(), () => true);
    });

    const openGuild = createMemo(() => {
        const here = place();
        return here.kind === "guild" && state().guilds[here.guild_id] !== undefined ? here.guild_id : undefined;
    });
    createEffect(() => {
        const guild_id = openGuild();
        if (guild_id === undefined || epoch() === 0) return;
        const wanted = () => isMember(guild_id);
        keepAccess(guild_id);
        keep(`roles ${guild_id}`, () => loads.roles(guild_id), wanted);
        keep(`details ${guild_id}`, () => loads.details(guild_id), wanted);
        const members = async () => setNext(guild_id, await loads.members(guild_id));
        keep(`members ${guild_id}`, members, wanted);
    });

    const setNext = (guild_id: string, cursor: string | undefined) =>
        setMore((map) => {
            const next = new Map(map);
            if (cursor === undefined) next.delete(guild_id);
            else next.set(guild_id, cursor);
            return next;
        });

    /** The open channel, as long as it is one of text that the user sees. */
    const openChannel = createMemo(
        () => {
            const here = place();
            if (here.kind !== "guild" || here.channel_id === undefined) return undefined;
            const channel = state().channels[here.guild_id]?.list.find(({ channel_id }) => channel_id === here.channel_id);
            if (channel === undefined || channel.kind !== "text") return undefined;
            return { guild_id: here.guild_id, channel_id: here.channel_id };
        },
        undefined,
        { equals: (one, other) => one?.channel_id === other?.channel_id },
    );
    const isTorn = createMemo(() => {
        const channel = openChannel();
        const known = channel && state().messages[channel.channel_id];
        return known === undefined || known.gap || (!known.complete && known.list.length < MESSAGES_PAGE / 2);
    });
    createEffect(() => {
        const channel = openChannel();
        if (channel === undefined || epoch() === 0) return;
        const part = `channel ${channel.channel_id}`;
        if (isTorn()) done.delete(part);
        keep(part, () => loads.messages(channel), () => untrack(openChannel)?.channel_id === channel.channel_id);
    });

    hints(loads, state, epoch, later);

    const stale = new Set<string>();
    const refreshAccess = (guild_id: string) => {
        if (stale.has(guild_id)) return;
        stale.add(guild_id);
        later(GATHER_MS, () => {
            stale.delete(guild_id);
            done.delete(`access ${guild_id}`);
            if (isMember(guild_id)) keepAccess(guild_id);
        });
    };
    // Whether a new channel is seen, or only managed, stands in no event.
    gateway.on("channel_create", ({ guild_id }) => refreshAccess(guild_id));
    gateway.onNotice("access_behind", () => {
        for (const guild_id of Object.keys(untrack(state).guilds)) refreshAccess(guild_id);
    });
    // One who comes back to a guild finds it as new.
    gateway.on("workspace_unavailable", ({ guild_id }) => {
        for (const part of ["access", "roles", "details", "members"]) done.delete(`${part} ${guild_id}`);
        setLoaded((map) => new Map([...map].filter(([part]) => !part.endsWith(guild_id))));
    });

    return {
        guilds: () => loaded().get("guilds") ?? LOADING,
        friends: () => loaded().get("friends") ?? LOADING,
        guild: (guild_id) => worst(["access", "roles", "members"].map((part) => loaded().get(`${part} ${guild_id}`))),
        access: (guild_id) => loaded().get(`access ${guild_id}`)?.kind === "ready",
        channel: (channel_id) => loaded().get(`channel ${channel_id}`) ?? LOADING,
        moreMembers: (guild_id) => more().get(guild_id),
        loadMoreMembers: async (guild_id) => {
            setNext(guild_id, await loads.members(guild_id, more().get(guild_id)));
        },
        retryChannel: (channel) => {
            done.delete(`channel ${channel.channel_id}`);
            keep(`channel ${channel.channel_id}`, () => loads.messages(channel), () => true);
        },
    };
}

/** Makes the channels of the other guilds known, and the newest message of channels: what unread hints need. */
function hints(
    loads: Loads,
    state: Accessor<State>,
    epoch: Accessor<number>,
    later: (ms: number, run: () => void) => void,
): void {
    const run = async (now: number) => {
        const current = () => epoch() === now;
        for (const guild_id of Object.keys(untrack(state).guilds).slice(0, OTHER_GUILDS_MAX)) {
            if (!current()) return;
            if (untrack(state).channels[guild_id]?.access_rev === undefined) await loads.access(guild_id).catch(() => undefined);
        }
        let left = HINTS_MAX;
        const { channels, guilds } = untrack(state);
        for (const [guild_id, { list }] of Object.entries(channels)) {
            for (const channel of list) {
                const { channel_id, kind } = channel;
                const known = untrack(state).messages[channel_id];
                if (kind !== "text" || !isVisible(channel, guilds[guild_id])) continue;
                if (known !== undefined && !known.gap && (known.list.length > 0 || known.complete)) continue;
                if (left === 0 || !current()) return;
                left -= 1;
                await loads.messages({ guild_id, channel_id }, undefined, 1).catch(() => undefined);
            }
        }
    };
    // Behind everything that is on the screen.
    createEffect(on(epoch, (now) => now > 0 && later(GATHER_MS * 4, () => void run(now))));
}

function worst(parts: readonly (Loaded | undefined)[]): Loaded {
    return parts.find((part) => part?.kind === "failed") ?? (parts.every((part) => part?.kind === "ready") ? READY : LOADING);
}
