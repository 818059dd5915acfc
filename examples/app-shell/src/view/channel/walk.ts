/**
 * Walking through messages with the arrow keys: one of them holds the focus, and only it is a stop of the Tab key.
 */

import { type Accessor, createSignal } from "solid-js";
import type { Scroller } from "./scroller.js";
import { indexOf } from "./window.js";

/** A walk. */
export interface Walk {
    /** The message that Tab goes to. */
    readonly stop: Accessor<string | undefined>;
    /** A message got the focus. */
    at(id: string): void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };

/** A walk that begins at the newest message. */
export function createWalk(ids: Accessor<readonly string[]>, scroller: Scroller): Walk {
    const [focused, setFocused] = createSignal<string>();
    const go = (step: number) => {
        const from = focused() ?? ids().at(-1);
        const index = from === undefined ? -1 : indexOf(ids(), from);
        const next = ids()[Math.min(Math.max((index < 0 ? ids().length : index) + step, 0), ids().length - 1)];
        if (next === undefined) return;
        setFocused(next);
        scroller.reveal(next);
        queueMicrotask(() => scroller.row(next)?.querySelector<HTMLElement>("article")?.focus({ preventScroll: true }));
    };
    return {
        stop: () => focused() ?? ids().at(-1),
        at: (id) => setFocused(id),
        onKeyDown: (event) => {
            const step = STEPS[event.key];
            const target = event.target as HTMLElement;
            const isOwn = target === event.currentTarget || target.tagName === "ARTICLE";
            if (step === undefined || event.altKey || !isOwn) return;
            event.preventDefault();
            go(step);
        },
    };
}
