import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { until } from "./server.js";
import { message, Stage, write } from "./stage.js";

const stage = new Stage();

async function two() {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const { guild, channel } = await ada.guild("Garden", "public");
    await bob.call("POST", `/guilds/${guild}/join`);
    return { ada, bob, guild, channel, path: `/app/${guild}/${channel}` };
}

function members(page: Page) {
    return page.getByRole("complementary", { name: "Members" });
}

test("who comes and goes is online and offline at the other", async () => {
    const { ada, bob, path } = await two();
    const left = await stage.open(ada, path);
    const line = members(left).getByRole("button", { name: bob.name });
    await line.getByText("offline").waitFor();
    const right = await stage.open(bob, path);
    await line.getByText("online").waitFor();
    await right.context().close();
    await line.getByText("offline").waitFor();
});

test("after a restart of the server the page connects again and shows what came meanwhile", async () => {
    const { ada, bob, guild, channel, path } = await two();
    const [left, right] = [await stage.open(ada, path), await stage.open(bob, path)];
    await write(left, "before the restart");
    await message(right, "before the restart").waitFor();
    await stage.server.pause();
    await left.getByText("No connection.").waitFor();
    await stage.server.resume();
    await bob.post(guild, channel, "while you were away");
    for (const page of [left, right]) {
        await message(page, "while you were away").waitFor();
        await page.getByText("No connection.").waitFor({ state: "detached" });
        assert.equal(await message(page, "before the restart").count(), 1);
        assert.equal(await message(page, "while you were away").count(), 1);
    }
    await write(left, "after the restart");
    await message(right, "after the restart").waitFor();
});

test("unknown and malformed events are counted, and break nothing", async () => {
    const { ada, bob, guild, channel, path } = await two();
    const left = await stage.open(ada, "/app");
    let inject: ((text: string) => void) | undefined;
    await left.routeWebSocket(/\/gateway\/ws/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((text) => socket.send(text));
        inject = (text) => socket.send(text);
    });
    await left.goto(path);
    await left.getByRole("heading", { name: "Welcome to #general" }).waitFor();
    await left.getByText("Connected").waitFor();
    inject?.('{"v":1,"t":"confetti","d":{"amount":3}}');
    inject?.('{"v":1,"t":"message_create","d":{"content":7}}');
    inject?.("not even json");
    inject?.('{"v":1,"t":"workspace_update","d":{"guild_id":"x"},"extra":1}');
    await bob.post(guild, channel, "still here");
    await message(left, "still here").waitFor();

    await left.getByRole("button", { name: "Diagnostics" }).click();
    const panel = left.getByRole("dialog", { name: "Diagnostics" });
    const figure = (name: string) => panel.locator(`[data-figure="${name}"]`);
    await until("the unknown event is counted", async () => (await figure("unknown").innerText()) === "1");
    await until("the malformed ones are counted", async () => (await figure("malformed").innerText()) === "3");
    await panel.getByText("Unknown event confetti, passed over").waitFor();
    await panel.locator('[data-event="message_create"]').waitFor();
    assert.equal(await figure("errors").innerText(), "0");
});

test("a connection that breaks off is made anew without a word, and misses nothing", async () => {
    const { ada, bob, guild, channel, path } = await two();
    const left = await stage.open(ada, "/app");
    let cut: (() => Promise<void>) | undefined;
    let connections = 0;
    await left.routeWebSocket(/\/gateway\/ws/, (socket) => {
        connections += 1;
        socket.connectToServer();
        cut = () => socket.close({ code: 1012 });
    });
    await left.goto(path);
    await left.getByRole("heading", { name: "Welcome to #general" }).waitFor();
    for (let round = 0; round < 3; round += 1) {
        const before = connections;
        await cut?.();
        await bob.post(guild, channel, `round ${round}`);
        await message(left, `round ${round}`).waitFor();
        await until("there is another connection", () => connections > before);
        assert.equal(await message(left, `round ${round}`).count(), 1);
    }
});
