import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./server.js";
import { message, Stage, write } from "./stage.js";

const stage = new Stage();

/** Two members of one guild, each in a browser of their own, both in its channel. */
async function two() {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const { guild, channel } = await ada.guild("Garden", "public");
    await bob.call("POST", `/guilds/${guild}/join`);
    const path = `/app/${guild}/${channel}`;
    const [left, right] = [await stage.open(ada, path), await stage.open(bob, path)];
    for (const page of [left, right]) await page.getByRole("heading", { name: "Welcome to #general" }).waitFor();
    return { ada, bob, guild, channel, left, right };
}

test("a message that one writes, edits and deletes appears, changes and goes at the other", async () => {
    const { left, right, ada } = await two();
    await write(left, "Hello **there**, <b>friend</b>");
    const there = message(right, "Hello there");
    await there.waitFor();
    assert.equal(await there.locator("strong", { hasText: "there" }).count(), 1);
    assert.equal(await there.locator("b").count(), 0);
    await there.getByRole("button", { name: ada.name }).waitFor();

    const own = message(left, "Hello there");
    await own.hover();
    await own.getByRole("button", { name: "Edit message" }).click();
    await left.getByRole("textbox", { name: "Edit message" }).fill("Hello again");
    await left.keyboard.press("Enter");
    await message(right, "Hello again").getByText("edited").waitFor();
    await there.waitFor({ state: "detached" });

    await message(left, "Hello again").hover();
    await left.getByRole("button", { name: "Delete message" }).click();
    await left.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await message(right, "Hello again").waitFor({ state: "detached" });
    await message(left, "Hello again").waitFor({ state: "detached" });
});

test("who may not change a message is not offered to", async () => {
    const { left, right } = await two();
    await write(left, "Mine");
    await message(right, "Mine").hover();
    await right.getByRole("button", { name: "Add reaction" }).waitFor();
    assert.equal(await right.getByRole("button", { name: "Edit message" }).count(), 0);
    assert.equal(await right.getByRole("button", { name: "Delete message" }).count(), 0);
});

test("a reaction counts on both sides, and each switches only their own", async () => {
    const { left, right } = await two();
    await write(left, "React to this");
    await message(right, "React to this").hover();
    await right.getByRole("button", { name: "Add reaction" }).click();
    await right.getByRole("button", { name: "fire hot" }).click();
    const fire = (page: typeof left, count: number, isOwn: boolean) =>
        page.getByRole("button", { name: `🔥, ${count}`, pressed: isOwn });
    await fire(right, 1, true).waitFor();
    await fire(left, 1, false).click();
    await fire(left, 2, true).waitFor();
    await fire(right, 2, true).click();
    await fire(right, 1, false).waitFor();
    await fire(left, 1, true).click();
    await fire(right, 1, false).waitFor({ state: "detached" });
});

test("the keyboard alone edits the last message and walks through the others", async () => {
    const { left, right } = await two();
    for (const words of ["one", "two", "three"]) {
        await write(left, words);
        await message(left, words).waitFor();
    }
    await left.getByRole("textbox", { name: /^Message #/ }).press("ArrowUp");
    await left.getByRole("textbox", { name: "Edit message" }).press("End");
    await left.keyboard.type(" edited");
    await left.keyboard.press("Enter");
    await message(right, "three edited").waitFor();
    await left.getByRole("textbox", { name: "Edit message" }).waitFor({ state: "detached" });

    await message(left, "three").focus();
    await left.keyboard.press("ArrowUp");
    await until("the message above has the focus", () =>
        left.evaluate(() => document.activeElement?.textContent?.includes("two") === true),
    );
    await left.keyboard.press("r");
    await left.getByRole("dialog", { name: "Choose an emoji" }).getByRole("searchbox").fill("rocket");
    await left.keyboard.press("Enter");
    await message(right, "two").getByRole("button", { name: "🚀, 1" }).waitFor();
});

test("a channel that is not open shows that something is unread, until it is read", async () => {
    const { ada, bob, guild, left, right } = await two();
    const other = await ada.channel(guild, "other");
    const link = left.getByRole("link", { name: /^other/ });
    await link.waitFor();
    await right.getByRole("link", { name: "other" }).waitFor();
    await until("somebody listens", async () => {
        await bob.post(guild, other, "psst");
        return (await link.getAttribute("aria-label")) === "other, unread";
    });
    await link.click();
    await message(left, "psst").first().waitFor();
    await until("it is read", async () => (await link.getAttribute("aria-label")) === null);
});

test("history comes in above without moving what one reads, and new messages come in below", async () => {
    const { ada, guild, channel, left } = await two();
    for (let number = 0; number < 130; number += 1)
        await ada.post(guild, channel, `line ${number}\n\n${"more ".repeat(number % 40)}`);
    await left.reload();
    await message(left, "line 129").waitFor();
    const list = left.getByRole("group", { name: "Messages" });
    const seen = new Set<string>();
    for (;;) {
        for (const words of await left.locator("[data-message] p:first-child").allTextContents())
            seen.add(words.trim());
        if (seen.has("line 0")) break;
        const [first, top] = await firstShown(left);
        await list.evaluate((element) => {
            element.scrollTop -= 500;
        });
        await left.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        // What was the first on the screen moved down by what was scrolled and by nothing else, if it is still drawn, as soon as
        // the rows that came above it are measured.
        const settled = async () => {
            const now = await left.locator(`[data-message="${first}"]`).boundingBox();
            const isLate = now === null || (await list.evaluate((element) => element.scrollTop)) <= 700;
            return isLate || Math.abs(now.y - top - 500) < 4;
        };
        await until(`${first} is where it was, 500 below ${top}`, settled);
        assert.ok((await left.locator("[data-message]").count()) < 120, "few of many are drawn");
    }
    assert.equal([...seen].filter((words) => /^line \d+$/.test(words)).length, 130);
    await left.getByRole("heading", { name: "Welcome to #general" }).waitFor();

    const before = await firstShown(left);
    await ada.post(guild, channel, "the newest");
    await left.getByRole("button", { name: /To the newest|New messages/ }).waitFor();
    assert.deepEqual(await firstShown(left), before);
    await left.getByRole("button", { name: /To the newest|New messages/ }).click();
    await message(left, "the newest").waitFor();
});

/** The first message on the screen: its id, and where it begins. */
async function firstShown(page: import("playwright-core").Page): Promise<[string, number]> {
    return page.evaluate(() => {
        const edge = document.querySelector(".messages")?.getBoundingClientRect().top ?? 0;
        const rows = [...document.querySelectorAll<HTMLElement>("[data-message]")];
        const first = rows.find((row) => row.getBoundingClientRect().top >= edge);
        return [first?.dataset.message ?? "", first?.getBoundingClientRect().top ?? 0];
    });
}

test("a message that could not be sent stays, says why, and goes out once when tried again", async () => {
    const { left, right } = await two();
    await left.route("**/messages", (route) => route.abort());
    await write(left, "Carry on");
    await left.getByText("Not sent.").waitFor();
    await left.unroute("**/messages");
    await left.getByRole("button", { name: "Try again" }).click();
    await message(right, "Carry on").waitFor();
    await message(left, "Carry on").waitFor();
    await left.getByText("Not sent.").waitFor({ state: "detached" });
    assert.equal(await message(right, "Carry on").count(), 1);
});
