/**
 * Values that are being changed and not saved yet.
 */

import { type Accessor, createEffect, createSignal, on, type Setter } from "solid-js";

/**
 * A value to change, which begins as what is stored, or as `first` where nothing is. What somebody else saves appears in
 * it as well, unless it is being changed.
 */
export function createDraft<T>(
    stored: Accessor<T | undefined>,
    first: T,
    isSame: (draft: T, stored: T | undefined) => boolean = (draft, before) => draft === before,
): readonly [Accessor<T>, Setter<T>] {
    const [draft, setDraft] = createSignal<T>(stored() ?? first);
    createEffect(
        on(
            stored,
            (next, before) => {
                if (next !== undefined && isSame(draft(), before)) setDraft(() => next);
            },
            { defer: true },
        ),
    );
    return [draft, setDraft];
}
