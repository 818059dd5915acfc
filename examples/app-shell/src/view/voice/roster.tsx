/**
 * Who is in a voice channel, with badges of their streams.
 */

import type { VoiceParticipant } from "@filament/protocol/record/voice_participant";
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { Avatar } from "../../part/avatar.js";
import { Icon, type IconName } from "../../part/icon.js";

/** The participants of a channel, under its name in the rail. */
export function Roster(props: { readonly client: Client; readonly channel: string }): JSX.Element {
    const participants = createMemo(() => props.client.state().voice[props.channel]?.participants ?? []);
    const users = createMemo(() =>
        participants()
            .map(({ user_id }) => user_id)
            .join(" "),
    );
    return (
        <Show when={users() !== ""}>
            <ul class="roster" aria-label="In this channel">
                <For each={users().split(" ")}>
                    {(user_id) => (
                        <Show when={participants().find((participant) => participant.user_id === user_id)}>
                            {(participant) => (
                                <li class="roster-line" data-participant={user_id}>
                                    <Avatar client={props.client} user={user_id} size={22} />
                                    <span class="roster-name">{props.client.name(user_id)}</span>
                                    <StreamBadges participant={participant()} />
                                </li>
                            )}
                        </Show>
                    )}
                </For>
            </ul>
        </Show>
    );
}

/** What a participant sends, and what not. */
export function StreamBadges(props: { readonly participant: VoiceParticipant }): JSX.Element {
    const badges = (): readonly (readonly [boolean, IconName, string])[] => [
        [props.participant.is_video_enabled, "camera", "camera on"],
        [props.participant.is_screen_share_enabled, "screen", "shares screen"],
        [props.participant.is_muted, "muted", "muted"],
        [props.participant.is_deafened, "deafened", "deafened"],
    ];
    return (
        <span class="badges">
            <For each={badges()}>
                {([isOn, icon, words]) => (
                    <Show when={isOn}>
                        <span class="stream-badge" title={words}>
                            <Icon name={icon} size={15} />
                            <span class="visually-hidden">{words}</span>
                        </span>
                    </Show>
                )}
            </For>
        </span>
    );
}
