/** The examples in the README compile, against the package as it is published. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PACKAGE } from "./repository.js";

/** What the examples take from the application around them. */
const AROUND = `
declare const session: { accessToken(request: { refresh: boolean }): Promise<string> };
declare const channel: { guild_id: string; channel_id: string };
declare const headers: Record<string, string>;
declare const value: unknown;
declare function notify(author_id: string, content: string): void;
declare function show(content: string): void;
`;

test("every example compiles", () => {
    const readme = readFileSync(join(PACKAGE, "README.md"), "utf8");
    const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text as string);
    assert.ok(examples.length >= 2);
    const folder = join(PACKAGE, ".cache");
    mkdirSync(folder, { recursive: true });
    const files = examples.map((text, index) => {
        const file = join(folder, `readme-${index}.ts`);
        writeFileSync(file, text + AROUND);
        return file;
    });
    const flags = [
        "--noEmit",
        "--strict",
        "--ignoreConfig",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--lib",
        "es2024,dom",
    ];
    const compiler = join(PACKAGE, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...flags, ...files], {
        encoding: "utf8",
        cwd: PACKAGE,
    });
    assert.equal(status, 0, stdout);
});
