/**
 * Everything behind the views: the connection, the state that events keep, and where the user is.
 */

import { events } from "@filament/protocol/events";
import { type ChannelKey, GatewayClient, type Status } from "@filament/protocol/gateway";
import type { State } from "@filament/protocol/state";
import { keepNewest } from "@filament/protocol/state/messages";
import { load } from "@filament/protocol/state";
import { Store } from "@filament/protocol/state/store";
import { type Accessor, createEffect, createMemo, createSignal, onCleanup, untrack } from "solid-js";
import { Http } from "../api/http.js";
import { sentence } from "../api/refusal.js";
import type { Session } from "../session/session.js";
import { Diagnostics } from "./diagnostics.js";
import { type Farewell, farewell, lostChannel } from "./farewell.js";
import { Loads } from "./loads.js";
import { Names } from "./names.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { isOpen, isSamePlace, pathOf, type Place, placeOf, safePlace } from "./place.js";
import { createReading, type Reading } from "./reading.js";
import { newestOfOthers } from "./unread.js";
import { createUpkeep, type Upkeep } from "./upkeep.js";
import { wantedChannels } from "./wanted.js";

/** Messages kept of a channel that is not open. */
const MESSAGES_KEPT = 100;
/** Close name of a session that is over. */
const SESSION_REVOKED = "session_revoked";

/** What lies over the rest of the page. */
export type Overlay =
    | { readonly kind: "client_settings"; readonly section?: string }
    | { readonly kind: "workspace_settings"; readonly guild_id: string; readonly section?: string }
    | { readonly kind: "person"; readonly user_id: string; readonly guild_id?: string }
    | { readonly kind: "create_guild" }
    | { readonly kind: "create_channel"; readonly guild_id: string }
    | { readonly kind: "leave_guild"; readonly guild_id: string }
    | { readonly kind: "switcher" }
    | { readonly kind: "diagnostics" };

/** A message to be shown in its place. */
export interface Jump {
    readonly channel_id: string;
    readonly message_id: string;
}

/** What the views use. */
export interface Client {
    readonly session: Session;
    readonly http: Http;
    readonly gateway: GatewayClient;
    readonly loads: Loads;
    readonly state: Accessor<State>;
    readonly status: Accessor<Status>;
    readonly place: Accessor<Place>;
    readonly upkeep: Upkeep;
    readonly outbox: Outbox;
    readonly notices: Notices;
    readonly reading: Reading;
    readonly diagnostics: Diagnostics;
    /** Why the user is out of a guild, until it was read. */
    readonly farewell: Accessor<Farewell | undefined>;
    closeFarewell(): void;
    go(place: Place): void;
    /** Goes there as soon as events have told of it: the answer of a request may be earlier than they. */
    goOnceOpen(place: Place): void;
    readonly overlay: Accessor<Overlay | undefined>;
    show(overlay: Overlay | undefined): void;
    readonly jump: Accessor<Jump | undefined>;
    setJump(jump: Jump | undefined): void;
    /** The user's name, asked for if it is not known; "…" until then. */
    name(user_id: string): string;
    isUnread(channel_id: string): boolean;
    /** Runs something the user asked for, and says why if it fails; tells whether it worked. */
    attempt(work: () => Promise<unknown>, done?: string): Promise<boolean>;
    reconnect(): void;
}

/** Starts a client for a session; to be called where an owner cleans up. */
export function createClient(session: Session): Client {
    const store = new Store();
    const http = new Http((request) => session.accessToken(request));
    const loads = new Loads(http, store);
    const diagnostics = new Diagnostics(() => Date.now());
    const gateway = new GatewayClient({
        url: gatewayAddress(),
        token: (request) => session.accessToken(request),
        events,
        onHandlerError: (error) => {
            diagnostics.handlerErrors += 1;
            diagnostics.note(String(error));
        },
    });
    const state = signalOf(store);
    const notices = new Notices();
    const outbox = new Outbox(http);
    const [status, setStatus] = createSignal<Status>(gateway.status);
    const [gone, setGone] = createSignal<Farewell>();
    const [overlay, setOverlay] = createSignal<Overlay>();
    const [jump, setJump] = createSignal<Jump>();
    const [wish, setWish] = createSignal<Place>();

    gateway.onEvent((event) => {
        diagnostics.event(event.t);
        // Before the state forgets what it was called.
        const words = farewell(event, store.current);
        if (words !== undefined) setGone(words);
        const lost = lostChannel(event, store.current);
        if (lost !== undefined) notices.say(lost);
        store.apply(event);
    });
    gateway.onNotice("unknown", ({ name }) => diagnostics.unknownEvent(name));
    gateway.onNotice("malformed", ({ code, path }) => diagnostics.malformed(code, path));
    gateway.onNotice("gap", ({ reason }) => diagnostics.note(`Events may have been missed (${reason}); loading again`));
    gateway.onNotice("status", (next) => {
        setStatus(next);
        diagnostics.note(statusLine(next));
        if (next.kind === "stopped" && next.name === SESSION_REVOKED) session.ended();
    });

    const { place, go } = createPlace();
    const upkeep = createUpkeep(gateway, loads, state, place);
    const reading = createReading(() => state().me);
    const names = new Names((users) => loads.names(users), (run, ms) => setTimeout(run, ms));
    listen(gateway, state, place);
    guard(state, place, upkeep, go);
    trim(store, place);
    createEffect(() => {
        const { messages } = state();
        outbox.settle((channel_id, message_id) => messages[channel_id]?.list.some((message) => message.message_id === message_id) === true);
    });
    createEffect(() => {
        const wanted = wish();
        if (wanted === undefined || !isOpen(wanted, state())) return;
        setWish(undefined);
        go(wanted);
    });
    // What concerns a guild goes with it.
    createEffect(() => {
        const open = overlay();
        if (open !== undefined && "guild_id" in open && open.guild_id !== undefined && !state().guilds[open.guild_id])
            setOverlay(undefined);
    });
    createEffect(() => {
        const me = state().me;
        if (me !== undefined) void loads.profile(me).catch(() => undefined);
    });

    gateway.connect();
    onCleanup(() => gateway.close());
    const reconnect = () => {
        gateway.close();
        gateway.connect();
    };
    const online = () => gateway.status.kind === "waiting" && reconnect();
    window.addEventListener("online", online);
    onCleanup(() => window.removeEventListener("online", online));

    return {
        session,
        http,
        gateway,
        loads,
        state,
        status,
        place,
        upkeep,
        outbox,
        notices,
        reading,
        diagnostics,
        farewell: gone,
        closeFarewell: () => setGone(undefined),
        go: (next) => {
            setWish(undefined);
            go(next);
        },
        goOnceOpen: (next) => setWish(next),
        overlay,
        show: (next) => setOverlay(next),
        jump,
        setJump: (next) => setJump(next),
        name: (user_id) => {
            const known = state().profiles[user_id];
            if (known === undefined) names.want(user_id);
            return known?.username ?? "…";
        },
        isUnread: (channel_id) => {
            const { messages, me } = state();
            const newest = newestOfOthers(messages[channel_id]?.list ?? [], me);
            return newest !== undefined && newest > (reading.marks()[channel_id] ?? "");
        },
        attempt: async (work, done) => {
            try {
                await work();
                if (done !== undefined) notices.say(done);
                return true;
            } catch (error) {
                notices.say(sentence(error), "failure");
                return false;
            }
        },
        reconnect,
    };
}

/** The state as a signal; the events of one message of the gateway are seen together. */
function signalOf(store: Store): Accessor<State> {
    const [state, setState] = createSignal<State>(store.current);
    let isDue = false;
    store.subscribe(() => {
        if (isDue) return;
        isDue = true;
        queueMicrotask(() => {
            isDue = false;
            setState(() => store.current);
        });
    });
    return state;
}

/** Where the user is, which is what the address says. */
function createPlace(): { place: Accessor<Place>; go: (place: Place) => void } {
    const [place, setPlace] = createSignal<Place>(placeOf(location.pathname), { equals: isSamePlace });
    const changed = () => setPlace(placeOf(location.pathname));
    window.addEventListener("popstate", changed);
    onCleanup(() => window.removeEventListener("popstate", changed));
    const go = (next: Place) => {
        if (location.pathname !== pathOf(next)) history.pushState(null, "", pathOf(next));
        setPlace(next);
    };
    return { place, go };
}

/** Subscribes to what is wanted, and to nothing else. */
function listen(gateway: GatewayClient, state: Accessor<State>, place: Accessor<Place>): void {
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

/** Moves the user away from what is not open to them any more. */
function guard(state: Accessor<State>, place: Accessor<Place>, upkeep: Upkeep, go: (place: Place) => void): void {
    const known = { guilds: () => upkeep.guilds().kind === "ready", access: upkeep.access };
    createEffect(() => {
        const here = place();
        if (here.kind === "guild" && here.channel_id !== undefined) rememberChannel(here.guild_id, here.channel_id);
        const there = safePlace(here, state(), { guilds: known.guilds(), access: known.access }, lastChannel);
        if (isSamePlace(here, there)) return;
        // Not a step of the user's own: going back must not lead here again.
        history.replaceState(null, "", pathOf(there));
        untrack(() => go(there));
    });
}

const LAST_CHANNEL = "filament.channel.";

function rememberChannel(guild_id: string, channel_id: string): void {
    localStorage.setItem(LAST_CHANNEL + guild_id, channel_id);
}

function lastChannel(guild_id: string): string | undefined {
    return localStorage.getItem(LAST_CHANNEL + guild_id) ?? undefined;
}

/** Forgets old messages of a channel that was left, so that a page that is open for days stays small. */
function trim(store: Store, place: Accessor<Place>): void {
    createEffect((before: string | undefined) => {
        const here = place();
        const channel_id = here.kind === "guild" ? here.channel_id : undefined;
        if (before !== undefined && before !== channel_id) {
            store.load(store.mark(), (state) => load(state, { messages: keepNewest(state.messages, before, MESSAGES_KEPT) }));
        }
        return channel_id;
    });
}

function gatewayAddress(): string {
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/gateway/ws`;
}

function statusLine(status: Status): string {
    switch (status.kind) {
        case "idle":
            return "Not connected";
        case "connecting":
            return "Connecting";
        case "ready":
            return "Connected";
        case "waiting":
            return `Connecting again in ${(status.ms / 1_000).toFixed(1)} s`;
        case "stopped":
            return `Stopped: ${status.name || status.code}`;
    }
}
