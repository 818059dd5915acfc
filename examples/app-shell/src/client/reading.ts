/**
 * Read marks as signals, written down per user, shared by tabs.
 */

import { type Accessor, createSignal, onCleanup } from "solid-js";
import { moved, parseMarks, type ReadMarks } from "./unread.js";

/** Read marks of one user. */
export interface Reading {
    readonly marks: Accessor<ReadMarks>;
    read(channel_id: string, message_id: string): void;
}

/** Read marks of a user; to be called where an owner cleans up. */
export function createReading(me: Accessor<string | undefined>): Reading {
    const [marks, setMarks] = createSignal<ReadMarks>({});
    let of: string | undefined;
    const key = () => `filament.read.${me()}`;
    const current = (): ReadMarks => {
        const user = me();
        if (user !== of && user !== undefined) {
            of = user;
            setMarks(parseMarks(localStorage.getItem(key())));
        }
        return marks();
    };
    const changed = (event: StorageEvent) => {
        if (event.key === key()) setMarks(parseMarks(event.newValue));
    };
    window.addEventListener("storage", changed);
    onCleanup(() => window.removeEventListener("storage", changed));
    return {
        marks: current,
        read: (channel_id, message_id) => {
            const before = current();
            const after = moved(before, channel_id, message_id);
            if (after === before || me() === undefined) return;
            setMarks(after);
            localStorage.setItem(key(), JSON.stringify(after));
        },
    };
}
