/**
 * What the client asks of the world around it: a WebSocket, a clock, chance. All of it can be replaced, for tests and
 * for
 * runtimes without a global WebSocket.
 */

/** The part of a WebSocket the client uses; browsers, node and the package `ws` have it. */
export interface Socket {
    onopen: ((event: never) => void) | null;
    onmessage: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    send(text: string): void;
    close(code?: number, reason?: string): void;
}

/** Makes sockets: `WebSocket` itself, for instance. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

/** Time and timers. */
export interface Clock {
    /** Milliseconds that never run backwards. */
    now(): number;
    setTimeout(run: () => void, ms: number): unknown;
    clearTimeout(timer: unknown): void;
}

/** The clock of the runtime. */
export const systemClock: Clock = {
    now: () => performance.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
};
