/**
 * What an application bundles: nothing it did not ask for, and nothing that a strict content security policy forbids.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { bundle, ENTRIES, type Entry, sizes } from "../bench/bundle.js";
import { GUILD, message, OTHER } from "./samples.js";

/** Most bytes of the minified bundles: a change that makes one much larger is seen here. */
const BYTES_MAX: { readonly [Name in Entry]: number } = {
    "one validator": 3_000,
    "one large validator": 9_000,
    "all events": 60_000,
    "client and reducers": 85_000,
};

for (const [name, source] of Object.entries(ENTRIES)) {
    test(`the bundle of ${name} makes no code from text and stays small`, async () => {
        const text = await bundle(source, true);
        assert.doesNotMatch(text, /\beval\b|\bFunction\s*\(|\bnew\s+Function\b|\bimport\s*\(|\brequire\s*\(/);
        const { plain } = sizes(await bundle(source));
        assert.ok(plain <= BYTES_MAX[name as Entry], `${plain} bytes`);
    });
}

test("one validator brings no other one", async () => {
    const text = await bundle(ENTRIES["one validator"], true);
    assert.match(text, /validatePresenceUpdate/);
    assert.doesNotMatch(text, /markdown|participant|workspace/);
});

test("importing without using anything leaves nothing", async () => {
    const text = await bundle(`import "@filament/protocol"; import "@filament/protocol/events";`);
    assert.equal(text.trim(), "");
});

test("validators work where making code from text is switched off", async () => {
    const cases = [
        ["one large validator", "validateMessageCreate", message(1)],
        ["one validator", "validatePresenceUpdate", { guild_id: GUILD, user_id: OTHER, status: "online" }],
    ] as const;
    for (const [entry, name, payload] of cases) {
        const script = `${await bundle(ENTRIES[entry])}
      const check = ${name === "validateMessageCreate" ? "m" : "p"};
      console.log(check(${JSON.stringify(payload)}).ok, check({}).ok);
      try { new Function("1"); console.log("code is made"); } catch { console.log("strict"); }`;
        // The export list of the bundle tells what minification called the validator.
        const local = /export\s*\{\s*([\w$]+)\s+as\s+\w+\s*\}/.exec(script)?.[1] as string;
        const source = script.replace(/const check = \w;/, `const check = ${local};`);
        const output = execFileSync(
            process.execPath,
            ["--disallow-code-generation-from-strings", "--input-type=module", "-"],
            {
                input: source,
                encoding: "utf8",
            },
        );
        assert.equal(output, "true false\nstrict\n");
    }
});
