/**
 * The browser as a session sees it.
 */

import type { SessionWorld } from "./session.js";

/** Name of the lock that one tab holds while it refreshes. */
const LOCK = "filament.refresh";

/** This browser. Where there are no locks (pages of plain http on another host) the server's grace does their work. */
export const browserWorld: SessionWorld = {
    storage: localStorage,
    now: () => Date.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as number | undefined),
    random: Math.random,
    exclusively: async <T>(work: () => Promise<T>): Promise<T> => {
        const locks = navigator.locks as LockManager | undefined;
        if (locks === undefined) return work();
        // Held for the whole of the work; what the callback gives is what the request gives.
        return (await locks.request(LOCK, work)) as T;
    },
};
