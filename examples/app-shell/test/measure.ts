/**
 * How fast the shell is, on this machine: the first useful screen, and scrolling through 10,000 messages. Prints figures;
 * asserts nothing, since a figure of a busy machine proves nothing. `npm run measure`, with `FILAMENT_SERVER`.
 */

import type { Page } from "playwright-core";
import { ApiUser } from "./browser/api.js";
import { openAs, startBrowser } from "./browser/browser.js";
import { Server, until } from "./browser/server.js";

const MESSAGES = 10_000;
const AT_ONCE = 16;
const RUNS = 11;
/** Pixels per frame while scrolling: about a hundred messages per second. */
const STEP = 60;
const FRAMES = 900;

const server = await Server.start();
const browser = await startBrowser();
try {
    const ada = await ApiUser.signUp(server.address, "ada");
    const { guild, channel } = await ada.guild("Long");
    console.log(`posting ${MESSAGES} messages…`);
    for (let from = 0; from < MESSAGES; from += AT_ONCE) {
        const some = Array.from({ length: AT_ONCE }, (_, index) => from + index);
        await Promise.all(some.map((number) => ada.post(guild, channel, words(number))));
    }
    const path = `/app/${guild}/${channel}`;
    await firstScreen(ada, path);
    await scrolling(ada, path);
} finally {
    await browser.close();
    await server.stop();
}

/** Messages of different lengths, some of several paragraphs. */
function words(number: number): string {
    const text = `message ${number} ${"lorem ipsum dolor sit amet ".repeat(number % 9)}`;
    return number % 11 === 0 ? `${text}\n\n- one\n- two **bold**\n- three` : text;
}

/** From the beginning of the navigation to the first messages, cache empty, signed in. */
async function firstScreen(user: ApiUser, path: string): Promise<void> {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
        const page = await openAs(browser, server.address, user, "/filament.svg");
        await page.addInitScript(() => {
            const observer = new MutationObserver(() => {
                if (document.querySelector("[data-message]") === null) return;
                observer.disconnect();
                requestAnimationFrame(() => Object.assign(globalThis, { usefulAt: performance.now() }));
            });
            observer.observe(document, { childList: true, subtree: true });
        });
        await page.goto(path);
        await until("the first messages are there", () => page.evaluate(() => "usefulAt" in globalThis));
        times.push(await page.evaluate(() => (globalThis as unknown as { usefulAt: number }).usefulAt));
        await page.context().close();
    }
    times.sort((one, other) => one - other);
    console.log(
        `first messages after ${show(times[RUNS >> 1])} ms (median of ${RUNS}; ${show(times[0])} to ${show(times.at(-1))})`,
    );
}

async function scrolling(user: ApiUser, path: string): Promise<void> {
    const page = await openAs(browser, server.address, user, path);
    await page.locator("[data-message]").first().waitFor();
    const started = Date.now();
    await until(
        "all of history is loaded",
        async () => {
            await page.evaluate(() => {
                (document.querySelector(".messages") as HTMLElement).scrollTop = 0;
            });
            return page.getByRole("heading", { name: "Welcome to #general" }).isVisible();
        },
        300_000,
    );
    console.log(`all of history loaded in ${Date.now() - started} ms`);
    for (const [name, step] of [
        ["down", STEP],
        ["up", -STEP],
    ] as const)
        await run(page, name, step);
    const heap = await page.evaluate(
        () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
    );
    console.log(`JavaScript heap: ${(heap / 1_000_000).toFixed(0)} MB`);
}

/** Scrolls a little at each frame, and says how long frames took. */
async function run(page: Page, name: string, step: number): Promise<void> {
    const { frames, drawn } = await page.evaluate(
        async ({ step, count }) => {
            const list = document.querySelector(".messages") as HTMLElement;
            const frames: number[] = [];
            let drawn = 0;
            let last = await new Promise<number>((done) => requestAnimationFrame(done));
            for (let frame = 0; frame < count; frame += 1) {
                list.scrollTop += step;
                const now = await new Promise<number>((done) => requestAnimationFrame(done));
                frames.push(now - last);
                last = now;
                drawn = Math.max(drawn, document.querySelectorAll("[data-message]").length);
            }
            return { frames: frames.sort((one, other) => one - other), drawn };
        },
        { step, count: FRAMES },
    );
    const at = (share: number) => show(frames[Math.floor(frames.length * share)]);
    const late = frames.filter((time) => time > 34).length;
    console.log(
        `${name}: frame times in ms: median ${at(0.5)}, 95th ${at(0.95)}, 99th ${at(0.99)}, longest ${show(frames.at(-1))}; ${late} of ${frames.length} over 34 ms; at most ${drawn} messages drawn`,
    );
}

function show(time: number | undefined): string {
    return (time ?? Number.NaN).toFixed(1);
}
