/**
 * Names of users that are on the screen: asked for together, once.
 */

/** Users of one lookup (contract §9.4). */
export const LOOKUP_USERS_MAX = 64;
/** How long to gather, in milliseconds. */
const GATHER_MS = 20;
/** How long a failed lookup keeps quiet, in milliseconds. */
const RETRY_MS = 5_000;

/** Gathers the users whose names are wanted. */
export class Names {
    private wanted = new Set<string>();
    private readonly asked = new Set<string>();
    private timer: unknown;

    constructor(
        private readonly load: (users: readonly string[]) => Promise<void>,
        private readonly setTimeout: (run: () => void, ms: number) => unknown,
    ) {}

    /** Wants the name of a user. Cheap to call again and again. */
    want(user: string): void {
        if (this.asked.has(user)) return;
        this.asked.add(user);
        this.wanted.add(user);
        this.timer ??= this.setTimeout(() => this.flush(), GATHER_MS);
    }

    private flush(): void {
        this.timer = undefined;
        const users = [...this.wanted];
        this.wanted = new Set();
        for (let from = 0; from < users.length; from += LOOKUP_USERS_MAX) {
            const part = users.slice(from, from + LOOKUP_USERS_MAX);
            this.load(part).catch(() => this.setTimeout(() => this.forget(part), RETRY_MS));
        }
    }

    private forget(users: readonly string[]): void {
        for (const user of users) this.asked.delete(user);
        for (const user of users) this.want(user);
    }
}
