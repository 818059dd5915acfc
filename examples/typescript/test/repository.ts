/** Where things of the repository are, seen from the compiled tests in `dist/test/`. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package. */
export const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The folder of the repository. */
export const REPOSITORY = join(PACKAGE, "../..");
