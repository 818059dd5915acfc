/**
 * The user's own participation, above the account: mute, deafen, leave.
 */

import { createMemo, type JSX, Show } from "solid-js";
import { voice } from "../../api/channels.js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";
import { PlaceLink } from "../link.js";
import { ownVoice } from "./link.js";

/** The bar, while the user is in a channel. */
export function VoiceBar(props: { readonly client: Client }): JSX.Element {
    const { client } = props;
    const own = createMemo(() => ownVoice(client));
    const name = (guild_id: string, id: string) =>
        client.state().channels[guild_id]?.list.find(({ channel_id }) => channel_id === id)?.name;
    return (
        <Show when={own()}>
            {(here) => (
                <section class="voice-bar" aria-label="Voice">
                    <PlaceLink client={client} to={{ kind: "guild", ...here().channel }} class="voice-where">
                        <strong>In voice</strong>
                        <span>{name(here().channel.guild_id, here().channel.channel_id)}</span>
                    </PlaceLink>
                    <button
                        type="button"
                        class="bare"
                        aria-label="Mute"
                        aria-pressed={here().participant.is_muted}
                        onClick={() =>
                            void client.attempt(() =>
                                voice.state(client.http, here().channel, { is_muted: !here().participant.is_muted }),
                            )
                        }
                    >
                        <Icon name={here().participant.is_muted ? "muted" : "microphone"} />
                    </button>
                    <button
                        type="button"
                        class="bare"
                        aria-label="Deafen"
                        aria-pressed={here().participant.is_deafened}
                        onClick={() =>
                            void client.attempt(() =>
                                voice.state(client.http, here().channel, {
                                    is_deafened: !here().participant.is_deafened,
                                }),
                            )
                        }
                    >
                        <Icon name={here().participant.is_deafened ? "deafened" : "headphones"} />
                    </button>
                    <button
                        type="button"
                        class="bare danger"
                        aria-label="Leave voice"
                        onClick={() => void client.attempt(() => voice.leave(client.http, here().channel))}
                    >
                        <Icon name="phone" />
                    </button>
                </section>
            )}
        </Show>
    );
}
