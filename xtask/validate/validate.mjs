// Judges the documents of schema/v1 with tools that did not write them: ajv for the schemas, AsyncAPI's parser, and two
// validators of OpenAPI. Prints what they found, one line each, and exits with 1 if that was anything.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { Parser } from "@asyncapi/parser";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";

const folder = fileURLToPath(new URL("../../schema/v1/", import.meta.url));
const text = (name) => readFileSync(join(folder, name), "utf8");
const read = (name) => JSON.parse(text(name));
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
const interfaces = ["asyncapi.json", "openapi.json", "catalog.json"];
const schemas = names.filter((name) => !interfaces.includes(name));

/** Every schema is valid against its dialect, says nothing ajv does not know, and leads nowhere that does not exist. */
function judgeSchemas() {
  const catalog = read("catalog.json");
  const ajv = new Ajv2020({ strict: true, allErrors: true, unicodeRegExp: true });
  ajv.addVocabulary(catalog.keywords.map((keyword) => keyword.name));
  const found = [];
  for (const name of schemas) {
    ajv.addSchema(read(name));
  }
  for (const name of schemas) {
    try {
      const schema = read(name);
      ajv.getSchema(schema.$id) ?? found.push(`${name}: not known by its $id`);
      for (const definition of Object.keys(schema.$defs ?? {})) {
        ajv.getSchema(`${schema.$id}#/$defs/${definition}`) ?? found.push(`${name}: ${definition} is not found`);
      }
    } catch (error) {
      found.push(`${name}: ${error.message}`);
    }
  }
  const listed = [...catalog.events, ...catalog.commands].map((row) => row.schema);
  for (const name of listed) {
    if (!schemas.includes(name)) {
      found.push(`catalog.json: ${name} does not exist`);
    }
  }
  return found;
}

/** The AsyncAPI document has no error and no warning that is about more than taste. */
async function judgeAsyncApi() {
  const { document, diagnostics } = await new Parser().parse(text("asyncapi.json"));
  const found = diagnostics
    .filter((it) => it.severity <= 1)
    .map((it) => `asyncapi.json: ${it.path.join(".")}: ${it.message} (${it.code})`);
  if (document === undefined) {
    found.push("asyncapi.json: not understood");
  }
  return found;
}

/** The OpenAPI document has the form of 3.1, resolves, and names its parameters and operations consistently. */
async function judgeOpenApi() {
  const found = [];
  const validator = new Validator();
  const result = await validator.validate(read("openapi.json"));
  if (!result.valid) {
    found.push(`openapi.json: ${JSON.stringify(result.errors).slice(0, 2000)}`);
  }
  if (validator.version !== "3.1") {
    found.push(`openapi.json: taken for version ${validator.version}`);
  }
  const config = await createConfig({
    rules: {
      struct: "error",
      "no-unresolved-refs": "error",
      "no-unused-components": "error",
      "no-identical-paths": "error",
      "no-duplicated-tag-names": "error",
      "no-schema-type-mismatch": "error",
      "no-invalid-schema-examples": "error",
      "no-enum-type-mismatch": "error",
      "no-path-trailing-slash": "error",
      "operation-operationId": "error",
      "operation-operationId-unique": "error",
      "operation-operationId-url-safe": "error",
      "operation-parameters-unique": "error",
      "operation-summary": "error",
      "operation-tag-defined": "error",
      "path-declaration-must-exist": "error",
      "path-not-include-query": "error",
      "path-parameters-defined": "error",
      "security-defined": "error",
      "tag-description": "error",
    },
  });
  const problems = await lintFromString({ source: text("openapi.json"), absoluteRef: join(folder, "openapi.json"), config });
  for (const problem of problems) {
    const place = problem.location.map((location) => location.pointer ?? "").join(" ");
    found.push(`openapi.json: ${place}: ${problem.message} (${problem.ruleId})`);
  }
  return found;
}

const judges = { schemas: judgeSchemas, asyncapi: judgeAsyncApi, openapi: judgeOpenApi };
let failed = false;
for (const [name, judge] of Object.entries(judges)) {
  const started = performance.now();
  const found = await judge();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(found.length === 0 ? `${name}: valid (${seconds} s)` : found.map((line) => `${name}: ${line}`).join("\n"));
  failed ||= found.length > 0;
}
process.exitCode = failed ? 1 : 0;
