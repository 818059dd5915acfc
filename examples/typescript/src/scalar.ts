/**
 * Checks of single values, used by the generated validators. Each returns nothing, or what is wrong.
 */

import { type Code, type Fault, shownName } from "./verdict.js";

/** A JSON object whose members were not looked at yet. */
export type Members = Record<string, unknown>;

/** What is wrong with a value of another type than was asked for. */
export function otherType(value: unknown): Code {
    if (value === undefined) return "missing_field";
    return value === null ? "null" : "wrong_type";
}

/** Tells whether a value is an object, and no array. */
export function isObject(value: unknown): value is Members {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Text of `min` to `max` UTF-16 code units without unpaired surrogates. */
export function units(value: unknown, min: number, max: number): Code | undefined {
    if (typeof value !== "string") return otherType(value);
    return value.length >= min && value.length <= max && isWellFormed(value) ? undefined : "out_of_bounds";
}

/** Like {@link units}, without U+0000. */
export function text(value: unknown, min: number, max: number): Code | undefined {
    return units(value, min, max) ?? ((value as string).includes("\u0000") ? "out_of_bounds" : undefined);
}

/** Like {@link units}, of a form. */
export function formed(value: unknown, min: number, max: number, form: RegExp): Code | undefined {
    return units(value, min, max) ?? (form.test(value as string) ? undefined : "out_of_bounds");
}

/**
 * Like {@link formed}, but its length is counted without the white space at both ends. What the contract calls white
 * space is what `trim` removes.
 */
export function trimmed(value: unknown, min: number, max: number, form: RegExp): Code | undefined {
    if (typeof value !== "string") return otherType(value);
    return units(value.trim(), min, max) ?? (form.test(value) ? undefined : "out_of_bounds");
}

const UNPAIRED = /\p{Surrogate}/u;

const isWellFormed: (value: string) => boolean =
    typeof String.prototype.isWellFormed === "function"
        ? (value) => value.isWellFormed()
        : (value) => !UNPAIRED.test(value);

const SEVEN = 0x37;
/** A character that no id has. Looking for a wrong one is faster than matching all the right ones. */
const NOT_ULID = /[^0-9A-HJKMNP-TV-Z]/;

/** An id in its one canonical spelling: 26 characters, the first at most `7`. */
export function ulid(value: unknown): Code | undefined {
    if (typeof value !== "string") return otherType(value);
    const isUlid = value.length === 26 && value.charCodeAt(0) <= SEVEN && !NOT_ULID.test(value);
    return isUlid ? undefined : "out_of_bounds";
}

/** An integer of `min` to `max`. Numbers that {@link parseText} marks are no integers. */
export function integer(value: unknown, min: number, max: number): Code | undefined {
    if (typeof value !== "number") return otherType(value);
    if (value >= min && value <= max && Number.isSafeInteger(value) && !(value === 0 && 1 / value < 0))
        return undefined;
    return isWhole(value) ? "out_of_bounds" : "wrong_type";
}

function isWhole(value: number): boolean {
    return (Number.isInteger(value) && !Object.is(value, -0)) || Math.abs(value) === Infinity;
}

/** `true` or `false`. */
export function flag(value: unknown): Code | undefined {
    return typeof value === "boolean" ? undefined : otherType(value);
}

/** What is wrong with a value that is none of the words. */
export function noWord(value: unknown): Code {
    return typeof value === "string" ? "unknown_word" : otherType(value);
}

/** Lists up to this length are compared pairwise, which is faster than making a set. */
const PAIRWISE_MAX = 8;

/** Tells whether no text or number stands twice in a list. Most long lists ascend, and then that is seen at once. */
export function isUnique(items: readonly unknown[]): boolean {
    if (items.length <= PAIRWISE_MAX) return items.every((item, index) => items.indexOf(item) === index);
    for (let index = 1; index < items.length; index += 1) {
        if (!((items[index - 1] as string) < (items[index] as string))) return new Set(items).size === items.length;
    }
    return true;
}

/** Like {@link isUnique}, for objects that are told apart by some of their members. */
export function isUniqueBy(items: readonly unknown[], names: readonly string[]): boolean {
    const [name, ...others] = names;
    const keyOf = (item: unknown) => (item as Members)[name as string];
    if (others.length === 0) return isUnique(items.map(keyOf));
    return (
        new Set(items.map((item) => JSON.stringify(names.map((each) => (item as Members)[each])))).size === items.length
    );
}

/** Tells whether an item stands in both lists. */
export function overlap(one: unknown, other: unknown): boolean {
    return Array.isArray(one) && Array.isArray(other) && one.some((item) => other.includes(item));
}

/** Tells whether a list is absent or empty. */
export function isEmptyList(list: unknown): boolean {
    return !Array.isArray(list) || list.length === 0;
}

/** How many members an object has. */
export function count(members: Members): number {
    let found = 0;
    for (const _ in members) found += 1;
    return found;
}

/** The first member that is none of the known ones. */
export function unknownMember(members: Members, known: readonly string[]): Fault | undefined {
    for (const name in members) {
        if (!known.includes(name)) return { code: "unknown_field", path: shownName(name) };
    }
    return undefined;
}

const NAME = /^[a-z0-9_.]{1,64}$/;

/**
 * Checks everything of a gateway message but its payload (contract ENV-1 to ENV-5); `known` has members of known names.
 */
export function checkEnvelope(value: unknown, known: object): Fault | undefined {
    if (!isObject(value)) return { code: "not_envelope", path: "" };
    if (value.v !== 1 || typeof value.t !== "string" || !isObject(value.d) || count(value) !== 3)
        return envelopeFault(value);
    // A known name need not be looked at.
    return Object.hasOwn(known, value.t) || NAME.test(value.t) ? undefined : { code: "name", path: "t" };
}

function envelopeFault(value: Members): Fault | undefined {
    const unknown = unknownMember(value, ENVELOPE);
    if (unknown !== undefined) return unknown;
    for (const name of ENVELOPE) {
        if (value[name] === undefined) return { code: "missing_field", path: name };
    }
    if (value.v !== 1) return { code: "version", path: "v" };
    if (typeof value.t !== "string" || !NAME.test(value.t)) return { code: "name", path: "t" };
    return { code: "not_envelope", path: "d" };
}

const ENVELOPE = ["v", "t", "d"];

/**
 * Checks an envelope inside of a `batch`, all but its payload; it is part of a payload and judged like one (contract
 * RES-1).
 */
export function checkItem(value: unknown): Fault | undefined {
    if (!isObject(value)) return { code: otherType(value), path: "" };
    const version = integer(value.v, 1, 1);
    if (version !== undefined) return { code: version, path: "v" };
    const name = formed(value.t, 1, 64, NAME) ?? (value.t === "batch" ? "out_of_bounds" : undefined);
    if (name !== undefined) return { code: name, path: "t" };
    if (!isObject(value.d)) return { code: otherType(value.d), path: "d" };
    return unknownMember(value, ENVELOPE);
}
