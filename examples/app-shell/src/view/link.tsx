/**
 * Links to places: real addresses, followed without loading the page again.
 */

import type { JSX } from "solid-js";
import type { Client } from "../client/client.js";
import { isSamePlace, pathOf, type Place } from "../client/place.js";

/** A link to a place. */
export function PlaceLink(props: {
    readonly client: Client;
    readonly to: Place;
    readonly class?: string;
    readonly label?: string | undefined;
    readonly current?: boolean;
    readonly children: JSX.Element;
}): JSX.Element {
    const isCurrent = () => props.current ?? isSamePlace(props.client.place(), props.to);
    return (
        <a
            href={pathOf(props.to)}
            class={props.class}
            aria-label={props.label}
            aria-current={isCurrent() ? "page" : undefined}
            onClick={(event) => {
                // A new tab or window is the browser's.
                if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
                event.preventDefault();
                props.client.go(props.to);
            }}
        >
            {props.children}
        </a>
    );
}
