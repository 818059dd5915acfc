/**
 * What the server refuses, and what of it is told to people.
 */

/** An answer of 4xx or 5xx, or none at all (`status` 0). */
export class Refusal extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        readonly detail = "",
        readonly retryAfterSecs?: number,
    ) {
        super(`${status} ${code}`);
    }
}

/** Code where no answer came. */
export const UNREACHABLE = "unreachable";
/** Code where an answer was not what the contract says. */
export const MALFORMED = "malformed";

const SENTENCES: { readonly [code: string]: string } = {
    [UNREACHABLE]: "The server cannot be reached. Try again in a moment.",
    [MALFORMED]: "The server gave an answer this page does not understand.",
    invalid_credentials: "You are not signed in any more.",
    forbidden: "You are not allowed to do that.",
    audit_access_denied: "You are not allowed to read the audit log.",
    directory_join_user_banned: "You are banned from this server.",
    directory_join_ip_banned: "This server does not let you in from where you are.",
    guild_creation_limit_reached: "You have created as many servers as you may.",
    not_found: "This does not exist, or not any more.",
    request_timeout: "That took too long. Try again.",
    quota_exceeded: "A limit is reached: there is no room for more.",
    idempotency_conflict: "This was sent already, with other words.",
    owner_must_transfer: "The owner cannot leave. Give the server to another member first.",
    self_lockout: "That would take away the very permission this change needs from yourself.",
    payload_too_large: "That is too large.",
    unsupported_media_type: "This kind of file is not taken.",
    rate_limited: "That was too fast. Wait a moment, then try again.",
    internal_error: "The server failed. Try again; if it stays so, tell who runs it.",
    overloaded: "The server is busy. Try again in a moment.",
    voice_unavailable: "Voice is not set up on this server.",
};

/** A sentence for people, the server's own detail first where a request was wrong. */
export function sentence(error: unknown): string {
    if (!(error instanceof Refusal)) return "Something went wrong on this page.";
    if (error.code === "invalid_request" && error.detail !== "") return `${capital(error.detail)}.`;
    return SENTENCES[error.code] ?? `The server refused that (${error.code || error.status}).`;
}

/** Whether the server lacks a feature altogether: it does not know the route, or says that it is not set up. */
export function isMissingFeature(error: unknown): boolean {
    return error instanceof Refusal && (error.status === 404 || error.status === 405 || error.status === 503);
}

function capital(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "");
}
