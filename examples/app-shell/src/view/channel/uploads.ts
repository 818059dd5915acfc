/**
 * Files on their way to a message that is being written.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import type { Attachment } from "@filament/protocol/record/attachment";
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX, attachments } from "../../api/attachments.js";
import { isMissingFeature, Refusal, sentence } from "../../api/refusal.js";
import { CANCELLED } from "../../api/upload.js";
import type { Client } from "../../client/client.js";

/** A file. */
export interface FileOnItsWay {
    readonly id: number;
    readonly name: string;
    readonly size: number;
    /** A picture of it, if it is one. */
    readonly preview?: string;
    /** The share that is sent, 0 to 1. */
    readonly share: number;
    readonly why?: string;
    readonly attachment?: Attachment;
}

/** The files of one composer. */
export interface Uploads {
    readonly files: Accessor<readonly FileOnItsWay[]>;
    add(files: Iterable<File>): void;
    drop(id: number): void;
    /** The uploaded ones, which are then none of this composer's. */
    take(): readonly Attachment[];
    readonly isBusy: Accessor<boolean>;
}

/** No files yet; to be called where an owner cleans up. */
export function createUploads(client: Client, channel: () => ChannelKey): Uploads {
    const [files, setFiles] = createSignal<readonly FileOnItsWay[]>([]);
    const cancels = new Map<number, () => void>();
    let next = 1;
    const change = (id: number, part: Partial<FileOnItsWay>): void => {
        setFiles((list) => list.map((file) => (file.id === id ? { ...file, ...part } : file)));
    };
    const forget = (id: number) => {
        const file = files().find((other) => other.id === id);
        if (file?.preview !== undefined) URL.revokeObjectURL(file.preview);
        cancels.delete(id);
        setFiles((list) => list.filter((other) => other.id !== id));
    };
    onCleanup(() => {
        for (const cancel of cancels.values()) cancel();
        for (const { preview } of files()) if (preview !== undefined) URL.revokeObjectURL(preview);
    });
    const start = (file: File): void => {
        const id = next;
        next += 1;
        const preview = file.type.startsWith("image/") ? { preview: URL.createObjectURL(file) } : {};
        setFiles((list) => [...list, { id, name: file.name, size: file.size, share: 0, ...preview }]);
        if (file.size > ATTACHMENT_BYTES_MAX) return change(id, { why: "Larger than 25 MiB." });
        if (file.size === 0) return change(id, { why: "This file is empty." });
        const sent = attachments.add(client.http, channel(), file, (share) => change(id, { share }));
        cancels.set(id, sent.cancel);
        sent.done.then(
            (attachment) => change(id, { attachment, share: 1 }),
            (error: unknown) => {
                if (error instanceof Refusal && error.code === CANCELLED) return;
                change(id, { why: isMissingFeature(error) ? "This server takes no files." : sentence(error) });
            },
        );
    };
    return {
        files,
        add: (list) => {
            const room = ATTACHMENTS_MAX - files().length;
            const all = [...list];
            if (all.length > room) client.notices.say(`A message holds ${ATTACHMENTS_MAX} files.`, "failure");
            for (const file of all.slice(0, Math.max(room, 0))) start(file);
        },
        drop: (id) => {
            const file = files().find((other) => other.id === id);
            cancels.get(id)?.();
            forget(id);
            // What was uploaded and is not sent is taken back; the server would do it after a day.
            if (file?.attachment !== undefined)
                attachments.remove(client.http, channel(), file.attachment.attachment_id).catch(() => undefined);
        },
        take: () => {
            const done = files().flatMap(({ attachment }) => attachment ?? []);
            for (const { id } of files()) forget(id);
            return done;
        },
        isBusy: () => files().some(({ attachment, why }) => attachment === undefined && why === undefined),
    };
}
