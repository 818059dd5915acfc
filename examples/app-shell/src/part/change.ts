/**
 * Doing something when a value changes, and only then: an effect by itself runs whenever anything changes that the value
 * was computed from, which for a part of the state is every event.
 */

import { createEffect, createMemo, on } from "solid-js";

/** Runs at once, unless `defer`, and with each change of what `source` gives. */
export function onChange<T>(source: () => T, run: (next: T) => void, options: { readonly defer?: boolean } = {}): void {
    const value = createMemo(source);
    createEffect(on(value, (next) => run(next as T), { defer: options.defer === true } as { defer: false }));
}
