/**
 * A panel of settings that fills the screen: sections at the left, the chosen one beside them.
 */

import { createSignal, createUniqueId, For, type JSX, onMount, Show } from "solid-js";
import { openModal } from "./dialog.js";
import { Icon } from "./icon.js";

/** A section. */
export interface Section {
    readonly id: string;
    readonly label: string;
    /** Why it is not open to the user, if it is not. */
    readonly locked?: string | undefined;
    readonly view: () => JSX.Element;
}

/** The panel. */
export function Settings(props: {
    readonly title: string;
    readonly sections: readonly Section[];
    readonly section?: string | undefined;
    readonly onClose: () => void;
    /** Below the sections. */
    readonly extra?: JSX.Element;
}): JSX.Element {
    const id = createUniqueId();
    const [chosen, choose] = createSignal(props.section ?? props.sections[0]?.id);
    const section = () => props.sections.find((other) => other.id === chosen());
    let element!: HTMLDialogElement;
    let heading!: HTMLHeadingElement;
    onMount(() => {
        openModal(element);
        heading.focus();
    });
    return (
        <dialog
            ref={element}
            class="settings"
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                props.onClose();
            }}
        >
            <nav class="settings-nav" aria-label={props.title}>
                <h1 id={id}>{props.title}</h1>
                <ul>
                    <For each={props.sections}>
                        {(item) => (
                            <li>
                                <button
                                    type="button"
                                    class="settings-link"
                                    aria-current={chosen() === item.id ? "page" : undefined}
                                    title={item.locked}
                                    onClick={() => {
                                        choose(item.id);
                                        queueMicrotask(() => heading.focus());
                                    }}
                                >
                                    {item.label}
                                    <Show when={item.locked}>
                                        <Icon name="lock" size={14} />
                                        <span class="visually-hidden">(locked)</span>
                                    </Show>
                                </button>
                            </li>
                        )}
                    </For>
                </ul>
                {props.extra}
            </nav>
            <div class="settings-main">
                <div class="settings-head">
                    <h2 ref={heading} tabindex={-1}>
                        {section()?.label}
                    </h2>
                    <button type="button" class="bare" onClick={() => props.onClose()}>
                        <span class="visually-hidden">Close {props.title}</span>
                        <Icon name="close" />
                        <kbd class="only-wide" aria-hidden="true">
                            Esc
                        </kbd>
                    </button>
                </div>
                <Show when={section()} keyed>
                    {(item) => (
                        <>
                            <Show when={item.locked}>
                                <p class="locked" role="note">
                                    <Icon name="lock" size={16} /> {item.locked}
                                </p>
                            </Show>
                            {item.view()}
                        </>
                    )}
                </Show>
            </div>
        </dialog>
    );
}
