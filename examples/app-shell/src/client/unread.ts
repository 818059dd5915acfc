/**
 * Which channels hold messages that were not read here. Kept in the browser: the protocol has no read state yet.
 */

/** Channels remembered per user. */
export const CHANNELS_MAX = 1_000;

/** The last message read, by channel. */
export type ReadMarks = Readonly<Record<string, string>>;

/** The marks with one moved forward; never back. The oldest go when there are too many. */
export function moved(marks: ReadMarks, channel_id: string, message_id: string): ReadMarks {
    if ((marks[channel_id] ?? "") >= message_id) return marks;
    const entries = Object.entries(marks).filter(([id]) => id !== channel_id);
    // A message's id begins with its time: the smallest ids are those of channels that were quiet for longest.
    if (entries.length >= CHANNELS_MAX) entries.sort(([, one], [, other]) => (one < other ? -1 : 1)).shift();
    return Object.fromEntries([...entries, [channel_id, message_id]]);
}

/** Reads marks from text; anything else than marks gives none. */
export function parseMarks(text: string | null): ReadMarks {
    try {
        const value: unknown = JSON.parse(text ?? "{}");
        if (value === null || typeof value !== "object") return {};
        return Object.fromEntries(Object.entries(value).filter(([, id]) => typeof id === "string"));
    } catch {
        return {};
    }
}

/** The newest message that is not the user's own. */
export function newestOfOthers(
    list: readonly { readonly message_id: string; readonly author_id: string }[],
    me: string | undefined,
): string | undefined {
    return list.findLast(({ author_id }) => author_id !== me)?.message_id;
}
