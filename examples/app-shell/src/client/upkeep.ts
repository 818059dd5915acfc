/**
 * Keeps loaded what is shown: at the start, after a gap, when a guild or a channel is opened. Everything in between is
 * the events' work.
 */

import type { ChannelKey, GatewayClient } from "@filament/protocol/gateway";
import type { State } from "@filament/protocol/state";
import { type Accessor, createEffect, createMemo, createSignal, untrack } from "solid-js";
import { createEpoch } from "./epoch.js";
import { createHints } from "./hints.js";
import { createLater, Keeper, type Later, type Loaded, LOADING, READY } from "./keeper.js";
import { type Loads, MESSAGES_PAGE } from "./loads.js";
import type { Place } from "./place.js";

export type { Loaded } from "./keeper.js";

/** Events that come in a crowd cause one load, this long after the first, in milliseconds. */
const GATHER_MS = 150;

/** What is loaded, for the views. */
export interface Upkeep {
    /** The list of guilds. */
    readonly guilds: Accessor<Loaded>;
    /** Friends and requests. */
    readonly friends: Accessor<Loaded>;
    /** A guild that is or was open. */
    readonly guild: (guild_id: string) => Loaded;
    /** Whether the user's own access in a guild was loaded. */
    readonly access: (guild_id: string) => boolean;
    /** The messages of a channel. */
    readonly channel: (channel_id: string) => Loaded;
    /** Cursor of members that were not loaded. */
    readonly moreMembers: (guild_id: string) => string | undefined;
    loadMoreMembers(guild_id: string): Promise<void>;
    retryChannel(channel: ChannelKey): void;
}

/** What the parts of the upkeep share. */
interface Work {
    readonly gateway: GatewayClient;
    readonly loads: Loads;
    readonly state: Accessor<State>;
    readonly place: Accessor<Place>;
    readonly epoch: Accessor<number>;
    readonly keeper: Keeper;
    readonly later: Later;
}

/** Starts the upkeep; to be called where an owner cleans up. */
export function createUpkeep(
    gateway: GatewayClient,
    loads: Loads,
    state: Accessor<State>,
    place: Accessor<Place>,
): Upkeep {
    const later = createLater();
    const epoch = createEpoch(gateway, later);
    const keeper = new Keeper(epoch, later);
    const work: Work = { gateway, loads, state, place, epoch, keeper, later };
    createEffect(() => {
        if (epoch() === 0) return;
        keeper.keep(
            "guilds",
            () => loads.guilds(),
            () => true,
        );
        keeper.keep(
            "friends",
            () => loads.friends(),
            () => true,
        );
    });
    const members = keepGuild(work);
    keepChannel(work);
    keepAccess(work);
    createHints(loads, state, epoch, later);
    return {
        guilds: () => keeper.of("guilds"),
        friends: () => keeper.of("friends"),
        guild: (guild_id) => worst(["access", "roles", "members"].map((part) => keeper.of(`${part} ${guild_id}`))),
        access: (guild_id) => keeper.of(`access ${guild_id}`).kind === "ready",
        channel: (channel_id) => keeper.of(`channel ${channel_id}`),
        moreMembers: members.next,
        loadMoreMembers: members.load,
        retryChannel: (channel) => {
            keeper.forget(`channel ${channel.channel_id}`);
            keeper.keep(
                `channel ${channel.channel_id}`,
                () => loads.messages(channel),
                () => true,
            );
        },
    };
}

/** Loads the open guild; gives what is known of members beyond the first pages. */
function keepGuild({ loads, state, place, epoch, keeper }: Work) {
    const [cursors, setCursors] = createSignal<ReadonlyMap<string, string>>(new Map());
    const load = async (guild_id: string) => {
        const cursor = await loads.members(guild_id, untrack(cursors).get(guild_id));
        setCursors((map) => {
            const next = new Map(map);
            if (cursor === undefined) next.delete(guild_id);
            else next.set(guild_id, cursor);
            return next;
        });
    };
    const open = createMemo(() => {
        const here = place();
        return here.kind === "guild" && state().guilds[here.guild_id] !== undefined ? here.guild_id : undefined;
    });
    createEffect(() => {
        const guild_id = open();
        if (guild_id === undefined || epoch() === 0) return;
        const wanted = () => untrack(state).guilds[guild_id] !== undefined;
        keeper.keep(`access ${guild_id}`, () => loads.access(guild_id), wanted);
        keeper.keep(`roles ${guild_id}`, () => loads.roles(guild_id), wanted);
        keeper.keep(`details ${guild_id}`, () => loads.details(guild_id), wanted);
        const members = () => {
            setCursors((map) => new Map([...map].filter(([id]) => id !== guild_id)));
            return load(guild_id);
        };
        keeper.keep(`members ${guild_id}`, members, wanted);
    });
    return { load, next: (guild_id: string) => cursors().get(guild_id) };
}

/** Loads the newest messages of the open channel, whenever what is known of it is little or torn. */
function keepChannel({ loads, state, place, epoch, keeper }: Work): void {
    const open = createMemo(
        () => {
            const here = place();
            if (here.kind !== "guild" || here.channel_id === undefined) return undefined;
            const { guild_id, channel_id } = here;
            const channel = state().channels[guild_id]?.list.find((other) => other.channel_id === channel_id);
            return channel?.kind === "text" ? { guild_id, channel_id } : undefined;
        },
        undefined,
        { equals: (one, other) => one?.channel_id === other?.channel_id },
    );
    const isTorn = createMemo(() => {
        const channel = open();
        const known = channel && state().messages[channel.channel_id];
        return known === undefined || known.gap || (!known.complete && known.list.length < MESSAGES_PAGE / 2);
    });
    createEffect(() => {
        const channel = open();
        if (channel === undefined || epoch() === 0) return;
        const part = `channel ${channel.channel_id}`;
        if (isTorn()) keeper.forget(part);
        keeper.keep(
            part,
            () => loads.messages(channel),
            () => untrack(open)?.channel_id === channel.channel_id,
        );
    });
}

/** Loads the user's own access again where an event does not tell it. */
function keepAccess({ gateway, loads, state, keeper, later }: Work): void {
    const stale = new Set<string>();
    const refresh = (guild_id: string) => {
        if (stale.has(guild_id)) return;
        stale.add(guild_id);
        later(GATHER_MS, () => {
            stale.delete(guild_id);
            const isMember = () => untrack(state).guilds[guild_id] !== undefined;
            keeper.forget(`access ${guild_id}`);
            if (isMember()) keeper.keep(`access ${guild_id}`, () => loads.access(guild_id), isMember);
        });
    };
    // Whether a new channel is seen, or only managed, stands in no event.
    gateway.on("channel_create", ({ guild_id }) => refresh(guild_id));
    gateway.onNotice("access_behind", () => {
        for (const guild_id of Object.keys(untrack(state).guilds)) refresh(guild_id);
    });
    // One who comes back to a guild finds it as new.
    gateway.on("workspace_unavailable", ({ guild_id }) => {
        keeper.drop(["access", "roles", "details", "members"].map((part) => `${part} ${guild_id}`));
    });
}

function worst(parts: readonly Loaded[]): Loaded {
    const failed = parts.find(({ kind }) => kind === "failed");
    return failed ?? (parts.every(({ kind }) => kind === "ready") ? READY : LOADING);
}
