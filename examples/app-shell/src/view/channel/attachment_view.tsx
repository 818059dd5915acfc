/**
 * The attachments of a message: pictures are shown, other files are named. Its bytes need the token, so they come by
 * `fetch` and not by an address in an element.
 */

import type { Attachment } from "@filament/protocol/record/attachment";
import type { Message } from "@filament/protocol/record/message";
import { createSignal, For, type JSX, onCleanup, onMount, Show } from "solid-js";
import { attachments } from "../../api/attachments.js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";

/** Types that are shown; what a picture can do is bounded by `<img>`. */
const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
/** Pictures beyond this are named only, in bytes. */
const SHOWN_BYTES_MAX = 8_388_608;

/** What is attached to a message, by id: a change of the message leaves the pictures that stay as they are. */
export function AttachmentList(props: {
    readonly client: Client;
    readonly message: Message;
    readonly mayChange: boolean;
}): JSX.Element {
    return (
        <For each={props.message.attachments.map(({ attachment_id }) => attachment_id)}>
            {(id) => {
                // An attachment never changes.
                const attachment = props.message.attachments.find(({ attachment_id }) => attachment_id === id);
                const remove = (attachment: Attachment) =>
                    void props.client.attempt(() => attachments.remove(props.client.http, attachment, id));
                return (
                    attachment && (
                        <AttachmentView
                            client={props.client}
                            attachment={attachment}
                            onRemove={props.mayChange ? () => remove(attachment) : undefined}
                        />
                    )
                );
            }}
        </For>
    );
}

/** An attachment. */
function AttachmentView(props: {
    readonly client: Client;
    readonly attachment: Attachment;
    readonly onRemove?: (() => void) | undefined;
}): JSX.Element {
    const isShown = () => SHOWN.includes(props.attachment.mime_type) && props.attachment.size_bytes <= SHOWN_BYTES_MAX;
    return (
        <div class="attachment">
            <Show when={isShown()}>
                <Picture client={props.client} attachment={props.attachment} />
            </Show>
            <div class="attachment-line">
                <Icon name="file" size={18} />
                <button type="button" class="link" onClick={() => download(props.client, props.attachment)}>
                    {props.attachment.filename}
                </button>
                <span class="muted">{bytes(props.attachment.size_bytes)}</span>
                <Show when={props.onRemove}>
                    <button
                        type="button"
                        class="bare"
                        aria-label={`Delete ${props.attachment.filename}`}
                        onClick={() => props.onRemove?.()}
                    >
                        <Icon name="trash" size={16} />
                    </button>
                </Show>
            </div>
        </div>
    );
}

function Picture(props: { readonly client: Client; readonly attachment: Attachment }): JSX.Element {
    const [address, setAddress] = createSignal<string>();
    const [failed, setFailed] = createSignal(false);
    const abort = new AbortController();
    onMount(async () => {
        try {
            const { client, attachment } = props;
            const blob = await attachments.bytes(client.http, attachment, attachment.attachment_id, abort.signal);
            if (!abort.signal.aborted) setAddress(URL.createObjectURL(blob));
        } catch {
            if (!abort.signal.aborted) setFailed(true);
        }
    });
    onCleanup(() => {
        abort.abort();
        const made = address();
        if (made !== undefined) URL.revokeObjectURL(made);
    });
    return (
        <Show when={!failed()} fallback={<p class="muted">The picture could not be loaded.</p>}>
            <div class="picture">
                <Show when={address()} fallback={<span class="spinner" />}>
                    {(src) => <img src={src()} alt={props.attachment.filename} onError={() => setFailed(true)} />}
                </Show>
            </div>
        </Show>
    );
}

function download(client: Client, attachment: Attachment): void {
    void client.attempt(async () => {
        const blob = await attachments.bytes(client.http, attachment, attachment.attachment_id);
        // Never as the type the uploader chose: it is saved, not opened in this origin.
        const address = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
        const link = document.createElement("a");
        link.href = address;
        link.download = attachment.filename;
        link.click();
        setTimeout(() => URL.revokeObjectURL(address), 10_000);
    });
}

/** A size as people read it. */
export function bytes(size: number): string {
    if (size < 1_000) return `${size} B`;
    const [unit, name] = size < 1_000_000 ? [1_000, "kB"] : [1_000_000, "MB"];
    return `${(size / unit).toFixed(size < unit * 10 ? 1 : 0)} ${name}`;
}
