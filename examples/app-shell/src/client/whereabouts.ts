/**
 * Where the user is: what the address says, and away from where they may not be.
 */

import type { State } from "@filament/protocol/state";
import { type Accessor, createEffect, createSignal, onCleanup, untrack } from "solid-js";
import { isOpen, isSamePlace, pathOf, type Place, placeOf, safePlace } from "./place.js";
import type { Upkeep } from "./upkeep.js";

/** Where the user is, which is what the address says. */
export function createPlace(): { place: Accessor<Place>; go: (place: Place) => void } {
    const [place, setPlace] = createSignal<Place>(placeOf(location.pathname), { equals: isSamePlace });
    const changed = () => setPlace(placeOf(location.pathname));
    window.addEventListener("popstate", changed);
    onCleanup(() => window.removeEventListener("popstate", changed));
    const go = (next: Place) => {
        if (location.pathname !== pathOf(next)) history.pushState(null, "", pathOf(next));
        setPlace(next);
    };
    return { place, go };
}

/** Moves the user away from what is not open to them any more. */
export function createGuard(
    state: Accessor<State>,
    place: Accessor<Place>,
    upkeep: Upkeep,
    go: (place: Place) => void,
): void {
    const known = { guilds: () => upkeep.guilds().kind === "ready", access: upkeep.access };
    createEffect(() => {
        const here = place();
        if (here.kind === "guild" && here.channel_id !== undefined) rememberChannel(here.guild_id, here.channel_id);
        const there = safePlace(here, state(), { guilds: known.guilds(), access: known.access }, lastChannel);
        if (isSamePlace(here, there)) return;
        // Not a step of the user's own: going back must not lead here again.
        history.replaceState(null, "", pathOf(there));
        untrack(() => go(there));
    });
}

const LAST_CHANNEL = "filament.channel.";

function rememberChannel(guild_id: string, channel_id: string): void {
    localStorage.setItem(LAST_CHANNEL + guild_id, channel_id);
}

function lastChannel(guild_id: string): string | undefined {
    return localStorage.getItem(LAST_CHANNEL + guild_id) ?? undefined;
}

/** A place to go to as soon as it is open: the answer of a request may be earlier than the events that tell of it. */
export function createWish(state: Accessor<State>, go: (place: Place) => void): (place: Place | undefined) => void {
    const [wish, setWish] = createSignal<Place>();
    createEffect(() => {
        const wanted = wish();
        if (wanted === undefined || !isOpen(wanted, state())) return;
        setWish(undefined);
        go(wanted);
    });
    return (place) => void setWish(place);
}
