/**
 * A list that comes in pages and is loaded anew when something happened to it.
 */

import { type Accessor, createSignal, type JSX, Show } from "solid-js";
import { sentence } from "../../api/refusal.js";
import type { Loaded } from "../../client/upkeep.js";
import type { IconName } from "../../part/icon.js";
import { Empty, WhenLoaded } from "../../part/state_words.js";

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

/** What a list shows: that it is on its way, that nothing is in it, or its rows and a button for more of them. */
export function Pages(props: {
    readonly list: Paged<unknown>;
    /** What is loaded, in words. */
    readonly what: string;
    readonly icon: IconName;
    /** What is said of a list without rows. */
    readonly empty: string;
    /** What the button for more says. */
    readonly more: string;
    readonly children: JSX.Element;
}): JSX.Element {
    return (
        <WhenLoaded loaded={props.list.loaded()} what={props.what} onRetry={() => void props.list.reload()}>
            <Show when={props.list.rows().length > 0} fallback={<Empty icon={props.icon} title={props.empty} />}>
                {props.children}
                <Show when={props.list.hasMore()}>
                    <button type="button" class="button wide" onClick={() => void props.list.more()}>
                        {props.more}
                    </button>
                </Show>
            </Show>
        </WhenLoaded>
    );
}
