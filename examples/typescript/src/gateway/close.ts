/**
 * What a client does when the server closes the connection (contract §6.5).
 */

/** What follows a close. */
export interface CloseAction {
    /**
     * `resume`: connect again and go on where it stopped. `fresh`: connect again without a cursor. `stop`: do not
     * connect
     * again, something about this client or its session is wrong.
     */
    readonly kind: "resume" | "fresh" | "stop";
    /** The name the server gave the code, `""` if it gave none. */
    readonly name: string;
    /** The least time to wait before the next connection, in milliseconds. */
    readonly waitMs: number;
    /** Whether the access token has to be refreshed first. */
    readonly refresh: boolean;
}

/** Milliseconds to wait after a close of the range 4400–4499 that does not say how long. */
export const RATE_LIMITED_WAIT_MS = 5_000;
/** The longest wait a server can ask for. */
export const WAIT_MS_MAX = 300_000;

const CODE_TOKEN_EXPIRED = 4001;
/** Codes below 4000 that tell a client it speaks wrongly: `ws_protocol_error`, `invalid_utf8`. */
const WRONG_SPEECH: readonly number[] = [1002, 1007];

/** The action of a close code and its reason text, `<name>` or `<name>;retry_after_ms=<int>`. */
export function closeAction(code: number, reason: string): CloseAction {
    const [name = "", ...parameters] = reason.split(";");
    const asked = parameters
        .map((text) => /^retry_after_ms=(\d{1,9})$/.exec(text)?.[1])
        .find((digits) => digits !== undefined);
    const refresh = code === CODE_TOKEN_EXPIRED;
    const waitMs = asked === undefined ? defaultWait(code) : Math.min(Number(asked), WAIT_MS_MAX);
    return { kind: kindOf(code), name, waitMs, refresh };
}

function kindOf(code: number): CloseAction["kind"] {
    if (code >= 4500 || WRONG_SPEECH.includes(code)) return "stop";
    return code >= 4200 && code <= 4399 ? "fresh" : "resume";
}

function defaultWait(code: number): number {
    return code >= 4400 && code <= 4499 ? RATE_LIMITED_WAIT_MS : 0;
}
