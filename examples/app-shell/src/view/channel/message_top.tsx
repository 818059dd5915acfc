/**
 * What stands above the first message: the beginning of the channel, or that there is more.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import { type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";

/** The top of the list. */
export function MessageTop(props: {
    readonly client: Client;
    readonly channel: ChannelKey;
    readonly older: "idle" | "loading" | "failed";
    readonly complete: boolean;
    readonly onRetry: () => void;
}): JSX.Element {
    const name = () => {
        const channels = props.client.state().channels[props.channel.guild_id]?.list;
        return channels?.find(({ channel_id }) => channel_id === props.channel.channel_id)?.name ?? "";
    };
    return (
        <Show
            when={props.complete}
            fallback={
                <Show when={props.older === "failed"} fallback={<p class="muted older">Loading older messages…</p>}>
                    <p class="older">
                        Older messages could not be loaded.{" "}
                        <button type="button" class="link" onClick={() => props.onRetry()}>
                            Try again
                        </button>
                    </p>
                </Show>
            }
        >
            <div class="beginning">
                <span class="beginning-icon">
                    <Icon name="hash" size={28} />
                </span>
                <h2>Welcome to #{name()}</h2>
                <p class="muted">This is where it begins.</p>
            </div>
        </Show>
    );
}
