/**
 * Reactions of one message, by emoji.
 */

import type { EventMap } from "../generated/events.js";
import type { Reaction } from "../generated/record/reaction.js";

/** Reactors shown with one reaction (contract §4.1). */
const REACTORS_MAX = 32;

/** Applies a reaction event to the reactions of its message; `me` decides what counts as one's own. */
export function reduceReactions(
    reactions: readonly Reaction[],
    event: EventMap["message_reaction"],
    me?: string,
): readonly Reaction[] {
    const { emoji, count } = event;
    const others = reactions.filter((reaction) => reaction.emoji !== emoji);
    if (count === 0) return others.length === reactions.length ? reactions : others;
    const known = reactions.find((reaction) => reaction.emoji === emoji) ?? { emoji, count: 0, reacted_by_me: false };
    return [...others, changed(known, event, me)].sort((one, other) => compareBytes(one.emoji, other.emoji));
}

function changed(reaction: Reaction, event: EventMap["message_reaction"], me: string | undefined): Reaction {
    const { actor_user_id, operation, count, emoji } = event;
    const added = operation === "add";
    const others = (reaction.reactor_user_ids ?? []).filter((user_id) => user_id !== actor_user_id);
    const reactors = (added ? [...others, actor_user_id].sort() : others).slice(0, REACTORS_MAX);
    return {
        emoji,
        count,
        reacted_by_me: actor_user_id === me ? added : reaction.reacted_by_me,
        ...(reactors.length > 0 && { reactor_user_ids: reactors }),
    };
}

/**
 * The order of UTF-8, which the contract asks for. It is that of UTF-16 units, but for characters beyond U+FFFF: their
 * units stand below U+E000–U+FFFF, their bytes above.
 */
function compareBytes(one: string, other: string): number {
    const length = Math.min(one.length, other.length);
    for (let index = 0; index < length; index += 1) {
        const [first, second] = [one.charCodeAt(index), other.charCodeAt(index)];
        if (first !== second) return raised(first) - raised(second);
    }
    return one.length - other.length;
}

function raised(unit: number): number {
    return (unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit;
}
