/**
 * A Filament server of the test's own: a free port, a folder of its own, the built shell at `/`.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long anything may take on a busy machine. */
export const PATIENCE_MS = 20_000;

const PROGRAM = process.env.FILAMENT_SERVER;
const WEB_ROOT = process.env.FILAMENT_WEB_ROOT ?? join(import.meta.dirname, "../../../dist");

/** Limits that would only make tests wait for each other. */
const LIMITS = {
    FILAMENT_RATE_LIMIT_REQUESTS_PER_MINUTE: "60000",
    FILAMENT_AUTH_ROUTE_REQUESTS_PER_MINUTE: "6000",
};

/** A server that can be stopped and started again on the same data. */
export class Server {
    private process: ChildProcess | undefined;

    private constructor(
        readonly port: number,
        private readonly folder: string,
        private readonly settings: Readonly<Record<string, string>>,
    ) {}

    static async start(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
        const server = new Server(await freePort(), mkdtempSync(join(tmpdir(), "filament-shell-")), settings);
        await server.resume();
        return server;
    }

    get address(): string {
        return `http://127.0.0.1:${this.port}`;
    }

    /** Starts it, on the data it had. */
    async resume(): Promise<void> {
        if (PROGRAM === undefined) throw new Error("FILAMENT_SERVER names no server");
        const env = {
            PATH: process.env.PATH,
            RUST_LOG: "warn",
            FILAMENT_BIND_ADDR: `127.0.0.1:${this.port}`,
            FILAMENT_DATA_DIR: this.folder,
            FILAMENT_WEB_ROOT: WEB_ROOT,
            ...LIMITS,
            ...this.settings,
        };
        this.process = spawn(PROGRAM, [], { env, stdio: ["ignore", "ignore", "inherit"] });
        const isUp = async () => (await fetch(`${this.address}/readyz`).catch(() => undefined))?.ok === true;
        await until("the server is ready", isUp);
    }

    /** Stops it; the data stays. */
    async pause(): Promise<void> {
        const ended = this.process;
        if (ended === undefined || ended.exitCode !== null) return;
        const exit = once(ended, "exit");
        ended.kill("SIGTERM");
        await exit;
    }

    /** Stops it for good. */
    async stop(): Promise<void> {
        await this.pause();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** Waits for what must become true. */
export async function until(
    what: string,
    holds: () => boolean | Promise<boolean>,
    patience = PATIENCE_MS,
): Promise<void> {
    const end = Date.now() + patience;
    while (!(await holds())) {
        if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
}

async function freePort(): Promise<number> {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, "close");
    return port;
}
