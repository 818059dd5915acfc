/**
 * Being in a voice channel: what the user's own participation is, joining and leaving. No media: the token's room is the
 * media server's business.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import type { VoiceParticipant } from "@filament/protocol/record/voice_participant";
import { voice } from "../../api/channels.js";
import type { Client } from "../../client/client.js";
import { holdsIn } from "../../client/permission.js";
import { voiceChoices } from "./choices.js";

/** The user in a channel. */
export interface OwnVoice {
    readonly channel: ChannelKey;
    readonly participant: VoiceParticipant;
}

/** Where the user is, if anywhere. */
export function ownVoice(client: Client): OwnVoice | undefined {
    const { voice: channels, me } = client.state();
    for (const [channel_id, { guild_id, participants }] of Object.entries(channels)) {
        const participant = participants.find(({ user_id }) => user_id === me);
        if (participant !== undefined) return { channel: { guild_id, channel_id }, participant };
    }
    return undefined;
}

/** Takes part, as the client settings say and the channel allows. */
export async function join(client: Client, channel: ChannelKey): Promise<void> {
    const { camera, screen, receive, startMuted, startDeafened } = voiceChoices();
    const known = client
        .state()
        .channels[channel.guild_id]?.list.find(({ channel_id }) => channel_id === channel.channel_id);
    const sources = [
        "microphone" as const,
        ...(camera && holdsIn(known, "publish_video") ? (["camera"] as const) : []),
        ...(screen && holdsIn(known, "publish_screen_share") ? (["screen_share"] as const) : []),
    ];
    await voice.token(client.http, channel, {
        can_publish: true,
        can_subscribe: receive && holdsIn(known, "subscribe_streams"),
        publish_sources: sources,
    });
    if (startMuted || startDeafened)
        await voice.state(client.http, channel, { is_muted: startMuted || startDeafened, is_deafened: startDeafened });
}
