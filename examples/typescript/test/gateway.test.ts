/** The gateway client against a server played by the test. */

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { BACKOFF_MS_MAX, backoff } from "../src/gateway/backoff.js";
import { type ClientOptions, GatewayClient, type Gap } from "../src/gateway/client.js";
import { closeAction, RATE_LIMITED_WAIT_MS } from "../src/gateway/close.js";
import { READY_MS_MAX } from "../src/gateway/connection.js";
import { events } from "../src/generated/events.js";
import { FakeClock, FakeSocket, settle } from "./fakes.js";
import { CHANNEL, GUILD, id, message, OTHER, ready, TIME } from "./samples.js";

const HERE = { guild_id: GUILD, channel_id: CHANNEL };
const THERE = { guild_id: GUILD, channel_id: id(30) };

interface World {
    readonly clock: FakeClock;
    readonly client: GatewayClient;
    readonly seen: string[];
    readonly gaps: Gap[];
    readonly refreshes: boolean[];
}

function world(options: Partial<ClientOptions> = {}): World {
    const clock = new FakeClock();
    const refreshes: boolean[] = [];
    const client = new GatewayClient({
        url: "wss://chat.example/gateway/ws",
        token: ({ refresh }) => {
            refreshes.push(refresh);
            return "secret";
        },
        events,
        WebSocket: FakeSocket,
        clock,
        random: () => 1,
        ...options,
    });
    const seen: string[] = [];
    const gaps: Gap[] = [];
    client.onEvent((event) => seen.push(event.t));
    client.onNotice("gap", (gap) => gaps.push(gap));
    return { clock, client, seen, gaps, refreshes };
}

/** A client that is ready. */
async function connected(
    parts: object = {},
    options: Partial<ClientOptions> = {},
): Promise<World & { socket: FakeSocket }> {
    const made = world(options);
    made.client.connect();
    await settle();
    FakeSocket.last.event("ready", ready(parts));
    return { ...made, socket: FakeSocket.last };
}

beforeEach(() => {
    FakeSocket.all = [];
});

describe("connecting", () => {
    test("the token travels as a subprotocol and never in the address", async () => {
        const { socket } = await connected();
        assert.deepEqual(socket.protocols, ["filament.v1", "bearer.secret"]);
        assert.equal(socket.url, "wss://chat.example/gateway/ws?features=batch%2Cresume");
    });

    test("channels wanted before are asked for after ready, those wanted later at once", async () => {
        const { client } = world();
        client.subscribe(HERE);
        client.connect();
        await settle();
        const socket = FakeSocket.last;
        assert.equal(socket.sent.length, 0);
        socket.event("ready", ready());
        client.subscribe(THERE);
        client.subscribe(THERE);
        const asked = socket.sent.map(({ t, d }) => [t, d.channel_id]);
        assert.deepEqual(asked, [
            ["subscribe", HERE.channel_id],
            ["subscribe", THERE.channel_id],
        ]);
        client.unsubscribe(HERE);
        assert.equal(socket.sent.at(-1)?.t, "unsubscribe");
    });

    test("without ready in time the connection is given up and another one made", async () => {
        const { client, clock } = world();
        client.connect();
        await clock.advance(READY_MS_MAX);
        assert.equal(FakeSocket.all.length, 1);
        assert.equal(client.status.kind, "waiting");
        await clock.advance(500);
        assert.equal(FakeSocket.all.length, 2);
    });

    test("an event before ready, or a second ready, ends the connection", async () => {
        const { client, clock } = world();
        client.connect();
        await settle();
        FakeSocket.last.event("caught_up", { replayed: 0, reset: false });
        assert.equal(client.status.kind, "waiting");
        await clock.advance(30_000);
        FakeSocket.last.event("ready", ready());
        FakeSocket.last.event("ready", ready());
        assert.equal(client.status.kind, "waiting");
    });

    test("a WebSocket that cannot be made is tried again", async () => {
        let made = 0;
        class Refusing extends FakeSocket {
            constructor(url: string, protocols: string[]) {
                made += 1;
                if (made === 1) throw new SyntaxError("no such address");
                super(url, protocols);
            }
        }
        const errors: unknown[] = [];
        const { client, clock } = world({ WebSocket: Refusing, onHandlerError: (error) => errors.push(error) });
        client.connect();
        await clock.advance(500);
        assert.equal(FakeSocket.all.length, 1);
        assert.equal(errors.length, 1);
    });

    test("a token that cannot be had is asked for again", async () => {
        const errors: unknown[] = [];
        let calls = 0;
        const token = () => {
            calls += 1;
            if (calls === 1) throw new Error("offline");
            return "secret";
        };
        const { client, clock } = world({ token, onHandlerError: (error) => errors.push(error) });
        client.connect();
        await clock.advance(500);
        assert.equal(FakeSocket.all.length, 1);
        assert.equal(errors.length, 1);
    });
});

describe("events", () => {
    test("handlers get payloads of their type, in order, until they are taken off", async () => {
        const { client, socket, seen } = await connected();
        const contents: string[] = [];
        const off = client.on("message_create", (payload) => contents.push(payload.content));
        socket.event("message_create", message(1, "one"));
        socket.event("presence_update", { guild_id: GUILD, user_id: OTHER, status: "online" });
        socket.event("message_create", { ...message(2, "two"), from_a_later_version: 1.5 });
        off();
        socket.event("message_create", message(3, "three"));
        assert.deepEqual(contents, ["one", "two"]);
        assert.deepEqual(seen, ["ready", "message_create", "presence_update", "message_create", "message_create"]);
        assert.equal(client.counters.events, 5);
    });

    // Proves ROL-4 for an old client of a new server: what it does not know disturbs nothing.
    test("unknown events are counted and passed over", async () => {
        const { client, socket, seen, gaps } = await connected();
        socket.event("from_a_later_version", { any: [1.5, null] });
        assert.deepEqual(seen, ["ready"]);
        assert.equal(client.counters.unknown, 1);
        assert.equal(client.counters.malformed, 0);
        assert.deepEqual(gaps, []);
    });

    // Proves ROL-5: counted, applied in no part, and told as a gap, upon which the application fetches anew.
    test("malformed messages are counted, told, and reach no handler", async () => {
        const { client, socket, seen, gaps } = await connected();
        const faults: string[] = [];
        client.onNotice("malformed", ({ code, path }) => faults.push(`${code} ${path}`));
        socket.text("{");
        socket.text(new Uint8Array(3));
        socket.event("message_create", { ...message(1), content: 7 });
        socket.text(JSON.stringify({ v: 1, t: "message_create", d: message(1) }).replace('"v":1', '"v":1,"v":1'));
        assert.deepEqual(seen, ["ready"]);
        assert.deepEqual(faults, ["syntax ", "wrong_type ", "wrong_type d.content", "duplicate v"]);
        assert.equal(client.counters.malformed, 4);
        assert.equal(gaps.length, 4);
        assert.deepEqual(gaps[0], { reason: "malformed" });
        assert.equal(client.status.kind, "ready");
    });

    // Proves ROL-5 for batches.
    test("of a batch with one malformed event nothing is applied", async () => {
        const { client, socket, seen, gaps } = await connected({ features: ["batch"] });
        const good = { v: 1, t: "message_create", d: message(1) };
        socket.event("batch", {
            s: 1,
            events: [good, { v: 1, t: "message_create", d: { ...message(2), author_id: "nobody" } }],
        });
        assert.deepEqual(seen, ["ready"]);
        assert.equal(client.counters.malformed, 1);
        assert.deepEqual(gaps, [{ reason: "malformed" }]);
        socket.event("batch", { s: 2, events: [good, { v: 1, t: "from_a_later_version", d: {} }, good] });
        assert.deepEqual(seen, ["ready", "message_create", "message_create"]);
        assert.equal(client.counters.unknown, 1);
    });

    test("an event whose check the client was not given is unknown, and asking for it is an error", async () => {
        const { message_create } = events;
        const { client, socket, seen } = await connected({}, { events: { message_create } });
        socket.event("presence_update", { guild_id: GUILD, user_id: OTHER, status: "sideways" });
        socket.event("message_create", message(1));
        assert.deepEqual(seen, ["ready", "message_create"]);
        assert.throws(() => client.on("presence_update", () => undefined), /presence_update/);
    });

    test("a handler that throws disturbs nobody", async () => {
        const errors: unknown[] = [];
        const { client, socket } = await connected({}, { onHandlerError: (error) => errors.push(error) });
        const contents: string[] = [];
        client.on("message_create", () => {
            throw new Error("mine");
        });
        client.on("message_create", (payload) => contents.push(payload.content));
        socket.event("message_create", message(1, "one"));
        assert.deepEqual(contents, ["one"]);
        assert.equal(errors.length, 1);
    });
});

describe("resuming", () => {
    test("the position after the last batch and the channels go into the next address", async () => {
        const { client, clock, socket, gaps } = await connected({ features: ["batch", "resume"] });
        client.subscribe(HERE);
        socket.event("batch", { s: 1, cursor: "first", events: [{ v: 1, t: "message_create", d: message(1) }] });
        socket.event("batch", { s: 2, cursor: "second", events: [{ v: 1, t: "message_create", d: message(2) }] });
        socket.end(1001, "going_away;retry_after_ms=700");
        assert.deepEqual(client.status, { kind: "waiting", ms: 700 });
        await clock.advance(700);
        const { query } = FakeSocket.last;
        assert.equal(query.get("cursor"), "second");
        assert.deepEqual(query.getAll("subscribe"), [`${GUILD}:${CHANNEL}`]);
        FakeSocket.last.event("ready", ready({ features: ["batch", "resume"], resume: "replaying" }));
        assert.deepEqual(FakeSocket.last.sent, []);
        assert.deepEqual(gaps, []);
    });

    test("channels beyond what an address may name are asked for after ready", async () => {
        const { client, clock, socket } = await connected({ features: ["batch", "resume"] });
        for (let number = 0; number < 130; number += 1)
            client.subscribe({ guild_id: GUILD, channel_id: id(500 + number) });
        socket.event("batch", {
            s: 1,
            cursor: "c",
            events: [{ v: 1, t: "caught_up", d: { replayed: 0, reset: false } }],
        });
        socket.end(4003);
        await clock.advance(500);
        assert.equal(FakeSocket.last.query.getAll("subscribe").length, 128);
        FakeSocket.last.event("ready", ready({ features: ["batch", "resume"], resume: "replaying" }));
        assert.deepEqual(
            FakeSocket.last.sent.map(({ d }) => d.channel_id),
            [id(628), id(629)],
        );
    });

    test("what was wanted or given up while connecting is put right after ready", async () => {
        const { client, clock, socket } = await connected({ features: ["batch", "resume"] });
        client.subscribe(HERE);
        client.subscribe(THERE);
        socket.event("batch", {
            s: 1,
            cursor: "c",
            events: [{ v: 1, t: "caught_up", d: { replayed: 0, reset: false } }],
        });
        socket.end(4003);
        await clock.advance(500);
        client.unsubscribe(HERE);
        client.subscribe({ guild_id: GUILD, channel_id: id(31) });
        FakeSocket.last.event("ready", ready({ features: ["batch", "resume"], resume: "replaying" }));
        assert.deepEqual(
            FakeSocket.last.sent.map(({ t, d }) => [t, d.channel_id]),
            [
                ["unsubscribe", CHANNEL],
                ["subscribe", id(31)],
            ],
        );
    });

    // Proves ROL-4 for a new client of an old server: it goes by `ready.features`, takes an absent `resume` as none,
    // subscribes again and has everything fetched anew.
    test("a server that does not resume gets all channels by command, and the gap is told", async () => {
        const { client, clock, socket, gaps } = await connected({ features: ["batch", "resume"] });
        client.subscribe(HERE);
        socket.event("batch", {
            s: 1,
            cursor: "c",
            events: [{ v: 1, t: "caught_up", d: { replayed: 0, reset: false } }],
        });
        socket.end(1006);
        await clock.advance(500);
        FakeSocket.last.event("ready", ready());
        assert.deepEqual(gaps, [{ reason: "fresh" }]);
        assert.deepEqual(
            FakeSocket.last.sent.map(({ t }) => t),
            ["subscribe"],
        );
        FakeSocket.last.end(1006);
        await clock.advance(30_000);
        assert.equal(FakeSocket.last.query.get("cursor"), null);
    });

    test("a reset is told as a gap, with its channel if it has one", async () => {
        const { socket, gaps } = await connected();
        socket.event("reset", { reason: "gap_too_large" });
        socket.event("reset", { reason: "visibility_gap", guild_id: GUILD, channel_id: CHANNEL });
        assert.deepEqual(gaps, [{ reason: "reset" }, { reason: "reset", channel: HERE }]);
    });

    test("a batch that a handler ends is not the position to go on from", async () => {
        const { client, socket, seen } = await connected({ features: ["batch", "resume"] });
        const item = (number: number) => ({ v: 1, t: "message_create", d: message(number) });
        socket.event("batch", { s: 1, cursor: "first", events: [item(1)] });
        client.on("message_create", () => client.close());
        socket.event("batch", { s: 2, cursor: "second", events: [item(2), item(3)] });
        assert.deepEqual(seen, ["ready", "message_create", "message_create"]);
        assert.equal(client.status.kind, "idle");
        client.connect();
        await settle();
        assert.equal(FakeSocket.last.query.get("cursor"), "first");
    });
});

describe("closes", () => {
    const TABLE: readonly (readonly [number, string, string, number])[] = [
        [1000, "", "resume", 0],
        [1001, "going_away;retry_after_ms=4999", "resume", 4_999],
        [1002, "ws_protocol_error", "stop", 0],
        [1006, "", "resume", 0],
        [1007, "invalid_utf8", "stop", 0],
        [1011, "internal_error", "resume", 0],
        [3999, "", "resume", 0],
        [4000, "", "resume", 0],
        [4001, "token_expired", "resume", 0],
        [4008, "slow_consumer", "resume", 0],
        [4199, "from_a_later_version", "resume", 0],
        [4200, "state_lost", "fresh", 0],
        [4399, "", "fresh", 0],
        [4400, "rate_limited", "resume", RATE_LIMITED_WAIT_MS],
        [4401, "overloaded;retry_after_ms=250", "resume", 250],
        [4499, "", "resume", RATE_LIMITED_WAIT_MS],
        [4500, "invalid_envelope", "stop", 0],
        [4510, "session_revoked", "stop", 0],
        [4999, "", "stop", 0],
        [4400, "rate_limited;retry_after_ms=soon", "resume", RATE_LIMITED_WAIT_MS],
        [4400, "rate_limited;retry_after_ms=999999999", "resume", 300_000],
    ];

    for (const [code, reason, kind, waitMs] of TABLE) {
        test(`${code} ${reason} is ${kind} after ${waitMs} ms`, () => {
            const action = closeAction(code, reason);
            assert.deepEqual([action.kind, action.waitMs, action.name], [kind, waitMs, reason.split(";")[0]]);
            assert.equal(action.refresh, code === 4001);
        });
    }

    test("an expired token is refreshed, a fresh start forgets the position, a stop stays", async () => {
        const { client, clock, socket, refreshes } = await connected({ features: ["batch", "resume"] });
        socket.event("batch", {
            s: 1,
            cursor: "c",
            events: [{ v: 1, t: "caught_up", d: { replayed: 0, reset: false } }],
        });
        socket.end(4001, "token_expired");
        await clock.advance(500);
        assert.deepEqual(refreshes, [false, true]);
        assert.equal(FakeSocket.last.query.get("cursor"), "c");
        FakeSocket.last.event("ready", ready({ features: ["batch", "resume"], resume: "replaying" }));
        FakeSocket.last.end(4200, "state_lost");
        await clock.advance(1_000);
        assert.equal(FakeSocket.last.query.get("cursor"), null);
        FakeSocket.last.event("ready", ready());
        FakeSocket.last.end(4510, "session_revoked");
        assert.deepEqual(client.status, { kind: "stopped", code: 4510, name: "session_revoked" });
        await clock.advance(600_000);
        assert.equal(FakeSocket.all.length, 3);
        assert.equal(clock.pending, 0);
        client.connect();
        await settle();
        assert.equal(FakeSocket.all.length, 4);
    });

    test("waits double up to their bound, and start small again after a connection that lasted", async () => {
        const { client, clock, socket } = await connected();
        await clock.advance(10_000);
        socket.end(1006);
        const waits: number[] = [];
        for (let attempt = 0; attempt < 9; attempt += 1) {
            assert.equal(client.status.kind, "waiting");
            waits.push((client.status as { ms: number }).ms);
            await clock.advance(waits[attempt] as number);
            FakeSocket.last.end(1006);
        }
        assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        await clock.advance(30_000);
        FakeSocket.last.event("ready", ready());
        FakeSocket.last.end(1006);
        assert.deepEqual(client.status, { kind: "waiting", ms: 30_000 });
        await clock.advance(30_000);
        FakeSocket.last.event("ready", ready());
        await clock.advance(10_000);
        FakeSocket.last.end(1006);
        assert.deepEqual(client.status, { kind: "waiting", ms: 500 });
    });

    test("after several refused attempts the token is doubted", async () => {
        const { client, clock, refreshes } = world();
        client.connect();
        for (const ms of [0, 500, 1_000, 2_000]) {
            await clock.advance(ms);
            FakeSocket.last.end(1006);
        }
        assert.deepEqual(refreshes, [false, false, false, true]);
    });

    test("jitter is full", () => {
        assert.equal(
            backoff(3, () => 0),
            0,
        );
        assert.equal(
            backoff(3, () => 0.5),
            2_000,
        );
        assert.equal(
            backoff(5_000, () => 1),
            BACKOFF_MS_MAX,
        );
    });

    test("closing leaves nothing behind", async () => {
        const { client, clock, socket } = await connected();
        client.close();
        assert.equal(socket.closed, 1000);
        assert.equal(clock.pending, 0);
        socket.end(1000);
        await clock.advance(60_000);
        assert.equal(FakeSocket.all.length, 1);
        client.connect();
        client.close();
        await settle();
        assert.equal(FakeSocket.all.length, 1, "a token that comes late opens nothing");
    });
});

describe("heartbeat", () => {
    test("it names the last frame, and no answer within an interval ends the connection", async () => {
        const { client, clock, socket } = await connected({ heartbeat_interval_ms: 1_000 });
        socket.event("message_create", message(1));
        socket.event("from_a_later_version", {});
        await clock.advance(1_000);
        assert.deepEqual(socket.sent, [{ v: 1, t: "heartbeat", d: { s: 2 } }]);
        socket.event("heartbeat_ack", { s: 3, access_rev: 0, server_time_unix: TIME });
        await clock.advance(1_000);
        assert.deepEqual(socket.sent.at(-1)?.d, { s: 3 });
        await clock.advance(999);
        assert.equal(client.status.kind, "ready");
        await clock.advance(1);
        assert.equal(client.status.kind, "waiting");
        assert.notEqual(socket.closed, "open");
    });

    test("in batches the number is that of the batch", async () => {
        const { clock, socket } = await connected({ features: ["batch"], heartbeat_interval_ms: 1_000 });
        socket.event("batch", { s: 7, events: [{ v: 1, t: "message_create", d: message(1) }] });
        await clock.advance(1_000);
        assert.deepEqual(socket.sent.at(-1)?.d, { s: 7 });
    });

    test("access that changed without an event is told", async () => {
        const { client, socket } = await connected();
        const behind: number[] = [];
        client.onNotice("access_behind", ({ access_rev }) => behind.push(access_rev));
        const ack = (access_rev: number) => socket.event("heartbeat_ack", { s: 1, access_rev, server_time_unix: TIME });
        const update = {
            guild_id: GUILD,
            access_rev: 6,
            role: "member",
            permissions: [],
            channels: [],
            updated_at_unix: TIME,
        };
        ack(5);
        socket.event("workspace_access_update", update);
        ack(6);
        ack(8);
        ack(8);
        assert.deepEqual(behind, [8]);
    });
});

describe("subscriptions", () => {
    test("a refused or lost one is told and not asked for again", async () => {
        const { client, clock, socket } = await connected();
        const lost: string[] = [];
        client.onNotice("subscription_lost", ({ reason, channel_id }) => lost.push(`${reason} ${channel_id ?? "all"}`));
        client.subscribe(HERE);
        client.subscribe(THERE);
        client.subscribe({ guild_id: id(77), channel_id: id(78) });
        socket.event("error", { code: "forbidden", message: "", command: "subscribe", ...HERE });
        socket.event("unsubscribed", { guild_id: GUILD, reason: "access_revoked" });
        socket.end(1006);
        await clock.advance(500);
        FakeSocket.last.event("ready", ready());
        assert.deepEqual(lost, [`forbidden ${CHANNEL}`, "access_revoked all"]);
        assert.deepEqual(
            FakeSocket.last.sent.map(({ d }) => d.channel_id),
            [id(78)],
        );
    });

    test("one that came too fast is asked for again when the server says", async () => {
        const { client, clock, socket } = await connected();
        client.subscribe(HERE);
        socket.event("error", {
            code: "rate_limited",
            message: "",
            command: "subscribe",
            retry_after_ms: 400,
            ...HERE,
        });
        await clock.advance(399);
        assert.equal(socket.sent.length, 1);
        await clock.advance(1);
        assert.equal(socket.sent.length, 2);
    });
});

describe("sending", () => {
    test("an invalid command is not sent, a valid one only when connected", async () => {
        const { client, socket } = await connected();
        const payload = { ...HERE, content: "hello" };
        assert.deepEqual(client.send("message_create", payload), { ok: true });
        assert.deepEqual(socket.sent, [{ v: 1, t: "message_create", d: payload }]);
        const long = client.send("message_create", { ...HERE, content: "x".repeat(2_001) });
        assert.deepEqual(long, { ok: false, code: "out_of_bounds", path: "content" });
        const extra = client.send("message_create", { ...payload, nonce: 1 } as typeof payload);
        assert.deepEqual(extra, { ok: false, code: "unknown_field", path: "nonce" });
        socket.end(1006);
        assert.deepEqual(client.send("message_create", payload), { ok: false, code: "not_connected" });
        assert.equal(socket.sent.length, 1);
    });
});
