/**
 * Writes `src/generated/` from the JSON Schemas in `schema/v1/` of the repository.
 *
 *     node generate/main.js [--check] [--schema FOLDER]
 *
 * With `--check` nothing is written: it fails if what is committed is not what would be written.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCatalogue } from "./catalogue.js";
import { render } from "./render.js";

const here = dirname(fileURLToPath(import.meta.url));
const arguments_ = process.argv.slice(2);
const named = arguments_.indexOf("--schema");
const folder = named < 0 ? join(here, "../../../schema/v1") : arguments_[named + 1];
const target = join(here, "../src/generated");

const files = render(readCatalogue(folder));

if (arguments_.includes("--check")) {
    const differing = differences();
    for (const path of differing)
        console.error(`src/generated/${path} is not what the schemas make; run: npm run generate`);
    process.exitCode = differing.length > 0 ? 1 : 0;
} else {
    rmSync(target, { recursive: true, force: true });
    for (const [path, text] of files) {
        mkdirSync(dirname(join(target, path)), { recursive: true });
        writeFileSync(join(target, path), text);
    }
    console.log(`${files.size} modules in src/generated`);
}

/** Paths that are missing, too many, or different. */
function differences() {
    const present = existsSync(target) ? readdirSync(target, { recursive: true }) : [];
    const committed = present.map((path) => path.replaceAll("\\", "/")).filter((path) => path.endsWith(".ts"));
    const paths = new Set([...files.keys(), ...committed]);
    const textOf = (path) => (existsSync(join(target, path)) ? readFileSync(join(target, path), "utf8") : undefined);
    return [...paths].filter((path) => files.get(path) !== textOf(path)).sort();
}
