/**
 * Parts that are to be loaded, each once per epoch: a failed one is tried again, ever more slowly, while it is wanted.
 */

import { type Accessor, createSignal, onCleanup, untrack } from "solid-js";
import { Refusal, sentence } from "../api/refusal.js";

/** Wait before a failed load is tried again, in milliseconds, and its bound. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 15_000;

/** How far a part is loaded. */
export type Loaded =
    { readonly kind: "loading" } | { readonly kind: "ready" } | { readonly kind: "failed"; readonly why: string };

export const LOADING: Loaded = { kind: "loading" };
export const READY: Loaded = { kind: "ready" };

/** Runs something later, unless the owner was cleaned up by then. */
export type Later = (ms: number, run: () => void) => void;

/** Timers that end with the owner. */
export function createLater(): Later {
    const timers = new Set<ReturnType<typeof setTimeout>>();
    onCleanup(() => timers.forEach(clearTimeout));
    return (ms, run) => {
        const timer = setTimeout(() => {
            timers.delete(timer);
            run();
        }, ms);
        timers.add(timer);
    };
}

/** Keeps parts loaded. */
export class Keeper {
    private readonly loaded: Accessor<ReadonlyMap<string, Loaded>>;
    private readonly set: (step: (map: ReadonlyMap<string, Loaded>) => ReadonlyMap<string, Loaded>) => void;
    private readonly done = new Map<string, number>();

    /** `epoch` rises whenever events may have been missed: every part has to be loaded again then. */
    constructor(
        private readonly epoch: Accessor<number>,
        private readonly later: Later,
    ) {
        const [loaded, set] = createSignal<ReadonlyMap<string, Loaded>>(new Map());
        this.loaded = loaded;
        this.set = set;
    }

    /** How far a part is. */
    of(part: string): Loaded {
        return this.loaded().get(part) ?? LOADING;
    }

    /** Loads a part, unless that was done in this epoch; again and again until it succeeds or is not wanted any more. */
    keep(part: string, run: () => Promise<unknown>, wanted: () => boolean): void {
        if (this.done.get(part) !== this.epoch()) this.attempt(part, run, wanted, 0);
    }

    /** Lets a part be loaded again at the next {@link keep}. */
    forget(part: string): void {
        this.done.delete(part);
    }

    /** Knows nothing of these parts any more. */
    drop(parts: readonly string[]): void {
        for (const part of parts) this.done.delete(part);
        this.set((map) => new Map([...map].filter(([part]) => !parts.includes(part))));
    }

    private attempt(part: string, run: () => Promise<unknown>, wanted: () => boolean, attempt: number): void {
        const epoch = untrack(this.epoch);
        this.done.set(part, epoch);
        if (untrack(this.loaded).get(part)?.kind !== "ready") this.mark(part, LOADING);
        const failed = (error: unknown) => {
            if (this.done.get(part) !== epoch) return;
            this.mark(part, { kind: "failed", why: sentence(error) });
            // What the server does not know does not come by asking again.
            if (error instanceof Refusal && (error.status === 404 || error.status === 405)) return;
            this.later(waitAfter(error, attempt), () => {
                if (wanted() && this.done.get(part) === epoch) this.attempt(part, run, wanted, attempt + 1);
                else this.done.delete(part);
            });
        };
        run().then(() => this.mark(part, READY), failed);
    }

    private mark(part: string, value: Loaded): void {
        this.set((map) => new Map(map).set(part, value));
    }
}

function waitAfter(error: unknown, attempt: number): number {
    const asked = error instanceof Refusal ? (error.retryAfterSecs ?? 0) * 1_000 : 0;
    return Math.max(asked, Math.min(RETRY_MS * 2 ** attempt, RETRY_MS_MAX));
}
