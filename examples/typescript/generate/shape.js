/**
 * JSON Schemas of the contract as shapes: what the emitter has to know, in one form, with every reference named.
 *
 * Only what the contract's schemas use is understood. Anything else ends the run: a keyword that is passed over would
 * be a
 * check that is missing.
 */

/** A schema keyword nobody taught the generator. */
export class Unsupported extends Error {}

const ULID = "^(?:[0-7][0-9A-HJKMNP-TV-Z]{25})$";
const NOT_NUL = "^[^\\u0000]*$";

/** Keywords that say nothing about which values are valid. */
const SILENT = new Set(["$schema", "$id", "$comment", "$defs", "title", "description", "deprecated", "examples"]);

/**
 * Makes the shape of a schema. `resolve` turns a `$ref` into a shape.
 *
 * @returns {object} a shape: `{ kind: "text" | "ulid" | "integer" | "flag" | "constant" | "words" | "list" | "object" |
 * "tagged" | "nullable" | "reference" | "envelope", doc, … }`
 */
export function shapeOf(schema, resolve) {
    const shape = build(schema, resolve);
    return schema.description === undefined ? { doc: "", ...shape } : { ...shape, doc: schema.description };
}

function build(schema, resolve) {
    if (schema.$ref !== undefined) {
        only(schema, ["$ref"]);
        return resolve(schema.$ref);
    }
    if (schema.oneOf !== undefined) return taggedOf(schema, resolve);
    if (schema.anyOf !== undefined) return nullableOf(schema, resolve);
    if (schema.const !== undefined) {
        only(schema, ["const", "type"]);
        return { kind: "constant", value: schema.const };
    }
    if (schema.enum !== undefined) {
        only(schema, ["enum", "type"]);
        return { kind: "words", words: schema.enum };
    }
    switch (schema.type) {
        case "string":
            return textOf(schema);
        case "integer":
            only(schema, ["type", "minimum", "maximum"]);
            return { kind: "integer", min: schema.minimum, max: schema.maximum };
        case "boolean":
            only(schema, ["type"]);
            return { kind: "flag" };
        case "array":
            return listOf(schema, resolve);
        case "object":
            return objectOf(schema, resolve);
        default:
            throw new Unsupported(`schema ${JSON.stringify(schema).slice(0, 200)}`);
    }
}

/** Refuses keywords other than the ones that were looked at. */
function only(schema, known) {
    for (const keyword of Object.keys(schema)) {
        if (!known.includes(keyword) && !SILENT.has(keyword)) throw new Unsupported(`keyword ${keyword}`);
    }
}

function nullableOf(schema, resolve) {
    only(schema, ["anyOf"]);
    const [inner, none, ...rest] = schema.anyOf;
    if (none?.type !== "null" || rest.length > 0) throw new Unsupported("anyOf that is not “or null”");
    return { kind: "nullable", inner: shapeOf(inner, resolve) };
}

function textOf(schema) {
    only(schema, ["type", "pattern", "minLength", "maxLength", "x-utf16-min", "x-utf16-max", "x-trimmed"]);
    if (schema.pattern === ULID) return { kind: "ulid" };
    // Where characters and units are not the same, the exact bounds stand in the annotations.
    const min = schema["x-utf16-min"] ?? schema.minLength ?? 0;
    const max = schema["x-utf16-max"] ?? schema.maxLength;
    if (max === undefined) throw new Unsupported("a text without an upper bound");
    const noNul = schema.pattern === NOT_NUL;
    return {
        kind: "text",
        min,
        max,
        trimmed: schema["x-trimmed"] === true,
        noNul,
        pattern: noNul ? undefined : schema.pattern,
    };
}

function listOf(schema, resolve) {
    only(schema, ["type", "items", "minItems", "maxItems", "uniqueItems", "x-unique-by"]);
    return {
        kind: "list",
        item: shapeOf(schema.items, resolve),
        min: schema.minItems ?? 0,
        max: schema.maxItems,
        unique: schema.uniqueItems === true,
        uniqueBy: schema["x-unique-by"] ?? [],
    };
}

function objectOf(schema, resolve) {
    only(schema, [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "allOf",
        "dependentRequired",
        "x-disjoint",
    ]);
    if (schema.additionalProperties !== false) throw new Unsupported("an open object");
    const required = new Set(schema.required ?? []);
    const members = Object.entries(schema.properties ?? {}).map(([name, inner]) => ({
        name,
        required: required.has(name),
        shape: shapeOf(inner, resolve),
    }));
    return { kind: "object", members, rules: rulesOf(schema) };
}

function taggedOf(schema, resolve) {
    only(schema, ["oneOf", "type"]);
    const variants = schema.oneOf.map((option) => {
        const [tag, word] =
            Object.entries(option.properties ?? {}).find(([, inner]) => inner.const !== undefined) ?? [];
        if (tag === undefined) throw new Unsupported("a choice without a tag");
        const { [tag]: _, ...properties } = option.properties;
        const { members, rules, doc } = shapeOf({ ...option, properties }, resolve);
        if (rules.length > 0) throw new Unsupported("rules of a choice");
        return { tag, word: word.const, members, doc };
    });
    const { tag } = variants[0];
    if (variants.some((variant) => variant.tag !== tag)) throw new Unsupported("a choice with several tags");
    return { kind: "tagged", tag, variants };
}

/** What is asked of several members together. */
function rulesOf(schema) {
    const rules = (schema.allOf ?? []).map(ruleOf);
    const groups = new Set(
        Object.entries(schema.dependentRequired ?? {}).map(([name, others]) => [name, ...others].sort().join()),
    );
    for (const group of groups) rules.push({ together: group.split(",") });
    if (schema["x-disjoint"] !== undefined) rules.push({ disjoint: schema["x-disjoint"] });
    return rules;
}

function ruleOf(rule) {
    if (is(rule, ["properties"])) {
        const [name] = namesWith(rule, "minLength");
        if (name !== undefined) return { notEmpty: name };
    }
    if (is(rule, ["if", "then"])) {
        const [[member, { const: word }]] = Object.entries(rule.if.properties);
        const [absent] = rule.then.not.required;
        return { absentIf: { member, word, absent } };
    }
    if (is(rule, ["anyOf"])) {
        const [text] = rule.anyOf.flatMap((option) => namesWith(option, "minLength"));
        const [list] = rule.anyOf.flatMap((option) => namesWith(option, "minItems"));
        if (text !== undefined && list !== undefined && rule.anyOf.length === 2)
            return { notBothEmpty: { text, list } };
        if (rule.anyOf.every(isPresence)) return { anyOf: rule.anyOf.flatMap((option) => option.required) };
    }
    throw new Unsupported(`rule ${JSON.stringify(rule)}`);
}

/** The members of which a rule asks that they are not empty. */
function namesWith(rule, keyword) {
    return Object.entries(rule.properties ?? {}).flatMap(([name, inner]) => (inner[keyword] === 1 ? [name] : []));
}

/** Whether an option of a rule asks for a member and for nothing of its value. */
function isPresence(option) {
    return option.required?.length === 1 && Object.values(option.properties ?? {}).every((inner) => inner === true);
}

function is(value, keywords) {
    return Object.keys(value).sort().join() === [...keywords].sort().join();
}
