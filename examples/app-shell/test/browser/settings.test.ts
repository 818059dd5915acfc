import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./server.js";
import { openServerSettings, Stage } from "./stage.js";

const stage = new Stage();

async function ownerAndMember() {
    const [owner, member] = [await stage.user("owner"), await stage.user("member")];
    const { guild, channel } = await owner.guild("Garden", "public");
    await member.call("POST", `/guilds/${guild}/join`);
    return { owner, member, guild, channel, path: `/app/${guild}/${channel}` };
}

test("the gear opens client settings, the server's menu server settings, and neither holds the other's", async () => {
    const { owner, path } = await ownerAndMember();
    const page = await stage.open(owner, path);
    await page.getByRole("contentinfo").getByRole("button", { name: "Client settings" }).click();
    const client = page.getByRole("dialog", { name: "Client Settings" });
    await client.waitFor();
    assert.deepEqual(await client.getByRole("navigation").getByRole("listitem").allInnerTexts(), [
        "Voice",
        "Profile",
        "Appearance",
    ]);
    await page.keyboard.press("Escape");
    await client.waitFor({ state: "detached" });
    await until("the focus is back on the gear", () =>
        page.evaluate(() => document.activeElement?.getAttribute("aria-label") === "Client settings"),
    );

    const server = await openServerSettings(page);
    const sections = ["Overview", "Roles", "Channels", "Members", "Bans", "Address bans", "Audit log"];
    assert.deepEqual(await server.getByRole("navigation").getByRole("listitem").allInnerTexts(), sections);
    assert.equal(await server.getByLabel("Server name").inputValue(), "Garden");
    await server.getByRole("button", { name: "Close Server Settings" }).click();
    await server.waitFor({ state: "detached" });
});

test("settings are reached and left by the keyboard alone", async () => {
    const { owner, path } = await ownerAndMember();
    const page = await stage.open(owner, path);
    await page.getByRole("button", { name: /server menu/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Server Settings" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    const server = page.getByRole("dialog", { name: "Server Settings" });
    await server.waitFor();
    await server.getByRole("button", { name: "Roles" }).focus();
    await page.keyboard.press("Enter");
    await server.getByRole("heading", { name: "Roles" }).waitFor();
    await page.keyboard.press("Escape");
    await server.waitFor({ state: "detached" });
});

test("what a member may not do is locked and says which permission it takes, until it is given", async () => {
    const { owner, member, guild, path } = await ownerAndMember();
    const page = await stage.open(member, path);
    const server = await openServerSettings(page);
    await server.getByText("You need the permission “Manage server” to change this.").waitFor();
    assert.equal(await server.getByLabel("Server name").isDisabled(), true);
    assert.equal(await server.getByRole("button", { name: "Save changes" }).isDisabled(), true);
    for (const [section, permission] of [
        ["Roles", "Manage roles"],
        ["Channels", "Manage channels"],
        ["Bans", "Kick and ban"],
        ["Address bans", "Manage address bans"],
        ["Audit log", "Read audit log"],
    ] as const) {
        await server
            .getByRole("navigation")
            .getByRole("button", { name: `${section} (locked)`, exact: true })
            .click();
        await server.getByRole("note").getByText(`You need the permission “${permission}” here.`).waitFor();
    }
    assert.equal(await server.getByRole("table").count(), 0);

    const role = await owner.call<{ role_id: string }>("POST", `/guilds/${guild}/roles`, {
        name: "Auditor",
        permissions: ["view_audit_log", "manage_roles"],
    });
    await owner.call("POST", `/guilds/${guild}/roles/${role.role_id}/members/${member.id}`);
    await server.getByRole("cell", { name: "Gave a role" }).waitFor();
    await server.getByRole("navigation").getByRole("button", { name: "Overview" }).click();
    assert.equal(await server.getByLabel("Server name").isDisabled(), false);
});

test("roles are reordered by the keyboard and by dragging, and others see the new order", async () => {
    const { owner, member, guild, path } = await ownerAndMember();
    for (const name of ["Low", "Middle", "High"])
        await owner.call("POST", `/guilds/${guild}/roles`, { name, permissions: [] });
    const page = await stage.open(owner, path);
    const panel = await openServerSettings(page, "Roles");
    const order = async () => {
        const { roles } = await member.call<{ roles: { name: string }[] }>("GET", `/guilds/${guild}/roles`);
        return roles
            .map(({ name }) => name)
            .filter((name) => ["Low", "Middle", "High"].includes(name))
            .join();
    };
    const before = await order();
    const names = before.split(",");
    await panel.getByRole("button", { name: `Move ${names[2]}` }).focus();
    await page.keyboard.press("ArrowUp");
    await until("the keyboard moved it", async () => (await order()) === [names[0], names[2], names[1]].join());
    await until("the handle kept the focus", () =>
        page.evaluate(
            (name) => document.activeElement?.getAttribute("aria-label")?.startsWith(`Move ${name}`) === true,
            names[2],
        ),
    );

    const row = (name = "") =>
        panel.getByRole("listitem").filter({ has: page.getByRole("button", { name: `Move ${name}` }) });
    await row(names[1]).dragTo(row(names[0]));
    await until("dragging moved it", async () => (await order()) === [names[1], names[0], names[2]].join());
});

test("an override changes what it comes to, and the page says why", async () => {
    const { owner, member, guild, channel, path } = await ownerAndMember();
    const page = await stage.open(owner, path);
    const panel = await openServerSettings(page, "Channels");
    await panel.getByRole("button", { name: "general", exact: true }).click();
    await panel.getByLabel("Show the result for").selectOption({ label: member.name });
    const camera = panel.locator('[data-permission="publish_video"]');
    await camera.getByText("No no role grants it").waitFor();
    await panel.getByLabel("Role or member").selectOption({ label: "@everyone" });
    await camera.getByRole("radio", { name: "Allow" }).click();
    await camera.getByText("Yes allowed here for @everyone").waitFor();
    await panel.getByLabel("Role or member").selectOption({ label: member.name });
    await camera.getByRole("radio", { name: "Deny" }).click();
    await camera.getByText("No denied here for this member").waitFor();
    const { overrides } = await owner.call<{ overrides: { target_id: string; deny: string[] }[] }>(
        "GET",
        `/guilds/${guild}/channels/${channel}/overrides`,
    );
    assert.deepEqual(overrides.find(({ target_id }) => target_id === member.id)?.deny, ["publish_video"]);
    await camera.getByRole("radio", { name: "Inherit" }).click();
    await camera.getByText("Yes allowed here for @everyone").waitFor();
});

test("a role is made, edited and deleted, with its state told", async () => {
    const { owner, path } = await ownerAndMember();
    const page = await stage.open(owner, path);
    const panel = await openServerSettings(page, "Roles");
    await panel.getByRole("button", { name: "Create role" }).click();
    const editor = panel.getByRole("form", { name: "New role" });
    await editor.getByLabel("Role name").fill("Gardener");
    await editor.getByRole("checkbox", { name: /^Moderate messages/ }).check();
    await editor.getByRole("button", { name: "Save role" }).click();
    const renamed = panel.getByRole("form", { name: "Gardener" });
    await renamed.getByText("Saved", { exact: true }).waitFor();
    await renamed.getByRole("button", { name: "Delete role" }).click();
    await page
        .getByRole("dialog", { name: "Delete the role Gardener?" })
        .getByRole("button", { name: "Delete role" })
        .click();
    await panel.getByRole("button", { name: "Gardener" }).first().waitFor({ state: "detached" });
});

test("the choice of colours holds, and is kept", async () => {
    const { owner, path } = await ownerAndMember();
    const page = await stage.open(owner, path, { colorScheme: "light" });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.getByRole("button", { name: "Client settings" }).click();
    const panel = page.getByRole("dialog", { name: "Client Settings" });
    await panel.getByRole("button", { name: "Appearance" }).click();
    await panel.getByRole("radio", { name: "Dark" }).check();
    const dark = await background();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await background(), dark);
});

test("events alone keep a page: messages of others cause no request, whatever is open", async () => {
    const { owner, member, guild, channel, path } = await ownerAndMember();
    const page = await stage.open(owner, path);
    const panel = await openServerSettings(page, "Channels");
    await panel.getByRole("button", { name: "general", exact: true }).click();
    await panel.locator('[data-permission="subscribe_streams"]').getByText("Yes owner of the server").waitFor();
    await page.waitForLoadState("networkidle");
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    for (let number = 0; number < 20; number += 1) await member.post(guild, channel, `number ${number}`);
    await page.locator("[data-message]").filter({ hasText: "number 19" }).waitFor({ state: "attached" });
    // Who writes for the first time has a name that is asked for, once.
    assert.deepEqual(
        requests.filter((address) => !address.endsWith("/users/lookup")),
        [],
    );
});
