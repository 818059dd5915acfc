/**
 * Where one writes: Enter sends, files come by button, drop and paste.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import { createEffect, createSignal, For, type JSX, on, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";
import { bytes } from "./attachment_view.js";
import { EmojiPanel } from "./emoji.js";
import { createUploads, type FileOnItsWay } from "./uploads.js";

/** The longest message, in UTF-16 units (contract §10.1). */
export const CONTENT_UNITS_MAX = 2_000;
/** From here on the composer says how much room is left. */
const CONTENT_UNITS_NEAR = 1_800;

/** The composer. */
export function Composer(props: {
    readonly client: Client;
    readonly channel: ChannelKey;
    readonly name: string;
    /** Edits the last own message. */
    readonly onEditLast: () => void;
}): JSX.Element {
    const [text, setText] = createSignal(props.client.drafts.get(props.channel.channel_id) ?? "");
    const [isChoosing, setChoosing] = createSignal(false);
    const uploads = createUploads(props.client, () => props.channel);
    let field!: HTMLTextAreaElement;
    let picker!: HTMLInputElement;
    createEffect(
        on(text, (words) => {
            props.client.drafts.set(props.channel.channel_id, words);
            field.style.height = "auto";
            field.style.height = `${field.scrollHeight}px`;
        }),
    );
    const left = () => CONTENT_UNITS_MAX - text().length;
    const maySend = () =>
        (text().trim() !== "" || uploads.files().some(({ attachment }) => attachment)) &&
        left() >= 0 &&
        !uploads.isBusy();
    const send = () => {
        if (!maySend()) return;
        props.client.outbox.send(props.channel, text().trim(), uploads.take());
        setText("");
        field.focus();
    };
    const insert = (words: string) => {
        const [from, to] = [field.selectionStart, field.selectionEnd];
        setText(text().slice(0, from) + words + text().slice(to));
        field.focus();
        field.setSelectionRange(from + words.length, from + words.length);
    };
    const keys = (event: KeyboardEvent) => {
        if (event.key === "ArrowUp" && text() === "") {
            event.preventDefault();
            props.onEditLast();
        }
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        send();
    };
    return (
        <form
            class="composer"
            onSubmit={(event) => {
                event.preventDefault();
                send();
            }}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
                event.preventDefault();
                uploads.add(event.dataTransfer?.files ?? []);
            }}
        >
            <Show when={uploads.files().length > 0}>
                <ul class="uploads" aria-label="Files of this message">
                    <For each={uploads.files().map(({ id }) => id)}>
                        {(id) => (
                            <Show when={uploads.files().find((file) => file.id === id)}>
                                {(file) => <UploadView file={file()} onDrop={() => uploads.drop(id)} />}
                            </Show>
                        )}
                    </For>
                </ul>
            </Show>
            <div class="composer-line">
                <button
                    type="button"
                    class="bare"
                    aria-label="Attach files"
                    title="Attach files"
                    onClick={() => picker.click()}
                >
                    <Icon name="upload" />
                </button>
                <input
                    ref={picker}
                    type="file"
                    multiple
                    hidden
                    aria-label="Files to attach"
                    onChange={(event) => {
                        uploads.add(event.currentTarget.files ?? []);
                        event.currentTarget.value = "";
                    }}
                />
                <textarea
                    ref={field}
                    rows="1"
                    aria-label={`Message #${props.name}`}
                    placeholder={`Message #${props.name}`}
                    value={text()}
                    onInput={(event) => setText(event.currentTarget.value)}
                    onKeyDown={keys}
                    onPaste={(event) => {
                        const files = event.clipboardData?.files;
                        if (files === undefined || files.length === 0) return;
                        event.preventDefault();
                        uploads.add(files);
                    }}
                />
                <Show when={text().length > CONTENT_UNITS_NEAR}>
                    <span class="left" classList={{ over: left() < 0 }} role="status">
                        {left()}
                    </span>
                </Show>
                <div class="menu-anchor">
                    <button
                        type="button"
                        class="bare"
                        aria-label="Insert an emoji"
                        title="Insert an emoji"
                        aria-expanded={isChoosing()}
                        onClick={() => setChoosing(!isChoosing())}
                    >
                        <Icon name="react" />
                    </button>
                    <Show when={isChoosing()}>
                        <EmojiPanel
                            onClose={() => {
                                setChoosing(false);
                                field.focus();
                            }}
                            onPick={(emoji) => {
                                setChoosing(false);
                                insert(emoji);
                            }}
                        />
                    </Show>
                </div>
                <button type="submit" class="bare send" aria-label="Send" title="Send (Enter)" disabled={!maySend()}>
                    <Icon name="send" />
                </button>
            </div>
        </form>
    );
}

function UploadView(props: { readonly file: FileOnItsWay; readonly onDrop: () => void }): JSX.Element {
    const words = () =>
        props.file.why ?? (props.file.attachment ? bytes(props.file.size) : `${Math.round(props.file.share * 100)} %`);
    return (
        <li class="upload" classList={{ failed: props.file.why !== undefined }}>
            <Show when={props.file.preview} fallback={<Icon name="file" size={28} />}>
                {(src) => <img src={src()} alt="" />}
            </Show>
            <div class="upload-words">
                <span class="upload-name">{props.file.name}</span>
                <small role="status">{words()}</small>
                <Show when={props.file.why === undefined && !props.file.attachment}>
                    <progress max="1" value={props.file.share} aria-label={`Upload of ${props.file.name}`} />
                </Show>
            </div>
            <button type="button" class="bare" aria-label={`Remove ${props.file.name}`} onClick={() => props.onDrop()}>
                <Icon name="close" size={16} />
            </button>
        </li>
    );
}
