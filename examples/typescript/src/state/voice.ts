/**
 * Who is in which voice channel. Known from `voice_participant_sync`, which every subscribe answers with.
 *
 * Stamps of one participant never decrease (contract VOI-22); what is older than what is known is passed over.
 */

import type { Event } from "../envelope.js";
import type { EventMap } from "../generated/events.js";
import type { VoiceParticipant } from "../generated/record/voice_participant.js";
import { isGoneChannel } from "./gone.js";
import { change, drop, keepIf, put, shareBy, type Table } from "./share.js";

/** Participants of one channel, by joining time, then identity. */
export interface VoiceChannel {
    readonly guild_id: string;
    readonly participants: readonly VoiceParticipant[];
}

/** Voice channels by id. */
export type Voice = Table<VoiceChannel>;

/** Applies an event. */
export function reduceVoice(voice: Voice, event: Event, me?: string): Voice {
    const kept = keepIf(voice, (channel, channel_id) => !isGoneChannel(event, channel.guild_id, channel_id, me));
    switch (event.t) {
        case "voice_participant_sync": {
            const { guild_id, channel_id, participants } = event.d;
            const shared = shareBy(kept[channel_id]?.participants, participants, (participant) => participant.user_id);
            return put(kept, channel_id, { guild_id, participants: sorted(shared) });
        }
        case "voice_participant_join":
            return changeList(kept, event.d.channel_id, (list) => joined(list, event.d.participant));
        case "voice_participant_leave": {
            const { user_id, left_at_unix } = event.d;
            return changeList(kept, event.d.channel_id, (list) =>
                list.filter(
                    (participant) => participant.user_id !== user_id || participant.updated_at_unix > left_at_unix,
                ),
            );
        }
        case "voice_participant_update": {
            const { updated_at_unix, updated_fields } = event.d;
            return changeOne(kept, event.d, updated_at_unix, (participant) => ({
                ...participant,
                ...updated_fields,
                updated_at_unix,
            }));
        }
        case "voice_stream_publish":
            return changeOne(kept, event.d, event.d.published_at_unix, (participant) =>
                streamed(participant, event.d.stream, true),
            );
        case "voice_stream_unpublish":
            return changeOne(kept, event.d, event.d.unpublished_at_unix, (participant) =>
                streamed(participant, event.d.stream, false),
            );
        case "unsubscribed": {
            // The user's own wish: nothing is told of this channel any more, so nothing of it stays true.
            const { channel_id } = event.d;
            return channel_id === undefined ? kept : drop(kept, channel_id);
        }
        default:
            return kept;
    }
}

function joined(list: readonly VoiceParticipant[], participant: VoiceParticipant): readonly VoiceParticipant[] {
    const known = list.find(({ user_id }) => user_id === participant.user_id);
    if (known !== undefined && known.updated_at_unix >= participant.updated_at_unix) return list;
    return sorted([...list.filter((other) => other !== known), participant]);
}

function streamed(
    participant: VoiceParticipant,
    stream: EventMap["voice_stream_publish"]["stream"],
    live: boolean,
): VoiceParticipant {
    switch (stream) {
        case "camera":
            return { ...participant, is_video_enabled: live };
        case "screen_share":
            return { ...participant, is_screen_share_enabled: live };
        case "microphone":
            return participant;
    }
}

function changeOne(
    voice: Voice,
    { channel_id, user_id }: { readonly channel_id: string; readonly user_id: string },
    at: number,
    step: (participant: VoiceParticipant) => VoiceParticipant,
): Voice {
    return changeList(voice, channel_id, (list) =>
        list.map((participant) =>
            participant.user_id === user_id && participant.updated_at_unix <= at ? step(participant) : participant,
        ),
    );
}

function changeList(
    voice: Voice,
    channel_id: string,
    step: (list: readonly VoiceParticipant[]) => readonly VoiceParticipant[],
): Voice {
    return change(voice, channel_id, (channel) => ({ ...channel, participants: step(channel.participants) }));
}

function sorted(list: readonly VoiceParticipant[]): readonly VoiceParticipant[] {
    const before = (one: VoiceParticipant, other: VoiceParticipant) =>
        one.joined_at_unix - other.joined_at_unix || (one.identity < other.identity ? -1 : 1);
    return [...list].sort(before);
}
