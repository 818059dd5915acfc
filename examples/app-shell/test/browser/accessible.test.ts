import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { openServerSettings, Stage } from "./stage.js";

const stage = new Stage();
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds that is serious or worse, in words. */
async function serious(page: Page): Promise<readonly string[]> {
    // Not by an element: the page's own policy forbids that, rightly.
    await page.evaluate(AXE);
    // Colours in the middle of an animation are nobody's choice.
    await page.evaluate(() =>
        Promise.all(
            document
                .getAnimations()
                .filter(({ effect }) => effect?.getTiming().iterations !== Infinity)
                .map((animation) => animation.finished.catch(() => undefined)),
        ),
    );
    const violations = await page.evaluate(async () => {
        const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
        return (await axe.run()).violations;
    });
    return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) =>
            nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
        );
}

const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["small", { colorScheme: "light", viewport: { width: 360, height: 740 } }],
];

for (const [look, options] of LOOKS) {
    test(`no screen has a serious fault, and none is wider than the window: ${look}`, async () => {
        const [owner, member] = [await stage.user("owner"), await stage.user("member")];
        const { guild, channel } = await owner.guild("Garden", "public");
        const lounge = await owner.channel(guild, "Lounge", "voice");
        await member.call("POST", `/guilds/${guild}/join`);
        const post = await member.post(guild, channel, "Hello **there** `code` https://example.org\n\n```\nblock\n```");
        await member.call("POST", `/guilds/${guild}/channels/${channel}/messages/${post}/reactions/%F0%9F%91%8D`);
        await owner.call("POST", `/guilds/${guild}/roles`, { name: "Gardener", permissions: [], color_hex: "#3FA55B" });
        const page = await stage.open(owner, `/app/${guild}/${channel}`, options);
        const faults: string[] = [];
        const look_at = async (name: string) => {
            for (const fault of await serious(page)) faults.push(`${name}: ${fault}`);
            const { width, wide } = await page.evaluate(() => ({
                width: innerWidth,
                wide: document.documentElement.scrollWidth,
            }));
            if (wide > width) faults.push(`${name}: ${wide} px wide in ${width}`);
        };
        const navigate = async () => {
            if (look === "small" && (await page.locator(".drawer-open").count()) === 0)
                await page.getByRole("button", { name: "Open navigation" }).click();
        };
        await page.locator("[data-message]").first().waitFor();
        await page.locator("[data-message]").first().hover();
        await look_at("channel");
        if (look === "small") {
            await page.getByRole("button", { name: "Member list" }).click();
            await page.getByRole("complementary", { name: "Members" }).waitFor();
            await look_at("members");
            await page.getByRole("button", { name: "Close member list" }).click();
        }
        await navigate();
        await look_at("navigation");
        for (const section of ["Overview", "Roles", "Channels", "Members", "Bans", "Address bans", "Audit log"]) {
            await navigate();
            const panel = await openServerSettings(page, section);
            if (section === "Roles") await panel.getByRole("button", { name: "Gardener", exact: true }).click();
            if (section === "Channels") await panel.getByRole("button", { name: "general", exact: true }).click();
            await page.waitForLoadState("networkidle");
            await look_at(`server settings, ${section}`);
            await page.keyboard.press("Escape");
            await panel.waitFor({ state: "detached" });
        }
        for (const section of ["Voice", "Profile", "Appearance"]) {
            await navigate();
            await page.getByRole("button", { name: "Client settings" }).click();
            const panel = page.getByRole("dialog", { name: "Client Settings" });
            await panel.getByRole("button", { name: section }).click();
            await look_at(`client settings, ${section}`);
            await page.keyboard.press("Escape");
            await panel.waitFor({ state: "detached" });
        }
        await navigate();
        await page.getByRole("button", { name: "Diagnostics" }).click();
        await page.getByRole("dialog", { name: "Diagnostics" }).waitFor();
        await look_at("diagnostics");
        await page.keyboard.press("Escape");
        await page.keyboard.press("Control+k");
        await page.getByRole("dialog", { name: "Go to…" }).waitFor();
        await look_at("switcher");
        await page.keyboard.press("Escape");
        for (const [name, path, heading] of [
            ["friends", "/app", "Friends"],
            ["directory", "/app/directory", "Discover servers"],
            ["voice", `/app/${guild}/${lounge}`, "Lounge"],
        ] as const) {
            await page.goto(path);
            await page.getByRole("main").getByRole("heading", { name: heading }).waitFor();
            await page.waitForLoadState("networkidle");
            await look_at(name);
        }
        assert.deepEqual(faults, []);
    });
}

test("the entry has no serious fault", async () => {
    const page = await stage.openBlank();
    await page.getByRole("heading", { name: "Welcome back" }).waitFor();
    assert.deepEqual(await serious(page), []);
});
