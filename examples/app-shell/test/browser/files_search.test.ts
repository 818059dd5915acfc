import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { until } from "./server.js";
import { message, Stage, write } from "./stage.js";

const stage = new Stage();
const PIXEL = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
    "base64",
);

async function two() {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const { guild, channel } = await ada.guild("Garden", "public");
    await bob.call("POST", `/guilds/${guild}/join`);
    const path = `/app/${guild}/${channel}`;
    const [left, right] = [await stage.open(ada, path), await stage.open(bob, path)];
    for (const page of [left, right]) await page.getByRole("heading", { name: "Welcome to #general" }).waitFor();
    return { ada, bob, guild, channel, left, right };
}

test("files are uploaded, sent, seen, saved and deleted", async () => {
    const { left, right } = await two();
    await left.getByLabel("Files to attach").setInputFiles([
        { name: "dot.png", mimeType: "image/png", buffer: PIXEL },
        { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("carrots") },
    ]);
    const files = left.getByRole("list", { name: "Files of this message" });
    await files.getByText("7 B").waitFor();
    await until("the picture has a preview", () =>
        files
            .getByRole("presentation")
            .or(files.locator("img"))
            .first()
            .evaluate((image) => (image as HTMLImageElement).naturalWidth === 1),
    );
    await write(left, "Two files");
    const there = message(right, "Two files");
    const picture = there.getByRole("img", { name: "dot.png" });
    await picture.waitFor();
    await until("the picture is drawn", () =>
        picture.evaluate((image) => (image as HTMLImageElement).naturalWidth === 1),
    );

    const drawn = await picture.elementHandle();

    const saving = right.waitForEvent("download");
    await there.getByRole("button", { name: "notes.txt", exact: true }).click();
    const saved = await saving;
    assert.equal(saved.suggestedFilename(), "notes.txt");
    assert.equal(readFileSync((await saved.path()) ?? "", "utf8"), "carrots");

    assert.equal(await there.getByRole("button", { name: "Delete notes.txt" }).count(), 0);
    await message(left, "Two files").getByRole("button", { name: "Delete notes.txt" }).click();
    await there.getByRole("button", { name: "notes.txt", exact: true }).waitFor({ state: "detached" });
    assert.equal(await drawn?.evaluate((image) => image.isConnected), true, "the picture that stays is not made anew");
});

test("an empty file is refused before it is sent, and can be dropped", async () => {
    const { left } = await two();
    await left
        .getByLabel("Files to attach")
        .setInputFiles({ name: "empty.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(0) });
    await left.getByText("This file is empty.").waitFor();
    await left.getByRole("button", { name: "Remove empty.bin" }).click();
    await left.getByText("This file is empty.").waitFor({ state: "detached" });
});

test("what one finds is shown in its place, far up in history too", async () => {
    const { ada, guild, channel, left } = await two();
    await ada.post(guild, channel, "a needle in the hay");
    for (let number = 0; number < 160; number += 1) await ada.post(guild, channel, `hay ${number}`);
    await message(left, "hay 159").waitFor();
    await left.getByRole("button", { name: "Search messages" }).click();
    const panel = left.getByRole("complementary", { name: "Search" });
    await panel.getByLabel("Words to find").fill("needl*");
    await left.keyboard.press("Enter");
    await panel.getByText("a needle in the hay").waitFor();
    await panel.getByRole("button", { name: "Show in channel" }).click();
    const found = message(left, "a needle in the hay");
    await found.waitFor();
    await until("it is on the screen", () =>
        found.evaluate(
            (row) => row.getBoundingClientRect().top > 0 && row.getBoundingClientRect().bottom < innerHeight,
        ),
    );

    await panel.getByLabel("Words to find").fill("nothing of the kind");
    await left.keyboard.press("Enter");
    await panel.getByText("Nothing found").waitFor();
    await panel.getByLabel("Words to find").fill("a * b");
    await left.keyboard.press("Enter");
    await panel.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
});
