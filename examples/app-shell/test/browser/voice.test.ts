import { test } from "node:test";
import { until } from "./server.js";
import { Stage } from "./stage.js";

/** No media server is there; none is needed to know who takes part. */
const stage = new Stage({
    FILAMENT_LIVEKIT_API_KEY: "key",
    FILAMENT_LIVEKIT_API_SECRET: "secret-of-at-least-thirty-two-bytes",
    FILAMENT_LIVEKIT_URL: "ws://127.0.0.1:9",
});

test("who joins voice is seen by the others, with what they send, until they leave", async () => {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const { guild, channel } = await ada.guild("Garden", "public");
    const lounge = await ada.channel(guild, "Lounge", "voice");
    await bob.call("POST", `/guilds/${guild}/join`);
    const left = await stage.open(ada, `/app/${guild}/${lounge}`);
    const right = await stage.open(bob, `/app/${guild}/${channel}`);
    await left.getByText("Nobody is here").waitFor();
    const roster = right.locator(`[data-participant="${ada.id}"]`);

    await left.getByRole("button", { name: "Client settings" }).click();
    const settings = left.getByRole("dialog", { name: "Client Settings" });
    await settings.getByRole("checkbox", { name: /^Ask for the camera/ }).check();
    await left.keyboard.press("Escape");
    await left.getByRole("button", { name: "Join voice" }).click();
    await roster.getByText(ada.name).waitFor();
    await roster.getByText("camera on").waitFor();

    const bar = left.getByRole("region", { name: "Voice" });
    await bar.getByRole("button", { name: "Mute" }).click();
    await roster.getByText("muted").waitFor();
    await bar.getByRole("button", { name: "Mute", pressed: true }).click();
    await roster.getByText("muted").waitFor({ state: "detached" });

    await right.getByRole("link", { name: "Lounge" }).click();
    await right.getByRole("button", { name: "Join voice" }).click();
    await until(
        "both are there",
        async () => (await left.getByRole("list", { name: "Participants" }).getByRole("listitem").count()) === 2,
    );

    await bar.getByRole("button", { name: "Leave voice" }).click();
    await roster.waitFor({ state: "detached" });
    await bar.waitFor({ state: "detached" });
});

test("who is kicked is out of voice as well", async () => {
    const [ada, bob] = [await stage.user("ada"), await stage.user("bob")];
    const { guild } = await ada.guild("Garden", "public");
    const lounge = await ada.channel(guild, "Lounge", "voice");
    await bob.call("POST", `/guilds/${guild}/join`);
    const left = await stage.open(ada, `/app/${guild}/${lounge}`);
    const right = await stage.open(bob, `/app/${guild}/${lounge}`);
    await right.getByRole("button", { name: "Join voice" }).click();
    const roster = left.locator(`[data-participant="${bob.id}"]`);
    await roster.waitFor();
    await ada.call("POST", `/guilds/${guild}/members/${bob.id}/kick`);
    await roster.waitFor({ state: "detached" });
    await right.getByRole("dialog", { name: "You were removed from Garden" }).waitFor();
    await right.getByRole("region", { name: "Voice" }).waitFor({ state: "detached" });
});
