/** What is committed under `src/generated` is what the schemas of the repository make. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { PACKAGE } from "./repository.js";

test("generated modules are those of schema/v1", () => {
    execFileSync(process.execPath, [join(PACKAGE, "generate/main.js"), "--check"], {
        stdio: ["ignore", "ignore", "inherit"],
    });
});
