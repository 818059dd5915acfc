/**
 * The channels of each guild, in order.
 *
 * The list of a guild is known from `workspace_available`, where it is empty until the access update that follows, or a
 * load. Who may manage overrides hears of channels beyond those the user sees; they are in the list without
 * `permission_bits`.
 */

import type { Event } from "../envelope.js";
import type { EventMap } from "../generated/events.js";
import type { Channel } from "../generated/record/channel.js";
import { goneGuild } from "./gone.js";
import { change, drop, put, shareBy, type Table } from "./share.js";

/** A channel. */
export interface ChannelState extends Channel {
    /** The user's own permissions in it, as the sum of the contract's bit values (§8.1). */
    readonly permission_bits?: number;
}

/** What is known of the channels of one guild. */
export interface GuildChannels {
    readonly list: readonly ChannelState[];
    /** The revision of the access the list was made of, if it was. */
    readonly access_rev?: number;
}

/** Channel lists by guild. */
export type Channels = Table<GuildChannels>;

/** Applies an event. */
export function reduceChannels(channels: Channels, event: Event, me?: string): Channels {
    const gone = goneGuild(event, me);
    if (gone !== undefined) return drop(channels, gone);
    switch (event.t) {
        case "workspace_available":
            return Object.hasOwn(channels, event.d.guild_id) ? channels : put(channels, event.d.guild_id, { list: [] });
        case "channel_create": {
            const { channel_id, name, kind } = event.d.channel;
            return changeList(channels, event.d.guild_id, (list) =>
                list.some((channel) => channel.channel_id === channel_id)
                    ? list
                    : [...list, { channel_id, name, kind }],
            );
        }
        case "channel_update": {
            const { channel_id, updated_fields } = event.d;
            return changeList(channels, event.d.guild_id, (list) =>
                list.map((channel) =>
                    channel.channel_id === channel_id ? { ...channel, name: updated_fields.name } : channel,
                ),
            );
        }
        case "channel_delete": {
            const { channel_id } = event.d;
            return changeList(channels, event.d.guild_id, (list) =>
                list.filter((channel) => channel.channel_id !== channel_id),
            );
        }
        case "channel_reorder":
            return changeList(channels, event.d.guild_id, (list) => reordered(list, event.d.channel_ids));
        case "workspace_access_update":
            return Object.hasOwn(channels, event.d.guild_id) ? loadChannelAccess(channels, event.d) : channels;
        default:
            return channels;
    }
}

/** Takes over `GET /guilds/{g}/channels`: these are all, in order. Known permissions are kept. */
export function loadChannels(channels: Channels, guild_id: string, list: readonly Channel[]): Channels {
    const known = channels[guild_id];
    const merged = list.map(({ channel_id, name, kind }) => {
        const bits = known?.list.find((channel) => channel.channel_id === channel_id)?.permission_bits;
        return { channel_id, name, kind, ...(bits !== undefined && { permission_bits: bits }) };
    });
    return put(channels, guild_id, { ...known, list: shareBy(known?.list, merged, (channel) => channel.channel_id) });
}

/** Takes over `GET /guilds/{g}/permissions/self`, unless something newer is known. */
export function loadChannelAccess(
    channels: Channels,
    access: Pick<EventMap["workspace_access_update"], "guild_id" | "access_rev" | "channels">,
): Channels {
    const { guild_id, access_rev } = access;
    if ((channels[guild_id]?.access_rev ?? 0) > access_rev) return channels;
    const list = access.channels.map(({ channel_id, name, kind, permission_bits }) => ({
        channel_id,
        name,
        kind,
        permission_bits,
    }));
    const shared = shareBy(channels[guild_id]?.list, list as readonly ChannelState[], (channel) => channel.channel_id);
    return put(channels, guild_id, { list: shared, access_rev });
}

function changeList(
    channels: Channels,
    guild_id: string,
    step: (list: readonly ChannelState[]) => readonly ChannelState[],
): Channels {
    return change(channels, guild_id, (guild) => ({ ...guild, list: step(guild.list) }));
}

/** The channels in the order of `ids`; those that are not named behind them, as they stood. */
function reordered(list: readonly ChannelState[], ids: readonly string[]): readonly ChannelState[] {
    const rank = (channel: ChannelState) => {
        const index = ids.indexOf(channel.channel_id);
        return index < 0 ? ids.length : index;
    };
    return [...list].sort((one, other) => rank(one) - rank(other));
}
