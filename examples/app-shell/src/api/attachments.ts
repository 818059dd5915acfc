/**
 * Attachments (contract §9.9): uploaded first, bound by the message that names them.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import { type Attachment, checkAttachment } from "@filament/protocol/record/attachment";
import { channelPath } from "./channels.js";
import type { Http } from "./http.js";
import { query } from "./query.js";
import { type Upload, upload } from "./upload.js";

/** The largest attachment (contract §16.2). */
export const ATTACHMENT_BYTES_MAX = 26_214_400;
/** Attachments of one message (contract §16.2). */
export const ATTACHMENTS_MAX = 5;

export const attachments = {
    add: (http: Http, channel: ChannelKey, file: File, onProgress: (share: number) => void): Upload<Attachment> => {
        // A name with what the server refuses in names would lose the whole upload.
        const filename = file.name
            .replace(/[/\\\u0000-\u001f\u007f-\u009f]/g, "_")
            .slice(0, 128)
            .trim();
        const path = `${channelPath(channel)}/attachments${query({ filename: filename || undefined })}`;
        // The server looks at the bytes itself; a type that the browser guessed from the name could only contradict it.
        return upload<Attachment>(http, checkAttachment, path, file, onProgress, "application/octet-stream");
    },
    bytes: (http: Http, channel: ChannelKey, attachment: string, signal?: AbortSignal) =>
        http.bytes({
            method: "GET",
            path: `${channelPath(channel)}/attachments/${attachment}`,
            ...(signal && { signal }),
        }),
    remove: (http: Http, channel: ChannelKey, attachment: string) =>
        http.tell({ method: "DELETE", path: `${channelPath(channel)}/attachments/${attachment}` }),
};
