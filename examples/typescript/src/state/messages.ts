/**
 * Messages of each channel, oldest first: ids ascend in commit order (contract ORD-6).
 *
 * A channel is known from `subscribed` or a load; from then on every new message of it is heard. `gap` says that some
 * may
 * be missing since: load the newest page, which mends it.
 */

import type { Event } from "../envelope.js";
import type { EventMap } from "../generated/events.js";
import type { Message } from "../generated/record/message.js";
import { isGoneChannel } from "./gone.js";
import { reduceReactions } from "./reactions.js";
import { change, changeAll, keepIf, put, shareBy, type Table } from "./share.js";

/** Messages of one channel. */
export interface ChannelMessages {
    readonly guild_id: string;
    /** Known messages, oldest first. */
    readonly list: readonly Message[];
    /** Whether there are no older ones than those known. */
    readonly complete: boolean;
    /** Whether messages, edits or deletions may have been missed. */
    readonly gap: boolean;
}

/** Messages by channel. */
export type Messages = Table<ChannelMessages>;

/** Applies an event; `me` decides which reactions are one's own. */
export function reduceMessages(messages: Messages, event: Event, me?: string): Messages {
    const kept = keepIf(messages, (channel, channel_id) => !isGoneChannel(event, channel.guild_id, channel_id, me));
    switch (event.t) {
        case "message_create":
            return change(kept, event.d.channel_id, (channel) => ({
                ...channel,
                list: withNew(channel.list, event.d),
            }));
        case "message_update":
            return changeMessage(kept, event.d, (message) => updated(message, event.d));
        case "message_delete":
            return change(kept, event.d.channel_id, (channel) => {
                const index = find(channel.list, event.d.message_id);
                return index < 0 ? channel : { ...channel, list: channel.list.toSpliced(index, 1) };
            });
        case "message_reaction":
            return changeMessage(kept, event.d, (message) => ({
                ...message,
                reactions: reduceReactions(message.reactions, event.d, me),
            }));
        default:
            return reduceGaps(kept, event);
    }
}

/** What events say about the connection, not about messages. */
function reduceGaps(messages: Messages, event: Event): Messages {
    const torn = (channel: ChannelMessages) => ({ ...channel, gap: true });
    switch (event.t) {
        case "subscribed": {
            const { guild_id, channel_id } = event.d;
            if (Object.hasOwn(messages, channel_id)) return messages;
            return put(messages, channel_id, { guild_id, list: [], complete: false, gap: false });
        }
        case "unsubscribed": {
            const { channel_id } = event.d;
            return channel_id === undefined ? messages : change(messages, channel_id, torn);
        }
        case "ready":
            return event.d.resume === "replaying" ? messages : changeAll(messages, torn);
        case "reset": {
            const { channel_id } = event.d;
            return channel_id === undefined ? changeAll(messages, torn) : change(messages, channel_id, torn);
        }
        default:
            return messages;
    }
}

/** A page of `GET …/messages`, newest first as it comes. */
export interface MessagePage {
    readonly messages: readonly Message[];
    readonly next_before: string | null;
}

/**
 * Takes over a page that was asked for `before` a message, or the newest one: from its oldest message on these are all.
 */
export function loadMessages(
    messages: Messages,
    channel: { guild_id: string; channel_id: string },
    page: MessagePage,
    before?: string,
): Messages {
    const { guild_id, channel_id } = channel;
    const known = messages[channel_id] ?? { guild_id, list: [], complete: false, gap: false };
    const ascending = [...page.messages].sort((one, other) => (one.message_id < other.message_id ? -1 : 1));
    const list = shareBy(known.list, ascending, (message) => message.message_id);
    const oldest = page.next_before === null ? "" : (list[0]?.message_id ?? "");
    const newer = before === undefined ? [] : known.list.filter((message) => message.message_id >= before);
    // Behind a gap nothing says whether the newest page reaches the older messages, or whether they still exist.
    const older = known.gap && before === undefined ? [] : known.list.filter((message) => message.message_id < oldest);
    const complete = page.next_before === null || (known.complete && older.length > 0);
    const gap = before === undefined ? false : known.gap;
    return put(messages, channel_id, { guild_id, list: [...older, ...list, ...newer], complete, gap });
}

/** Adds a message that a request of one's own answered with; the event may come before it or after. */
export function addMessage(messages: Messages, message: Message): Messages {
    return change(messages, message.channel_id, (channel) => ({ ...channel, list: withNew(channel.list, message) }));
}

/**
 * Forgets all but the newest messages of a channel, for applications that stay open for long; they can be loaded again.
 */
export function keepNewest(messages: Messages, channel_id: string, count: number): Messages {
    return change(messages, channel_id, (channel) => {
        if (channel.list.length <= count) return channel;
        return { ...channel, list: channel.list.slice(channel.list.length - count), complete: false };
    });
}

function withNew(list: readonly Message[], message: Message): readonly Message[] {
    const index = find(list, message.message_id);
    return index >= 0 ? list : list.toSpliced(~index, 0, message);
}

function changeMessage(
    messages: Messages,
    { channel_id, message_id }: { readonly channel_id: string; readonly message_id: string },
    step: (message: Message) => Message,
): Messages {
    return change(messages, channel_id, (channel) => {
        const index = find(channel.list, message_id);
        const message = channel.list[index];
        return message === undefined ? channel : { ...channel, list: channel.list.with(index, step(message)) };
    });
}

function updated(message: Message, event: EventMap["message_update"]): Message {
    const { content, markdown_tokens, attachments } = event.updated_fields;
    // An edit that is older than the one already known; two of one second come in order.
    if (event.updated_at_unix < (message.edited_at_unix ?? 0)) return message;
    return {
        ...message,
        content,
        markdown_tokens,
        ...(attachments !== undefined && { attachments }),
        // Without a change of content it was an attachment that went.
        ...(content !== message.content && { edited_at_unix: event.updated_at_unix }),
    };
}

/** Where a message is, or, as `~index`, where it would be. */
function find(list: readonly Message[], message_id: string): number {
    let [low, high] = [0, list.length];
    while (low < high) {
        const middle = (low + high) >>> 1;
        const id = (list[middle] as Message).message_id;
        if (id === message_id) return middle;
        if (id < message_id) low = middle + 1;
        else high = middle;
    }
    return ~low;
}
