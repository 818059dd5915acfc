/**
 * One connection from its first byte to its end: `ready` first, then events, with a heartbeat that proves the way of
 * events. What comes after the end is the client's business.
 */

import { batchItems, type Event, type EventChecks, readEvent, writeCommand } from "../envelope.js";
import type { EventMap } from "../generated/events.js";
import type { Fault } from "../verdict.js";
import type { Clock, Socket } from "./environment.js";

/** Milliseconds from the attempt to connect until `ready` has to be there. */
export const READY_MS_MAX = 15_000;

/** Why a connection ended, if no close frame said it. */
export const END_NO_READY = "no_ready";
/** No answer to a heartbeat within one interval. */
export const END_NO_HEARTBEAT = "no_heartbeat";
/** An event came before `ready`, or a second `ready`. */
export const END_DISORDER = "disorder";

/** Whom a connection tells what happens. */
export interface Listener {
    /** The first event. */
    ready(ready: EventMap["ready"]): void;
    /** Events of one message, in order, all checked. `cursor` is the position after them, if the server told it. */
    events(events: readonly Event[], cursor: string | undefined): void;
    /** A well-formed event that is not known. */
    unknown(name: string): void;
    /** A message that was refused. Nothing of it is applied. */
    malformed(fault: Fault): void;
    /** The last call. `code` is 1006 if there was no close frame. */
    ended(code: number, reason: string): void;
}

/** Code of a connection that ended without a close frame (RFC 6455, 7.1.5). */
const CODE_ABNORMAL = 1006;

/** One socket, from the attempt to connect to its end. */
export class Connection {
    private isReady = false;
    private hasEnded = false;
    /** Number of the last data frame (contract GW-46). */
    private sequence = 0;
    private awaitsAck = false;
    private timer: unknown;

    constructor(
        private readonly socket: Socket,
        private readonly checks: EventChecks,
        private readonly clock: Clock,
        private readonly listener: Listener,
    ) {
        this.timer = clock.setTimeout(() => this.abandon(END_NO_READY), READY_MS_MAX);
        socket.onopen = null;
        socket.onmessage = (event: { data: unknown }) => this.receive(event.data);
        socket.onclose = (event: { code?: number; reason?: string }) =>
            this.end(event.code ?? CODE_ABNORMAL, event.reason ?? "");
        // A close event follows, and says what there is to know.
        socket.onerror = () => undefined;
    }

    send(text: string): void {
        if (!this.hasEnded) this.socket.send(text);
    }

    /** Ends the connection from this side; the listener hears nothing more. */
    close(): void {
        this.release();
        this.socket.close(1000);
    }

    private receive(data: unknown): void {
        if (this.hasEnded) return;
        const read = typeof data === "string" ? readEvent(data, this.checks) : NOT_TEXT;
        if (this.isReady) this.sequence += 1;
        if (!read.ok) {
            this.listener.malformed(read);
        } else if (!read.value.known) {
            this.listener.unknown(read.value.name);
        } else {
            this.take(read.value.event);
        }
    }

    private take(event: Event): void {
        if ((event.t === "ready") === this.isReady) {
            this.abandon(END_DISORDER);
        } else if (event.t === "ready") {
            this.isReady = true;
            this.clock.clearTimeout(this.timer);
            this.scheduleHeartbeat(event.d.heartbeat_interval_ms);
            this.listener.ready(event.d);
            this.listener.events([event], undefined);
        } else if (event.t === "batch") {
            this.sequence = event.d.s;
            const items = event.d.events as readonly { readonly t: string }[];
            const known = batchItems(event.d, this.checks);
            if (known.length < items.length) this.tellUnknown(items, known as readonly object[]);
            this.deliver(known, event.d.cursor);
        } else {
            this.deliver([event], undefined);
        }
    }

    private tellUnknown(items: readonly { readonly t: string }[], known: readonly object[]): void {
        for (const item of items) {
            if (!known.includes(item)) this.listener.unknown(item.t);
        }
    }

    private deliver(events: readonly Event[], cursor: string | undefined): void {
        if (events.some((event) => event.t === "heartbeat_ack")) this.awaitsAck = false;
        this.listener.events(events, cursor);
    }

    private scheduleHeartbeat(interval: number): void {
        this.timer = this.clock.setTimeout(() => {
            if (this.awaitsAck) {
                this.abandon(END_NO_HEARTBEAT);
                return;
            }
            this.awaitsAck = true;
            this.send(writeCommand("heartbeat", { s: this.sequence }));
            this.scheduleHeartbeat(interval);
        }, interval);
    }

    /** Gives up on the other side without waiting for it: a dead connection may take minutes to close. */
    private abandon(reason: string): void {
        this.socket.close();
        this.end(CODE_ABNORMAL, reason);
    }

    private end(code: number, reason: string): void {
        if (this.hasEnded) return;
        this.release();
        this.listener.ended(code, reason);
    }

    private release(): void {
        this.hasEnded = true;
        this.clock.clearTimeout(this.timer);
        this.socket.onmessage = null;
        this.socket.onclose = null;
    }
}

const NOT_TEXT = { ok: false, code: "wrong_type", path: "" } as const;
