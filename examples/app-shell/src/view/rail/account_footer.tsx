/**
 * The foot of the channel rail: who is signed in, how the connection is, and the gear of the client settings.
 */

import { type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { Avatar } from "../../part/avatar.js";
import { Icon } from "../../part/icon.js";
import { connectionWord } from "../connection.js";

/** The footer. */
export function AccountFooter(props: { readonly client: Client }): JSX.Element {
    const isReady = () => props.client.status().kind === "ready";
    return (
        <footer class="account" aria-label="Account">
            <Show when={props.client.state().me} fallback={<span class="account-name muted">…</span>}>
                {(me) => (
                    <button
                        type="button"
                        class="account-me"
                        onClick={() => props.client.show({ kind: "person", user_id: me() })}
                    >
                        <Avatar client={props.client} user={me()} size={34} online={isReady()} />
                        <span class="account-name">
                            <span>{props.client.name(me())}</span>
                            <small class="muted">{connectionWord(props.client)}</small>
                        </span>
                    </button>
                )}
            </Show>
            <button
                type="button"
                class="bare"
                aria-label="Diagnostics"
                title="Diagnostics"
                onClick={() => props.client.show({ kind: "diagnostics" })}
            >
                <Icon name="chart" size={18} />
            </button>
            <button
                type="button"
                class="bare"
                aria-label="Client settings"
                title="Client settings"
                onClick={() => props.client.show({ kind: "client_settings" })}
            >
                <Icon name="gear" size={20} />
            </button>
        </footer>
    );
}
