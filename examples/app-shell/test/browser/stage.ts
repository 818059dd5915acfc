/**
 * What the tests of a file play on: a server, a browser, signed-in users. What goes wrong in a page, or against the
 * page's own policy, fails the file.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { ApiUser } from "./api.js";
import { openAs, startBrowser } from "./browser.js";
import { Server } from "./server.js";

/** The stage of a file. */
export class Stage {
    server!: Server;
    browser!: Browser;
    private readonly problems: string[] = [];
    private names = 0;

    constructor(settings: Readonly<Record<string, string>> = {}) {
        before(async () => {
            this.server = await Server.start(settings);
            this.browser = await startBrowser();
        });
        after(async () => {
            await this.browser?.close();
            await this.server?.stop();
            assert.deepEqual(this.problems, []);
        });
    }

    /** A new user; the name is made unique. */
    async user(name: string): Promise<ApiUser> {
        this.names += 1;
        return ApiUser.signUp(this.server.address, `${name}_${this.names}`);
    }

    /** A page of a user, in a browser context of its own. */
    async open(user: Pick<ApiUser, "tokens">, path?: string, options?: BrowserContextOptions): Promise<Page> {
        return this.watch(await openAs(this.browser, this.server.address, user, path, options));
    }

    /** A page that nobody is signed in on. */
    async openBlank(path = "/"): Promise<Page> {
        const context = await this.browser.newContext({ baseURL: this.server.address });
        const page = this.watch(await context.newPage());
        await page.goto(path);
        return page;
    }

    private watch(page: Page): Page {
        page.on("pageerror", (error) => this.problems.push(String(error)));
        page.on("console", (line) => {
            if (/Content Security Policy|Refused to/i.test(line.text())) this.problems.push(line.text());
        });
        return page;
    }
}

/** A message on a page, by its words. */
export function message(page: Page, words: string | RegExp): Locator {
    return page.locator("[data-message]").filter({ hasText: words });
}

/** Writes a message as a person does. */
export async function write(page: Page, words: string): Promise<void> {
    const composer = page.getByRole("textbox", { name: /^Message #/ });
    await composer.fill(words);
    await composer.press("Enter");
}

/** Opens the server's settings at a section. */
export async function openServerSettings(page: Page, section?: string): Promise<Locator> {
    await page.getByRole("button", { name: /server menu/ }).click();
    await page.getByRole("menuitem", { name: "Server Settings" }).click();
    const panel = page.getByRole("dialog", { name: "Server Settings" });
    await panel.waitFor();
    if (section !== undefined)
        await panel.getByRole("navigation").getByRole("button", { name: section, exact: true }).click();
    return panel;
}
