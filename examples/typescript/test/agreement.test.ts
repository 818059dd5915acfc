/**
 * The generated validators against ajv on the schemas they were made of, with the keywords `x-…` taught to it: the same
 * verdict on documents with random damage.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { bodies } from "../src/generated/bodies.js";
import { commands } from "../src/generated/commands.js";
import { events } from "../src/generated/events.js";
import { checkEnvelope } from "../src/scalar.js";
import type { Check } from "../src/verdict.js";
import { REPOSITORY } from "./repository.js";

const SCHEMAS = join(REPOSITORY, "schema/v1");
const VECTORS = join(REPOSITORY, "vectors/accept");

type Members = Record<string, unknown>;

function ajvWithKeywords(): Ajv2020 {
    const files = readdirSync(SCHEMAS).filter((name) =>
        /^(event|command|body|record)\.\w+\.json$|^(value|batched)\.json$/.test(name),
    );
    const schemas = files.map((name) => JSON.parse(readFileSync(join(SCHEMAS, name), "utf8")));
    const ajv = new Ajv2020({ strict: false, unicodeRegExp: true });
    const unitsOf = (text: string, parent: Members | undefined) =>
        (parent?.["x-trimmed"] === true ? text.trim() : text).length;
    const bound = (keyword: string, holds: (units: number, limit: number) => boolean) =>
        ajv.addKeyword({
            keyword,
            type: "string",
            validate: (limit: number, text: string, parent?: Members) => holds(unitsOf(text, parent), limit),
        });
    bound("x-utf16-min", (units, limit) => units >= limit);
    bound("x-utf16-max", (units, limit) => units <= limit);
    ajv.addKeyword({
        keyword: "x-unique-by",
        type: "array",
        validate: (keys: string[][], items: Members[]) =>
            keys.every(
                (names) =>
                    new Set(items.map((item) => JSON.stringify(names.map((name) => item[name])))).size === items.length,
            ),
    });
    ajv.addKeyword({
        keyword: "x-disjoint",
        type: "object",
        validate: ([one, other]: [string, string], value: Members) =>
            !Array.isArray(value[one]) ||
            !Array.isArray(value[other]) ||
            !value[one].some((item) => (value[other] as unknown[]).includes(item)),
    });
    for (const schema of schemas) ajv.addSchema(schema);
    return ajv;
}

interface Subject {
    readonly name: string;
    readonly check: (value: unknown) => unknown;
    readonly validate: ValidateFunction;
    readonly samples: readonly unknown[];
}

function subjects(): Subject[] {
    const ajv = ajvWithKeywords();
    const of = (side: string, family: string, table: Readonly<Record<string, Check>>): Subject[] =>
        Object.entries(table).map(([name, check]) => {
            const file = name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
            const validate = ajv.getSchema(`https://filament.invalid/schema/v1/${family}.${file}.json`);
            assert.ok(validate, name);
            const { vectors } = JSON.parse(readFileSync(join(VECTORS, `${side}.${name}.json`), "utf8")) as {
                vectors: { text?: string }[];
            };
            const samples = vectors.flatMap(({ text }) =>
                text !== undefined && text.length < 4_000 ? [JSON.parse(text) as unknown] : [],
            );
            const whole = (value: unknown) => {
                const fault = checkEnvelope(value, table);
                return fault ?? ((value as Members).t === name ? check((value as Members).d, true) : "another name");
            };
            return {
                name: `${family} ${name}`,
                check: side === "rest" ? (value) => check(value, true) : whole,
                validate,
                samples,
            };
        });
    // ajv would look into the events of a batch, which the reader does here.
    const { batch: _, ...others } = events;
    return [...of("server", "event", others), ...of("client", "command", commands), ...of("rest", "body", bodies)];
}

/** Values put in place of others: each wrong somewhere, each right somewhere. */
const scalar = fc.oneof(
    fc.constantFrom<unknown>(
        null,
        true,
        false,
        0,
        1,
        -1,
        1.5,
        63,
        64,
        10_000,
        2 ** 53 - 1,
        2 ** 53,
        1e300,
        "",
        " ",
        "\u0000",
        "a\u0000",
        [],
        {},
    ),
    fc.constantFrom(
        "text",
        "everyone",
        "member",
        "01JZ8Q4M5N6P7Q8R9S0T1V2W3X",
        "81JZ8Q4M5N6P7Q8R9S0T1V2W3X",
        "#00ff00",
        "http://x",
        "javascript:x",
    ),
    fc.string({ unit: "grapheme", maxLength: 80 }),
    fc
        .tuple(
            fc.constantFrom("a", "é", "🌊", " ", "\u00a0"),
            fc.constantFrom(1, 12, 31, 32, 33, 64, 65, 128, 129, 2_000, 2_001),
        )
        .map(([char, times]) => char.repeat(times)),
);

const damage = fc.record({
    at: fc.nat(),
    how: fc.nat({ max: 4 }),
    put: scalar,
    name: fc.constantFrom("extra", "type", "actor_user_id", "__proto__"),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** Every place of a value, as what holds it and the name or index. */
function places(value: unknown): [Members, string][] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, inner]) => [
        [value as Members, name] as [Members, string],
        ...places(inner),
    ]);
}

function damaged(sample: unknown, list: readonly Damage[]): unknown {
    const value = structuredClone(sample);
    for (const { at, how, put, name } of list) {
        const all = places(value);
        const place = all[at % Math.max(all.length, 1)];
        if (place === undefined) return put;
        const [holder, key] = place;
        if (how === 0 && !Array.isArray(holder)) delete holder[key];
        else if (how === 1 && !Array.isArray(holder))
            Object.defineProperty(holder, name, { value: put, configurable: true, enumerable: true, writable: true });
        else if (how === 2 && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
        else if (how === 3 && Array.isArray(holder)) holder.splice(Number(key), 1);
        else holder[key] = structuredClone(put);
    }
    return value;
}

test("damaged documents get the verdict of ajv", () => {
    const all = subjects();
    assert.ok(all.length > 70);
    let taken = 0;
    let refused = 0;
    for (const { name, check, validate, samples } of all) {
        const documents = fc
            .tuple(fc.constantFrom(...samples), fc.array(damage, { maxLength: 2 }))
            .map(([sample, list]) => damaged(sample, list));
        fc.assert(
            fc.property(documents, (document) => {
                const own = check(document) === undefined;
                const theirs = validate(document) as boolean;
                assert.equal(
                    own,
                    theirs,
                    `${name}: ${JSON.stringify(document)} ${JSON.stringify(check(document) ?? "taken")}`,
                );
                if (own) taken += 1;
                else refused += 1;
            }),
            { numRuns: 150 },
        );
    }
    assert.ok(taken > 1_000 && refused > 1_000, `${taken} taken, ${refused} refused`);
});
