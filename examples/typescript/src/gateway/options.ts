/**
 * How a client is made, and what it tells besides events.
 */

import type { EventChecks } from "../envelope.js";
import type { Fault } from "../verdict.js";
import type { Clock, SocketConstructor } from "./environment.js";
import type { ChannelKey } from "./subscriptions.js";

/** How a client is made. */
export interface ClientOptions {
    /** `wss://host/gateway/ws`, without a query. */
    readonly url: string;
    /** Gives an access token before each attempt; `refresh` asks for a new one, the last one was not good any more. */
    readonly token: (request: { readonly refresh: boolean }) => string | Promise<string>;
    /** The events to hear, each with its check. Events that are not in it count as unknown. */
    readonly events: EventChecks;
    /** Features to ask for; default `batch` and `resume`. A server without them answers as it can. */
    readonly features?: readonly string[];
    /** Default: the runtime's own. Node 20 has none; there it is the class of the package `ws`. */
    readonly WebSocket?: SocketConstructor;
    readonly clock?: Clock;
    /** A number of 0 up to, not including, 1. Default `Math.random`. */
    readonly random?: () => number;
    /** What a handler threw; the default throws it in a task of its own. The client goes on either way. */
    readonly onHandlerError?: (error: unknown) => void;
}

/** What the client is doing. */
export type Status =
    | { readonly kind: "idle" }
    | { readonly kind: "connecting" }
    | { readonly kind: "ready" }
    | { readonly kind: "waiting"; readonly ms: number }
    /** It does not connect again by itself. `name` is that of the close code, or `""`. */
    | { readonly kind: "stopped"; readonly code: number; readonly name: string };

/**
 * Events may have been missed: of one channel, or of everything.
 *
 * `fresh`: this connection does not go on where the last one stopped. `reset`: the server says so. `malformed`: a
 * message
 * was refused.
 */
export interface Gap {
    readonly reason: "fresh" | "reset" | "malformed";
    readonly channel?: ChannelKey;
}

/** What is told besides events. */
export interface NoticeMap {
    status: Status;
    gap: Gap;
    /** A subscription was refused or taken away; the client does not ask for it again. */
    subscription_lost: { readonly guild_id: string; readonly channel_id?: string; readonly reason: string };
    /** The user's access changed and no event told it: load `GET /guilds/{g}/permissions/self` (contract RES-30). */
    access_behind: { readonly access_rev: number };
    unknown: { readonly name: string };
    malformed: Fault;
}

/** How often what happened, since the client was made. */
export interface Counters {
    connections: number;
    events: number;
    unknown: number;
    malformed: number;
}

/** A command that was sent, or why it was not. */
export type Sent =
    { readonly ok: true } | (Fault & { readonly ok: false }) | { readonly ok: false; readonly code: "not_connected" };
