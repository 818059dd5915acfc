/**
 * A button with a menu: arrows move, Escape closes, the focus goes back to the button.
 */

import { createEffect, createSignal, createUniqueId, For, type JSX, onCleanup, Show } from "solid-js";
import { Icon, type IconName } from "./icon.js";

/** A line of a menu. */
export interface MenuItem {
    readonly label: string;
    readonly icon?: IconName;
    readonly danger?: boolean;
    readonly run: () => void;
}

/** A button that opens a menu. */
export function MenuButton(props: {
    readonly label: string;
    readonly class?: string;
    readonly items: readonly MenuItem[];
    readonly children: JSX.Element;
}): JSX.Element {
    const id = createUniqueId();
    /** The lines as they were when it was opened: what changes meanwhile must not take the focus out of the menu. */
    const [items, setItems] = createSignal<readonly MenuItem[]>();
    const open = () => items() !== undefined;
    let button!: HTMLButtonElement;
    let list: HTMLDivElement | undefined;

    const close = (refocus: boolean) => {
        setItems(undefined);
        if (refocus) button.focus();
    };
    const move = (step: number, from = document.activeElement) => {
        const lines = [...(list?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
        const index = lines.indexOf(from as HTMLElement);
        lines.at((index + step + lines.length) % lines.length)?.focus();
    };
    createEffect(() => {
        if (!open()) return;
        list?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
        const outside = (event: PointerEvent) => {
            if (!list?.contains(event.target as Node) && !button.contains(event.target as Node)) close(false);
        };
        document.addEventListener("pointerdown", outside);
        onCleanup(() => document.removeEventListener("pointerdown", outside));
    });
    const keys: Readonly<Record<string, () => void>> = {
        ArrowDown: () => move(1),
        ArrowUp: () => move(-1),
        Home: () => move(1, null),
        End: () => move(0, null),
        Escape: () => close(true),
        Tab: () => close(false),
    };
    return (
        <div class="menu-anchor">
            <button
                ref={button}
                type="button"
                class={props.class ?? "bare"}
                aria-label={props.label}
                aria-haspopup="menu"
                aria-expanded={open()}
                aria-controls={open() ? id : undefined}
                onClick={() => setItems(open() ? undefined : props.items)}
            >
                {props.children}
            </button>
            <Show when={open()}>
                <div
                    ref={list}
                    id={id}
                    role="menu"
                    class="menu"
                    aria-label={props.label}
                    onKeyDown={(event) => {
                        const act = keys[event.key];
                        if (act === undefined) return;
                        if (event.key !== "Tab") event.preventDefault();
                        event.stopPropagation();
                        act();
                    }}
                >
                    <For each={items()}>
                        {(item) => (
                            <button
                                type="button"
                                role="menuitem"
                                tabindex={-1}
                                classList={{ danger: item.danger === true }}
                                onClick={() => {
                                    close(true);
                                    item.run();
                                }}
                            >
                                {item.label}
                                <Show when={item.icon}>{(icon) => <Icon name={icon()} size={18} />}</Show>
                            </button>
                        )}
                    </For>
                </div>
            </Show>
        </div>
    );
}
