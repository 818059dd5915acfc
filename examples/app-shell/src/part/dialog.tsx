/**
 * Dialogs on the browser's own `<dialog>`: it keeps the focus inside, closes on Escape and gives the focus back.
 */

import { createUniqueId, type JSX, onCleanup, onMount, Show } from "solid-js";
import { Icon } from "./icon.js";

/** Opens a dialog for as long as the part that mounts it is there; the focus then goes back to where it was. */
export function openModal(element: HTMLDialogElement): void {
    const before = document.activeElement;
    element.showModal();
    onCleanup(() => {
        element.close();
        if (before instanceof HTMLElement && before.isConnected) before.focus();
    });
}

/** A dialog that is open as long as it is there. */
export function Dialog(props: {
    readonly title: string;
    readonly class?: string;
    readonly onClose: () => void;
    readonly children: JSX.Element;
    /** Buttons at the bottom. */
    readonly actions?: JSX.Element;
}): JSX.Element {
    const id = createUniqueId();
    let element!: HTMLDialogElement;
    onMount(() => openModal(element));
    return (
        <dialog
            ref={element}
            class={`dialog ${props.class ?? ""}`}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                props.onClose();
            }}
            onClick={(event) => event.target === element && props.onClose()}
        >
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2 id={id}>{props.title}</h2>
                    <button type="button" class="bare" aria-label="Close" onClick={() => props.onClose()}>
                        <Icon name="close" />
                    </button>
                </header>
                <div class="dialog-content">{props.children}</div>
                <Show when={props.actions}>
                    <footer class="dialog-actions">{props.actions}</footer>
                </Show>
            </div>
        </dialog>
    );
}

/** Asks before something that cannot be taken back. */
export function Confirm(props: {
    readonly title: string;
    readonly text: string;
    readonly action: string;
    readonly onConfirm: () => void;
    readonly onClose: () => void;
}): JSX.Element {
    return (
        <Dialog
            title={props.title}
            onClose={props.onClose}
            actions={
                <>
                    <button type="button" class="button" onClick={() => props.onClose()}>
                        Cancel
                    </button>
                    <button
                        type="button"
                        class="button danger"
                        onClick={() => {
                            props.onClose();
                            props.onConfirm();
                        }}
                    >
                        {props.action}
                    </button>
                </>
            }
        >
            <p>{props.text}</p>
        </Dialog>
    );
}
