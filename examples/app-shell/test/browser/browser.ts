/**
 * Chromium, and pages in it that are signed in.
 */

import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { ApiUser } from "./api.js";
import { PATIENCE_MS } from "./server.js";

/** Where Chromium is looked for: `FILAMENT_CHROMIUM`, then the usual places. */
const PLACES = [
    process.env.FILAMENT_CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
];

/** Starts Chromium without anything that talks to the world. */
export async function startBrowser(): Promise<Browser> {
    const executablePath = PLACES.find((place) => place !== undefined && existsSync(place));
    if (executablePath === undefined) throw new Error("no Chromium was found; FILAMENT_CHROMIUM can name one");
    return chromium.launch({
        executablePath,
        args: [
            ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    });
}

/** A page of a browser context of its own, in which a user is signed in; what goes wrong in it fails the test. */
export async function openAs(
    browser: Browser,
    server: string,
    user: Pick<ApiUser, "tokens">,
    path = "/app",
    options: BrowserContextOptions = {},
): Promise<Page> {
    const context = await browser.newContext({ baseURL: server, viewport: { width: 1280, height: 800 }, ...options });
    const { access_token, refresh_token, expires_in_secs } = user.tokens;
    const tokens = { access_token, refresh_token, expires_at_ms: Date.now() + expires_in_secs * 1_000 };
    // Only where nothing is yet: a page that signed out stays signed out when it is loaded again.
    await context.addInitScript((value) => {
        if (localStorage.getItem("test.seeded") !== null) return;
        localStorage.setItem("test.seeded", "yes");
        localStorage.setItem("filament.session", value);
    }, JSON.stringify(tokens));
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(path);
    return page;
}
