/**
 * What scrolls: which messages are drawn, and where the list stands. What one reads keeps its place whatever comes, goes
 * or grows above it; who is at the end stays at the end.
 */

import { type Accessor, batch, createEffect, createMemo, createSignal, on, onCleanup, untrack } from "solid-js";
import { type Anchor, anchorAt, indexOf, type Offsets, offsetsOf, type Range, rangeOf, topFor } from "./window.js";

/** Drawn above and below the screen, in pixels, so that a row is measured before it is seen. */
const MARGIN = 700;
/** This near, in pixels, counts as the end. */
const END_SLACK = 24;

/** What scrolls. */
export interface Scroller {
    readonly top: Accessor<number>;
    readonly isAtEnd: Accessor<boolean>;
    readonly before: Accessor<number>;
    readonly after: Accessor<number>;
    readonly drawn: Accessor<readonly string[]>;
    readonly attach: (element: HTMLDivElement) => void;
    readonly attachTop: (element: HTMLDivElement) => void;
    readonly onScroll: () => void;
    readonly observe: (row: HTMLElement) => void;
    readonly unobserve: (row: HTMLElement) => void;
    readonly row: (id: string) => HTMLElement | null;
    readonly settle: () => void;
    readonly toEnd: () => void;
    readonly reveal: (id: string) => void;
    readonly show: (id: string) => void;
}

/** A scroller of messages; to be called where an owner cleans up. */
export function createScroller(ids: Accessor<readonly string[]>): Scroller {
    const heights = new Map<string, number>();
    const [measured, setMeasured] = createSignal(0);
    const [top, setTop] = createSignal(0);
    const [viewport, setViewport] = createSignal(800);
    const [isAtEnd, setAtEnd] = createSignal(true);
    let [element, topElement]: (HTMLDivElement | undefined)[] = [];
    let anchor: Anchor | undefined;

    const headHeight = () => topElement?.offsetHeight ?? 0;
    const offsets = createMemo(() => {
        measured();
        return offsetsOf(ids(), heights, mean(heights));
    });
    const range = createMemo<Range>(
        () => {
            const above = top() - headHeight();
            return rangeOf(offsets(), above, above + viewport(), MARGIN);
        },
        { from: 0, to: 0 },
        { equals: (one, other) => one.from === other.from && one.to === other.to },
    );
    const scrollTo = (to: number) => {
        if (element === undefined) return;
        element.scrollTop = to;
        setTop(element.scrollTop);
    };
    /** Where everything was when it was last put into its place. */
    let last:
        | { readonly ids: readonly string[]; readonly offsets: Offsets; readonly head: number; readonly height: number }
        | undefined;
    /** Takes over where the user scrolled to, of which the browser tells only at the next frame. */
    const notice = (scroller: HTMLDivElement) => {
        if (last === undefined || scroller.scrollTop === untrack(top)) return;
        setTop(scroller.scrollTop);
        setAtEnd(last.height - scroller.clientHeight - scroller.scrollTop < END_SLACK);
        anchor = anchorAt(last.ids, last.offsets, scroller.scrollTop - last.head);
    };
    /** Puts what one reads back into its place. */
    const settle = () => {
        if (element !== undefined) untrack(() => settleIn(element as HTMLDivElement));
    };
    const settleIn = (element: HTMLDivElement) => {
        notice(element);
        if (isAtEnd()) {
            scrollTo(element.scrollHeight);
        } else if (anchor !== undefined) {
            const to = topFor(anchor, ids(), offsets());
            if (to !== undefined) scrollTo(to + headHeight());
        }
        last = { ids: ids(), offsets: offsets(), head: headHeight(), height: element.scrollHeight };
    };
    createEffect(on(offsets, settle));
    const onScroll = () => {
        if (element === undefined) return;
        const { scrollTop, scrollHeight, clientHeight } = element;
        anchor = anchorAt(ids(), offsets(), scrollTop - headHeight());
        batch(() => {
            setTop(scrollTop);
            setAtEnd(scrollHeight - clientHeight - scrollTop < END_SLACK);
        });
    };
    const resized = (entries: readonly ResizeObserverEntry[]) => {
        let changed = false;
        for (const { target, borderBoxSize } of entries) {
            const row = target as HTMLElement;
            if (row === element) {
                setViewport(row.clientHeight);
                settle();
                continue;
            }
            // With its fractions: what is rounded adds up over many rows.
            const [id, height] = [row.dataset.row, borderBoxSize[0]?.blockSize ?? 0];
            // A row on its way out measures nothing.
            if (id === undefined || height === 0 || heights.get(id) === height) continue;
            heights.set(id, height);
            changed = true;
        }
        if (changed) setMeasured((count) => count + 1);
    };
    const observer = new ResizeObserver(resized);
    onCleanup(() => observer.disconnect());
    const place = (id: string, above: number) => {
        const row = indexOf(ids(), id);
        if (row < 0) return;
        setAtEnd(false);
        anchor = { id, delta: -above };
        settle();
    };
    return {
        top,
        isAtEnd,
        before: () => offsets()[range().from] ?? 0,
        after: () => (offsets().at(-1) ?? 0) - (offsets()[range().to] ?? 0),
        drawn: createMemo(() => ids().slice(range().from, range().to)),
        attach: (div) => {
            element = div;
            observer.observe(div);
        },
        attachTop: (div) => {
            topElement = div;
        },
        onScroll,
        observe: (row) => observer.observe(row),
        unobserve: (row) => observer.unobserve(row),
        row: (id) => element?.querySelector(`[data-row="${id}"]`) ?? null,
        settle,
        toEnd: () => {
            setAtEnd(true);
            settle();
        },
        reveal: (id) => {
            const row = indexOf(ids(), id);
            const from = (offsets()[row] ?? 0) + headHeight();
            const to = (offsets()[row + 1] ?? 0) + headHeight();
            if (from < top()) place(id, 8);
            else if (to > top() + viewport()) place(id, viewport() - (to - from) - 8);
        },
        show: (id) => place(id, viewport() / 3),
    };
}

function mean(heights: ReadonlyMap<string, number>): number | undefined {
    if (heights.size === 0) return undefined;
    let sum = 0;
    for (const height of heights.values()) sum += height;
    return sum / heights.size;
}
