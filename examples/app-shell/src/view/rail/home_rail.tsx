/**
 * What stands beside the servers when none is open.
 */

import type { JSX } from "solid-js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";
import { PlaceLink } from "../link.js";

/** The rail. */
export function HomeRail(props: { readonly client: Client }): JSX.Element {
    return (
        <nav class="channels" aria-label="Home">
            <div class="rail-head">
                <strong>Filament</strong>
            </div>
            <ul class="channel-list">
                <li>
                    <PlaceLink client={props.client} to={{ kind: "friends" }} class="channel">
                        <Icon name="users" />
                        <span class="channel-name">Friends</span>
                    </PlaceLink>
                </li>
                <li>
                    <PlaceLink client={props.client} to={{ kind: "directory" }} class="channel">
                        <Icon name="compass" />
                        <span class="channel-name">Discover servers</span>
                    </PlaceLink>
                </li>
            </ul>
            <p class="rail-hint">
                <kbd>Ctrl</kbd> <kbd>K</kbd> finds servers and channels.
            </p>
        </nav>
    );
}
