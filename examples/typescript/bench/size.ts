/** Prints how large the bundles of typical uses are. */

import { bundle, ENTRIES, sizes } from "./bundle.js";

console.log("| bundle | minified, bytes | gzip, bytes |\n| --- | --- | --- |");
for (const [name, source] of Object.entries(ENTRIES)) {
    const { plain, gzip } = sizes(await bundle(source));
    console.log(`| ${name} | ${plain.toLocaleString("en")} | ${gzip.toLocaleString("en")} |`);
}
