/**
 * The reactions of a message: each a switch of one's own.
 */

import type { Message } from "@filament/protocol/record/message";
import type { Reaction } from "@filament/protocol/record/reaction";
import { createMemo, For, type JSX, Show } from "solid-js";
import { messages } from "../../api/channels.js";
import type { Client } from "../../client/client.js";

/** Names shown of those who reacted. */
const NAMES_MAX = 8;

/** The row of reactions. */
export function Reactions(props: { readonly client: Client; readonly message: Message }): JSX.Element {
    const emoji = createMemo(() => props.message.reactions.map((reaction) => reaction.emoji).join(" "));
    return (
        <Show when={emoji() !== ""}>
            <ul class="reactions" aria-label="Reactions">
                <For each={emoji().split(" ")}>
                    {(key) => (
                        <Show when={props.message.reactions.find((reaction) => reaction.emoji === key)}>
                            {(reaction) => (
                                <li>
                                    <Switch client={props.client} message={props.message} reaction={reaction()} />
                                </li>
                            )}
                        </Show>
                    )}
                </For>
            </ul>
        </Show>
    );
}

function Switch(props: {
    readonly client: Client;
    readonly message: Message;
    readonly reaction: Reaction;
}): JSX.Element {
    const who = () => {
        const ids = props.reaction.reactor_user_ids ?? [];
        const names = ids.slice(0, NAMES_MAX).map((id) => props.client.name(id));
        const others = props.reaction.count - names.length;
        return [...names, ...(others > 0 ? [`${others} more`] : [])].join(", ");
    };
    return (
        <button
            type="button"
            class="reaction"
            aria-pressed={props.reaction.reacted_by_me}
            aria-label={`${props.reaction.emoji}, ${props.reaction.count}`}
            title={who()}
            onClick={() => react(props.client, props.message, props.reaction.emoji, !props.reaction.reacted_by_me)}
        >
            <span>{props.reaction.emoji}</span>
            <span>{props.reaction.count}</span>
        </button>
    );
}

/** Adds or takes back a reaction. */
export function react(client: Client, message: Message, emoji: string, add: boolean): void {
    void client.attempt(() => messages.react(client.http, message, message.message_id, emoji, add));
}
