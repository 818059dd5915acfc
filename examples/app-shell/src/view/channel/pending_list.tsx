/**
 * One's own messages that are on their way.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import { createEffect, createMemo, For, type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import type { Pending } from "../../client/outbox.js";

/** The list, below the messages. */
export function PendingList(props: {
    readonly client: Client;
    readonly channel: ChannelKey;
    readonly onChange: () => void;
}): JSX.Element {
    const list = createMemo(() =>
        props.client.outbox.pending().filter(({ channel }) => channel.channel_id === props.channel.channel_id),
    );
    createEffect(() => {
        list();
        props.onChange();
    });
    return (
        <For each={list()}>
            {(entry) => (
                <div class={`pending ${entry.state}`}>
                    <p class="plain">{entry.content}</p>
                    <Words client={props.client} entry={entry} />
                </div>
            )}
        </For>
    );
}

function Words(props: { readonly client: Client; readonly entry: Pending }): JSX.Element {
    return (
        <small role="status">
            <Show when={props.entry.state === "failed"} fallback={props.entry.state === "sent" ? "Sent" : "Sending…"}>
                Not sent. {props.entry.why}{" "}
                <button type="button" class="link" onClick={() => props.client.outbox.again(props.entry)}>
                    Try again
                </button>{" "}
                <button type="button" class="link" onClick={() => props.client.outbox.drop(props.entry.key)}>
                    Discard
                </button>
            </Show>
        </small>
    );
}
