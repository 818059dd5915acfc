/** Ids and records for tests. */

import type { Message } from "../src/generated/record/message.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The ULID of a small number; ascends with it. */
export function id(number: number): string {
    let digits = "";
    for (let rest = number; digits.length < 13; rest = Math.floor(rest / 32))
        digits = ALPHABET.charAt(rest % 32) + digits;
    return `01JZ8Q4M5N6P7${digits}`;
}

export const ME = id(1);
export const GUILD = id(2);
export const CHANNEL = id(3);
export const OTHER = id(4);
/** A moment, in unix seconds. */
export const TIME = 1_760_000_000;

/** A message of a number. */
export function message(number: number, content = `message ${number}`): Message {
    return {
        message_id: id(1_000 + number),
        guild_id: GUILD,
        channel_id: CHANNEL,
        author_id: OTHER,
        content,
        markdown_tokens: [],
        attachments: [],
        reactions: [],
        created_at_unix: TIME + number,
    };
}

/** The payload of a `ready`. */
export function ready(parts: object = {}): object {
    return {
        user_id: ME,
        session_id: id(9),
        heartbeat_interval_ms: 30_000,
        features: [],
        server_time_unix: TIME,
        token_expires_at_unix: TIME + 900,
        ...parts,
    };
}
