import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./server.js";
import { message, openServerSettings, Stage, write } from "./stage.js";

const stage = new Stage();

/** An owner and a member, each in a browser of their own, in a guild with two channels. */
async function ownerAndMember() {
    const [owner, member] = [await stage.user("owner"), await stage.user("member")];
    const { guild, channel } = await owner.guild("Garden", "public");
    const shed = await owner.channel(guild, "shed");
    await member.call("POST", `/guilds/${guild}/join`);
    const left = await stage.open(owner, `/app/${guild}/${channel}`);
    const right = await stage.open(member, `/app/${guild}/${shed}`);
    await left.getByRole("heading", { name: "Welcome to #general" }).waitFor();
    await right.getByRole("heading", { name: "Welcome to #shed" }).waitFor();
    return { owner, member, guild, channel, shed, left, right };
}

test("a renamed server has its new name everywhere, and saving says how it went", async () => {
    const { left, right } = await ownerAndMember();
    const panel = await openServerSettings(left);
    await panel.getByLabel("Server name").fill("Greenhouse");
    await panel.getByRole("button", { name: "Save changes" }).click();
    await panel.getByText("Saved", { exact: true }).waitFor();
    await right.getByRole("button", { name: "Greenhouse, server menu" }).waitFor();
    await right.getByRole("link", { name: "Greenhouse", exact: true }).waitFor();
    await until("the title follows", async () => (await right.title()) === "#shed · Greenhouse · Filament");

    await panel.getByLabel("Server name").fill("\u200e bad");
    await panel.getByRole("button", { name: "Save changes" }).click();
    await panel.getByText(/^Not saved\./).waitFor();
});

test("a role that hides a channel takes it away at once and moves who was in it", async () => {
    const { owner, member, guild, shed, left, right } = await ownerAndMember();
    const role = await owner.call<{ role_id: string }>("POST", `/guilds/${guild}/roles`, {
        name: "Banished",
        permissions: [],
    });
    const target = `/guilds/${guild}/channels/${shed}/permission-overrides/role/${role.role_id}`;
    await owner.call("POST", target, { allow: [], deny: ["create_message"] });

    await left.getByRole("complementary", { name: "Members" }).getByRole("button", { name: member.name }).click();
    await left.getByRole("dialog").getByRole("checkbox", { name: "Banished" }).click();
    await right.getByRole("heading", { name: "general", exact: true }).waitFor();
    await right.getByRole("link", { name: "shed" }).waitFor({ state: "detached" });
    await right.getByText("You cannot see #shed any more.").waitFor();
    assert.match(right.url(), new RegExp(`/app/${guild}/`));

    // What happens there is not heard; what happens elsewhere is, and comes later.
    await owner.post(guild, shed, "secret");
    await left.getByRole("dialog").getByRole("checkbox", { name: "Banished" }).click();
    await right.getByRole("link", { name: /^shed/ }).click();
    await message(right, "secret").waitFor();
});

test("a kicked member is out at once, in a safe place, and reads why", async () => {
    const { member, left, right } = await ownerAndMember();
    await left.getByRole("complementary", { name: "Members" }).getByRole("button", { name: member.name }).click();
    await left.getByRole("button", { name: "Kick", exact: true }).click();
    await left.getByRole("dialog", { name: /^Kick/ }).getByRole("button", { name: "Kick" }).click();
    const words = right.getByRole("dialog", { name: "You were removed from Garden" });
    await words.getByText("A moderator removed you.").waitFor();
    await words.getByRole("button", { name: "Understood" }).click();
    await right.getByRole("heading", { name: "Friends" }).waitFor();
    await right.getByRole("link", { name: "Garden" }).waitFor({ state: "detached" });
    await left
        .getByRole("complementary", { name: "Members" })
        .getByRole("button", { name: member.name })
        .waitFor({ state: "detached" });
});

test("a ban shows in the list of bans as it happens, and is lifted from there", async () => {
    const { owner, member, guild, left, right } = await ownerAndMember();
    const panel = await openServerSettings(left, "Bans");
    await panel.getByText("Nobody is banned").waitFor();
    await owner.call("POST", `/guilds/${guild}/members/${member.id}/ban`);
    await right.getByRole("dialog", { name: "You were banned from Garden" }).waitFor();
    await panel.getByRole("button", { name: `Lift the ban of ${member.name}` }).click();
    await panel.getByText("Nobody is banned").waitFor();
});

test("bans by address are made and lifted without an address being shown", async () => {
    const { member, left } = await ownerAndMember();
    const panel = await openServerSettings(left, "Address bans");
    await panel.getByLabel("Ban the addresses of").selectOption({ label: member.name });
    await panel.getByLabel("Why").fill("noise");
    await panel.getByRole("button", { name: "Ban addresses" }).click();
    const row = panel.getByRole("row").filter({ hasText: "noise" });
    await row.getByText("redacted").waitFor();
    assert.equal(/\d+\.\d+\.\d+\.\d+/.test(await panel.innerText()), false);
    await row.getByRole("button", { name: "Lift" }).click();
    await panel.getByText("No address is banned").waitFor();
});

test("a public server is found and joined, and left again", async () => {
    const [owner, guest] = [await stage.user("host"), await stage.user("guest")];
    await owner.guild("Open house", "public");
    await owner.guild("Closed house");
    const page = await stage.open(guest, "/app/directory");
    await page.getByRole("searchbox", { name: "Find a server" }).fill("house");
    await page.getByRole("button", { name: "Join Open house" }).click();
    await page.getByRole("heading", { name: "Welcome to #general" }).waitFor();
    assert.equal(await page.getByText("Closed house").count(), 0);
    await write(page, "Knock knock");
    await message(page, "Knock knock").waitFor();
    await page.getByRole("button", { name: /server menu/ }).click();
    await page.getByRole("menuitem", { name: "Leave server" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Leave server" }).click();
    await page.getByRole("heading", { name: "Friends" }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("channels appear, are renamed and go as their manager does it", async () => {
    const { left, right } = await ownerAndMember();
    await left.getByRole("button", { name: "Create a channel under Text channels" }).click();
    await left.getByLabel("Name").fill("attic");
    await left.keyboard.press("Enter");
    await left.getByRole("heading", { name: "Welcome to #attic" }).waitFor();
    await right.getByRole("link", { name: "attic" }).click();
    await right.getByRole("heading", { name: "Welcome to #attic" }).waitFor();

    const panel = await openServerSettings(left, "Channels");
    await panel.getByRole("button", { name: "attic", exact: true }).click();
    await panel.getByLabel("Channel name").fill("loft");
    await panel.getByRole("button", { name: "Rename" }).click();
    await right.getByRole("heading", { name: "Welcome to #loft" }).waitFor();
    await panel.getByRole("button", { name: "Delete channel" }).click();
    await left.getByRole("dialog", { name: "Delete loft?" }).getByRole("button", { name: "Delete channel" }).click();
    await right.getByText("#loft was deleted.").waitFor();
    await right.getByRole("heading", { name: "Welcome to #" }).waitFor();
    await right.getByRole("link", { name: "loft" }).waitFor({ state: "detached" });
});

test("a page that was open all the time shows what a page that is opened now shows", async () => {
    const { owner, member, guild, channel, shed, right } = await ownerAndMember();
    await right.getByRole("link", { name: "general" }).click();
    await right.getByRole("heading", { name: "Welcome to #general" }).waitFor();
    const inGuild = <T>(method: string, path: string, body?: object) =>
        owner.call<T>(method, `/guilds/${guild}${path}`, body);
    const other = await stage.user("other");
    await other.call("POST", `/guilds/${guild}/join`);
    const attic = await owner.channel(guild, "attic");
    await owner.channel(guild, "Lounge", "voice");
    await inGuild("POST", "/channels/reorder", { channel_ids: [attic, channel, shed] });
    await inGuild("PATCH", `/channels/${shed}`, { name: "toolshed" });
    await inGuild("DELETE", `/channels/${attic}`);
    const role = await inGuild<{ role_id: string }>("POST", "/roles", {
        name: "Gardener",
        permissions: [],
        color_hex: "#3FA55B",
    });
    await inGuild("POST", `/roles/${role.role_id}/members/${other.id}`);
    await inGuild("PATCH", `/roles/${role.role_id}`, { name: "Head gardener" });
    const first = await owner.post(guild, channel, "first");
    const second = await other.post(guild, channel, "second");
    await member.post(guild, channel, "third");
    await inGuild("PATCH", `/channels/${channel}/messages/${first}`, { content: "first, *edited*" });
    await inGuild("POST", `/channels/${channel}/messages/${first}/reactions/${encodeURIComponent("🌱")}`);
    await member.call(
        "POST",
        `/guilds/${guild}/channels/${channel}/messages/${first}/reactions/${encodeURIComponent("🌱")}`,
    );
    await inGuild("DELETE", `/channels/${channel}/messages/${second}`);
    await inGuild("PATCH", "", { name: "Orangery" });
    await inGuild("POST", `/members/${other.id}/kick`);
    await owner.post(guild, channel, "last");
    await message(right, "last").waitFor();

    const fresh = await stage.open(member, `/app/${guild}/${channel}`);
    await message(fresh, "last").waitFor();
    const shown = (page: typeof right) =>
        page.evaluate(() =>
            [".rails", ".messages", ".aside"]
                .map((part) => (document.querySelector(part) as HTMLElement).innerText)
                .join("\n"),
        );
    let both: readonly string[] = [];
    await until("both show the same", async () => {
        both = [await shown(right), await shown(fresh)];
        return both[0] === both[1] && both[0]?.includes("…") === false;
    }).catch(() => assert.equal(both[0], both[1]));
    for (const words of ["Orangery", "toolshed", "Lounge", "first, edited", "third", "🌱"])
        assert.ok(both[0]?.includes(words), words);
});
