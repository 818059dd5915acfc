/**
 * Short words at the edge of the screen, which go by themselves.
 */

import { type Accessor, createSignal } from "solid-js";

/** One of them. */
export interface Notice {
    readonly id: number;
    readonly kind: "info" | "failure";
    readonly text: string;
}

/** How long one stays, in milliseconds. */
const NOTICE_MS = 6_000;
/** How many are shown at once. */
const NOTICES_MAX = 4;

/** The words that are shown now. */
export class Notices {
    readonly list: Accessor<readonly Notice[]>;
    private readonly set: (step: (list: readonly Notice[]) => readonly Notice[]) => void;
    private next = 1;

    constructor() {
        const [list, set] = createSignal<readonly Notice[]>([]);
        this.list = list;
        this.set = set;
    }

    say(text: string, kind: Notice["kind"] = "info"): void {
        const id = this.next;
        this.next += 1;
        this.set((list) => [...list, { id, kind, text }].slice(-NOTICES_MAX));
        setTimeout(() => this.drop(id), NOTICE_MS);
    }

    drop(id: number): void {
        this.set((list) => list.filter((notice) => notice.id !== id));
    }
}
