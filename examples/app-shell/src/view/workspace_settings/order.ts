/**
 * Moving things in a list in which some stay where they are.
 */

/** The list with one id moved to a place; the same list if it cannot go there. */
export function movedTo(
    list: readonly string[],
    id: string,
    to: number,
    isFixed: (id: string) => boolean,
): readonly string[] {
    const from = list.indexOf(id);
    const target = list[to];
    if (from < 0 || target === undefined || from === to || isFixed(id) || isFixed(target)) return list;
    // Past one that is fixed it would push it out of its place.
    const between = list.slice(Math.min(from, to), Math.max(from, to) + 1);
    if (between.some((other) => isFixed(other))) return list;
    const rest = list.filter((other) => other !== id);
    return rest.toSpliced(to, 0, id);
}
