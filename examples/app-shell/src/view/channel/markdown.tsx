/**
 * Markdown tokens as elements.
 */

import type { Token } from "@filament/protocol/record/token";
import { For, type JSX, Show } from "solid-js";
import { type Node, treeOf } from "./markdown_tree.js";

/** A text: its tokens, or the plain content where the server gave none (contract MD-1). */
export function Markdown(props: { readonly tokens: readonly Token[]; readonly content: string }): JSX.Element {
    return (
        <div class="markdown" classList={{ large: isEmojiOnly(props.content) }}>
            <Show when={props.tokens.length > 0} fallback={<p class="plain">{props.content}</p>}>
                <Nodes nodes={treeOf(props.tokens)} />
            </Show>
        </div>
    );
}

function Nodes(props: { readonly nodes: readonly Node[] }): JSX.Element {
    return <For each={props.nodes}>{(node) => element(node)}</For>;
}

function element(node: Node): JSX.Element {
    switch (node.kind) {
        case "text":
            return node.text;
        case "break":
            return <br />;
        case "code":
            return <code>{node.code}</code>;
        case "fenced":
            return (
                <pre tabindex={0} aria-label={node.language === null ? "Code" : `Code, ${node.language}`}>
                    <code>{node.code}</code>
                </pre>
            );
        case "paragraph":
            return (
                <p>
                    <Nodes nodes={node.children} />
                </p>
            );
        case "emphasis":
            return (
                <em>
                    <Nodes nodes={node.children} />
                </em>
            );
        case "strong":
            return (
                <strong>
                    <Nodes nodes={node.children} />
                </strong>
            );
        case "item":
            return (
                <li>
                    <Nodes nodes={node.children} />
                </li>
            );
        case "heading":
            // The headings of a message are none of the page's.
            return (
                <p class={`heading level-${node.level}`}>
                    <Nodes nodes={node.children} />
                </p>
            );
        case "list":
            return node.ordered ? (
                <ol>
                    <Nodes nodes={node.children} />
                </ol>
            ) : (
                <ul>
                    <Nodes nodes={node.children} />
                </ul>
            );
        case "link":
            return (
                <a href={node.href} target="_blank" rel="noopener noreferrer nofollow">
                    <Nodes nodes={node.children} />
                </a>
            );
    }
}

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}\u200d\ufe0f]*\s*){1,6}$/u;

function isEmojiOnly(content: string): boolean {
    return content.length <= 40 && EMOJI_ONLY.test(content.trim());
}
