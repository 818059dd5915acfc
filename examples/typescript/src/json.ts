/**
 * JSON text, read without forgiving anything.
 *
 * `JSON.parse` hides faults that the contract refuses: it keeps the last of two members of one name, reads `1.0` and
 * `1e0` as `1`, rounds integers past 2^53, lets unpaired surrogates through and nests without end. This parser refuses
 * duplicate names, unpaired surrogates and depth by itself. A number may stand where nobody reads it, in a member of a
 * later version, so numbers are marked instead: what has a fraction or an exponent, and `-0`, becomes NaN, which no
 * validator takes.
 */

import { type Code, type Result, shownName } from "./verdict.js";

/** Bytes of UTF-8 of one gateway message or JSON body (contract ENV-7, HTTP-11). */
export const MESSAGE_BYTES_MAX = 65_536;

/** Nesting of objects and arrays in one document, the outermost counted (contract ENV-8). */
export const DEPTH_MAX = 32;

/** A JSON value as {@link parseText} makes it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** An object of a document. */
export interface JsonObject {
    [name: string]: Json;
}

/** Reads the bytes of one document: at most 65,536, UTF-8 without byte order mark. */
export function parseBytes(bytes: Uint8Array): Result<Json> {
    if (bytes.length > MESSAGE_BYTES_MAX) return { ok: false, code: "too_large", path: "" };
    let text: string;
    try {
        text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
        return { ok: false, code: "not_utf8", path: "" };
    }
    return parseText(text);
}

/** Reads the text of one document: at most 65,536 bytes when written as UTF-8. */
export function parseText(text: string): Result<Json> {
    if (isTooLarge(text)) return { ok: false, code: "too_large", path: "" };
    const parser = new Parser(text);
    try {
        const value = parser.document();
        if (parser.duplicate !== undefined) return { ok: false, code: "duplicate", path: parser.duplicate };
        return { ok: true, value };
    } catch (error) {
        if (error instanceof Refusal) return { ok: false, code: error.code, path: "" };
        throw error;
    }
}

/** Tells whether a text takes more bytes of UTF-8 than a message may have. */
function isTooLarge(text: string): boolean {
    if (text.length > MESSAGE_BYTES_MAX) return true;
    if (text.length * 3 <= MESSAGE_BYTES_MAX) return false;
    let bytes = text.length;
    for (let index = 0; index < text.length; index += 1) {
        const unit = text.charCodeAt(index);
        // Two bytes from U+0080, three from U+0800; each half of a pair is two of the four of its character.
        if (unit >= 0x80) bytes += unit >= 0x800 && (unit & 0xf800) !== 0xd800 ? 2 : 1;
    }
    return bytes > MESSAGE_BYTES_MAX;
}

/** Thrown inside of the parser only: a fault ends the parse from any depth. */
class Refusal extends Error {
    constructor(readonly code: Code) {
        super(code);
    }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** An unpaired surrogate: with the flag `u`, a pair is one character and no surrogate. */
const UNPAIRED = /\p{Surrogate}/u;
/** What in a string may need a closer look: control characters, escapes, surrogates. Most strings have none. */
const SPECIAL = /[\u0000-\u001f\\\ud800-\udfff]/;
const HEX = /^[0-9a-fA-F]{4}$/;

/** What stands behind a backslash, and what it means. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
    ['"', '"'],
    ["\\", "\\"],
    ["/", "/"],
    ["b", "\b"],
    ["f", "\f"],
    ["n", "\n"],
    ["r", "\r"],
    ["t", "\t"],
]);

/** How assignment makes a member; for the one name that assignment would take as something else. */
const PLAIN = { configurable: true, enumerable: true, writable: true };

/** One pass over one text. */
class Parser {
    /** The place of the first repeated name, in the order in which objects end. */
    duplicate: string | undefined;
    private position = 0;
    /** Names and indices that lead to the value being read. */
    private readonly way: (string | number)[] = [];

    constructor(private readonly text: string) {}

    document(): Json {
        this.skipWhiteSpace();
        const value = this.value();
        this.skipWhiteSpace();
        if (this.position !== this.text.length) throw new Refusal("syntax");
        return value;
    }

    private peek(): number {
        // NaN behind the end: equal to nothing.
        return this.text.charCodeAt(this.position);
    }

    private skipWhiteSpace(): void {
        for (;;) {
            const unit = this.peek();
            if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
            this.position += 1;
        }
    }

    private value(): Json {
        const unit = this.peek();
        switch (unit) {
            case QUOTE:
                return this.string();
            case OPEN_OBJECT:
                return this.object();
            case OPEN_LIST:
                return this.list();
            case 0x74:
                return this.word("true", true);
            case 0x66:
                return this.word("false", false);
            case 0x6e:
                return this.word("null", null);
            default:
                if (unit === MINUS || (unit >= ZERO && unit <= NINE)) return this.number();
                throw new Refusal("syntax");
        }
    }

    private word<T>(word: string, value: T): T {
        if (!this.text.startsWith(word, this.position)) throw new Refusal("syntax");
        this.position += word.length;
        return value;
    }

    /** Steps into a container; tells whether it is empty. */
    private enter(close: number): boolean {
        if (this.way.length === DEPTH_MAX) throw new Refusal("too_deep");
        this.position += 1;
        this.skipWhiteSpace();
        if (this.peek() !== close) return false;
        this.position += 1;
        return true;
    }

    /** Reads what stands behind an item; tells whether another one follows. */
    private more(close: number): boolean {
        this.skipWhiteSpace();
        const unit = this.peek();
        this.position += 1;
        if (unit === close) return false;
        if (unit !== COMMA) throw new Refusal("syntax");
        this.skipWhiteSpace();
        return true;
    }

    private list(): Json[] {
        const items: Json[] = [];
        if (this.enter(CLOSE_LIST)) return items;
        this.way.push(0);
        do {
            this.way[this.way.length - 1] = items.length;
            items.push(this.value());
        } while (this.more(CLOSE_LIST));
        this.way.pop();
        return items;
    }

    private object(): JsonObject {
        // Not without a prototype: such objects are slow to read. So two kinds of names need care, see below.
        const members: JsonObject = {};
        if (this.enter(CLOSE_OBJECT)) return members;
        let repeated: string | undefined;
        this.way.push("");
        do {
            if (this.peek() !== QUOTE) throw new Refusal("syntax");
            const name = this.string();
            this.skipWhiteSpace();
            if (this.peek() !== COLON) throw new Refusal("syntax");
            this.position += 1;
            this.skipWhiteSpace();
            if (members[name] !== undefined && Object.hasOwn(members, name)) repeated ??= name;
            this.way[this.way.length - 1] = name;
            const value = this.value();
            if (name === "__proto__") Object.defineProperty(members, name, { value, ...PLAIN });
            else members[name] = value;
        } while (this.more(CLOSE_OBJECT));
        this.way.pop();
        if (repeated !== undefined) this.duplicate ??= this.placeOf(repeated);
        return members;
    }

    /** The place of a member of the object that is being read. */
    private placeOf(name: string): string {
        let place = "";
        for (const step of [...this.way, name]) {
            if (typeof step === "number") place += `[${step}]`;
            else place += place === "" ? shownName(step) : `.${shownName(step)}`;
        }
        return place;
    }

    private number(): number {
        const start = this.position;
        const negative = this.peek() === MINUS;
        if (negative) this.position += 1;
        const digits = this.position;
        this.digits();
        if (this.position - digits > 1 && this.text.charCodeAt(digits) === ZERO) throw new Refusal("syntax");
        let integer = true;
        if (this.peek() === DOT) {
            integer = false;
            this.position += 1;
            this.digits();
        }
        if ((this.peek() | 0x20) === 0x65) {
            integer = false;
            this.position += 1;
            const sign = this.peek();
            if (sign === 0x2b || sign === MINUS) this.position += 1;
            this.digits();
        }
        if (!integer) return Number.NaN;
        const value = Number(this.text.slice(start, this.position));
        return negative && value === 0 ? Number.NaN : value;
    }

    private digits(): void {
        const start = this.position;
        for (let unit = this.peek(); unit >= ZERO && unit <= NINE; unit = this.peek()) this.position += 1;
        if (this.position === start) throw new Refusal("syntax");
    }

    /** Reads a string whose opening quote is next. */
    private string(): string {
        const start = this.position + 1;
        let end = this.text.indexOf('"', start);
        if (end < 0) throw new Refusal("syntax");
        let text = this.text.slice(start, end);
        if (SPECIAL.test(text)) {
            [text, end] = this.escaped(start);
            if (UNPAIRED.test(text)) throw new Refusal("syntax");
        }
        this.position = end + 1;
        return text;
    }

    /** Reads a string with escapes that starts at `start`; also says where its closing quote is. */
    private escaped(start: number): [string, number] {
        let text = "";
        let plain = start;
        let position = start;
        for (;;) {
            const unit = this.text.charCodeAt(position);
            if (unit === QUOTE) return [text + this.text.slice(plain, position), position];
            // Also the end of the text, where the unit is NaN.
            if (!(unit >= 0x20)) throw new Refusal("syntax");
            if (unit !== BACKSLASH) {
                position += 1;
                continue;
            }
            text += this.text.slice(plain, position);
            const letter = this.text.charAt(position + 1);
            if (letter === "u") {
                const digits = this.text.slice(position + 2, position + 6);
                if (!HEX.test(digits)) throw new Refusal("syntax");
                text += String.fromCharCode(Number.parseInt(digits, 16));
                position += 6;
            } else {
                const meant = ESCAPES.get(letter);
                if (meant === undefined) throw new Refusal("syntax");
                text += meant;
                position += 2;
            }
            plain = position;
        }
    }
}
