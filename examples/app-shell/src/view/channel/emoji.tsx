/**
 * A choice of emoji, by name; any other can be typed.
 */

import { createMemo, createSignal, For, type JSX, onMount, Show } from "solid-js";

/** Emoji and what they are called. */
const EMOJI: readonly (readonly [string, string])[] = [
    ["👍", "thumbs up yes"],
    ["👎", "thumbs down no"],
    ["❤️", "heart love"],
    ["😂", "laugh tears joy"],
    ["🎉", "party tada celebrate"],
    ["😮", "surprised wow"],
    ["😢", "sad cry"],
    ["🔥", "fire hot"],
    ["👀", "eyes look"],
    ["✅", "check done"],
    ["❌", "cross no wrong"],
    ["🙏", "thanks please"],
    ["👏", "clap applause"],
    ["🚀", "rocket ship launch"],
    ["💡", "idea light bulb"],
    ["🤔", "thinking hmm"],
    ["😀", "grin smile"],
    ["😅", "sweat phew"],
    ["😍", "heart eyes"],
    ["😎", "cool sunglasses"],
    ["😭", "sob crying"],
    ["😡", "angry"],
    ["🥳", "party face"],
    ["🤝", "handshake deal"],
    ["💪", "strong muscle"],
    ["👋", "wave hello bye"],
    ["🤷", "shrug"],
    ["🙌", "raised hands hooray"],
    ["💯", "hundred"],
    ["⭐", "star"],
    ["⚡", "lightning fast"],
    ["🐛", "bug"],
    ["☕", "coffee"],
    ["🍕", "pizza"],
    ["🍰", "cake"],
    ["🎂", "birthday"],
    ["🎵", "music"],
    ["📌", "pin"],
    ["⏰", "alarm clock"],
    ["🌱", "seedling grow"],
];

/** A panel with the emoji; the first ones are the most used. */
export function EmojiPanel(props: {
    readonly onPick: (emoji: string) => void;
    readonly onClose: () => void;
}): JSX.Element {
    const [text, setText] = createSignal("");
    const [isAbove, setAbove] = createSignal(false);
    let field!: HTMLInputElement;
    let panel!: HTMLDivElement;
    onMount(() => {
        field.focus({ preventScroll: true });
        // In the lower part of the list it would be cut off.
        const edge = panel.closest(".messages")?.getBoundingClientRect().bottom ?? innerHeight;
        setAbove(panel.getBoundingClientRect().bottom > edge);
    });
    const found = createMemo(() => {
        const wanted = text().trim().toLowerCase();
        return EMOJI.filter(([, names]) => names.includes(wanted));
    });
    const own = () => {
        const typed = text().trim();
        return /\p{Extended_Pictographic}/u.test(typed) && typed.length <= 32 && !/\s/.test(typed) ? typed : undefined;
    };
    return (
        <div
            ref={panel}
            class="emoji-panel"
            classList={{ above: isAbove() }}
            role="dialog"
            aria-label="Choose an emoji"
            onKeyDown={(event) => {
                if (event.key !== "Escape") return;
                event.stopPropagation();
                props.onClose();
            }}
        >
            <input
                ref={field}
                type="search"
                aria-label="Find an emoji, or type one"
                placeholder="Find, or type one"
                value={text()}
                onInput={(event) => setText(event.currentTarget.value)}
                onKeyDown={(event) => {
                    if (event.key !== "Enter") return;
                    event.preventDefault();
                    const first = own() ?? found()[0]?.[0];
                    if (first !== undefined) props.onPick(first);
                }}
            />
            <div class="emoji-grid">
                <Show when={own()}>
                    {(emoji) => (
                        <button type="button" aria-label={`Use ${emoji()}`} onClick={() => props.onPick(emoji())}>
                            {emoji()}
                        </button>
                    )}
                </Show>
                <For each={found()}>
                    {([emoji, names]) => (
                        <button type="button" aria-label={names} title={names} onClick={() => props.onPick(emoji)}>
                            {emoji}
                        </button>
                    )}
                </For>
            </div>
        </div>
    );
}
