/**
 * Which rows of a long list are drawn, and where: heights are measured where a row was drawn and guessed elsewhere.
 * All numbers are pixels.
 */

/** A guess for rows that were never drawn. */
export const ROW_GUESS = 60;

/** Where each row begins; one more entry than rows, the last is the height of all. */
export type Offsets = Float64Array;

/** The offsets of rows of these heights. */
export function offsetsOf(ids: readonly string[], heights: ReadonlyMap<string, number>, guess = ROW_GUESS): Offsets {
    const offsets = new Float64Array(ids.length + 1);
    for (let index = 0; index < ids.length; index += 1)
        offsets[index + 1] = (offsets[index] as number) + (heights.get(ids[index] as string) ?? guess);
    return offsets;
}

/** The row at a height: the last one that begins at or above it. */
export function rowAt(offsets: Offsets, top: number): number {
    let [low, high] = [0, Math.max(offsets.length - 2, 0)];
    while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if ((offsets[middle] as number) <= top) low = middle;
        else high = middle - 1;
    }
    return low;
}

/** Rows to draw, from the first up to, not including, the last. */
export interface Range {
    readonly from: number;
    readonly to: number;
}

/** The rows between two heights, and those within `margin` of them. */
export function rangeOf(offsets: Offsets, top: number, bottom: number, margin: number): Range {
    const count = offsets.length - 1;
    if (count <= 0) return { from: 0, to: 0 };
    return { from: rowAt(offsets, top - margin), to: Math.min(rowAt(offsets, bottom + margin) + 1, count) };
}

/** A row that keeps its place on the screen: it begins `delta` above the upper edge. */
export interface Anchor {
    readonly id: string;
    readonly delta: number;
}

/** The first row on the screen, as anchor. */
export function anchorAt(ids: readonly string[], offsets: Offsets, top: number): Anchor | undefined {
    const row = rowAt(offsets, top);
    const id = ids[row];
    return id === undefined ? undefined : { id, delta: top - (offsets[row] as number) };
}

/** Where to scroll to for an anchor to keep its place; undefined if it is not there any more. */
export function topFor(anchor: Anchor, ids: readonly string[], offsets: Offsets): number | undefined {
    const row = indexOf(ids, anchor.id);
    if (row >= 0) return (offsets[row] as number) + anchor.delta;
    // The message is gone; the one after it takes its place.
    const next = ~row;
    return next < ids.length ? (offsets[next] as number) : undefined;
}

/** Where an id is in an ascending list, or, as `~index`, where it would be. */
export function indexOf(ids: readonly string[], id: string): number {
    let [low, high] = [0, ids.length];
    while (low < high) {
        const middle = (low + high) >>> 1;
        const other = ids[middle] as string;
        if (other === id) return middle;
        if (other < id) low = middle + 1;
        else high = middle;
    }
    return ~low;
}
