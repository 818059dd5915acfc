/** Bundles of this package as an application would make them. */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { PACKAGE } from "../test/repository.js";

/** Entries that stand for typical uses: their source by name. */
export const ENTRIES = {
    "one validator": `export { validatePresenceUpdate } from "@filament/protocol/event/presence_update";`,
    "one large validator": `export { validateMessageCreate } from "@filament/protocol/event/message_create";`,
    "all events": `export { events } from "@filament/protocol/events";
    export { readEvent } from "@filament/protocol/envelope";`,
    "client and reducers": `export { GatewayClient } from "@filament/protocol/gateway";
    export { events } from "@filament/protocol/events";
    export { Store } from "@filament/protocol/state/store";`,
} as const;

export type Entry = keyof typeof ENTRIES;

/** One module of everything an entry needs; `readable` keeps it as it was written. */
export async function bundle(source: string, readable = false): Promise<string> {
    const result = await build({
        stdin: { contents: source, resolveDir: PACKAGE, loader: "ts" },
        bundle: true,
        write: false,
        format: "esm",
        target: "es2023",
        minify: !readable,
        logLevel: "silent",
    });
    return result.outputFiles[0]?.text as string;
}

/** Bytes of a bundle: as it is, and as it travels. */
export function sizes(text: string): { readonly plain: number; readonly gzip: number } {
    return { plain: Buffer.byteLength(text), gzip: gzipSync(text, { level: 9 }).length };
}
