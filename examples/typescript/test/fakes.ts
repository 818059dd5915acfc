/** A clock that moves when it is told to, and sockets that a test holds the other end of. */

import type { Clock, Socket } from "../src/gateway/environment.js";

/** Time that stands still between calls of {@link advance}. */
export class FakeClock implements Clock {
    private time = 0;
    private next = 1;
    private readonly timers = new Map<number, { readonly at: number; readonly run: () => void }>();

    now(): number {
        return this.time;
    }

    setTimeout(run: () => void, ms: number): unknown {
        this.timers.set(this.next, { at: this.time + ms, run });
        this.next += 1;
        return this.next - 1;
    }

    clearTimeout(timer: unknown): void {
        this.timers.delete(timer as number);
    }

    get pending(): number {
        return this.timers.size;
    }

    /** Runs what falls due in the next `ms`, in order, and what that sets going. */
    async advance(ms: number): Promise<void> {
        const end = this.time + ms;
        await settle();
        for (;;) {
            const due = [...this.timers]
                .filter(([, timer]) => timer.at <= end)
                .sort(([, one], [, other]) => one.at - other.at)[0];
            if (due === undefined) break;
            this.timers.delete(due[0]);
            this.time = due[1].at;
            due[1].run();
            await settle();
        }
        this.time = end;
    }
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
}

/** A socket of which the test plays the server. */
export class FakeSocket implements Socket {
    static all: FakeSocket[] = [];
    onopen: ((event: never) => void) | null = null;
    onmessage: ((event: never) => void) | null = null;
    onclose: ((event: never) => void) | null = null;
    onerror: ((event: never) => void) | null = null;
    readonly sent: { t: string; d: Record<string, unknown> }[] = [];
    closed: number | undefined | "open" = "open";

    constructor(
        readonly url: string,
        readonly protocols: string[],
    ) {
        FakeSocket.all.push(this);
    }

    static get last(): FakeSocket {
        const socket = FakeSocket.all.at(-1);
        if (socket === undefined) throw new Error("no socket was opened");
        return socket;
    }

    get query(): URLSearchParams {
        return new URL(this.url).searchParams;
    }

    send(text: string): void {
        this.sent.push(JSON.parse(text));
    }

    close(code?: number): void {
        this.closed = code;
    }

    /** The server says a text. */
    text(data: unknown): void {
        this.onmessage?.({ data } as never);
    }

    /** The server says an event. */
    event(t: string, d: object): void {
        this.text(JSON.stringify({ v: 1, t, d }));
    }

    /** The server closes. */
    end(code: number, reason = ""): void {
        this.onclose?.({ code, reason } as never);
    }
}
