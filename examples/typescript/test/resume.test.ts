/** Client and store over connections that break: a server that resumes loses nothing, one that does not says so. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Event } from "../src/envelope.js";
import { GatewayClient } from "../src/gateway/client.js";
import { events } from "../src/generated/events.js";
import { reduce } from "../src/state/state.js";
import { Store } from "../src/state/store.js";
import { FakeClock, FakeSocket } from "./fakes.js";
import { history, type Model, operations, snapshot } from "./model.js";
import { ready, TIME } from "./samples.js";

/** What the first connection is told, for a position to go on from. */
const ACK: Event = { t: "heartbeat_ack", d: { s: 0, access_rev: 0, server_time_unix: TIME } };

/**
 * One connection of the journal: how many batches of which sizes, and whether the last one is cut off before its end.
 */
const connection = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 }),
    code: fc.constantFrom(1001, 1006, 1011, 4003, 4008, 4009),
});

test("however often the connection breaks, the state is that of an unbroken stream", async () => {
    await fc.assert(
        fc.asyncProperty(operations, fc.array(connection, { maxLength: 8 }), async (list, connections) => {
            const { models, events: journal } = history(list);
            const entries = journal.flat();
            const start = snapshot(models[0] as Model);
            const { store, client, clock } = world();
            client.connect();
            await clock.advance(0);
            serve([ACK], [1]);
            store.load(store.mark(), () => start);
            FakeSocket.last.end(1006);
            await clock.advance(0);
            for (const { sizes, code } of connections) {
                serve(entries, sizes);
                FakeSocket.last.end(code);
                await clock.advance(30_000 - 1);
            }
            serve(
                entries,
                entries.map(() => 1),
            );
            assert.deepEqual(store.current, entries.reduce(reduce, start));
            assert.deepEqual([client.counters.malformed, client.counters.unknown], [0, 0]);
            client.close();
        }),
        { numRuns: 100 },
    );
});

function world(): { store: Store; client: GatewayClient; clock: FakeClock } {
    FakeSocket.all = [];
    const clock = new FakeClock();
    const store = new Store();
    const options = { url: "wss://chat.example/gateway/ws", token: () => "t", events, WebSocket: FakeSocket };
    const client = new GatewayClient({ ...options, clock, random: () => 0 });
    client.onEvent(store.apply);
    return { store, client, clock };
}

/** Plays a server that goes on where the cursor says; a cursor is the number of entries before it. */
function serve(entries: readonly Event[], sizes: readonly number[]): void {
    const socket = FakeSocket.last;
    const cursor = socket.query.get("cursor");
    let position = cursor === null || cursor === "ack" ? 0 : Number(cursor);
    const features = ["batch", "resume"];
    socket.event("ready", ready({ features, ...(cursor !== null && { resume: "replaying" }) }));
    for (const [index, size] of sizes.entries()) {
        const items = entries.slice(position, position + size);
        if (items.length === 0) return;
        position += items.length;
        const next = entries[0] === ACK ? "ack" : `${position}`;
        const batch = { s: index + 1, cursor: next, events: items.map(({ t, d }) => ({ v: 1, t, d })) };
        socket.event("batch", batch);
    }
}
