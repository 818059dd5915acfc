/**
 * Icons: lines on a grid of 24, drawn in the colour of the text. They say nothing to assistive technology; what they
 * stand on has a name.
 */

import type { JSX } from "solid-js";

const PATHS = {
    add: "M12 5v14M5 12h14",
    at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7.1",
    ban: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
    camera: "M3 7h11v10H3zM14 11l7-4v10l-7-4",
    chart: "M4 20V10m5 10V4m5 16v-8m5 8V7",
    check: "M5 12.5l4.5 4.5L19 7",
    chevron: "M6 9l6 6 6-6",
    close: "M6 6l12 12M18 6L6 18",
    compass: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm3.5 5.5l-2 5-5 2 2-5z",
    deafened: "M4 14v-2a8 8 0 0 1 13-6.2M20 12v2m-1 5h-2v-5m-10 5H5a1 1 0 0 1-1-1v-4h3zM4 4l16 16",
    down: "M12 5v14m0 0l-6-6m6 6l6-6",
    edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
    file: "M6 3h8l4 4v14H6zM14 3v4h4",
    gear: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM19.4 13.5a7.6 7.6 0 0 0 0-3l2-1.5-2-3.4-2.3.9a7.6 7.6 0 0 0-2.6-1.5L14.1 2.5h-4.2l-.4 2.5a7.6 7.6 0 0 0-2.6 1.5l-2.3-.9-2 3.4 2 1.5a7.6 7.6 0 0 0 0 3l-2 1.5 2 3.4 2.3-.9a7.6 7.6 0 0 0 2.6 1.5l.4 2.5h4.2l.4-2.5a7.6 7.6 0 0 0 2.6-1.5l2.3.9 2-3.4z",
    hash: "M9 4L7 20M17 4l-2 16M4 9h16M4 15h16",
    headphones: "M4 14v-2a8 8 0 0 1 16 0v2m-16 0h3v5H5a1 1 0 0 1-1-1zm16 0h-3v5h2a1 1 0 0 0 1-1z",
    leave: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
    lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    menu: "M4 7h16M4 12h16M4 17h16",
    microphone: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
    more: "M5 12h.01M12 12h.01M19 12h.01",
    move: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
    muted: "M9 6a3 3 0 0 1 6 0v5M9 9v2a3 3 0 0 0 4.5 2.6M5 11a7 7 0 0 0 11 5.7M19 11a7 7 0 0 1-.6 2.8M12 18v3M4 4l16 16",
    person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20a8 8 0 0 1 16 0",
    phone: "M3 13c5-5 13-5 18 0l-2 3-4-1.5V12a11 11 0 0 0-6 0v2.5L5 16z",
    plug: "M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
    react: "M12 3a9 9 0 1 0 9 9M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5h.01M15 9.5h.01M19 2v6M16 5h6",
    reply: "M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6",
    screen: "M3 5h18v11H3zM8 20h8M12 16v4",
    search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
    send: "M4 12l16-8-6 16-3-7z",
    shield: "M12 3l8 3v6c0 4.5-3.4 7.7-8 9-4.6-1.3-8-4.5-8-9V6z",
    trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
    upload: "M12 16V4m0 0L7 9m5-5l5 5M4 20h16",
    users: "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 19a6.5 6.5 0 0 1 13 0M16 5.5a3.5 3.5 0 0 1 0 6.6M18 14a6.5 6.5 0 0 1 3.5 5",
    voice: "M4 10v4h3l5 4V6L7 10zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
} as const;

/** The name of an icon. */
export type IconName = keyof typeof PATHS;

/** An icon. */
export function Icon(props: { readonly name: IconName; readonly size?: number }): JSX.Element {
    return (
        <svg class="icon" width={props.size ?? 20} height={props.size ?? 20} viewBox="0 0 24 24" aria-hidden="true">
            <path d={PATHS[props.name]} />
        </svg>
    );
}
