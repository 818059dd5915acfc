/**
 * Requests to the server: with the token, checked answers, refusals as one kind of error.
 */

import { readBody } from "@filament/protocol/envelope";
import type { ErrorBody } from "@filament/protocol/answer/error_body";
import type { Check } from "@filament/protocol/verdict";
import { MALFORMED, Refusal, UNREACHABLE } from "./refusal.js";

/** Gives the token of a request; `refresh` asks for another one, the last was refused. */
export type TokenSource = (request: { readonly refresh: boolean }) => Promise<string>;

/** A request. */
export interface Request {
    readonly method: "GET" | "POST" | "PATCH" | "DELETE";
    /** Below `/api`. */
    readonly path: string;
    /** Sent as JSON. */
    readonly json?: object;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
}

/** How long an answer may take, in milliseconds; the server gives up earlier (contract HTTP-11). */
const ANSWER_MS_MAX = 15_000;
/** How long the bytes of a file may take, in milliseconds. */
const BYTES_MS_MAX = 120_000;

/** Speaks with the server as one session. */
export class Http {
    /** Answers that were not what the contract says. */
    malformed = 0;

    constructor(private readonly token: TokenSource | undefined) {}

    /** A request whose answer is JSON. */
    async ask<T>(check: Check, request: Request): Promise<T> {
        const answer = await this.send(request);
        const read = readBody<T>(await answer.text(), check);
        if (read.ok) return read.value;
        this.malformed += 1;
        throw new Refusal(answer.status, MALFORMED, `${read.code} ${read.path}`);
    }

    /** A request whose answer holds nothing of use. */
    async tell(request: Request): Promise<void> {
        await this.send(request);
    }

    /** A request whose answer is bytes. */
    async bytes(request: Request): Promise<Blob> {
        return (await this.send(request, BYTES_MS_MAX)).blob();
    }

    /** The token, for the one request that is not made by `fetch`. */
    accessToken(): Promise<string> | undefined {
        return this.token?.({ refresh: false });
    }

    private async send(request: Request, msMax = ANSWER_MS_MAX): Promise<Response> {
        const answer = await this.attempt(request, await this.token?.({ refresh: false }), msMax);
        if (answer.status !== 401 || this.token === undefined) return accepted(answer);
        return accepted(await this.attempt(request, await this.token({ refresh: true }), msMax));
    }

    private async attempt(request: Request, token: string | undefined, msMax: number): Promise<Response> {
        const { method, path, json, signal } = request;
        const headers: Record<string, string> = { ...request.headers };
        if (token !== undefined) headers.authorization = `Bearer ${token}`;
        if (json !== undefined) headers["content-type"] = "application/json";
        const timeout = AbortSignal.timeout(msMax);
        try {
            return await fetch(`/api${path}`, {
                method,
                headers,
                ...(json !== undefined && { body: JSON.stringify(json) }),
                credentials: "omit",
                signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
            });
        } catch (error) {
            if (signal?.aborted) throw error;
            throw new Refusal(0, UNREACHABLE);
        }
    }
}

async function accepted(answer: Response): Promise<Response> {
    if (answer.ok) return answer;
    throw refusal(answer.status, await answer.text().catch(() => ""), answer.headers.get("retry-after"));
}

/** The refusal an answer tells; bodies that are not the contract's say nothing. */
export function refusal(status: number, text: string, retryAfter: string | null): Refusal {
    let body: Partial<ErrorBody> | null = null;
    try {
        body = JSON.parse(text) as Partial<ErrorBody> | null;
    } catch {
        // A proxy in between may say anything.
    }
    const code = typeof body?.error === "string" ? body.error : "";
    const detail = typeof body?.detail === "string" ? body.detail : "";
    const seconds = Number(retryAfter);
    return new Refusal(status, code, detail, retryAfter !== null && seconds > 0 ? seconds : undefined);
}
