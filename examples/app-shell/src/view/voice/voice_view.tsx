/**
 * A voice channel: who is in it, and the way in and out.
 */

import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { voice } from "../../api/channels.js";
import type { Client } from "../../client/client.js";
import { Avatar } from "../../part/avatar.js";
import { Empty } from "../../part/state_words.js";
import { Head } from "../head.js";
import { join, ownVoice } from "./link.js";
import { StreamBadges } from "./roster.js";

/** The place. */
export function VoiceView(props: {
    readonly client: Client;
    readonly guild: string;
    readonly channel: string;
    readonly onMenu: () => void;
}): JSX.Element {
    const { client } = props;
    const [busy, setBusy] = createSignal(false);
    const key = () => ({ guild_id: props.guild, channel_id: props.channel });
    const channel = () =>
        client.state().channels[props.guild]?.list.find(({ channel_id }) => channel_id === props.channel);
    const participants = createMemo(() => client.state().voice[props.channel]?.participants ?? []);
    const isIn = () => ownVoice(client)?.channel.channel_id === props.channel;
    const act = async () => {
        setBusy(true);
        await client.attempt(() => (isIn() ? voice.leave(client.http, key()) : join(client, key())));
        setBusy(false);
    };
    return (
        <div class="place">
            <main id="main" tabindex={-1} class="main">
                <Head icon="voice" title={channel()?.name ?? "…"} onMenu={props.onMenu} />
                <div class="page voice-page">
                    <Show
                        when={participants().length > 0}
                        fallback={
                            <Empty icon="voice" title="Nobody is here" text="Be the first: others will see you." />
                        }
                    >
                        <ul class="voice-grid" aria-label="Participants">
                            <For each={participants().map(({ user_id }) => user_id)}>
                                {(user_id) => (
                                    <Show when={participants().find((participant) => participant.user_id === user_id)}>
                                        {(participant) => (
                                            <li class="voice-tile" classList={{ speaking: participant().is_speaking }}>
                                                <Avatar client={client} user={user_id} size={72} />
                                                <strong>{client.name(user_id)}</strong>
                                                <StreamBadges participant={participant()} />
                                            </li>
                                        )}
                                    </Show>
                                )}
                            </For>
                        </ul>
                    </Show>
                    <button
                        type="button"
                        class={`button ${isIn() ? "danger" : "primary"}`}
                        disabled={busy()}
                        onClick={() => void act()}
                    >
                        {isIn() ? "Leave voice" : "Join voice"}
                    </button>
                </div>
            </main>
        </div>
    );
}
