import assert from "node:assert/strict";
import { test } from "node:test";
import type { Token } from "@filament/protocol/record/token";
import { treeOf } from "../../src/view/channel/markdown_tree.js";

const text = (words: string): Token => ({ type: "text", text: words });

test("tokens nest as they open and close", () => {
    const tokens: Token[] = [
        { type: "list_start", ordered: true },
        { type: "list_item_start" },
        text("one"),
        { type: "strong_start" },
        text("two"),
        { type: "strong_end" },
        { type: "list_item_end" },
        { type: "list_end" },
    ];
    assert.deepEqual(treeOf(tokens), [
        {
            kind: "list",
            ordered: true,
            children: [
                {
                    kind: "item",
                    children: [
                        { kind: "text", text: "one" },
                        { kind: "strong", children: [{ kind: "text", text: "two" }] },
                    ],
                },
            ],
        },
    ]);
});

test("markup in text stays text", () => {
    const words = '<img src=x onerror="alert(1)">';
    assert.deepEqual(treeOf([text(words)]), [{ kind: "text", text: words }]);
});

test("only links of safe schemes are links", () => {
    const link = (href: string) => treeOf([{ type: "link_start", href }, text("here"), { type: "link_end" }])[0]?.kind;
    for (const href of ["https://a.b", "HTTP://a.b", "mailto:a@b.c"]) assert.equal(link(href), "link", href);
    for (const href of ["javascript:alert(1)", " https://a.b", "data:text/html,x", "//a.b", "httpss"])
        assert.equal(link(href), "emphasis", href);
});

test("what is not closed is closed, what was not opened is passed over", () => {
    const tokens: Token[] = [
        { type: "paragraph_start" },
        { type: "emphasis_start" },
        text("a"),
        { type: "paragraph_end" },
        { type: "strong_end" },
        text("b"),
    ];
    assert.deepEqual(treeOf(tokens), [
        { kind: "paragraph", children: [{ kind: "emphasis", children: [{ kind: "text", text: "a" }] }] },
        { kind: "text", text: "b" },
    ]);
});
