/**
 * What there is to generate: the schemas of the repository, sorted into events, commands, bodies, answers, records and
 * shared values.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pascal } from "./module.js";
import { shapeOf, Unsupported } from "./shape.js";

/** `<family>.<name>.json`; the families are also the folders of the generated modules. */
const FILE = /^(event|command|body|answer|record)\.(\w+)\.json$/;
/** Any event that may stand in a batch; not generated, since a reader knows events by its own table. */
const BATCHED_EVENT = "batched.json";
const VALUES = "value.json";
const CATALOGUE = "catalog.json";
/** A reference to a shared value, from the file of values itself or from another one. */
const VALUE_REFERENCE = /^(?:value\.json)?#\/\$defs\/(\w+)$/;

/** Reads a folder of schemas: `{ types, values }`, each with `{ name, wire, family, module, shape }`. */
export function readCatalogue(folder) {
    const read = (file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
    const lifecycles = new Map(read(CATALOGUE).events.map((event) => [event.type, event]));
    // A planned event is a reserved name: whoever meets one passes over it like over any other unknown event.
    const isPlanned = (file) => lifecycles.get(/^event\.(\w+)\.json$/.exec(file)?.[1])?.lifecycle === "planned";
    const files = readdirSync(folder)
        .sort()
        .filter((file) => !isPlanned(file));
    const types = files.filter((file) => FILE.test(file)).map((file) => typeOf(file, read(file)));
    const names = new Map(types.map((type) => [type.file, type]));
    const definitions = files.includes(VALUES) ? read(VALUES).$defs : {};
    const shapes = new Map();

    const resolveIn = (file) => (reference) => {
        const [, value] = VALUE_REFERENCE.exec(reference) ?? [];
        if (value !== undefined) return { ...valueShape(value), alias: value };
        if (reference === BATCHED_EVENT) return { kind: "envelope", doc: "" };
        const target = names.get(reference);
        if (target === undefined) throw new Unsupported(`$ref ${reference} in ${file}`);
        return { kind: "reference", name: target.name, module: target.module, doc: "" };
    };
    const valueShape = (name) => {
        if (definitions[name] === undefined) throw new Unsupported(`no value ${name}`);
        if (!shapes.has(name)) shapes.set(name, shaped(`${VALUES} ${name}`, definitions[name], resolveIn(VALUES)));
        return shapes.get(name);
    };

    for (const type of types) {
        type.shape = shaped(type.file, type.payload, resolveIn(type.file));
        const note = type.family === "event" ? lifecycles.get(type.wire)?.migration_note : undefined;
        if (note !== undefined) type.shape.doc += `\n\n@deprecated ${note}`;
    }
    const values = Object.keys(definitions).map((name) => ({ name, shape: valueShape(name) }));
    return { types, values };
}

function shaped(file, schema, resolve) {
    try {
        return shapeOf(schema, resolve);
    } catch (error) {
        throw error instanceof Unsupported ? new Unsupported(`${file}: ${error.message}`) : error;
    }
}

function typeOf(file, schema) {
    const [, family, wire] = FILE.exec(file);
    const isMessage = family === "event" || family === "command";
    // Several events may carry one record, so messages are called by their own names.
    const name = isMessage ? pascal(wire) : schema.title;
    // What describes an envelope describes its payload.
    const payload = isMessage ? { ...schema.properties.d, description: schema.description } : schema;
    return { file, family, wire: isMessage ? wire : name, name, module: `${family}/${wire}`, payload };
}
