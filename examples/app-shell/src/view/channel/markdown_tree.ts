/**
 * Markdown tokens as a tree. Whatever the tokens are, the tree is one; no text of a user ever becomes markup.
 */

import type { Token } from "@filament/protocol/record/token";

/** A part of a message. */
export type Node =
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "code"; readonly code: string }
    | { readonly kind: "fenced"; readonly code: string; readonly language: string | null }
    | { readonly kind: "break" }
    | { readonly kind: "paragraph" | "emphasis" | "strong" | "item"; readonly children: readonly Node[] }
    | { readonly kind: "heading"; readonly level: number; readonly children: readonly Node[] }
    | { readonly kind: "list"; readonly ordered: boolean; readonly children: readonly Node[] }
    | { readonly kind: "link"; readonly href: string; readonly children: readonly Node[] };

interface Open {
    readonly end: Token["type"];
    readonly children: Node[];
    readonly close: (children: readonly Node[]) => Node;
}

/** Only these schemes are ever followed (contract MD-4); checked once more, since a link is what can do harm. */
const SAFE_HREF = /^(https?:|mailto:)/i;

/** The tree of tokens. What is not closed is closed at the end; an end without a beginning is passed over. */
export function treeOf(tokens: readonly Token[]): readonly Node[] {
    const root: Node[] = [];
    const open: Open[] = [];
    const here = () => open.at(-1)?.children ?? root;
    const closeLast = () => {
        const last = open.pop();
        if (last !== undefined) here().push(last.close(last.children));
    };
    for (const token of tokens) {
        const beginning = beginningOf(token);
        const leaf = leafOf(token);
        if (beginning !== undefined) open.push({ ...beginning, children: [] });
        else if (leaf !== undefined) here().push(leaf);
        else if (open.some(({ end }) => end === token.type)) {
            while (open.at(-1)?.end !== token.type) closeLast();
            closeLast();
        }
    }
    while (open.length > 0) closeLast();
    return root;
}

function beginningOf(token: Token): Omit<Open, "children"> | undefined {
    switch (token.type) {
        case "paragraph_start":
            return { end: "paragraph_end", close: (children) => ({ kind: "paragraph", children }) };
        case "emphasis_start":
            return { end: "emphasis_end", close: (children) => ({ kind: "emphasis", children }) };
        case "strong_start":
            return { end: "strong_end", close: (children) => ({ kind: "strong", children }) };
        case "list_item_start":
            return { end: "list_item_end", close: (children) => ({ kind: "item", children }) };
        case "heading_start":
            return { end: "heading_end", close: (children) => ({ kind: "heading", level: token.level, children }) };
        case "list_start":
            return { end: "list_end", close: (children) => ({ kind: "list", ordered: token.ordered, children }) };
        case "link_start": {
            const { href } = token;
            const close = (children: readonly Node[]): Node =>
                SAFE_HREF.test(href) ? { kind: "link", href, children } : { kind: "emphasis", children };
            return { end: "link_end", close };
        }
        default:
            return undefined;
    }
}

function leafOf(token: Token): Node | undefined {
    switch (token.type) {
        case "text":
            return { kind: "text", text: token.text };
        case "code":
            return { kind: "code", code: token.code };
        case "fenced_code":
            return { kind: "fenced", code: token.code, language: token.language };
        case "soft_break":
        case "hard_break":
            return { kind: "break" };
        default:
            return undefined;
    }
}
