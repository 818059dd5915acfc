/**
 * Changing plain data without touching what did not change, so that `===` tells a user interface what to draw again.
 */

/** Things by id. */
export interface Table<T> {
    readonly [id: string]: T;
}

/** The table with one entry set; the same table if that changes nothing. */
export function put<T>(table: Table<T>, id: string, value: T): Table<T> {
    const shared = share(table[id], value);
    return shared === table[id] && Object.hasOwn(table, id) ? table : { ...table, [id]: shared };
}

/** The table without an entry; the same table if it has none. */
export function drop<T>(table: Table<T>, id: string): Table<T> {
    if (!Object.hasOwn(table, id)) return table;
    const { [id]: _, ...rest } = table;
    return rest;
}

/** The table with an entry changed; the same table if there is no such entry or nothing changes. */
export function change<T>(table: Table<T>, id: string, step: (entry: T) => T): Table<T> {
    return Object.hasOwn(table, id) ? put(table, id, step(table[id] as T)) : table;
}

/** The table with every entry changed. */
export function changeAll<T>(table: Table<T>, step: (entry: T) => T): Table<T> {
    let changed = table;
    for (const id in table) changed = put(changed, id, step(table[id] as T));
    return changed;
}

/** The entries that pass a test; the same table if all do. */
export function keepIf<T>(table: Table<T>, test: (entry: T, id: string) => boolean): Table<T> {
    let kept = table;
    for (const id in table) {
        if (!test(table[id] as T, id)) kept = drop(kept, id);
    }
    return kept;
}

/** A table of a list. */
export function tableOf<T>(items: readonly T[], id: (item: T) => string): Table<T> {
    return Object.fromEntries(items.map((item) => [id(item), item]));
}

/**
 * `next`, but made of parts of `previous` wherever they are equal: the whole of it if they are equal throughout.
 * For data as JSON has it.
 */
export function share<T>(previous: unknown, next: T): T {
    if (Object.is(previous, next)) return next;
    if (Array.isArray(previous) && Array.isArray(next)) return shareList(previous, next) as T;
    if (isPlain(previous) && isPlain(next)) return shareObject(previous, next) as T;
    return next;
}

/** Items of one place are not always one thing: they are shared whole or not at all. See {@link shareBy}. */
function shareList(previous: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
    let equal = previous.length === next.length;
    let copy: unknown[] | undefined;
    for (const [index, item] of next.entries()) {
        if (Object.is(item, previous[index])) continue;
        if (share(previous[index], item) === previous[index]) {
            copy ??= [...next];
            copy[index] = previous[index];
        } else {
            equal = false;
        }
    }
    return equal ? previous : (copy ?? next);
}

/** The items of `next`, each made of the parts of the previous item of the same id. */
export function shareBy<T>(
    previous: readonly T[] | undefined,
    next: readonly T[],
    id: (item: T) => string,
): readonly T[] {
    const known = new Map((previous ?? []).map((item) => [id(item), item]));
    return next.map((item) => share(known.get(id(item)), item));
}

function shareObject(previous: Plain, next: Plain): Plain {
    const names = Object.keys(next);
    let equal = names.length === Object.keys(previous).length;
    let copy: Plain | undefined;
    for (const name of names) {
        const shared = share(previous[name], next[name]);
        if (shared !== previous[name] || !Object.hasOwn(previous, name)) equal = false;
        if (shared !== next[name]) {
            copy ??= { ...next };
            copy[name] = shared;
        }
    }
    return equal ? previous : (copy ?? next);
}

type Plain = Record<string, unknown>;

function isPlain(value: unknown): value is Plain {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
