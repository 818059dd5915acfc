/**
 * Our validators against ajv's standalone code, on the same values in the same run: how many times as many operations
 * per
 * second. Also the strict parser against `JSON.parse`, which checks less.
 *
 *     npm run build && npm run bench
 *
 * The values are the `full` vectors of the repository, one per event. ajv passes over the keywords `x-…`, so it counts
 * no UTF-16 units and finds no repeated keys: the work it is compared with is less than ours.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { build } from "esbuild";
import { events } from "../src/generated/events.js";
import { parseText } from "../src/json.js";
import type { Check } from "../src/verdict.js";
import { PACKAGE, REPOSITORY } from "../test/repository.js";
import { bundle, ENTRIES, sizes } from "./bundle.js";

/** Milliseconds of one measurement, and how many of them: the best counts, since nothing makes code too fast. */
const ROUND_MS = 15;
const ROUNDS = 7;

type Run = (value: unknown) => unknown;

/** ajv's code for the payload of every event, bundled as its own documentation asks for. */
async function ajvValidators(open: boolean): Promise<{ validators: Record<string, Run>; source: string }> {
    const folder = join(REPOSITORY, "schema/v1");
    const schemas = readdirSync(folder)
        .filter((name) => /^(event|record)\.\w+\.json$|^value\.json$|^batched\.json$/.test(name))
        .map((name) =>
            JSON.parse(readFileSync(join(folder, name), "utf8"), (key, value) =>
                open && key === "additionalProperties" ? undefined : value,
            ),
        );
    const payloads = schemas.flatMap((schema) => {
        const name = schema.properties?.t?.const as string | undefined;
        return name === undefined ? [] : [{ ...schema.properties.d, $id: idOf(name) }];
    });
    const ajv = new Ajv2020({
        schemas: [...schemas, ...payloads],
        code: { source: true, esm: true },
        unicodeRegExp: true,
        strict: false,
        messages: false,
    });
    const ids = Object.fromEntries(names.map((name) => [name, idOf(name)]));
    const source = (
        standalone as unknown as { default: typeof import("ajv/dist/standalone/index.js").default }
    ).default(ajv, ids);
    const cache = join(PACKAGE, ".cache");
    mkdirSync(cache, { recursive: true });
    const result = await build({
        stdin: { contents: source, resolveDir: PACKAGE },
        bundle: true,
        write: false,
        format: "esm",
        minify: true,
    });
    const text = result.outputFiles[0]?.text as string;
    const path = join(cache, `ajv-${open ? "open" : "closed"}.mjs`);
    writeFileSync(path, text);
    return { validators: (await import(pathToFileURL(path).href)) as Record<string, Run>, source: text };
}

function idOf(name: string): string {
    return `https://filament.invalid/schema/v1/payload.${name}.json`;
}

/** The text of an event's `full` vector, or of its first. */
function sample(name: string): string {
    const file = JSON.parse(readFileSync(join(REPOSITORY, `vectors/accept/server.${name}.json`), "utf8"));
    const vectors = file.vectors as { rule: string; text?: string }[];
    const chosen = vectors.find((vector) => vector.rule === "full" && vector.text !== undefined) ?? vectors[0];
    return chosen?.text as string;
}

/** Runs both in turn; gives operations per second of each, best of all rounds. */
function race(one: () => unknown, other: () => unknown): [number, number] {
    const best: [number, number] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
        for (const [index, run] of [one, other].entries())
            best[index as 0 | 1] = Math.max(best[index as 0 | 1], rate(run));
    }
    return best;
}

let sink: unknown;

/** Operations per second of processor time, so that other programs on the machine count little. */
function rate(run: () => unknown): number {
    let count = 0;
    let used = 0;
    const start = process.cpuUsage();
    while (used < ROUND_MS) {
        for (let index = 0; index < 1_000; index += 1) sink = run();
        count += 1_000;
        const { user, system } = process.cpuUsage(start);
        used = (user + system) / 1_000;
    }
    return (count / used) * 1_000;
}

function summary(title: string, ratios: readonly { name: string; ratio: number }[]): void {
    const sorted = [...ratios].sort((one, two) => one.ratio - two.ratio);
    const mean = Math.exp(sorted.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / sorted.length);
    const shown = (entry: { name: string; ratio: number } | undefined) => `${entry?.ratio.toFixed(2)} (${entry?.name})`;
    console.log(
        `${title}: geometric mean ${mean.toFixed(2)}, median ${sorted[sorted.length >> 1]?.ratio.toFixed(2)}, least ${shown(sorted[0])}, most ${shown(sorted.at(-1))}, ${sorted.length} events`,
    );
}

// Not `batch`: ajv's code looks into its events, our check leaves that to `readEvent`.
const names = (Object.keys(events) as (keyof typeof events)[]).filter((name) => name !== "batch");
for (const open of [false, true]) {
    const { validators, source } = await ajvValidators(open);
    const accepted: { name: string; ratio: number }[] = [];
    const refused: { name: string; ratio: number }[] = [];
    for (const name of names) {
        const { d: value } = JSON.parse(sample(name)) as { d: Record<string, unknown> };
        const damaged = structuredClone(value);
        const last = Object.keys(damaged).at(-1) as string;
        damaged[last] = null;
        const check = events[name] as Check;
        const theirs = validators[name] as Run;
        if (check(value, !open) !== undefined || theirs(value) !== true) throw new Error(`${name} is refused`);
        if (check(damaged, !open) === undefined || theirs(damaged) !== false)
            throw new Error(`${name} is taken with ${last}: null`);
        const ratioOf = (input: unknown) => {
            const [own, other] = race(
                () => check(input, !open),
                () => theirs(input),
            );
            return own / other;
        };
        accepted.push({ name, ratio: ratioOf(value) });
        refused.push({ name, ratio: ratioOf(damaged) });
    }
    const mode = open ? "reader, unknown members passed over" : "strict, unknown members refused";
    summary(`${mode}; accepted values, ours / ajv`, accepted);
    if (process.argv.includes("--all"))
        for (const { name, ratio } of accepted) console.log(`  ${name} ${ratio.toFixed(2)}`);
    summary(`${mode}; refused values, ours / ajv`, refused);
    const own = sizes(await bundle(ENTRIES["all events"]));
    const other = sizes(source);
    console.log(
        `code of all events: ours ${own.plain} bytes (gzip ${own.gzip}), ajv ${other.plain} (gzip ${other.gzip})`,
    );
}

const parsing = names.map((name) => {
    const text = sample(name);
    const [own, other] = race(
        () => parseText(text),
        () => JSON.parse(text),
    );
    return { name, ratio: own / other };
});
summary("strict parser / JSON.parse", parsing);
if (sink === names) console.log("never: it keeps the loops from being dropped");
