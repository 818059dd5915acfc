import assert from "node:assert/strict";
import { test } from "node:test";
import { RefreshRefused, Session, type SessionRoutes, type SessionTokens } from "../../src/session/session.js";
import { TOKENS_KEY } from "../../src/session/tokens.js";

/** A server that rotates refresh tokens as the contract says: the last one is good, older ones are refused. */
class Rotation implements SessionRoutes {
    generation = 0;
    isReachable = true;
    isRevoked = false;
    refreshes = 0;

    async login(): Promise<SessionTokens> {
        return this.tokens();
    }

    async refresh(refresh_token: string): Promise<SessionTokens> {
        if (!this.isReachable) throw new Error("unreachable");
        this.refreshes += 1;
        if (this.isRevoked || refresh_token !== `refresh-${this.generation}`) throw new RefreshRefused();
        this.generation += 1;
        return this.tokens();
    }

    async logout(): Promise<void> {
        this.isRevoked = true;
    }

    private tokens(): SessionTokens {
        const { generation } = this;
        return { access_token: `access-${generation}`, refresh_token: `refresh-${generation}`, expires_in_secs: 900 };
    }
}

/** A browser with any number of tabs: one storage, one lock, one clock that only the test moves. */
class Browser {
    now = 1_000_000;
    readonly items = new Map<string, string>();
    private timers: { readonly at: number; readonly run: () => void }[] = [];
    private lock: Promise<unknown> = Promise.resolve();

    tab(routes: SessionRoutes): Session {
        return new Session(routes, {
            storage: {
                getItem: (key) => this.items.get(key) ?? null,
                setItem: (key, value) => void this.items.set(key, value),
                removeItem: (key) => void this.items.delete(key),
            },
            now: () => this.now,
            random: () => 0.5,
            setTimeout: (run, ms) => {
                const timer = { at: this.now + ms, run };
                this.timers.push(timer);
                return timer;
            },
            clearTimeout: (timer) => {
                this.timers = this.timers.filter((other) => other !== timer);
            },
            exclusively: (work) => {
                const next = this.lock.then(work, work);
                this.lock = next.catch(() => undefined);
                return next;
            },
        });
    }

    /** Lets time pass, and everything that is due happen. */
    async pass(ms: number): Promise<void> {
        const end = this.now + ms;
        for (;;) {
            const due = this.timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
            if (due === undefined) break;
            this.timers = this.timers.filter((other) => other !== due);
            this.now = due.at;
            due.run();
            await new Promise((resolve) => setImmediate(resolve));
        }
        this.now = end;
    }
}

test("a token is refreshed before it ends, without being asked for", async () => {
    const [browser, server] = [new Browser(), new Rotation()];
    const session = browser.tab(server);
    await session.signIn("ada", "correct horse battery");
    await browser.pass(900_000 - 60_000);
    assert.equal(server.refreshes, 1);
    assert.equal(await session.accessToken(), "access-1");
    assert.equal(server.refreshes, 1);
});

test("two tabs refresh once: the second finds what the first wrote down", async () => {
    const [browser, server] = [new Browser(), new Rotation()];
    const first = browser.tab(server);
    await first.signIn("ada", "correct horse battery");
    const second = browser.tab(server);
    const tokens = await Promise.all([first.accessToken({ refresh: true }), second.accessToken({ refresh: true })]);
    assert.deepEqual(tokens, ["access-1", "access-1"]);
    assert.equal(server.refreshes, 1);
});

test("requests at once wait for one refresh", async () => {
    const [browser, server] = [new Browser(), new Rotation()];
    const session = browser.tab(server);
    await session.signIn("ada", "correct horse battery");
    await Promise.all([1, 2, 3].map(() => session.accessToken({ refresh: true })));
    assert.equal(server.refreshes, 1);
});

test("a server that cannot be reached ends nothing; it is tried again", async () => {
    const [browser, server] = [new Browser(), new Rotation()];
    const session = browser.tab(server);
    await session.signIn("ada", "correct horse battery");
    server.isReachable = false;
    await browser.pass(1_000_000);
    assert.equal(session.isSignedIn, true);
    server.isReachable = true;
    await browser.pass(10_000);
    assert.equal(await session.accessToken(), "access-1");
});

test("a refused refresh ends the session and says so once", async () => {
    const [browser, server] = [new Browser(), new Rotation()];
    const session = browser.tab(server);
    let told = 0;
    await session.signIn("ada", "correct horse battery");
    session.onChange(() => {
        told += 1;
    });
    server.isRevoked = true;
    await assert.rejects(session.accessToken({ refresh: true }), RefreshRefused);
    assert.deepEqual([session.isSignedIn, session.signedOut, told], [false, "ended", 1]);
    assert.equal(browser.items.has(TOKENS_KEY), false);
});

test("signing out in one tab signs out the other", async () => {
    const [browser, server] = [new Browser(), new Rotation()];
    const first = browser.tab(server);
    await first.signIn("ada", "correct horse battery");
    const second = browser.tab(server);
    await first.signOut();
    second.storageChanged();
    assert.equal(second.isSignedIn, false);
    assert.equal(server.isRevoked, true);
});

test("a session that ended while another tab signed in anew goes on with the new one", async () => {
    const [browser, server] = [new Browser(), new Rotation()];
    const old = browser.tab(server);
    await old.signIn("ada", "correct horse battery");
    server.generation = 7;
    await browser.tab(server).signIn("ada", "correct horse battery");
    old.ended();
    assert.equal(await old.accessToken(), "access-7");
});

test("what lies in the storage and is no session is none", () => {
    const browser = new Browser();
    for (const text of ["", "null", "7", "{}", '{"access_token":"a","refresh_token":"b"}']) {
        browser.items.set(TOKENS_KEY, text);
        assert.equal(browser.tab(new Rotation()).isSignedIn, false, text);
    }
});
