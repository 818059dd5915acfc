/**
 * Everything behind the views: the connection, the state that events keep, and where the user is.
 */

import { events } from "@filament/protocol/events";
import { GatewayClient, type Status } from "@filament/protocol/gateway";
import type { State } from "@filament/protocol/state";
import { keepNewest } from "@filament/protocol/state/messages";
import { load } from "@filament/protocol/state";
import { Store } from "@filament/protocol/state/store";
import { type Accessor, createEffect, createSignal, onCleanup } from "solid-js";
import { Http } from "../api/http.js";
import { sentence } from "../api/refusal.js";
import { onChange } from "../part/change.js";
import type { Session } from "../session/session.js";
import { Diagnostics } from "./diagnostics.js";
import { type Farewell, farewell, lostChannel } from "./farewell.js";
import { createListening } from "./listening.js";
import { Loads } from "./loads.js";
import { Names } from "./names.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import type { Place } from "./place.js";
import { createReading, type Reading } from "./reading.js";
import { newestOfOthers } from "./unread.js";
import { createUpkeep, type Upkeep } from "./upkeep.js";
import { createGuard, createPlace, createWish } from "./whereabouts.js";

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
    /** What was written and not sent, by channel, for as long as this user's page is open. */
    readonly drafts: Map<string, string>;
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
    const gateway = createGateway(session, diagnostics);
    const state = signalOf(store);
    const notices = new Notices();
    const outbox = new Outbox(http);
    const [status, setStatus] = createSignal<Status>(gateway.status);
    const [gone, setGone] = createSignal<Farewell>();
    const [overlay, setOverlay] = createSignal<Overlay>();
    const [jump, setJump] = createSignal<Jump>();

    gateway.onEvent((event) => {
        // Before the state forgets what it was called.
        const words = farewell(event, store.current);
        if (words !== undefined) setGone(words);
        const lost = lostChannel(event, store.current);
        if (lost !== undefined) notices.say(lost);
        store.apply(event);
    });
    gateway.onNotice("status", (next) => {
        setStatus(next);
        if (next.kind === "stopped" && next.name === SESSION_REVOKED) session.ended();
    });

    const { place, go } = createPlace();
    const upkeep = createUpkeep(gateway, loads, state, place);
    const reading = createReading(() => state().me);
    const names = new Names(
        (users) => loads.names(users),
        (run, ms) => setTimeout(run, ms),
    );
    const wish = createWish(state, go);
    createListening(gateway, state, place);
    createGuard(state, place, upkeep, go);
    createHousekeeping({ store, state, place, outbox, loads, overlay, setOverlay });

    const reconnect = stayConnected(gateway);
    gateway.connect();

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
        drafts: new Map(),
        diagnostics,
        farewell: gone,
        closeFarewell: () => setGone(undefined),
        go: (next) => {
            wish(undefined);
            go(next);
        },
        goOnceOpen: wish,
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

/** What follows from the state without anybody asking. */
function createHousekeeping(parts: {
    readonly store: Store;
    readonly state: Accessor<State>;
    readonly place: Accessor<Place>;
    readonly outbox: Outbox;
    readonly loads: Loads;
    readonly overlay: Accessor<Overlay | undefined>;
    readonly setOverlay: (overlay: undefined) => void;
}): void {
    const { store, state, place, outbox, loads, overlay, setOverlay } = parts;
    trim(store, place);
    createEffect(() => {
        const { messages } = state();
        outbox.settle(
            (channel_id, message_id) =>
                messages[channel_id]?.list.some((message) => message.message_id === message_id) === true,
        );
    });
    // What concerns a guild goes with it.
    createEffect(() => {
        const open = overlay();
        if (open !== undefined && "guild_id" in open && open.guild_id !== undefined && !state().guilds[open.guild_id])
            setOverlay(undefined);
    });
    onChange(
        () => state().me,
        (me) => me !== undefined && void loads.profile(me).catch(() => undefined),
    );
}

/** Ends the connection with the owner, and hurries when the network is back; gives a way to connect anew. */
function stayConnected(gateway: GatewayClient): () => void {
    const reconnect = () => {
        gateway.close();
        gateway.connect();
    };
    const online = () => gateway.status.kind === "waiting" && reconnect();
    window.addEventListener("online", online);
    onCleanup(() => {
        window.removeEventListener("online", online);
        gateway.close();
    });
    return reconnect;
}

/** A connection whose doings are counted. */
function createGateway(session: Session, diagnostics: Diagnostics): GatewayClient {
    const gateway = new GatewayClient({
        url: gatewayAddress(),
        token: (request) => session.accessToken(request),
        events,
        onHandlerError: (error) => {
            diagnostics.handlerErrors += 1;
            diagnostics.note(String(error));
        },
    });
    gateway.onEvent(({ t }) => diagnostics.event(t));
    gateway.onNotice("unknown", ({ name }) => diagnostics.unknownEvent(name));
    gateway.onNotice("malformed", ({ code, path }) => diagnostics.malformed(code, path));
    gateway.onNotice("gap", ({ reason }) => diagnostics.note(`Events may have been missed (${reason}); loading again`));
    gateway.onNotice("status", (status) => diagnostics.note(statusLine(status)));
    return gateway;
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

/** Forgets old messages of a channel that was left, so that a page that is open for days stays small. */
function trim(store: Store, place: Accessor<Place>): void {
    createEffect((before: string | undefined) => {
        const here = place();
        const channel_id = here.kind === "guild" ? here.channel_id : undefined;
        if (before !== undefined && before !== channel_id) {
            store.load(store.mark(), (state) =>
                load(state, { messages: keepNewest(state.messages, before, MESSAGES_KEPT) }),
            );
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
