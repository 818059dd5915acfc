import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../src/api/refusal.js";
import { Keeper } from "../../src/client/keeper.js";

/** A keeper whose time only the test moves. */
function world() {
    const due: (() => void)[] = [];
    const waits: number[] = [];
    const state = { epoch: 1 };
    const later = (ms: number, run: () => void) => {
        waits.push(ms);
        due.push(run);
    };
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    const pass = async () => {
        due.shift()?.();
        await settle();
    };
    return { keeper: new Keeper(() => state.epoch, later), state, waits, pass, settle };
}

test("a part is loaded once per epoch", async () => {
    const { keeper, state, settle } = world();
    let runs = 0;
    const keep = () =>
        keeper.keep(
            "a",
            async () => void (runs += 1),
            () => true,
        );
    keep();
    keep();
    await settle();
    keep();
    assert.equal(runs, 1);
    state.epoch = 2;
    keep();
    assert.equal(runs, 2);
    keeper.forget("a");
    keep();
    assert.equal(runs, 3);
});

test("a part that fails is tried again, ever more slowly, as the server asked at least", async () => {
    const { keeper, waits, pass, settle } = world();
    const answers = [new Refusal(0, "unreachable"), new Refusal(503, "overloaded", "", 9), undefined];
    const run = async () => {
        const error = answers.shift();
        if (error !== undefined) throw error;
    };
    keeper.keep("a", run, () => true);
    await settle();
    assert.equal(keeper.of("a").kind, "failed");
    await pass();
    await pass();
    assert.deepEqual(waits, [1_000, 9_000]);
    assert.equal(keeper.of("a").kind, "ready");
});

test("what the server does not know, and what nobody wants any more, is not asked for again", async () => {
    const { keeper, waits, pass, settle } = world();
    keeper.keep(
        "unknown",
        () => Promise.reject(new Refusal(404, "not_found")),
        () => true,
    );
    await settle();
    assert.deepEqual(waits, []);
    let runs = 0;
    const run = async () => {
        runs += 1;
        throw new Refusal(500, "internal_error");
    };
    keeper.keep("unwanted", run, () => false);
    await settle();
    await pass();
    assert.equal(runs, 1);
});

test("what was loaded stays shown while it is loaded again", async () => {
    const { keeper, state, settle } = world();
    keeper.keep(
        "a",
        async () => undefined,
        () => true,
    );
    await settle();
    state.epoch = 2;
    keeper.keep(
        "a",
        () => new Promise(() => undefined),
        () => true,
    );
    assert.equal(keeper.of("a").kind, "ready");
});
