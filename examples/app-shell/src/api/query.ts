/**
 * Query strings.
 */

/** The query of a path, with its question mark; members that are undefined are left out. */
export function query(members: Readonly<Record<string, string | number | undefined>>): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(members)) {
        if (value !== undefined) parameters.set(name, String(value));
    }
    const text = parameters.toString();
    return text === "" ? "" : `?${text}`;
}
