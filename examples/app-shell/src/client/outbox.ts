/**
 * Messages on their way: shown at once, gone when their event is there. A failed one is sent again under the same key,
 * so that it cannot come twice (contract HTTP-16).
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import type { Attachment } from "@filament/protocol/record/attachment";
import { type Accessor, createSignal } from "solid-js";
import { messages } from "../api/channels.js";
import type { Http } from "../api/http.js";
import { sentence } from "../api/refusal.js";

/** A message that is not in the state yet. */
export interface Pending {
    readonly key: string;
    readonly channel: ChannelKey;
    readonly content: string;
    readonly attachments: readonly Attachment[];
    readonly state: "sending" | "sent" | "failed";
    /** Why it failed. */
    readonly why?: string;
    /** Once the server took it. */
    readonly message_id?: string;
}

/** Sends messages. */
export class Outbox {
    readonly pending: Accessor<readonly Pending[]>;
    private readonly set: (step: (list: readonly Pending[]) => readonly Pending[]) => void;

    constructor(private readonly http: Http) {
        const [pending, set] = createSignal<readonly Pending[]>([]);
        this.pending = pending;
        this.set = set;
    }

    send(channel: ChannelKey, content: string, attachments: readonly Attachment[]): void {
        const entry: Pending = { key: newKey(), channel, content, attachments, state: "sending" };
        this.set((list) => [...list, entry]);
        void this.attempt(entry);
    }

    again(entry: Pending): void {
        this.change(entry.key, { ...entry, state: "sending" });
        void this.attempt(entry);
    }

    drop(key: string): void {
        this.set((list) => list.filter((entry) => entry.key !== key));
    }

    /** Forgets what has arrived. */
    settle(hasArrived: (channel_id: string, message_id: string) => boolean): void {
        this.set((list) => {
            const left = list.filter(
                ({ channel, message_id }) => message_id === undefined || !hasArrived(channel.channel_id, message_id),
            );
            return left.length === list.length ? list : left;
        });
    }

    private async attempt(entry: Pending): Promise<void> {
        const { channel, key, content, attachments } = entry;
        const ids = attachments.map(({ attachment_id }) => attachment_id);
        try {
            const { message_id } = await messages.post(this.http, channel, key, content, ids);
            this.change(key, { ...entry, state: "sent", message_id });
        } catch (error) {
            this.change(key, { ...entry, state: "failed", why: sentence(error) });
        }
    }

    private change(key: string, next: Pending): void {
        this.set((list) => list.map((entry) => (entry.key === key ? next : entry)));
    }
}

/** `[A-Za-z0-9_-]{1,64}`; pages of plain http have no `randomUUID`. */
function newKey(): string {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
        "",
    );
}
