/**
 * Uploads: bytes with progress, which `fetch` does not tell.
 */

import { readBody } from "@filament/protocol/envelope";
import type { Check } from "@filament/protocol/verdict";
import { type Http, refusal } from "./http.js";
import { MALFORMED, Refusal, UNREACHABLE } from "./refusal.js";

/** An upload on its way. */
export interface Upload<T> {
    readonly done: Promise<T>;
    cancel(): void;
}

/** Code of an upload that was cancelled. */
export const CANCELLED = "cancelled";

/** Sends bytes to a path below `/api`; `onProgress` hears the share that is sent, 0 to 1. */
export function upload<T>(
    http: Http,
    check: Check,
    path: string,
    body: Blob,
    onProgress: (share: number) => void,
    contentType = body.type,
): Upload<T> {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    const start = async (): Promise<T> => {
        const token = await http.accessToken();
        return new Promise<T>((resolve, reject) => {
            request.onload = () => finish(request, check, http, resolve, reject);
            request.onerror = () => reject(new Refusal(0, UNREACHABLE));
            request.onabort = () => reject(new Refusal(0, CANCELLED));
            request.open("POST", `/api${path}`);
            if (token !== undefined) request.setRequestHeader("authorization", `Bearer ${token}`);
            request.setRequestHeader("content-type", contentType || "application/octet-stream");
            request.send(body);
        });
    };
    return { done: start(), cancel: () => request.abort() };
}

function finish<T>(
    request: XMLHttpRequest,
    check: Check,
    http: Http,
    resolve: (value: T) => void,
    reject: (error: Refusal) => void,
): void {
    if (request.status < 200 || request.status >= 300) {
        reject(refusal(request.status, request.responseText, request.getResponseHeader("retry-after")));
        return;
    }
    const read = readBody<T>(request.responseText, check);
    if (read.ok) {
        resolve(read.value);
        return;
    }
    http.malformed += 1;
    reject(new Refusal(request.status, MALFORMED));
}
