import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./server.js";
import { message, Stage, write } from "./stage.js";

const stage = new Stage();

/** A picture of one pixel. */
const PIXEL = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
    "base64",
);

test("a new name, new words and a new picture appear at the other without a reload", async () => {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const { guild, channel } = await ada.guild("Garden", "public");
    await bob.call("POST", `/guilds/${guild}/join`);
    const path = `/app/${guild}/${channel}`;
    const [left, right] = [await stage.open(ada, path), await stage.open(bob, path)];
    await write(left, "Who am I?");
    await message(right, "Who am I?").getByRole("button", { name: ada.name }).waitFor();

    await left.getByRole("button", { name: "Client settings" }).click();
    const panel = left.getByRole("dialog", { name: "Client Settings" });
    await panel.getByRole("button", { name: "Profile", exact: true }).click();
    await until("the profile is loaded", async () => (await panel.getByLabel("Name").inputValue()) === ada.name);
    await panel.getByLabel("Name").fill("lovelace");
    await panel.getByLabel("About you").fill("I *count*.");
    await panel.getByRole("button", { name: "Save profile" }).click();
    await panel.getByText("Saved", { exact: true }).first().waitFor();
    await message(right, "Who am I?").getByRole("button", { name: "lovelace" }).waitFor();

    await panel
        .getByLabel("Change avatar")
        .and(left.locator("input"))
        .setInputFiles({ name: "me.png", mimeType: "image/png", buffer: PIXEL });
    const picture = message(right, "Who am I?").locator(".avatar img");
    await picture.waitFor();
    await until("the picture is drawn", () =>
        picture.evaluate((image) => (image as HTMLImageElement).naturalWidth === 1),
    );
    const first = await picture.getAttribute("src");
    await panel
        .getByLabel("Change avatar")
        .and(left.locator("input"))
        .setInputFiles({ name: "me.png", mimeType: "image/png", buffer: PIXEL });
    await until("the address follows the picture", async () => (await picture.getAttribute("src")) !== first);

    await message(right, "Who am I?").getByRole("button", { name: "lovelace" }).click();
    const card = right.getByRole("dialog", { name: "lovelace" });
    await card.locator("em", { hasText: "count" }).waitFor();

    await panel
        .getByLabel("Change avatar")
        .and(left.locator("input"))
        .setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
    await panel.getByText(/^Not saved\./).waitFor();
});

test("a friend request is sent from a card, accepted, and undone", async () => {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const { guild, channel } = await ada.guild("Garden", "public");
    await bob.call("POST", `/guilds/${guild}/join`);
    const left = await stage.open(ada, `/app/${guild}/${channel}`);
    const right = await stage.open(bob);
    await right.getByText("No friends here yet").waitFor();
    await left.getByRole("complementary", { name: "Members" }).getByRole("button", { name: bob.name }).click();
    await left.getByRole("button", { name: "Add friend" }).click();
    await left.getByText("Request sent").waitFor();
    await right.getByRole("link", { name: "Friends, 1 new" }).waitFor();
    await right.getByRole("button", { name: `Accept ${ada.name}` }).click();
    await right.getByRole("heading", { name: "Friends (1)" }).waitFor();
    await left.getByText("Friend", { exact: true }).waitFor();

    await left.getByRole("button", { name: "Close", exact: true }).click();
    await left.getByRole("link", { name: "Friends", exact: true }).click();
    await left.getByRole("button", { name: `Remove ${bob.name}` }).click();
    for (const page of [left, right]) await page.getByText("No friends here yet").waitFor();
});

test("a request that is declined goes on both sides; one to oneself is refused in words", async () => {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const [left, right] = [await stage.open(ada), await stage.open(bob)];
    await left.getByLabel("Add a friend by id").fill(bob.id.toLowerCase());
    await left.getByRole("button", { name: "Send request" }).click();
    await left.getByRole("heading", { name: "Your requests" }).waitFor();
    await right.getByRole("button", { name: `Decline ${ada.name}` }).click();
    for (const page of [left, right]) await page.getByText("No friends here yet").waitFor();

    await left.getByLabel("Add a friend by id").fill(ada.id);
    await left.getByRole("button", { name: "Send request" }).click();
    const refused = left.getByText(/^Not saved\./);
    await refused.waitFor();
    assert.equal((await refused.innerText()).includes("400"), false);
});
