/**
 * What can be done with a message: shown where the pointer or the focus is.
 */

import type { Message } from "@filament/protocol/record/message";
import { type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { Icon, type IconName } from "../../part/icon.js";
import { EmojiPanel } from "./emoji.js";
import { react } from "./reactions.js";

/** The tools. */
export function MessageTools(props: {
    readonly client: Client;
    readonly message: Message;
    readonly mayChange: boolean;
    readonly isChoosing: boolean;
    readonly onChoose: (isChoosing: boolean) => void;
    readonly onEdit: () => void;
    readonly onDelete: () => void;
}): JSX.Element {
    return (
        <div class="tools" role="toolbar" aria-label="Message">
            <Tool icon="react" label="Add reaction" key="R" onClick={() => props.onChoose(!props.isChoosing)} />
            <Show when={props.mayChange}>
                <Tool icon="edit" label="Edit message" key="E" onClick={props.onEdit} />
                <Tool icon="trash" label="Delete message" key="Del" onClick={props.onDelete} />
            </Show>
            <Show when={props.isChoosing}>
                <EmojiPanel
                    onClose={() => props.onChoose(false)}
                    onPick={(emoji) => {
                        props.onChoose(false);
                        react(props.client, props.message, emoji, true);
                    }}
                />
            </Show>
        </div>
    );
}

function Tool(props: {
    readonly icon: IconName;
    readonly label: string;
    readonly key: string;
    readonly onClick: () => void;
}): JSX.Element {
    return (
        <button
            type="button"
            class="bare"
            aria-label={props.label}
            title={`${props.label} (${props.key})`}
            onClick={() => props.onClick()}
        >
            <Icon name={props.icon} size={18} />
        </button>
    );
}
