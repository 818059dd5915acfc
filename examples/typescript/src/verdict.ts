/**
 * What a reader says of a document: it is taken, or it is refused with a code and a place.
 *
 * The codes are those of `vectors/README.md`, the same in every implementation.
 */

/** What is wrong with a document. */
export type Code =
    | "too_large"
    | "not_utf8"
    | "syntax"
    | "too_deep"
    | "duplicate"
    | "not_envelope"
    | "version"
    | "name"
    | "unknown_command"
    | "unknown_event"
    | "unknown_field"
    | "missing_field"
    | "wrong_type"
    | "unknown_word"
    | "null"
    | "out_of_bounds";

/** A refusal: what is wrong, and where (`d.attachment_ids[3]`; empty for the document as a whole). */
export interface Fault {
    readonly code: Code;
    readonly path: string;
}

/** A value that was checked, or why it was refused. Never both, never a part of the value. */
export type Result<T> =
    { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: Code; readonly path: string };

/**
 * How unknown members of a payload are treated.
 *
 * `strict` refuses them, as the server does with what clients send. A reader of events is not strict: it passes over
 * them (contract ENV-10). They stay in the value, which is the input itself and never a copy.
 */
export interface Options {
    readonly strict?: boolean;
}

/** Wraps a refusal. */
export function refused(fault: Fault): { readonly ok: false; readonly code: Code; readonly path: string } {
    return { ok: false, code: fault.code, path: fault.path };
}

/** Puts the place of an inner fault behind the place of what holds it. */
export function inside(place: string, fault: Fault): Fault {
    const { code, path } = fault;
    if (path === "") return { code, path: place };
    return { code, path: path.startsWith("[") ? place + path : `${place}.${path}` };
}

/** Characters of one member name in a path: names come from the other side and end up in logs. */
const NAME_CHARS_MAX = 64;

/** A member name as paths show it: cut at 64 characters, everything but ASCII letters, digits and `_` as `?`. */
export function shownName(name: string): string {
    let shown = "";
    let chars = 0;
    for (const char of name) {
        if (chars === NAME_CHARS_MAX) break;
        shown += /^[A-Za-z0-9_]$/.test(char) ? char : "?";
        chars += 1;
    }
    return shown;
}

/** A generated check: what is wrong with a value, if anything. */
export type Check = (value: unknown, strict: boolean) => Fault | undefined;
