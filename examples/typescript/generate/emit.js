/**
 * TypeScript of one shape: its type, and the function that checks it.
 */

import { LEAVES, checkLines, leafBody, memberLines, ruleLines } from "./checks.js";
import { comment, pascal, quoted } from "./module.js";
import { bareTypeOf, boundsOf, membersOf, typeOf } from "./types.js";

/** A shared value: its type, and for what has nothing inside its check. */
export function emitValue(name, shape, module) {
    const doc = comment([shape.doc, boundsOf(shape)].filter(Boolean).join("\n\n"));
    module.body.push(`${doc}export type ${name} = ${bareTypeOf(shape, module, "")};\n`);
    if (!LEAVES.has(shape.kind)) return;
    module.stem = name;
    module.body.push(
        `/** Finds what is wrong with a value that should be a \`${name}\`. */\n` +
            `export function code${name}(value: unknown): Code | undefined {\n${leafBody(shape, module)}}\n`,
    );
}

/** A whole type: its declaration and its check. Nested objects become types of their own, before it. */
export function emitType(name, shape, module, exported = "export ") {
    const hoisted = hoist(name, shape, module);
    const doc = comment(shape.doc ?? "");
    switch (hoisted.kind) {
        case "object":
            module.body.push(`${doc}${exported}interface ${name} {\n${membersOf(hoisted.members, module, "  ")}}\n`);
            module.body.push(objectCheck(name, hoisted.members, hoisted.rules, module, exported));
            return;
        case "tagged":
            module.body.push(`${doc}${exported}type ${name} =${typeOf(hoisted, module)};\n`);
            module.body.push(taggedCheck(name, hoisted, module, exported));
            return;
        default: {
            module.body.push(`${doc}${exported}type ${name} = ${typeOf(hoisted, module)};\n`);
            const lines = () => checkLines(hoisted, "value", "", module, "  ");
            module.body.push(checkFunction(name, lines, module, exported));
        }
    }
}

/** Replaces objects inside of a shape by references to types of this module. */
function hoist(name, shape, module) {
    const visit = (inner, stem) => {
        switch (inner.kind) {
            case "object":
            case "tagged": {
                const type = inner.name ?? stem;
                emitType(type, inner, module);
                return { kind: "reference", name: type, module: null, doc: inner.doc };
            }
            case "list":
                return { ...inner, item: visit(inner.item, `${stem}Item`) };
            case "nullable":
                return { ...inner, inner: visit(inner.inner, stem) };
            default:
                return inner;
        }
    };
    const inMembers = (members) =>
        members.map((member) => ({ ...member, shape: visit(member.shape, name + pascal(member.name)) }));
    switch (shape.kind) {
        case "object":
            return { ...shape, members: inMembers(shape.members) };
        case "tagged":
            return {
                ...shape,
                variants: shape.variants.map((variant) => ({ ...variant, members: inMembers(variant.members) })),
            };
        default:
            return visit(shape, `${name}Item`);
    }
}

function checkFunction(name, makeLines, module, exported) {
    module.usesCode = false;
    module.usesFault = false;
    const lines = makeLines();
    const locals = [];
    if (module.usesCode) locals.push(`  let code: ${module.verdict("Code")} | undefined;`);
    if (module.usesFault) locals.push("  let fault: Fault | undefined;");
    const text = [...locals, ...lines, "  return undefined;"].join("\n");
    const strict = /\bstrict\b/.test(text) ? "strict" : "_strict";
    return (
        `/** Finds what is wrong with a value that should be a \`${name}\`; refuses unknown members if \`strict\`. */\n` +
        `${exported}function check${name}(value: unknown, ${strict}: boolean): Fault | undefined {\n${text}\n}\n`
    );
}

function objectCheck(name, members, rules, module, exported) {
    return checkFunction(
        name,
        () => {
            const required = members.filter((member) => member.required).length;
            const optional = members.length - required;
            const known = module.constant("MEMBERS", `[${members.map((member) => quoted(member.name)).join(", ")}]`);
            const lines = [notObject(module, "  ")];
            if (optional > 0) lines.push(`  let members = ${required};`);
            lines.push(...memberLines(members, module, "  ", ""));
            for (const rule of rules) lines.push(...ruleLines(rule, module, "  "));
            lines.push(unknownLine(known, optional > 0 ? "members" : `${required}`, module, "  "));
            return lines;
        },
        module,
        exported,
    );
}

function notObject(module, indent) {
    return `${indent}if (!${module.scalar("isObject")}(value)) return { code: ${module.scalar("otherType")}(value), path: "" };`;
}

function unknownLine(known, members, module, indent) {
    const counted = `${module.scalar("count")}(value) !== ${members}`;
    return `${indent}if (strict && ${counted}) return ${module.scalar("unknownMember")}(value, ${known});`;
}

function taggedCheck(name, shape, module, exported) {
    return checkFunction(
        name,
        () => {
            let optional = false;
            const lines = [notObject(module, "  "), `  switch (value.${shape.tag}) {`];
            const plain = shape.variants.filter((variant) => variant.members.length === 0);
            for (const variant of plain) lines.push(`    case ${quoted(variant.word)}:`);
            if (plain.length > 0) {
                const known = module.constant("MEMBERS", `[${quoted(shape.tag)}]`);
                lines.push(unknownLine(known, "1", module, "      "), "      return undefined;");
            }
            for (const variant of shape.variants.filter((candidate) => candidate.members.length > 0)) {
                const names = [shape.tag, ...variant.members.map((member) => member.name)];
                const required = 1 + variant.members.filter((member) => member.required).length;
                const known = module.constant("MEMBERS", `[${names.map(quoted).join(", ")}]`);
                lines.push(`    case ${quoted(variant.word)}:`);
                if (required < names.length) {
                    optional = true;
                    lines.push(`      members = ${required};`);
                }
                lines.push(...memberLines(variant.members, module, "      "));
                lines.push(unknownLine(known, required < names.length ? "members" : `${required}`, module, "      "));
                lines.push("      return undefined;");
            }
            if (optional) lines.splice(1, 0, "  let members: number;");
            const code = `${module.scalar("noWord")}(value.${shape.tag})`;
            lines.push("    default:", `      return { code: ${code}, path: ${quoted(shape.tag)} };`, "  }");
            return lines;
        },
        module,
        exported,
    ).replace("  }\n  return undefined;\n}", "  }\n}");
}
