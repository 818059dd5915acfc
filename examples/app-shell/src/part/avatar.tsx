/**
 * The picture of a user, or their first letter on a colour of their own. Decoration: the name always stands beside it.
 */

import { createSignal, type JSX, Show } from "solid-js";
import { imageAddress } from "../api/people.js";
import type { Client } from "../client/client.js";

/** A picture. */
export function Avatar(props: {
    readonly client: Client;
    readonly user: string;
    readonly size?: number;
    readonly online?: boolean | undefined;
}): JSX.Element {
    const [failed, setFailed] = createSignal("");
    const address = () => {
        const version = props.client.state().profiles[props.user]?.avatar_version ?? 0;
        const src = imageAddress("avatar", props.user, version);
        return version > 0 && failed() !== src ? src : undefined;
    };
    return (
        <span class="avatar" style={{ "--size": `${props.size ?? 36}px`, "--hue": hue(props.user) }} aria-hidden="true">
            <Show when={address()} fallback={<span class="letter">{initial(props.client.name(props.user))}</span>}>
                {(src) => <img src={src()} alt="" loading="lazy" onError={() => setFailed(src())} />}
            </Show>
            <Show when={props.online !== undefined}>
                <span class="dot" classList={{ online: props.online === true }} />
            </Show>
        </span>
    );
}

/** The letters of a guild. */
export function initials(name: string): string {
    const words = name.trim().split(/\s+/);
    return words.slice(0, 2).map(initial).join("");
}

function initial(name: string): string {
    return [...name][0]?.toUpperCase() ?? "?";
}

/** A hue that is the same for the same id everywhere. */
export function hue(id: string): string {
    let sum = 0;
    for (let index = 0; index < id.length; index += 1) sum = (sum * 31 + id.charCodeAt(index)) % 360;
    return String(sum);
}
