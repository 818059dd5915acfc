/**
 * A state that changes: applies events, takes over what was loaded, tells who listens.
 *
 * A load and the stream of events cross each other: the answer may be older than events that came while it was on its
 * way. So a load begins with a mark; when its answer is there, it replaces what it covers and the events since the mark
 * are applied once more. That is right because the reducers are: applying what is already in changes nothing.
 */

import type { Event } from "../envelope.js";
import { emptyState, reduce, type State } from "./state.js";

/** Events kept for loads on their way. A load that waits for more has to be repeated. */
export const EVENTS_KEPT_MAX = 4_096;

/** A moment in the stream of events. */
export interface Mark {
    readonly position: number;
}

/** Holds the present state. */
export class Store {
    private state: State = emptyState;
    /** Events since the oldest open mark; the first of them has the number `first`. */
    private kept: Event[] = [];
    private first = 0;
    private readonly open = new Set<Mark>();
    private readonly listeners = new Set<(state: State) => void>();

    get current(): State {
        return this.state;
    }

    /** Calls `listener` after each change, until the returned function is called. */
    subscribe(listener: (state: State) => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    /** Applies an event; to be given to {@link GatewayClient.onEvent}. */
    readonly apply = (event: Event): void => {
        if (this.open.size > 0) this.keep(event);
        this.set(reduce(this.state, event));
    };

    /** Begins a load: to be called before the request is sent. */
    mark(): Mark {
        const mark = { position: this.first + this.kept.length };
        this.open.add(mark);
        return mark;
    }

    /**
     * Ends a load: `take` puts the answer into the state. Gives false, and changes nothing, if too many events came
     * meanwhile; the load then has to be repeated.
     */
    load(mark: Mark, take: (state: State) => State): boolean {
        const isOpen = this.open.delete(mark);
        const since = this.kept.slice(mark.position - this.first);
        if (this.open.size === 0) this.forget(this.kept.length);
        if (!isOpen) return false;
        this.set(since.reduce(reduce, take(this.state)));
        return true;
    }

    /** Ends a load that failed. */
    cancel(mark: Mark): void {
        this.open.delete(mark);
        if (this.open.size === 0) this.forget(this.kept.length);
    }

    private keep(event: Event): void {
        this.kept.push(event);
        if (this.kept.length <= EVENTS_KEPT_MAX) return;
        // The oldest half goes at once, so that this is not done for every event.
        this.forget(EVENTS_KEPT_MAX / 2);
        for (const mark of this.open) {
            if (mark.position < this.first) this.open.delete(mark);
        }
    }

    private forget(count: number): void {
        this.kept = this.kept.slice(count);
        this.first += count;
    }

    private set(state: State): void {
        if (state === this.state) return;
        this.state = state;
        for (const listener of this.listeners) listener(state);
    }
}
