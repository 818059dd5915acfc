/** The strict parser: what it refuses, and that it agrees with `JSON.parse` on everything else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEPTH_MAX, MESSAGE_BYTES_MAX, parseBytes, parseText } from "../src/json.js";

function code(text: string): string {
    const read = parseText(text);
    return read.ok ? "accept" : read.path === "" ? read.code : `${read.code} at ${read.path}`;
}

const TABLE: readonly (readonly [string, string])[] = [
    ["{}", "accept"],
    [' \t\r\n{ "a" : [ 1 , true , null ] } ', "accept"],
    ["", "syntax"],
    ["\u00a0{}", "syntax"],
    ["\ufeff{}", "syntax"],
    ["{}{}", "syntax"],
    ["{} \u0000", "syntax"],
    ['{"a":1,}', "syntax"],
    ['{"a"=1}', "syntax"],
    ["{a:1}", "syntax"],
    ["[1,]", "syntax"],
    ["[,1]", "syntax"],
    ["[1 2]", "syntax"],
    ["01", "syntax"],
    ["-01", "syntax"],
    ["+1", "syntax"],
    [".5", "syntax"],
    ["5.", "syntax"],
    ["1e", "syntax"],
    ["-", "syntax"],
    ["0x10", "syntax"],
    ["NaN", "syntax"],
    ["True", "syntax"],
    ["nul", "syntax"],
    ['"', "syntax"],
    ['"\\', "syntax"],
    ['"\\"', "syntax"],
    ['"\\x41"', "syntax"],
    ['"\\u12"', "syntax"],
    ['"\\u+123"', "syntax"],
    ['"\\ud800"', "syntax"],
    ['"\\udc00\\ud800"', "syntax"],
    ['"\\ud800x"', "syntax"],
    ['"\\ud83d\\ude00"', "accept"],
    ['"\ud800"', "syntax"],
    ['"\n"', "syntax"],
    ['"\u0000"', "syntax"],
    ['"\u007f\u2028"', "accept"],
    ['{"a":1,"a":2}', "duplicate at a"],
    ['{"a":1,"\\u0061":2}', "duplicate at a"],
    ['{"a":undefined}', "syntax"],
    ['{"a":1,"a":2', "syntax"],
    ['{"d":{"list":[{},{"x y":1,"x y":2}]}}', "duplicate at d.list[1].x?y"],
    ['{"__proto__":1,"__proto__":2}', "duplicate at __proto__"],
    ['{"__proto__":1,"constructor":2,"toString":3}', "accept"],
    ['{"b":{"a":1,"a":2},"c":1,"c":2}', "duplicate at b.a"],
];

for (const [text, expected] of TABLE) {
    test(`${JSON.stringify(text)} is ${expected}`, () => assert.equal(code(text), expected));
}

test("thirty-two levels are read and one more is not", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    assert.equal(code(nested(DEPTH_MAX)), "accept");
    assert.equal(code(nested(DEPTH_MAX + 1)), "too_deep");
    assert.equal(code("[".repeat(DEPTH_MAX + 1)), "too_deep");
});

test("the size counts bytes of UTF-8", () => {
    const quoted = (text: string) => `"${text}"`;
    const room = MESSAGE_BYTES_MAX - 2;
    assert.equal(code(quoted("a".repeat(room))), "accept");
    assert.equal(code(quoted("a".repeat(room + 1))), "too_large");
    assert.equal(code(quoted("é".repeat(room / 2))), "accept");
    assert.equal(code(quoted(`${"é".repeat(room / 2)}a`)), "too_large");
    assert.equal(code(quoted("中".repeat(21_844))), "accept");
    assert.equal(code(quoted(`${"中".repeat(21_844)}aaa`)), "too_large");
    assert.equal(code(quoted("🌊".repeat(16_383))), "accept");
    assert.equal(code(quoted(`${"🌊".repeat(16_383)}aaa`)), "too_large");
});

test("bytes that are not UTF-8 are refused, a byte order mark as syntax", () => {
    assert.deepEqual(parseBytes(Uint8Array.of(0x22, 0xff, 0x22)), { ok: false, code: "not_utf8", path: "" });
    assert.deepEqual(parseBytes(Uint8Array.of(0xed, 0xa0, 0x80)), { ok: false, code: "not_utf8", path: "" });
    assert.deepEqual(parseBytes(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), { ok: false, code: "syntax", path: "" });
});

test("integers keep their value, everything else that is a number becomes NaN", () => {
    const value = (text: string) => {
        const read = parseText(text);
        return read.ok ? read.value : read.code;
    };
    assert.equal(value("0"), 0);
    assert.equal(value("-7"), -7);
    assert.equal(value("9007199254740991"), 9007199254740991);
    assert.equal(Number.isSafeInteger(value("9007199254740993")), false);
    for (const text of ["1.0", "1e2", "1E+2", "-0", "0.0", "1e400", "-1.5e-3"])
        assert.ok(Number.isNaN(value(text)), text);
});

test("a member called __proto__ is a member", () => {
    const read = parseText('{"__proto__":{"admin":true}}');
    assert.ok(read.ok);
    assert.equal((read.value as { admin?: boolean }).admin, undefined);
    assert.deepEqual(Object.keys(read.value as object), ["__proto__"]);
});

const json = fc.letrec((tie) => ({
    value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.maxSafeInteger().map((value) => (Object.is(value, -0) ? 0 : value)),
        fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
        fc.array(tie("value"), { maxLength: 5 }),
        fc.dictionary(fc.string(), tie("value"), { maxKeys: 5 }),
    ),
})).value;

test("what JSON.stringify writes is read back", () => {
    fc.assert(
        fc.property(json, fc.constantFrom(0, 1, "\t"), (value, space) => {
            const read = parseText(JSON.stringify(value, null, space));
            assert.ok(read.ok);
            assert.equal(JSON.stringify(read.value), JSON.stringify(value));
        }),
    );
});

test("whatever JSON.parse refuses is refused, and no damage makes it throw", () => {
    const damaged = fc
        .tuple(
            json,
            fc.nat(),
            fc.nat({ max: 3 }),
            fc.constantFrom("", ",", "}", "]", '"', "\\", "1", "e", "-", "\u0000", "\ud800"),
        )
        .map(([value, at, cut, put]) => {
            const text = JSON.stringify(value);
            const place = at % (text.length + 1);
            return text.slice(0, place) + put + text.slice(place + cut);
        });
    fc.assert(
        fc.property(damaged, (text) => {
            const read = parseText(text);
            let parses = true;
            try {
                JSON.parse(text);
            } catch {
                parses = false;
            }
            if (!parses) assert.equal(read.ok, false, text);
            if (parses && !read.ok) assert.match(text, /\\u|[\ud800-\udfff]|"|-0|[.eE]/);
        }),
        { numRuns: 1_000 },
    );
});
