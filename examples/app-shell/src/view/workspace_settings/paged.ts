/**
 * A list that comes in pages and is loaded anew when something happened to it.
 */

import { type Accessor, createSignal } from "solid-js";
import { sentence } from "../../api/refusal.js";
import type { Loaded } from "../../client/upkeep.js";

/** The list. */
export interface Paged<Row> {
    readonly rows: Accessor<readonly Row[]>;
    readonly loaded: Accessor<Loaded>;
    readonly hasMore: Accessor<boolean>;
    /** From the beginning. */
    reload(): Promise<void>;
    more(): Promise<void>;
}

/** A list whose pages come from `page`. */
export function createPaged<Row>(
    page: (cursor?: string) => Promise<{ readonly rows: readonly Row[]; readonly next: string | null }>,
): Paged<Row> {
    const [rows, setRows] = createSignal<readonly Row[]>([]);
    const [next, setNext] = createSignal<string | null>(null);
    const [loaded, setLoaded] = createSignal<Loaded>({ kind: "loading" });
    let run = 0;
    const take = async (cursor?: string) => {
        run += 1;
        const mine = run;
        try {
            const answer = await page(cursor);
            if (mine !== run) return;
            setRows(cursor === undefined ? answer.rows : [...rows(), ...answer.rows]);
            setNext(answer.next);
            setLoaded({ kind: "ready" });
        } catch (error) {
            if (mine === run) setLoaded({ kind: "failed", why: sentence(error) });
        }
    };
    return {
        rows,
        loaded,
        hasMore: () => next() !== null,
        reload: () => take(),
        more: () => take(next() ?? undefined),
    };
}
