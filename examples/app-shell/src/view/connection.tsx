/**
 * How the connection is, when it is not as it should be.
 */

import { createEffect, createSignal, type JSX, onCleanup, Show } from "solid-js";
import type { Client } from "../client/client.js";
import { Icon } from "../part/icon.js";

/** A short break is not worth a word: this long nothing is said, in milliseconds. */
const QUIET_MS = 1_200;

/** A line above everything while there is no connection. */
export function ConnectionBanner(props: { readonly client: Client }): JSX.Element {
    const [shown, setShown] = createSignal(false);
    createEffect(() => {
        if (props.client.status().kind === "ready") {
            setShown(false);
            return;
        }
        const timer = setTimeout(() => setShown(true), QUIET_MS);
        onCleanup(() => clearTimeout(timer));
    });
    const isStopped = () => props.client.status().kind === "stopped";
    return (
        <div class="banner-slot" role="status">
            <Show when={shown()}>
                <div class="banner">
                    <Icon name="plug" size={18} />
                    <span>
                        {isStopped()
                            ? "The server ended the connection and does not want it back."
                            : "No connection. Trying again; nothing you see is lost."}
                    </span>
                    <button type="button" class="link" onClick={() => props.client.reconnect()}>
                        {isStopped() ? "Connect" : "Try now"}
                    </button>
                </div>
            </Show>
        </div>
    );
}

/** How the connection is, in one word. */
export function connectionWord(client: Client): string {
    switch (client.status().kind) {
        case "ready":
            return "Connected";
        case "connecting":
            return "Connecting…";
        case "waiting":
            return "Reconnecting…";
        case "idle":
        case "stopped":
            return "Disconnected";
    }
}
