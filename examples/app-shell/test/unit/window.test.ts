import assert from "node:assert/strict";
import { test } from "node:test";
import { anchorAt, indexOf, offsetsOf, rangeOf, ROW_GUESS, rowAt, topFor } from "../../src/view/channel/window.js";
import { id } from "./samples.js";

const ids = Array.from({ length: 10_000 }, (_, index) => id(index));

test("rows begin where the ones before them end; unknown heights are guessed", () => {
    const offsets = offsetsOf(ids.slice(0, 3), new Map([[id(1), 100]]));
    assert.deepEqual([...offsets], [0, ROW_GUESS, ROW_GUESS + 100, 2 * ROW_GUESS + 100]);
});

test("the row at a height is the last that begins at or above it", () => {
    const offsets = offsetsOf(ids.slice(0, 3), new Map(), 10);
    for (const [top, row] of [
        [-5, 0],
        [0, 0],
        [9, 0],
        [10, 1],
        [29, 2],
        [500, 2],
    ] as const)
        assert.equal(rowAt(offsets, top), row);
});

test("few rows of many are drawn", () => {
    const offsets = offsetsOf(ids, new Map(), 50);
    const { from, to } = rangeOf(offsets, 250_000, 250_800, 500);
    assert.deepEqual([from, to], [4_990, 5_027]);
    assert.deepEqual(rangeOf(offsetsOf([], new Map()), 0, 800, 500), { from: 0, to: 0 });
});

test("what is read keeps its place when older messages come in above it", () => {
    const before = ids.slice(100, 200);
    const anchor = anchorAt(before, offsetsOf(before, new Map(), 50), 1_234);
    assert.deepEqual(anchor, { id: id(124), delta: 34 });
    const after = ids.slice(0, 200);
    assert.equal(topFor({ id: id(124), delta: 34 }, after, offsetsOf(after, new Map(), 50)), 1_234 + 100 * 50);
});

test("when what is read is deleted the next message takes its place", () => {
    const list = ids.slice(0, 10).filter((other) => other !== id(4));
    assert.equal(topFor({ id: id(4), delta: 12 }, list, offsetsOf(list, new Map(), 50)), 200);
    assert.equal(topFor({ id: id(99), delta: 0 }, list, offsetsOf(list, new Map(), 50)), undefined);
});

test("an id is found, or the place where it would be", () => {
    const list = [id(2), id(4), id(6)];
    assert.deepEqual(
        [1, 2, 3, 4, 5, 6, 7].map((number) => indexOf(list, id(number))),
        [~0, 0, ~1, 1, ~2, 2, ~3],
    );
});
