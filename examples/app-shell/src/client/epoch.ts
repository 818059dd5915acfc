/**
 * When everything that is shown has to be loaded: once there is a connection, and whenever events may have been missed.
 */

import type { GatewayClient } from "@filament/protocol/gateway";
import { type Accessor, createSignal, untrack } from "solid-js";
import type { Later } from "./keeper.js";

/** Without a connection after this time the page is filled over REST alone, in milliseconds. */
const PATIENCE_MS = 1_500;
/** Gaps within this time after one cause one load together, in milliseconds: a server that stammers is not asked for ever. */
const GAPS_MS = 2_000;

/** 0 before the first load; rises with each time everything has to be loaded. */
export function createEpoch(gateway: GatewayClient, later: Later): Accessor<number> {
    const [epoch, setEpoch] = createSignal(0);
    const rise = () => setEpoch((number) => number + 1);
    let isHeld = false;
    let isDue = false;
    const gap = () => {
        isDue = isHeld;
        if (isHeld) return;
        isHeld = true;
        rise();
        later(GAPS_MS, () => {
            isHeld = false;
            if (isDue) gap();
        });
    };
    let isFirst = true;
    gateway.onNotice("status", ({ kind }) => {
        if (kind !== "ready" || !isFirst) return;
        isFirst = false;
        // Events are heard from now on: what is loaded from here misses none.
        rise();
    });
    // A gap of one channel stands in the state, and is mended like one that was never loaded.
    gateway.onNotice("gap", ({ channel }) => channel === undefined && gap());
    later(PATIENCE_MS, () => {
        if (untrack(epoch) === 0) rise();
    });
    return epoch;
}
