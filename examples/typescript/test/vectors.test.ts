/**
 * The vectors of the repository: the same verdict, and for a refusal the same code and path, as every other reader of
 * the contract. What differs stands in `vectors/differences.json`, with a reason, or this fails.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readBody, readCommand, readEvent } from "../src/envelope.js";
import { bodies } from "../src/generated/bodies.js";
import { commands } from "../src/generated/commands.js";
import { events } from "../src/generated/events.js";
import type { Check, Code, Result } from "../src/verdict.js";
import { REPOSITORY } from "./repository.js";

const FOLDER = join(REPOSITORY, "vectors");
const RUNNER = "typescript";

interface Vector {
    readonly name: string;
    readonly rule: string;
    readonly text?: string;
    readonly repeat?: readonly (readonly [string, number])[];
    readonly bytes?: string;
    readonly code?: Code;
    readonly path?: string;
    readonly unknown?: true;
    readonly strict?: { readonly code: Code; readonly path: string };
}

interface VectorFile {
    readonly side: "client" | "server" | "rest";
    readonly type: string;
    readonly vectors: readonly Vector[];
}

interface Difference {
    readonly runner: readonly string[];
    readonly folder?: string;
    readonly side?: string;
    readonly type?: string;
    readonly rule?: string;
    readonly code?: string;
    readonly name?: string;
    readonly verdict: "accept" | "reject";
    readonly why: string;
}

function filesOf(folder: "accept" | "reject"): VectorFile[] {
    const path = join(FOLDER, folder);
    return readdirSync(path)
        .filter((name) => name.endsWith(".json"))
        .map((name) => JSON.parse(readFileSync(join(path, name), "utf8")) as VectorFile);
}

function differences(): Difference[] {
    const read = JSON.parse(readFileSync(join(FOLDER, "differences.json"), "utf8")) as { differences: Difference[] };
    return read.differences.filter((difference) => difference.runner.includes(RUNNER));
}

function document(vector: Vector): Uint8Array {
    if (vector.bytes !== undefined) return Buffer.from(vector.bytes, "hex");
    const text = vector.text ?? vector.repeat?.map(([part, times]) => part.repeat(times)).join("") ?? "";
    return new TextEncoder().encode(text);
}

/** What a reader says of a document; `unknown` is an event that it skips. */
function verdict(file: VectorFile, bytes: Uint8Array, strict: boolean): string {
    const shown = (read: Result<unknown>) => (read.ok ? "accept" : `${read.code} at ${read.path}`);
    switch (file.side) {
        case "client":
            return shown(readCommand(bytes, commands));
        case "rest":
            return shown(readBody(bytes, (bodies as Record<string, Check>)[file.type] as Check, { strict: true }));
        case "server": {
            const read = readEvent(bytes, events, { strict });
            return read.ok && !read.value.known ? "unknown" : shown(read);
        }
    }
}

function expected(folder: "accept" | "reject", vector: Vector, strict: boolean): string {
    if (folder === "reject") return `${vector.code} at ${vector.path}`;
    if (strict && vector.strict !== undefined) return `${vector.strict.code} at ${vector.strict.path}`;
    return vector.unknown === true ? "unknown" : "accept";
}

for (const folder of ["accept", "reject"] as const) {
    test(`every vector of ${folder} gets its verdict`, () => {
        const listed = differences();
        const used = new Set<Difference>();
        const wrong: string[] = [];
        let count = 0;
        for (const file of filesOf(folder)) {
            for (const vector of file.vectors) {
                for (const strict of file.side === "server" ? [false, true] : [true]) {
                    count += 1;
                    const wanted = expected(folder, vector, strict);
                    const given = verdict(file, document(vector), strict);
                    const about = { ...vector, folder, side: file.side, type: file.type } as Record<string, unknown>;
                    const difference = listed.find((entry) => matches(entry, about));
                    if (difference !== undefined) used.add(difference);
                    const differs = given !== wanted;
                    const answered = given === "accept" || given === "unknown" ? "accept" : "reject";
                    if (differs === (difference !== undefined) && (!differs || difference?.verdict === answered))
                        continue;
                    wrong.push(
                        `${file.side}.${file.type} "${vector.name}"${strict ? " strict" : ""}: ${given}, not ${wanted}`,
                    );
                }
            }
        }
        assert.deepEqual(wrong, [], `${wrong.length} of ${count}`);
        assert.ok(count > 100, "there are vectors");
        const idle = listed.filter((entry) => (entry.folder ?? folder) === folder && !used.has(entry));
        assert.deepEqual(idle, [], "a listed difference selects nothing");
    });
}

function matches(entry: Difference, about: Record<string, unknown>): boolean {
    const { runner: _, verdict: __, why: ___, ...selectors } = entry;
    return Object.entries(selectors).every(([name, value]) => about[name] === value);
}
