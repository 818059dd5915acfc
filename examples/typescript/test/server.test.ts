/**
 * The client and the store against a real server, named by `FILAMENT_SERVER`: two users, a channel, a restart.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocket } from "ws";
import { readBody } from "../src/envelope.js";
import { GatewayClient, type SocketConstructor } from "../src/gateway/client.js";
import { answers } from "../src/generated/answers.js";
import { events } from "../src/generated/events.js";
import { checkChannel, type Channel } from "../src/generated/record/channel.js";
import { checkGuild, type Guild } from "../src/generated/record/guild.js";
import { checkMessage, type Message } from "../src/generated/record/message.js";
import type { ChannelList } from "../src/generated/answer/channel_list.js";
import type { SessionTokens } from "../src/generated/answer/session_tokens.js";
import { loadChannels } from "../src/state/channels.js";
import { load } from "../src/state/state.js";
import { Store } from "../src/state/store.js";
import type { Check } from "../src/verdict.js";

const PROGRAM = process.env.FILAMENT_SERVER;
/** How long anything may take on a busy machine. */
const PATIENCE_MS = 30_000;

class Server {
    private process: ChildProcess | undefined;

    constructor(
        readonly port: number,
        private readonly folder: string,
    ) {}

    async start(): Promise<void> {
        const { FILAMENT_SERVER: _, ...inherited } = process.env;
        const own = { RUST_LOG: "warn", FILAMENT_BIND_ADDR: `127.0.0.1:${this.port}`, FILAMENT_DATA_DIR: this.folder };
        const environment = { ...inherited, ...own };
        this.process = spawn(PROGRAM as string, [], { env: environment, stdio: ["ignore", "ignore", "inherit"] });
        await until("the server is ready", async () => {
            const answer = await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => undefined);
            return answer?.ok === true;
        });
    }

    async stop(): Promise<void> {
        const ended = this.process;
        if (ended === undefined || ended.exitCode !== null) return;
        const exit = once(ended, "exit");
        ended.kill("SIGTERM");
        await exit;
    }
}

async function freePort(): Promise<number> {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, "close");
    return port;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await holds())) {
        if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
}

/** A user with a session, a gateway client and a store. */
class User {
    readonly store = new Store();
    readonly client: GatewayClient;
    readonly seen: string[] = [];
    readonly gaps: string[] = [];
    subscriptions = 0;
    private token = "";

    constructor(
        private readonly base: string,
        private readonly name: string,
    ) {
        this.client = new GatewayClient({
            url: `${base.replace("http", "ws")}/gateway/ws`,
            token: () => this.token,
            events,
            WebSocket: WebSocket as unknown as SocketConstructor,
        });
        this.client.onEvent(this.store.apply);
        this.client.on("message_create", ({ content }) => this.seen.push(content));
        this.client.on("subscribed", () => {
            this.subscriptions += 1;
        });
        this.client.onNotice("gap", ({ reason }) => this.gaps.push(reason));
    }

    async logIn(): Promise<void> {
        const account = { username: this.name, password: "correct horse battery" };
        await this.call("POST", "/auth/register", answers.Accepted, account);
        const tokens = await this.call<SessionTokens>("POST", "/auth/login", answers.SessionTokens, account);
        this.token = tokens.access_token;
    }

    /** One request; its answer is checked as a reader does. */
    async call<T>(method: string, path: string, check: Check, body?: object): Promise<T> {
        const headers: Record<string, string> = { "content-type": "application/json" };
        if (this.token !== "") headers.authorization = `Bearer ${this.token}`;
        const answer = await fetch(this.base + path, {
            method,
            headers,
            ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
        const read = readBody<T>(text, check);
        assert.ok(read.ok, `${method} ${path}: ${JSON.stringify(read)}`);
        return read.value;
    }
}

test(
    "two users talk, and go on after a restart",
    { skip: PROGRAM === undefined && "FILAMENT_SERVER names no server" },
    async (context) => {
        const folder = mkdtempSync(join(tmpdir(), "filament-"));
        const port = await freePort();
        const server = new Server(port, folder);
        const base = `http://127.0.0.1:${port}`;
        const [alice, bob] = [new User(base, "alice"), new User(base, "bob")];
        context.after(async () => {
            alice.client.close();
            bob.client.close();
            await server.stop();
            rmSync(folder, { recursive: true, force: true });
        });

        await server.start();
        await alice.logIn();
        await bob.logIn();
        const { guild_id } = await alice.call<Guild>("POST", "/guilds", checkGuild, {
            name: "Hall",
            visibility: "public",
        });
        const { channel_id } = await alice.call<Channel>("POST", `/guilds/${guild_id}/channels`, checkChannel, {
            name: "general",
        });
        const channel = { guild_id, channel_id };
        const messages = `/guilds/${guild_id}/channels/${channel_id}/messages`;
        const post = (content: string) => alice.call<Message>("POST", messages, checkMessage, { content });

        bob.client.connect();
        await until("bob is connected", () => bob.client.status.kind === "ready");
        await bob.call("POST", `/guilds/${guild_id}/join`, answers.JoinAnswer);
        await until("bob's store knows the guild", () => bob.store.current.guilds[guild_id]?.name === "Hall");
        const mark = bob.store.mark();
        const list = await bob.call<ChannelList>("GET", `/guilds/${guild_id}/channels`, answers.ChannelList);
        bob.store.load(mark, (state) =>
            load(state, { channels: loadChannels(state.channels, guild_id, list.channels) }),
        );
        assert.equal(bob.store.current.channels[guild_id]?.list[0]?.name, "general");

        bob.client.subscribe(channel);
        await until("bob is subscribed", () => bob.subscriptions === 1);
        const first = await post("first");
        await until("bob sees the message", () => bob.seen.includes("first"));
        assert.deepEqual(bob.store.current.messages[channel_id]?.list, [first]);

        alice.client.connect();
        await until("alice is connected", () => alice.client.status.kind === "ready");
        assert.deepEqual(alice.client.send("message_create", { ...channel, content: "by command" }), { ok: true });
        await until("bob sees the command's message", () => bob.seen.includes("by command"));

        await server.stop();
        await until("bob noticed", () => bob.client.status.kind !== "ready");
        await server.start();
        // Most likely before bob is back; then it is replayed.
        await post("while bob was away");
        await until("bob is back and subscribed again", () => bob.subscriptions === 2);
        await until("bob is told what he missed", () => bob.seen.includes("while bob was away"));
        await post("after the restart");
        await until("bob sees it on the new connection", () => bob.seen.includes("after the restart"));
        assert.deepEqual(bob.gaps, [], "the server resumes: nothing has to be fetched");
        assert.deepEqual(bob.seen, ["first", "by command", "while bob was away", "after the restart"]);
        const contents = bob.store.current.messages[channel_id]?.list.map(({ content }) => content);
        assert.deepEqual(contents, bob.seen);
        assert.equal(bob.store.current.messages[channel_id]?.gap, false);
        for (const { client } of [alice, bob])
            assert.deepEqual([client.counters.malformed, client.counters.unknown], [0, 0]);
    },
);
