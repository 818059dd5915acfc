/**
 * What the connection has been doing, for the diagnostics panel: counts per event, what was unknown or refused, and how
 * connections went. Bounded, so that a server that says strange things for long costs little.
 */

/** Distinct names that are counted; the rest counts as `other`. */
export const NAMES_MAX = 96;
/** Lines kept of the log. */
export const LINES_MAX = 60;

/** A line of the log. */
export interface Line {
    readonly at_ms: number;
    readonly text: string;
}

/** Counts and a log. */
export class Diagnostics {
    readonly events = new Map<string, number>();
    readonly unknown = new Map<string, number>();
    readonly faults = new Map<string, number>();
    /** Newest last. */
    readonly log: Line[] = [];
    /** Errors of the page's own event handlers. */
    handlerErrors = 0;

    constructor(private readonly now: () => number) {}

    event(name: string): void {
        count(this.events, name);
    }

    unknownEvent(name: string): void {
        if (!this.unknown.has(name)) this.note(`Unknown event ${name}, passed over`);
        count(this.unknown, name);
    }

    malformed(code: string, path: string): void {
        this.note(`A message was refused: ${code} at ${path || "the top"}`);
        count(this.faults, code);
    }

    note(text: string): void {
        this.log.push({ at_ms: this.now(), text });
        if (this.log.length > LINES_MAX) this.log.shift();
    }
}

/** All that was counted. */
export function total(counts: ReadonlyMap<string, number>): number {
    let sum = 0;
    for (const number of counts.values()) sum += number;
    return sum;
}

function count(counts: Map<string, number>, name: string): void {
    const key = counts.has(name) || counts.size < NAMES_MAX ? name : "other";
    counts.set(key, (counts.get(key) ?? 0) + 1);
}
