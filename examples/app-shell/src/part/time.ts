/**
 * Times as people read them.
 */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Hours and minutes. */
export function clock(unix: number): string {
    return CLOCK.format(unix * 1_000);
}

/** Day, and time of day. */
export function full(unix: number): string {
    return FULL.format(unix * 1_000);
}

/** The day in words. */
export function day(unix: number): string {
    return DAY.format(unix * 1_000);
}

/** The number of the day, in this browser's time zone. */
export function dayNumber(unix: number): number {
    const date = new Date(unix * 1_000);
    return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

/** The moment for machines. */
export function iso(unix: number): string {
    return new Date(unix * 1_000).toISOString();
}
