/**
 * What stands where there is nothing yet: loading, empty, failed.
 */

import { type JSX, Show } from "solid-js";
import type { Loaded } from "../client/upkeep.js";
import { Icon, type IconName } from "./icon.js";

/** An empty place with a word about it. */
export function Empty(props: {
    readonly icon: IconName;
    readonly title: string;
    readonly text?: string;
    readonly children?: JSX.Element;
}): JSX.Element {
    return (
        <div class="empty">
            <Icon name={props.icon} size={36} />
            <p class="empty-title">{props.title}</p>
            <Show when={props.text}>
                <p>{props.text}</p>
            </Show>
            {props.children}
        </div>
    );
}

/** A list that is on its way. */
export function Loading(props: { readonly what: string }): JSX.Element {
    return (
        <div class="loading" role="status">
            <span class="spinner" aria-hidden="true" />
            Loading {props.what}…
        </div>
    );
}

/** What is loaded, or a word about why it is not there. */
export function WhenLoaded(props: {
    readonly loaded: Loaded;
    readonly what: string;
    readonly onRetry?: () => void;
    readonly children: JSX.Element;
}): JSX.Element {
    const failure = () => (props.loaded.kind === "failed" ? props.loaded.why : undefined);
    return (
        <Show
            when={props.loaded.kind === "ready"}
            fallback={
                <Show when={failure()} fallback={<Loading what={props.what} />}>
                    {(why) => (
                        <Failure what={props.what} why={why()} {...(props.onRetry && { onRetry: props.onRetry })} />
                    )}
                </Show>
            }
        >
            {props.children}
        </Show>
    );
}

/** Something could not be loaded. */
export function Failure(props: {
    readonly what: string;
    readonly why: string;
    readonly onRetry?: () => void;
}): JSX.Element {
    return (
        <div class="failure" role="alert">
            <p>
                Could not load {props.what}. {props.why}
            </p>
            <Show when={props.onRetry}>
                <button type="button" class="button" onClick={() => props.onRetry?.()}>
                    Try again
                </button>
            </Show>
        </div>
    );
}
