/**
 * A list put in order by dragging, by the arrows on a row's handle, or, where there is only touch, by buttons. The new
 * order is handed over once it rests.
 */

import { createEffect, createSignal, For, type JSX, on, onCleanup, Show } from "solid-js";
import { Icon } from "../../part/icon.js";
import { movedTo } from "./order.js";

/** How long the order has to rest before it is handed over, in milliseconds. */
const REST_MS = 500;

/** The list. */
export function Reorder(props: {
    readonly label: string;
    readonly ids: readonly string[];
    /** Rows that stay where they are. */
    readonly isFixed: (id: string) => boolean;
    readonly name: (id: string) => string;
    readonly onOrder: (ids: readonly string[]) => void;
    readonly children: (id: string) => JSX.Element;
}): JSX.Element {
    const [order, setOrder] = createSignal<readonly string[]>(props.ids);
    const [dragged, setDragged] = createSignal<string>();
    const [words, setWords] = createSignal("");
    let timer: ReturnType<typeof setTimeout> | undefined;
    onCleanup(() => clearTimeout(timer));
    // The truth comes with events; a change of one's own that is not handed over yet stays until it is.
    createEffect(
        on(
            () => props.ids,
            (ids) => {
                if (timer === undefined) setOrder(ids);
            },
        ),
    );
    const handOver = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
            timer = undefined;
            const next = order();
            if (next.join() !== props.ids.join()) props.onOrder(next);
        }, REST_MS);
    };
    const move = (id: string, to: number) => {
        const next = movedTo(order(), id, to, props.isFixed);
        if (next === order()) return;
        setOrder(next);
        setWords(`${props.name(id)}, now ${next.indexOf(id) + 1} of ${next.length}`);
        handOver();
    };
    const keys = (event: KeyboardEvent, id: string) => {
        const steps: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };
        const step = steps[event.key];
        if (step === undefined) return;
        event.preventDefault();
        move(id, order().indexOf(id) + step);
        // The row went elsewhere in the document, and took the focus out of it.
        queueMicrotask(() => document.getElementById(`handle-${id}`)?.focus());
    };
    return (
        <>
            <ul class="reorder" aria-label={props.label}>
                <For each={order()}>
                    {(id) => (
                        <li
                            class="reorder-row"
                            classList={{ dragged: dragged() === id }}
                            draggable={!props.isFixed(id)}
                            onDragStart={(event) => {
                                setDragged(id);
                                event.dataTransfer?.setData("text/plain", id);
                            }}
                            onDragOver={(event) => {
                                const moving = dragged();
                                if (moving === undefined) return;
                                event.preventDefault();
                                if (moving !== id) move(moving, order().indexOf(id));
                            }}
                            onDrop={(event) => event.preventDefault()}
                            onDragEnd={() => setDragged(undefined)}
                        >
                            <Show when={!props.isFixed(id)} fallback={<span class="handle" aria-hidden="true" />}>
                                <button
                                    type="button"
                                    id={`handle-${id}`}
                                    class="bare handle"
                                    aria-label={`Move ${props.name(id)}, ${order().indexOf(id) + 1} of ${order().length}`}
                                    title="Drag, or move with the arrow keys"
                                    onKeyDown={(event) => keys(event, id)}
                                >
                                    <Icon name="move" size={18} />
                                </button>
                            </Show>
                            {props.children(id)}
                            <Show when={!props.isFixed(id)}>
                                <span class="touch-move">
                                    <button
                                        type="button"
                                        class="bare up"
                                        aria-label={`Move ${props.name(id)} up`}
                                        onClick={() => move(id, order().indexOf(id) - 1)}
                                    >
                                        <Icon name="down" size={18} />
                                    </button>
                                    <button
                                        type="button"
                                        class="bare"
                                        aria-label={`Move ${props.name(id)} down`}
                                        onClick={() => move(id, order().indexOf(id) + 1)}
                                    >
                                        <Icon name="down" size={18} />
                                    </button>
                                </span>
                            </Show>
                        </li>
                    )}
                </For>
            </ul>
            <p class="visually-hidden" aria-live="assertive">
                {words()}
            </p>
        </>
    );
}
