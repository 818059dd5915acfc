/**
 * A message under its editor.
 */

import type { Message } from "@filament/protocol/record/message";
import { createSignal, type JSX, onMount } from "solid-js";
import { messages } from "../../api/channels.js";
import type { Client } from "../../client/client.js";
import { CONTENT_UNITS_MAX } from "./composer.js";

/** The editor. Enter saves, Escape gives up. */
export function MessageEditor(props: {
    readonly client: Client;
    readonly message: Message;
    readonly onClose: () => void;
}): JSX.Element {
    const [text, setText] = createSignal(props.message.content);
    let field!: HTMLTextAreaElement;
    onMount(() => {
        field.focus();
        field.setSelectionRange(field.value.length, field.value.length);
    });
    const save = async () => {
        const content = text();
        if (content === props.message.content || content === "") return props.onClose();
        const { client, message } = props;
        if (await client.attempt(() => messages.edit(client.http, message, message.message_id, content)))
            props.onClose();
    };
    const keys = (event: KeyboardEvent) => {
        event.stopPropagation();
        if (event.key === "Escape") props.onClose();
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        void save();
    };
    return (
        <div class="editor">
            <textarea
                ref={field}
                aria-label="Edit message"
                maxlength={CONTENT_UNITS_MAX}
                rows={Math.min(text().split("\n").length, 10)}
                value={text()}
                onInput={(event) => setText(event.currentTarget.value)}
                onKeyDown={keys}
            />
            <p class="editor-hint">
                <button type="button" class="link" onClick={() => void save()}>
                    Save
                </button>{" "}
                with Enter ·{" "}
                <button type="button" class="link" onClick={() => props.onClose()}>
                    Cancel
                </button>{" "}
                with Escape
            </p>
        </div>
    );
}
