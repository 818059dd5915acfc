import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSWORD } from "./api.js";
import { Stage, write, message } from "./stage.js";

const stage = new Stage();

test("somebody signs up, makes a server, writes, signs out and in again", async () => {
    const page = await stage.openBlank("/login");
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("Name").fill("first.user");
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("alert").getByText("at least 12 characters").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();

    await page.getByRole("button", { name: "Create a server" }).click();
    await page.getByLabel("Name").fill("First server");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "general", exact: true }).waitFor();
    await write(page, "Is this thing on?");
    await message(page, "Is this thing on?").waitFor();

    await page.getByRole("button", { name: "Client settings" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.getItem("filament.session")), null);

    await page.getByLabel("Name").fill("first.user");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Name or password is wrong.").waitFor();
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await message(page, "Is this thing on?").waitFor();
});

test("signing out in one tab signs out the other", async () => {
    const user = await stage.user("tabs");
    const first = await stage.open(user);
    const second = await first.context().newPage();
    await second.goto("/app");
    await second.getByRole("heading", { name: "Friends" }).waitFor();
    await first.getByRole("button", { name: "Client settings" }).click();
    await first.getByRole("button", { name: "Sign out" }).click();
    await second.getByRole("heading", { name: "Welcome back" }).waitFor();
});

test("a session that is ended elsewhere ends here, and says so", async () => {
    const user = await stage.user("ended");
    const page = await stage.open(user);
    await page.getByText("Connected").waitFor();
    await user.call("POST", "/auth/logout", { refresh_token: user.tokens.refresh_token });
    await page.getByText("Your session has ended.").waitFor();
});

test("two tabs that come back with an old token both go on with one new one", async () => {
    const user = await stage.user("back");
    const { guild, channel } = await user.guild("Garden");
    const first = await stage.open({ tokens: { ...user.tokens, expires_in_secs: -60 } }, `/app/${guild}/${channel}`);
    const second = await first.context().newPage();
    await second.goto(`/app/${guild}/${channel}`);
    for (const page of [first, second]) await page.getByText("Connected").waitFor();
    const tokens = () =>
        first.evaluate(() => JSON.parse(localStorage.getItem("filament.session") ?? "{}") as Record<string, unknown>);
    const { refresh_token } = await tokens();
    assert.notEqual(refresh_token, user.tokens.refresh_token);
    await write(first, "from the first");
    await message(second, "from the first").waitFor();
    await write(second, "from the second");
    await message(first, "from the second").waitFor();
});
