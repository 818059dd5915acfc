/**
 * Whole gateway messages: `{"v":1,"t":…,"d":…}` in either direction (contract §1).
 */

import type { CommandMap, CommandName } from "./generated/commands.js";
import type { EventMap, EventName } from "./generated/events.js";
import { parseBytes, parseText } from "./json.js";
import { checkEnvelope, type Members } from "./scalar.js";
import { type Check, type Fault, inside, type Options, type Result, refused } from "./verdict.js";

/** One event of the table, told apart by `t`. */
export type Event = { [Name in EventName]: { readonly t: Name; readonly d: EventMap[Name] } }[EventName];

/** One command of the table, told apart by `t`. */
export type Command = { [Name in CommandName]: { readonly t: Name; readonly d: CommandMap[Name] } }[CommandName];

/** Which events a reader knows, and how each is checked. The whole table is `events`; a part of it bundles less. */
export type EventChecks = { readonly [Name in EventName]?: Check };

/** Which commands a reader knows. */
export type CommandChecks = { readonly [Name in CommandName]?: Check };

/** What an event message holds. */
export type Received =
    /** A known event whose payload was checked. The events of a `batch` are checked as well, see {@link batchItems}. */
    | { readonly known: true; readonly event: Event }
    /** A well-formed event that this reader does not know, and skips (contract ENV-10). */
    | { readonly known: false; readonly name: string };

/** Reads one message of the server. `message` is its text, its bytes, or the value of its JSON. */
export function readEvent(message: unknown, checks: EventChecks, options?: Options): Result<Received> {
    const parsed = parse(message);
    if (!parsed.ok) return parsed;
    const fault = checkEvent(parsed.value, checks, options?.strict === true);
    if (fault !== undefined) return refused(fault);
    const { t, d } = parsed.value as { t: EventName; d: unknown };
    if (!Object.hasOwn(checks, t)) {
        return options?.strict
            ? { ok: false, code: "unknown_event", path: "t" }
            : { ok: true, value: { known: false, name: t } };
    }
    return { ok: true, value: { known: true, event: { t, d } as Event } };
}

/** Reads one message of a client, as a server would: unknown members are refused. */
export function readCommand(message: unknown, checks: CommandChecks): Result<Command> {
    const parsed = parse(message);
    if (!parsed.ok) return parsed;
    const fault = checkEnvelope(parsed.value, checks);
    if (fault !== undefined) return refused(fault);
    const command = parsed.value as Command;
    const check = Object.hasOwn(checks, command.t) ? checks[command.t] : undefined;
    if (check === undefined) return { ok: false, code: "unknown_command", path: "t" };
    const inner = check(command.d, true);
    return inner === undefined
        ? { ok: true, value: { t: command.t, d: command.d } as Command }
        : refused(inside("d", inner));
}

/** Reads the JSON body of a request or an answer. */
export function readBody<T>(body: unknown, check: Check, options?: Options): Result<T> {
    const parsed = parse(body);
    if (!parsed.ok) return parsed;
    const fault = check(parsed.value, options?.strict === true);
    return fault === undefined ? { ok: true, value: parsed.value as T } : refused(fault);
}

/** The events of a `batch` that {@link readEvent} took, without those the reader does not know. */
export function batchItems(batch: EventMap["batch"], checks: EventChecks): Event[] {
    return (batch.events as readonly unknown[] as readonly Event[]).filter((event) => Object.hasOwn(checks, event.t));
}

/** The text of a command. The payload is written as it is; `validate…` of the command tells whether it is right. */
export function writeCommand<Name extends CommandName>(name: Name, payload: CommandMap[Name]): string {
    return JSON.stringify({ v: 1, t: name, d: payload });
}

function parse(message: unknown): Result<unknown> {
    if (typeof message === "string") return parseText(message);
    if (message instanceof Uint8Array) return parseBytes(message);
    return { ok: true, value: message };
}

function checkEvent(value: unknown, checks: EventChecks, strict: boolean): Fault | undefined {
    return checkEnvelope(value, checks) ?? checkPayload(value as Envelope, checks, strict);
}

interface Envelope {
    readonly t: EventName;
    readonly d: Members;
}

function checkPayload({ t, d }: Envelope, checks: EventChecks, strict: boolean): Fault | undefined {
    const check = Object.hasOwn(checks, t) ? checks[t] : undefined;
    const fault =
        check?.(d, strict) ?? (t === "batch" && check !== undefined ? checkItems(d, checks, strict) : undefined);
    return fault === undefined ? undefined : inside("d", fault);
}

/** The events of a batch are checked before any of them is applied, so that a batch is applied whole or not at all. */
function checkItems(batch: Members, checks: EventChecks, strict: boolean): Fault | undefined {
    for (const [index, item] of (batch.events as readonly Envelope[]).entries()) {
        const fault = checkPayload(item, checks, strict);
        if (fault !== undefined) return inside(`events[${index}]`, fault);
    }
    return undefined;
}
