/**
 * The session of this browser: signing in, a token that is always fresh, signing out. All tabs share one session.
 *
 * Who refreshes first writes the new tokens down; the others find them there instead of refreshing with the old one. If
 * two tabs do it at the very same moment the server gives both the same tokens (contract AUT-22).
 */

import { readTokens, type Tokens, type TokenStorage, writeTokens } from "./tokens.js";

/** How the session reaches the server: the three routes it needs. */
export interface SessionRoutes {
    login(username: string, password: string): Promise<SessionTokens>;
    refresh(refresh_token: string): Promise<SessionTokens>;
    logout(refresh_token: string): Promise<void>;
}

/** Answer of login and refresh, as far as it is used. */
export interface SessionTokens {
    readonly access_token: string;
    readonly refresh_token: string;
    readonly expires_in_secs: number;
}

/** What the session needs of the browser. */
export interface SessionWorld {
    readonly storage: TokenStorage;
    now(): number;
    setTimeout(run: () => void, ms: number): unknown;
    clearTimeout(timer: unknown): void;
    random(): number;
    /** Runs `work` while no other tab does. */
    exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** Why nobody is signed in. */
export type SignedOut = "never" | "signed_out" | "ended";

/** The server says that the refresh token is no good. Anything else thrown by a route is worth another try. */
export class RefreshRefused extends Error {}

/** A token is refreshed this long before its end, in milliseconds, so that no request meets an old one. */
export const REFRESH_AHEAD_MS = 120_000;
/** Tabs spread their refreshes over this long, in milliseconds. */
export const REFRESH_SPREAD_MS = 20_000;
/** Wait after a refresh that failed, in milliseconds. */
export const REFRESH_RETRY_MS = 5_000;
/** An access token that ends within this time is not used any more, in milliseconds. */
const FRESH_MS_MIN = 5_000;

/** One session, shared by the tabs of a browser. */
export class Session {
    private tokens: Tokens | undefined;
    private why: SignedOut = "never";
    private timer: unknown;
    private refreshing: Promise<void> | undefined;
    private readonly listeners = new Set<() => void>();

    constructor(
        private readonly routes: SessionRoutes,
        private readonly world: SessionWorld,
    ) {
        this.adopt(readTokens(world.storage));
    }

    get isSignedIn(): boolean {
        return this.tokens !== undefined;
    }

    get signedOut(): SignedOut {
        return this.why;
    }

    /** Calls `listener` whenever somebody was signed in or out, here or in another tab. */
    onChange(listener: () => void): void {
        this.listeners.add(listener);
    }

    async signIn(username: string, password: string): Promise<void> {
        this.keep(await this.routes.login(username, password));
    }

    /** Ends the session on the server as well, if it can be reached. */
    async signOut(): Promise<void> {
        const refresh_token = this.tokens?.refresh_token;
        this.end("signed_out");
        if (refresh_token !== undefined) await this.routes.logout(refresh_token).catch(() => undefined);
    }

    /** A token for a request; `refresh` says that the last one was refused. */
    async accessToken({ refresh = false } = {}): Promise<string> {
        if (refresh || (this.tokens?.expires_at_ms ?? 0) - this.world.now() < FRESH_MS_MIN) await this.refresh();
        if (this.tokens === undefined) throw new RefreshRefused("nobody is signed in");
        return this.tokens.access_token;
    }

    /** Something was written by another tab. */
    storageChanged(): void {
        const stored = readTokens(this.world.storage);
        if (stored === undefined && this.tokens !== undefined) this.end("signed_out");
        else if (stored !== undefined) this.adopt(stored);
    }

    /** The server said that this session is over. */
    ended(): void {
        // Another tab may have signed in anew meanwhile.
        const stored = readTokens(this.world.storage);
        if (stored !== undefined && stored.refresh_token !== this.tokens?.refresh_token) this.adopt(stored);
        else this.end("ended");
    }

    private refresh(): Promise<void> {
        this.refreshing ??= this.refreshOnce().finally(() => {
            this.refreshing = undefined;
        });
        return this.refreshing;
    }

    private async refreshOnce(): Promise<void> {
        const old = this.tokens;
        if (old === undefined) return;
        await this.world.exclusively(async () => {
            if (this.adoptNewer(old)) return;
            try {
                this.keep(await this.routes.refresh(old.refresh_token));
            } catch (error) {
                if (!(error instanceof RefreshRefused)) throw error;
                if (!this.adoptNewer(old)) this.end("ended");
            }
        });
    }

    /** Takes what another tab wrote since `old` was read; tells whether there was anything. */
    private adoptNewer(old: Tokens): boolean {
        const stored = readTokens(this.world.storage);
        if (stored === undefined || stored.access_token === old.access_token) return false;
        this.adopt(stored);
        return true;
    }

    private keep({ access_token, refresh_token, expires_in_secs }: SessionTokens): void {
        const tokens = { access_token, refresh_token, expires_at_ms: this.world.now() + expires_in_secs * 1_000 };
        writeTokens(this.world.storage, tokens);
        this.adopt(tokens);
    }

    private adopt(tokens: Tokens | undefined): void {
        const wasSignedIn = this.isSignedIn;
        this.tokens = tokens;
        this.schedule();
        if (wasSignedIn !== this.isSignedIn) this.tell();
    }

    private end(why: SignedOut): void {
        this.why = why;
        writeTokens(this.world.storage, undefined);
        this.adopt(undefined);
    }

    private schedule(wait?: number): void {
        this.world.clearTimeout(this.timer);
        if (this.tokens === undefined) return;
        const left = this.tokens.expires_at_ms - this.world.now();
        // Short-lived tokens are refreshed halfway, so that a refresh is never followed by the next at once.
        const ahead = Math.min(REFRESH_AHEAD_MS + this.world.random() * REFRESH_SPREAD_MS, left / 2);
        this.timer = this.world.setTimeout(() => void this.refreshSilently(), wait ?? Math.max(left - ahead, 1_000));
    }

    private async refreshSilently(): Promise<void> {
        try {
            await this.refresh();
        } catch {
            this.schedule(REFRESH_RETRY_MS);
        }
    }

    private tell(): void {
        for (const listener of this.listeners) listener();
    }
}
