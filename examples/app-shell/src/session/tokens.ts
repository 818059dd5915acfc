/**
 * The tokens of a session, as they lie in the browser: shared by all tabs, since a refresh in one makes those of the
 * others old (contract AUT-21).
 */

/** What a login or a refresh gave. */
export interface Tokens {
    readonly access_token: string;
    readonly refresh_token: string;
    /** When the access token ends, in milliseconds of the wall clock. */
    readonly expires_at_ms: number;
}

/** The part of `localStorage` that is used. */
export interface TokenStorage {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
}

/** Where the tokens lie. */
export const TOKENS_KEY = "filament.session";

/** The tokens that lie there, if they are whole. */
export function readTokens(storage: TokenStorage): Tokens | undefined {
    try {
        const value = JSON.parse(storage.getItem(TOKENS_KEY) ?? "null") as Partial<Tokens> | null;
        if (value === null || typeof value !== "object") return undefined;
        const { access_token, refresh_token, expires_at_ms } = value;
        if (typeof access_token !== "string" || typeof refresh_token !== "string") return undefined;
        return typeof expires_at_ms === "number" ? { access_token, refresh_token, expires_at_ms } : undefined;
    } catch {
        return undefined;
    }
}

/** Puts tokens there; `undefined` takes them away. */
export function writeTokens(storage: TokenStorage, tokens: Tokens | undefined): void {
    if (tokens === undefined) storage.removeItem(TOKENS_KEY);
    else storage.setItem(TOKENS_KEY, JSON.stringify(tokens));
}
