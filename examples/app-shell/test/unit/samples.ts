/**
 * Ids and states for tests.
 */

import { emptyState, type State } from "@filament/protocol/state";
import type { ChannelState } from "@filament/protocol/state/channels";
import type { Permission } from "@filament/protocol/value";

/** A ULID that is the `number`-th. */
export function id(number: number): string {
    return `01J${String(number).padStart(23, "0")}`;
}

/** Bit of `create_message`, which is seeing (contract §8.1). */
export const SEES = 256;

export const GUILD = id(1);
export const ME = id(9);

/** A state with one guild and these channels. */
export function guildState(
    list: readonly ChannelState[],
    permissions: readonly Permission[] = ["create_message"],
): State {
    return {
        ...emptyState,
        me: ME,
        guilds: {
            [GUILD]: {
                guild_id: GUILD,
                name: "Garden",
                visibility: "private",
                access: { access_rev: 1, role: "member", permissions },
            },
        },
        channels: { [GUILD]: { list, access_rev: 1 } },
    };
}

/** A text channel. */
export function channel(number: number, permission_bits: number | undefined = SEES): ChannelState {
    return {
        channel_id: id(number),
        name: `channel-${number}`,
        kind: "text",
        ...(permission_bits !== undefined && { permission_bits }),
    };
}
