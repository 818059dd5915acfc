/**
 * How long to wait before the next attempt to connect: full jitter, so that clients of one restart do not come back as
 * one crowd.
 */

/** The first attempt waits up to this long, in milliseconds; each further one up to twice as long. */
export const BACKOFF_BASE_MS = 500;
/** No attempt waits longer than this, in milliseconds. */
export const BACKOFF_MS_MAX = 30_000;

/** A wait between nothing and the bound of the `attempt`-th attempt in a row, counted from 0. */
export function backoff(attempt: number, random: () => number): number {
    // Beyond 2^16 the bound is reached by far; the exponent must not run away.
    const bound = Math.min(BACKOFF_MS_MAX, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 16));
    return random() * bound;
}
