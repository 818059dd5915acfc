/**
 * The head of a place: its name, and what belongs to it.
 */

import { type JSX, Show } from "solid-js";
import { Icon, type IconName } from "../part/icon.js";

/** The head. */
export function Head(props: {
    readonly icon: IconName;
    readonly title: string;
    readonly onMenu: () => void;
    readonly children?: JSX.Element;
}): JSX.Element {
    return (
        <header class="head">
            <button type="button" class="bare only-small" aria-label="Open navigation" onClick={() => props.onMenu()}>
                <Icon name="menu" />
            </button>
            <span class="head-icon">
                <Icon name={props.icon} />
            </span>
            <h1>{props.title}</h1>
            <Show when={props.children}>
                <div class="head-actions">{props.children}</div>
            </Show>
        </header>
    );
}
