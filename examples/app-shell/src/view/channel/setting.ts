/**
 * How a message stands among its neighbours: what is drawn above it.
 */

import type { Message } from "@filament/protocol/record/message";
import { dayNumber } from "../../part/time.js";

/** A silence after which an author is named again, in seconds. */
export const SILENCE_SECS = 420;

/** How a message stands among its neighbours. */
export interface Setting {
    /** Begins a new day. */
    readonly day: boolean;
    /** Shows who wrote it: another author, or a long silence. */
    readonly lead: boolean;
    /** The first unread one. */
    readonly unread: boolean;
}

/** How the message at an index stands among its neighbours. */
export function settingOf(list: readonly Message[], index: number, unread: boolean): Setting {
    const [message, previous] = [list[index], list[index - 1]];
    if (message === undefined) return { day: false, lead: true, unread };
    if (previous === undefined) return { day: true, lead: true, unread };
    const isNewDay = dayNumber(previous.created_at_unix) !== dayNumber(message.created_at_unix);
    const isLead =
        isNewDay ||
        unread ||
        previous.author_id !== message.author_id ||
        message.created_at_unix - previous.created_at_unix > SILENCE_SECS;
    return { day: isNewDay, lead: isLead, unread };
}
