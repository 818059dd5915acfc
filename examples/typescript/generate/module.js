/**
 * One generated module in the making, and how names and texts are written in it.
 */

/** One module in the making: its lines, what it imports, what it defines at the top. */
export class Module {
    constructor() {
        this.values = new Set();
        this.scalars = new Set();
        this.verdicts = new Set(["Fault"]);
        this.references = new Map();
        this.constants = [];
        this.body = [];
        this.counter = 0;
    }

    /** A name that nothing else in the module has. */
    fresh(stem) {
        this.counter += 1;
        return `${stem}${this.counter}`;
    }

    scalar(name) {
        this.scalars.add(name);
        return name;
    }

    verdict(name) {
        this.verdicts.add(name);
        return name;
    }

    reference(shape) {
        this.references.set(shape.name, shape.module);
        return shape.name;
    }

    /** The type of a shared value. */
    value(name) {
        this.values.add(`type ${name}`);
        return name;
    }

    /** The check of a shared value. */
    valueCheck(name) {
        this.values.add(`code${name}`);
        return `code${name}`;
    }

    constant(stem, value) {
        const same = this.constants.find((constant) => constant.value === value);
        if (same !== undefined) return same.name;
        const number = this.constants.filter((constant) => constant.stem === stem).length + 1;
        const name = number === 1 ? stem : `${stem}_${number}`;
        this.constants.push({ stem, name, value });
        return name;
    }
}

/** A value as a TypeScript literal. */
export const quoted = (value) => JSON.stringify(value);

/** `message_create` as `MessageCreate`. */
export function pascal(name) {
    return name.replace(/(^|[_.])([a-z])/g, (_, __, letter) => letter.toUpperCase());
}

/** A doc comment; nothing for an empty text. */
export function comment(text, indent = "") {
    const lines = text
        .replaceAll("*/", "*\\/")
        .split("\n")
        .map((line) => line.trim());
    if (lines.length === 1) return lines[0] === "" ? "" : `${indent}/** ${lines[0]} */\n`;
    return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}
