/**
 * A gateway client: connects, keeps connected, asks for its channels again, and hands over checked events in order.
 *
 * Nothing that was refused reaches a handler, in whole or in part. Whenever events may have been missed the client says
 * so
 * with a {@link Gap}; the application then loads over REST what it shows, and goes on.
 */

import { type Event, type EventChecks, writeCommand } from "../envelope.js";
import { checkHeartbeat } from "../generated/command/heartbeat.js";
import { checkMessageCreate } from "../generated/command/message_create.js";
import { checkSubscribe } from "../generated/command/subscribe.js";
import { checkUnsubscribe } from "../generated/command/unsubscribe.js";
import type { CommandMap, CommandName } from "../generated/commands.js";
import { checkBatch } from "../generated/event/batch.js";
import { checkCaughtUp } from "../generated/event/caught_up.js";
import { checkError } from "../generated/event/error.js";
import { checkHeartbeatAck } from "../generated/event/heartbeat_ack.js";
import { checkReady } from "../generated/event/ready.js";
import { checkReset } from "../generated/event/reset.js";
import { checkSubscribed } from "../generated/event/subscribed.js";
import { checkUnsubscribed } from "../generated/event/unsubscribed.js";
import type { EventMap, EventName } from "../generated/events.js";
import type { Check, Fault } from "../verdict.js";
import { backoff } from "./backoff.js";
import { closeAction } from "./close.js";
import { Connection } from "./connection.js";
import { type Clock, type SocketConstructor, systemClock } from "./environment.js";
import type { ClientOptions, Counters, NoticeMap, Sent, Status } from "./options.js";
import { type ChannelKey, QUERY_PAIRS_MAX, Subscriptions } from "./subscriptions.js";

export { BACKOFF_BASE_MS, BACKOFF_MS_MAX, backoff } from "./backoff.js";
export { type CloseAction, closeAction } from "./close.js";
export { type Clock, type Socket, type SocketConstructor, systemClock } from "./environment.js";
export type { ClientOptions, Counters, Gap, NoticeMap, Sent, Status } from "./options.js";
export type { ChannelKey } from "./subscriptions.js";

/** What counts as the close code where no connection came about, as in RFC 6455, 7.1.5. */
const CODE_NOT_STARTED = 1006;

/** Milliseconds a connection has to last for the next wait to start small again. */
const STABLE_MS = 10_000;

/** Failed attempts in a row before the token is doubted. */
const REFUSALS_MAX = 2;

/** Events without which the client cannot do its work; always known. */
const OWN_CHECKS: EventChecks = {
    ready: checkReady,
    subscribed: checkSubscribed,
    unsubscribed: checkUnsubscribed,
    error: checkError,
    batch: checkBatch,
    reset: checkReset,
    caught_up: checkCaughtUp,
    heartbeat_ack: checkHeartbeatAck,
};

const COMMAND_CHECKS: { readonly [Name in CommandName]: Check } = {
    subscribe: checkSubscribe,
    unsubscribe: checkUnsubscribe,
    message_create: checkMessageCreate,
    heartbeat: checkHeartbeat,
};

type Handler = (value: never) => void;

/** Stays connected to a gateway. Made idle; {@link GatewayClient.connect} starts it. */
export class GatewayClient {
    readonly counters: Counters = { connections: 0, events: 0, unknown: 0, malformed: 0 };
    private readonly checks: EventChecks;
    private readonly clock: Clock;
    private readonly random: () => number;
    private readonly subscriptions = new Subscriptions();
    private readonly handlers = new Map<string, Set<Handler>>();
    private current: Status = { kind: "idle" };
    private connection: Connection | undefined;
    private timer: unknown;
    /** Rises with each attempt and each close, so that late answers of an earlier one are recognised. */
    private attempt = 0;
    private failures = 0;
    private readyAt: number | undefined;
    private needsRefresh = false;
    private cursor: string | undefined;
    private hasBeenReady = false;
    private accessRevision: number | undefined;

    constructor(private readonly options: ClientOptions) {
        this.checks = { ...options.events, ...OWN_CHECKS };
        this.clock = options.clock ?? systemClock;
        this.random = options.random ?? Math.random;
    }

    get status(): Status {
        return this.current;
    }

    /** Calls `handler` for each event of a name, until the returned function is called. */
    on<Name extends EventName>(name: Name, handler: (payload: EventMap[Name]) => void): () => void {
        if (!Object.hasOwn(this.checks, name))
            throw new Error(`the client does not know ${name}: add its check to \`events\``);
        return this.add(`event ${name}`, handler);
    }

    /** Calls `handler` for each known event, in order; those of a batch one by one. */
    onEvent(handler: (event: Event) => void): () => void {
        return this.add("events", handler);
    }

    /** Calls `handler` for each notice of a kind. */
    onNotice<Kind extends keyof NoticeMap>(kind: Kind, handler: (notice: NoticeMap[Kind]) => void): () => void {
        return this.add(`notice ${kind}`, handler);
    }

    /** Starts to connect, and to stay connected. Does nothing if it is at it already. */
    connect(): void {
        if (this.current.kind === "idle" || this.current.kind === "stopped") void this.open();
    }

    /** Ends the connection and stays away. Subscriptions and position are kept for the next {@link connect}. */
    close(): void {
        this.attempt += 1;
        this.clock.clearTimeout(this.timer);
        this.connection?.close();
        this.connection = undefined;
        this.setStatus({ kind: "idle" });
    }

    /** Wants the events of a channel, on this connection and on all that follow. */
    subscribe(channel: ChannelKey): void {
        if (this.subscriptions.add(channel)) this.ask(channel);
    }

    /** Does not want them any more. */
    unsubscribe(channel: ChannelKey): void {
        if (this.subscriptions.remove(channel)) this.send("unsubscribe", pair(channel));
    }

    /** Sends a command; an invalid one is not sent, since the server would end the connection. */
    send<Name extends CommandName>(name: Name, payload: CommandMap[Name]): Sent {
        const fault = COMMAND_CHECKS[name](payload, true);
        if (fault !== undefined) return { ok: false, ...fault };
        if (this.connection === undefined || this.current.kind !== "ready") return { ok: false, code: "not_connected" };
        this.connection.send(writeCommand(name, payload));
        return { ok: true };
    }

    private ask(channel: ChannelKey): void {
        this.send("subscribe", pair(channel));
    }

    private async open(): Promise<void> {
        this.attempt += 1;
        const { attempt } = this;
        this.setStatus({ kind: "connecting" });
        try {
            const token = await this.options.token({ refresh: this.needsRefresh });
            if (attempt !== this.attempt) return;
            this.start(token, attempt);
            this.needsRefresh = false;
        } catch (error) {
            // No token, or a WebSocket that cannot even be made.
            this.report(error);
            if (attempt === this.attempt) this.ended(CODE_NOT_STARTED, "");
        }
    }

    private start(token: string, attempt: number): void {
        const Socket = this.options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor);
        const named = this.cursor === undefined ? undefined : this.subscriptions.all().slice(0, QUERY_PAIRS_MAX);
        const isCurrent = () => attempt === this.attempt;
        // Not in the query: addresses end up in logs.
        const socket = new Socket(this.address(named), ["filament.v1", `bearer.${token}`]);
        this.connection = new Connection(socket, this.checks, this.clock, {
            ready: (ready) => isCurrent() && this.ready(ready, named),
            events: (events, position) => isCurrent() && this.take(events, position, isCurrent),
            unknown: (name) => isCurrent() && this.unknown(name),
            malformed: (fault) => isCurrent() && this.malformed(fault),
            ended: (code, reason) => isCurrent() && this.ended(code, reason),
        });
    }

    /** Where to connect; with a position to go on from, `named` are the channels to go on with. */
    private address(named: readonly ChannelKey[] | undefined): string {
        const url = new URL(this.options.url);
        const features = this.options.features ?? ["batch", "resume"];
        if (features.length > 0) url.searchParams.set("features", features.join(","));
        if (this.cursor !== undefined) url.searchParams.set("cursor", this.cursor);
        for (const { guild_id, channel_id } of named ?? [])
            url.searchParams.append("subscribe", `${guild_id}:${channel_id}`);
        return url.href;
    }

    private ready(ready: EventMap["ready"], named: readonly ChannelKey[] | undefined): void {
        this.counters.connections += 1;
        this.readyAt = this.clock.now();
        const resumes = named !== undefined && ready.features.includes("resume") && ready.resume !== undefined;
        if (!resumes) this.cursor = undefined;
        const isFresh = this.hasBeenReady && !resumes;
        this.hasBeenReady = true;
        this.setStatus({ kind: "ready" });
        if (isFresh) this.notify("gap", { reason: "fresh" });
        this.askForAll(resumes ? named : []);
    }

    /**
     * Asks for what is wanted and was not `named` in the address, and takes back what was named and is not wanted any
     * more.
     */
    private askForAll(named: readonly ChannelKey[]): void {
        const answered = new Subscriptions();
        for (const channel of named) {
            answered.add(channel);
            if (!this.subscriptions.has(channel)) this.send("unsubscribe", channel);
        }
        for (const channel of this.subscriptions.all()) {
            if (!answered.has(channel)) this.ask(channel);
        }
    }

    private take(events: readonly Event[], cursor: string | undefined, isCurrent: () => boolean): void {
        for (const event of events) {
            this.counters.events += 1;
            this.notice(event);
            this.emit("events", event);
            this.emit(`event ${event.t}`, event.d);
            // A handler may have closed the client; what follows is then for nobody, and will be replayed.
            if (!isCurrent()) return;
        }
        if (cursor !== undefined) this.cursor = cursor;
    }

    /** What the client itself has to do about an event. */
    private notice(event: Event): void {
        switch (event.t) {
            case "unsubscribed":
                if (event.d.reason !== "requested") this.lose(event.d.guild_id, event.d.channel_id, event.d.reason);
                return;
            case "error":
                this.refusedCommand(event.d);
                return;
            case "reset":
                this.notify("gap", { reason: "reset", ...channelOf(event.d) });
                return;
            case "workspace_access_update":
                this.accessRevision = Math.max(this.accessRevision ?? 0, event.d.access_rev);
                return;
            case "heartbeat_ack":
                this.compareAccess(event.d.access_rev);
                return;
            default:
        }
    }

    private compareAccess(revision: number): void {
        const known = this.accessRevision;
        this.accessRevision = Math.max(known ?? 0, revision);
        if (known !== undefined && revision > known) this.notify("access_behind", { access_rev: revision });
    }

    private refusedCommand(error: EventMap["error"]): void {
        const { channel } = channelOf(error);
        if (error.command !== "subscribe" || channel === undefined || !this.subscriptions.has(channel)) return;
        if (error.code !== "rate_limited") {
            this.lose(channel.guild_id, channel.channel_id, error.code);
            return;
        }
        const { attempt } = this;
        this.clock.setTimeout(() => {
            if (attempt === this.attempt && this.subscriptions.has(channel)) this.ask(channel);
        }, error.retry_after_ms ?? 1_000);
    }

    private lose(guild_id: string, channel_id: string | undefined, reason: string): void {
        if (channel_id === undefined) this.subscriptions.removeGuild(guild_id);
        else this.subscriptions.remove({ guild_id, channel_id });
        this.notify("subscription_lost", { guild_id, reason, ...(channel_id !== undefined && { channel_id }) });
    }

    private unknown(name: string): void {
        this.counters.unknown += 1;
        this.notify("unknown", { name });
    }

    private malformed({ code, path }: Fault): void {
        this.counters.malformed += 1;
        this.notify("malformed", { code, path });
        this.notify("gap", { reason: "malformed" });
    }

    private ended(code: number, reason: string): void {
        this.connection = undefined;
        const action = closeAction(code, reason);
        if (action.kind === "fresh") this.cursor = undefined;
        if (action.kind === "stop") {
            this.attempt += 1;
            this.setStatus({ kind: "stopped", code, name: action.name });
            return;
        }
        const lasted = this.readyAt === undefined ? 0 : this.clock.now() - this.readyAt;
        this.failures = lasted >= STABLE_MS ? 0 : this.failures;
        // Refused before `ready` the code is always 1006 and says nothing: in the end the token may be what is wrong.
        this.needsRefresh = action.refresh || (this.readyAt === undefined && this.failures >= REFUSALS_MAX);
        this.readyAt = undefined;
        const ms = Math.max(action.waitMs, backoff(this.failures, this.random));
        this.failures += 1;
        this.setStatus({ kind: "waiting", ms });
        this.timer = this.clock.setTimeout(() => void this.open(), ms);
    }

    private setStatus(status: Status): void {
        this.current = status;
        this.notify("status", status);
    }

    private notify<Kind extends keyof NoticeMap>(kind: Kind, notice: NoticeMap[Kind]): void {
        this.emit(`notice ${kind}`, notice);
    }

    private add(key: string, handler: Handler): () => void {
        const handlers = this.handlers.get(key) ?? new Set();
        this.handlers.set(key, handlers.add(handler));
        return () => handlers.delete(handler);
    }

    private emit(key: string, value: unknown): void {
        for (const handler of this.handlers.get(key) ?? []) {
            try {
                handler(value as never);
            } catch (error) {
                this.report(error);
            }
        }
    }

    private report(error: unknown): void {
        if (this.options.onHandlerError !== undefined) this.options.onHandlerError(error);
        else queueMicrotask(() => Promise.reject(error));
    }
}

function pair({ guild_id, channel_id }: ChannelKey): ChannelKey {
    return { guild_id, channel_id };
}

function channelOf(payload: { readonly guild_id?: string; readonly channel_id?: string }): { channel?: ChannelKey } {
    const { guild_id, channel_id } = payload;
    return guild_id === undefined || channel_id === undefined ? {} : { channel: { guild_id, channel_id } };
}
