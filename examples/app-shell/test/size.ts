/**
 * How much JavaScript the first screen takes: the entry of the built page and what it asks for at once, gzipped.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Bytes of gzipped JavaScript that the first screen may take. */
const INITIAL_BYTES_MAX = 120_000;

const root = join(import.meta.dirname, "../../dist");
const page = readFileSync(join(root, "index.html"), "utf8");
const scripts = new Set([...page.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path]) => path as string));
if (scripts.size === 0) throw new Error("the built page names no script");

let sum = 0;
for (const script of scripts) {
    const bytes = gzipSync(readFileSync(join(root, script))).length;
    sum += bytes;
    console.log(`${script}: ${bytes} bytes gzipped`);
}
console.log(`initial JavaScript: ${sum} of ${INITIAL_BYTES_MAX} bytes`);
if (sum > INITIAL_BYTES_MAX) process.exitCode = 1;
