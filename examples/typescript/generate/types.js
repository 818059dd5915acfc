/**
 * Shapes as TypeScript types.
 */

import { comment, quoted } from "./module.js";

/** The TypeScript type of a shape. */
export function typeOf(shape, module, indent = "") {
    return shape.alias === undefined ? bareTypeOf(shape, module, indent) : module.value(shape.alias);
}

/** The type of a shape, written out. */
export function bareTypeOf(shape, module, indent) {
    switch (shape.kind) {
        case "text":
        case "ulid":
            return "string";
        case "integer":
            return "number";
        case "flag":
            return "boolean";
        case "constant":
            return quoted(shape.value);
        case "words":
            return shape.words.map(quoted).join(" | ");
        case "nullable":
            return `${typeOf(shape.inner, module, indent)} | null`;
        case "reference":
            return module.reference(shape);
        case "envelope":
            return "{ readonly v: 1; readonly t: string; readonly d: { readonly [name: string]: unknown } }";
        case "list": {
            const item = typeOf(shape.item, module, indent);
            return /[|{ ]/.test(item) ? `readonly (${item})[]` : `readonly ${item}[]`;
        }
        case "object":
            return `{\n${membersOf(shape.members, module, `${indent}  `)}${indent}}`;
        case "tagged":
            return shape.variants.map((variant) => variantOf(shape, variant, module, indent)).join("");
        default:
            throw new Error(shape.kind);
    }
}

function variantOf(shape, variant, module, indent) {
    const members = membersOf(variant.members, module, `${indent}      `);
    const tag = `readonly ${shape.tag}: ${quoted(variant.word)}`;
    if (members === "") return `\n${indent}  | { ${tag} }`;
    return `\n${indent}  | {\n${indent}      ${tag};\n${members}${indent}    }`;
}

/** The members of an interface, one per line, with what their schema says of them. */
export function membersOf(members, module, indent) {
    return members
        .map((member) => {
            const name = /^[A-Za-z_]\w*$/.test(member.name) ? member.name : quoted(member.name);
            const type = typeOf(member.shape, module, indent);
            const doc = comment([member.shape.doc, boundsOf(member.shape)].filter(Boolean).join(" "), indent);
            return `${doc}${indent}readonly ${name}${member.required ? "" : "?"}: ${type};\n`;
        })
        .join("");
}

/** What the type does not say. */
export function boundsOf(shape) {
    // A shared value says it where it is declared.
    if (shape.alias !== undefined && shape.kind !== "list") return "";
    switch (shape.kind) {
        case "text":
            return `\`${shape.min}..${shape.max}\` UTF-16 units.`;
        case "integer":
            return `\`${shape.min}..${shape.max}\`.`;
        case "list":
            return `\`${shape.min}..${shape.max}\` items.`;
        case "ulid":
            return "ULID.";
        case "nullable":
            return boundsOf(shape.inner);
        default:
            return "";
    }
}
