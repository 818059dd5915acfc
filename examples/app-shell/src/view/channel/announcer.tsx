/**
 * New messages for those who do not look at the screen.
 */

import type { Message } from "@filament/protocol/record/message";
import { type Accessor, createEffect, createSignal, type JSX, untrack } from "solid-js";
import type { Client } from "../../client/client.js";

/** Reads new messages of others out. */
export function Announcer(props: {
    readonly client: Client;
    readonly list: Accessor<readonly Message[]>;
}): JSX.Element {
    const [words, setWords] = createSignal("");
    let last = "";
    createEffect(() => {
        const newest = props.list().at(-1);
        if (newest === undefined || newest.message_id <= last) return;
        const isFirst = last === "";
        last = newest.message_id;
        if (!isFirst && newest.author_id !== props.client.state().me)
            setWords(`${untrack(() => props.client.name(newest.author_id))}: ${newest.content}`);
    });
    return (
        <p class="visually-hidden" aria-live="polite">
            {words()}
        </p>
    );
}
