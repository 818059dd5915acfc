/**
 * Shapes as tests in a row: the lines of a function that returns the first fault of a value.
 */

import { quoted } from "./module.js";

/** Kinds with nothing inside; as a shared value each has a function of its own. */
export const LEAVES = new Set(["text", "integer", "flag", "words", "constant"]);

/** The body of a function that checks a value with nothing inside. */
export function leafBody(shape, module) {
    switch (shape.kind) {
        case "text":
            return `  return ${textCall(shape, "value", module)};\n`;
        case "integer":
            return `  return ${module.scalar("integer")}(value, ${shape.min}, ${shape.max});\n`;
        case "words":
            return (
                `  switch (value) {\n${shape.words.map((word) => `    case ${quoted(word)}:\n`).join("")}      return undefined;\n` +
                `    default:\n      return ${module.scalar("noWord")}(value);\n  }\n`
            );
        default:
            throw new Error(`${shape.kind} as a shared value`);
    }
}

/** The lines that check `expression`, a value at `path`, inside of a function that returns the first fault. */
export function checkLines(shape, expression, path, module, indent) {
    const place = path === "" ? '""' : pathLiteral(path);
    const fail = (code) => `return { code: ${code}, path: ${place} };`;
    const leaf = (call) => {
        module.usesCode = true;
        return [`${indent}code = ${call};`, `${indent}if (code !== undefined) ${`return { code, path: ${place} };`}`];
    };
    // Ids are the most frequent value by far and have a check of their own.
    if (shape.alias !== undefined && LEAVES.has(shape.kind))
        return leaf(`${module.valueCheck(shape.alias)}(${expression})`);
    switch (shape.kind) {
        case "ulid":
            return leaf(`${module.scalar("ulid")}(${expression})`);
        case "integer":
            return leaf(`${module.scalar("integer")}(${expression}, ${shape.min}, ${shape.max})`);
        case "flag":
            return leaf(`${module.scalar("flag")}(${expression})`);
        case "text":
            return leaf(textCall(shape, expression, module));
        case "constant":
            return [
                `${indent}if (${expression} !== ${quoted(shape.value)}) ${fail(constantCode(shape, expression, module))}`,
            ];
        case "words": {
            const tests = shape.words.map((word) => `${expression} !== ${quoted(word)}`);
            const code = `${module.scalar("noWord")}(${expression})`;
            if (tests.length <= 2) return [`${indent}if (${tests.join(" && ")}) ${fail(code)}`];
            return [
                `${indent}if (`,
                ...tests.map((test, index) => `${indent}  ${test}${index + 1 < tests.length ? " &&" : ""}`),
                `${indent}) {`,
                `${indent}  ${fail(code)}`,
                `${indent}}`,
            ];
        }
        case "nullable":
            return [
                `${indent}if (${expression} !== null) {`,
                ...checkLines(shape.inner, expression, path, module, `${indent}  `),
                `${indent}}`,
            ];
        case "reference":
            return called(`${`check${module.reference(shape)}`}(${expression}, strict)`, path, module, indent);
        case "list":
            return listLines(shape, expression, path, module, indent);
        case "envelope":
            return called(`${module.scalar("checkItem")}(${expression})`, path, module, indent);
        default:
            throw new Error(`${shape.kind} has no lines of its own`);
    }
}

function called(call, path, module, indent) {
    module.usesFault = true;
    const place = path === "" ? "fault" : `${module.verdict("inside")}(${pathLiteral(path)}, fault)`;
    return [`${indent}fault = ${call};`, `${indent}if (fault !== undefined) return ${place};`];
}

/** A path as a literal; `${i}` in it stands for an index. */
function pathLiteral(path) {
    return path.includes("${") ? `\`${path}\`` : quoted(path);
}

function constantCode(shape, expression, module) {
    const other = `${module.scalar("otherType")}(${expression})`;
    return `typeof ${expression} === ${quoted(typeof shape.value)} ? "out_of_bounds" : ${other}`;
}

function textCall(shape, expression, module) {
    const bounds = `${expression}, ${shape.min}, ${shape.max}`;
    if (shape.pattern === undefined) {
        return shape.noNul ? `${module.scalar("text")}(${bounds})` : `${module.scalar("units")}(${bounds})`;
    }
    const stem = (shape.alias ?? module.stem ?? "form").replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
    const form = module.constant(stem, regex(shape.pattern));
    return `${module.scalar(shape.trimmed ? "trimmed" : "formed")}(${bounds}, ${form})`;
}

/** A pattern as a regular expression literal. */
function regex(pattern) {
    const source = new RegExp(pattern, "u").source;
    return `/${source}/u`;
}

function listLines(shape, expression, path, module, indent) {
    const list = module.fresh("list");
    const index = module.fresh("index");
    const place = path === "" ? '""' : pathLiteral(path);
    const bounds = [];
    if (shape.min > 0) bounds.push(`${list}.length < ${shape.min}`);
    if (shape.max !== undefined) bounds.push(`${list}.length > ${shape.max}`);
    const lines = [
        `${indent}const ${list} = ${expression};`,
        `${indent}if (!Array.isArray(${list})) return { code: ${module.scalar("otherType")}(${list}), path: ${place} };`,
    ];
    if (bounds.length > 0)
        lines.push(`${indent}if (${bounds.join(" || ")}) return { code: "out_of_bounds", path: ${place} };`);
    const items = checkLines(shape.item, `${list}[${index}]`, `${path}[\${${index}}]`, module, `${indent}  `);
    lines.push(`${indent}for (let ${index} = 0; ${index} < ${list}.length; ${index} += 1) {`, ...items, `${indent}}`);
    if (shape.unique) {
        lines.push(
            `${indent}if (!${module.scalar("isUnique")}(${list})) return { code: "out_of_bounds", path: ${place} };`,
        );
    }
    for (const key of shape.uniqueBy) {
        const call = `${module.scalar("isUniqueBy")}(${list}, ${quoted(key)})`;
        lines.push(`${indent}if (!${call}) return { code: "out_of_bounds", path: ${place} };`);
    }
    return lines;
}

/** The lines that check the members of `value`; they count the optional ones that are there in `members`. */
export function memberLines(members, module, indent) {
    const lines = [];
    for (const member of members) {
        const expression = `value.${member.name}`;
        if (member.required) {
            lines.push(...checkLines(member.shape, expression, member.name, module, indent));
        } else {
            lines.push(`${indent}if (${expression} !== undefined) {`, `${indent}  members += 1;`);
            lines.push(...checkLines(member.shape, expression, member.name, module, `${indent}  `), `${indent}}`);
        }
    }
    return lines;
}

/** The lines that check what is asked of several members of `value` together. A contradiction is the object's fault. */
export function ruleLines(rule, module, indent) {
    const contradiction = 'return { code: "out_of_bounds", path: "" };';
    const absent = (name) => `value.${name} === undefined`;
    if (rule.anyOf !== undefined) return [`${indent}if (${rule.anyOf.map(absent).join(" && ")}) ${contradiction}`];
    if (rule.together !== undefined) {
        const [first, ...rest] = rule.together;
        const differ = rest.map((name) => `(${absent(first)}) !== (${absent(name)})`);
        return [`${indent}if (${differ.join(" || ")}) ${contradiction}`];
    }
    if (rule.disjoint !== undefined) {
        const [one, other] = rule.disjoint;
        return [`${indent}if (${module.scalar("overlap")}(value.${one}, value.${other})) ${contradiction}`];
    }
    if (rule.notBothEmpty !== undefined) {
        const { text, list } = rule.notBothEmpty;
        return [
            `${indent}if (value.${text} === "" && ${module.scalar("isEmptyList")}(value.${list})) ${contradiction}`,
        ];
    }
    if (rule.notEmpty !== undefined) return [`${indent}if (value.${rule.notEmpty} === "") ${contradiction}`];
    if (rule.absentIf !== undefined) {
        const { member, word, absent: name } = rule.absentIf;
        return [`${indent}if (value.${member} === ${quoted(word)} && value.${name} !== undefined) ${contradiction}`];
    }
    throw new Error(`rule ${JSON.stringify(rule)}`);
}
